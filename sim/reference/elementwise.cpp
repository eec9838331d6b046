#include "sim/reference/elementwise.h"

#include <algorithm>

#include "sim/base/check.h"
#include "sim/reference/arithmetic.h"

namespace sim::reference {
namespace {

bool is_map(const Int8Tensor& x) { return x.shape.size() == 3; }

/// The element of y that belongs to element i of x.
std::int8_t partner(const Int8Tensor& x, const Int8Tensor& y, std::size_t i) {
  if (y.shape == x.shape) return y.data[i];
  if (is_map(x)) {
    SIM_CHECK((y.shape == std::vector<std::uint32_t>{x.dim(0), 1, 1}), "maps of unequal shapes");
    return y.data[i / (std::size_t{x.dim(1)} * x.dim(2))];
  }
  SIM_CHECK((y.shape == std::vector<std::uint32_t>{1, x.dim(1)}), "tokens of unequal shapes");
  return y.data[i % x.dim(1)];
}

/// The dimension along which `axis` lies: rows of tokens; features of tokens, channels of maps.
std::size_t dimension(workload::Axis axis, const Int8Tensor& x) {
  return axis == workload::Axis::kFeatures && !is_map(x) ? 1 : 0;
}

/// The shape of x with another size along a dimension.
std::vector<std::uint32_t> resized(const Int8Tensor& x, std::size_t along, std::uint32_t size) {
  std::vector<std::uint32_t> shape = x.shape;
  shape[along] = size;
  return shape;
}

/// Calls use(element of whole, element of piece) for each of piece, which begins at `begin` along
/// dimension `along` of whole.
template <class Whole, class Piece, class Use>
void each_element_of_piece(Whole& whole, Piece& piece, std::size_t along, std::uint32_t begin,
                           const Use& use) {
  for (std::uint32_t a = 0; a < piece.dim(0); ++a) {
    const std::uint32_t first = along == 0 ? a + begin : a;
    for (std::uint32_t b = 0; b < piece.dim(1); ++b) {
      const std::uint32_t second = along == 1 ? b + begin : b;
      if (is_map(piece)) {
        for (std::uint32_t c = 0; c < piece.dim(2); ++c) {
          use(whole.at(first, second, c), piece.at(a, b, c));
        }
      } else {
        use(whole.at(first, second), piece.at(a, b));
      }
    }
  }
}

}  // namespace

Int8Tensor add(const workload::Add& op, const Int8Tensor& x, const Int8Tensor& y) {
  Int8Tensor out(x.shape);
  for (std::size_t i = 0; i < x.data.size(); ++i) {
    const std::int64_t sum = std::int64_t{x.data[i]} * op.x_multiplier +
                             std::int64_t{partner(x, y, i)} * op.y_multiplier;
    const std::int8_t value = clamp8(rshift(sum, op.shift));
    out.data[i] = op.relu ? std::max<std::int8_t>(value, 0) : value;
  }
  return out;
}

Int8Tensor multiply(const workload::Multiply& op, const Int8Tensor& x, const Int8Tensor& y) {
  Int8Tensor out(x.shape);
  for (std::size_t i = 0; i < x.data.size(); ++i) {
    const std::int64_t product = std::int64_t{x.data[i]} * partner(x, y, i);
    out.data[i] = clamp8(rshift(product * op.multiplier, op.shift));
  }
  return out;
}

Int8Tensor concat(const workload::Concat& op, std::span<const Int8Tensor> inputs) {
  const std::size_t along = dimension(op.axis, inputs[0]);
  std::uint32_t size = 0;
  for (const Int8Tensor& x : inputs) size += x.dim(along);
  Int8Tensor out(resized(inputs[0], along, size));
  std::uint32_t begin = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::int64_t multiplier = op.multipliers[i];
    each_element_of_piece(out, inputs[i], along, begin, [&](std::int8_t& whole, std::int8_t piece) {
      whole = clamp8(rshift(piece * multiplier, op.shift));
    });
    begin += inputs[i].dim(along);
  }
  return out;
}

Int8Tensor split(const workload::Split& op, const Int8Tensor& x) {
  const std::size_t along = dimension(op.axis, x);
  SIM_CHECK(std::uint64_t{op.begin} + op.size <= x.dim(along), "a piece beyond its input");
  Int8Tensor out(resized(x, along, op.size));
  each_element_of_piece(x, out, along, op.begin,
                        [](std::int8_t whole, std::int8_t& piece) { piece = whole; });
  return out;
}

Int8Tensor flatten(const workload::Flatten& op, const Int8Tensor& x) {
  if (op.to == workload::Axis::kFeatures) {
    Int8Tensor out({1, static_cast<std::uint32_t>(x.data.size())});
    out.data = x.data;
    return out;
  }
  Int8Tensor out({x.dim(1) * x.dim(2), x.dim(0)});
  for (std::uint32_t c = 0; c < x.dim(0); ++c) {
    for (std::uint32_t i = 0; i < x.dim(1); ++i) {
      for (std::uint32_t j = 0; j < x.dim(2); ++j) out.at(i * x.dim(2) + j, c) = x.at(c, i, j);
    }
  }
  return out;
}

Int8Tensor unflatten(const workload::Unflatten& op, const Int8Tensor& x) {
  Int8Tensor out({op.shape[0], op.shape[1], op.shape[2]});
  SIM_CHECK(out.data.size() == x.data.size(), "{} elements for a map of {}", x.data.size(),
            out.data.size());
  out.data = x.data;
  return out;
}

Int8Tensor activation(const workload::Activation& op, const Int8Tensor& x) {
  Int8Tensor out(x.shape);
  for (std::size_t i = 0; i < x.data.size(); ++i) {
    out.data[i] = op.table[static_cast<std::size_t>(x.data[i] + 128)];
  }
  return out;
}

Int8Tensor global_average(const workload::GlobalAverage& op, const Int8Tensor& x) {
  Int8Tensor out(is_map(x) ? std::vector<std::uint32_t>{x.dim(0), 1, 1}
                           : std::vector<std::uint32_t>{1, x.dim(1)});
  std::vector<std::int64_t> sums(out.data.size());
  const std::size_t n = x.data.size() / sums.size();  // rows or pixels
  for (std::size_t i = 0; i < x.data.size(); ++i) {
    sums[is_map(x) ? i / n : i % sums.size()] += x.data[i];
  }
  const std::int64_t divisor = static_cast<std::int64_t>(n) << op.average.shift;
  for (std::size_t c = 0; c < sums.size(); ++c) {
    out.data[c] = clamp8(nearest(sums[c] * op.average.multiplier, divisor));
  }
  return out;
}

}  // namespace sim::reference
