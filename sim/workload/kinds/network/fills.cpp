#include "sim/workload/kinds/network/fills.h"

#include <cmath>
#include <utility>

#include "sim/base/rng.h"

namespace sim::workload::network {
namespace {

/// Calls value(i) for each element, in order.
template <class T, class Value>
void fill(std::span<std::byte> bytes, Value value) {
  for (std::size_t i = 0; i < bytes.size() / sizeof(T); ++i) {
    const T element = static_cast<T>(value(i));
    std::memcpy(bytes.data() + i * sizeof(T), &element, sizeof(T));
  }
}

template <class T>
Fill even(std::uint64_t seed, const std::string& stream, std::int64_t least, std::int64_t most) {
  return [=](std::span<std::byte> bytes) {
    base::Rng rng(seed, stream);
    const auto range = static_cast<std::uint64_t>(most - least + 1);
    fill<T>(bytes,
            [&](std::size_t) { return least + static_cast<std::int64_t>(rng.below(range)); });
  };
}

}  // namespace

Fill even_int8(std::uint64_t seed, const std::string& stream, std::int32_t most) {
  return even<std::int8_t>(seed, stream, -most, most);
}

Fill even_int32(std::uint64_t seed, const std::string& stream, std::int32_t least,
                std::int32_t most) {
  return even<std::int32_t>(seed, stream, least, most);
}

Fill bits_of(std::function<Mask()> mask) {
  return [mask = std::move(mask)](std::span<std::byte> bytes) {
    const Mask drawn = mask();
    const std::size_t row = (drawn.columns() + 7) / 8;
    for (std::uint32_t r = 0; r < drawn.rows(); ++r) {
      std::memcpy(bytes.data() + r * row, drawn.row(r), row);
    }
  };
}

Fill masked(Fill weights, std::function<Mask()> mask) {
  return [weights = std::move(weights), mask = std::move(mask)](std::span<std::byte> bytes) {
    weights(bytes);
    const Mask drawn = mask();
    for (std::uint32_t r = 0; r < drawn.rows(); ++r) {
      for (std::uint32_t c = 0; c < drawn.columns(); ++c) {
        if (!drawn.kept(r, c)) bytes[std::size_t{r} * drawn.columns() + c] = std::byte{0};
      }
    }
  };
}

Fill rotation(std::uint64_t pairs, std::int32_t one, bool sine) {
  return [=](std::span<std::byte> bytes) {
    fill<std::int32_t>(bytes, [&](std::size_t i) {
      const auto pair = static_cast<double>(i % pairs);
      const double turn = std::pow(10000, -pair / static_cast<double>(pairs));
      const double angle = static_cast<double>(i / pairs) * turn;
      return std::lround(one * (sine ? std::sin(angle) : std::cos(angle)));
    });
  };
}

}  // namespace sim::workload::network
