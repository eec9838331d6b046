#include "sim/workload/kinds/luts/lut_vectors.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/base/rng.h"

namespace sim::workload::luts {
namespace {

BitRows cut_rows(const BitRows& rows, std::uint32_t first, std::uint32_t count) {
  BitRows result(count, rows.bits);
  std::copy_n(&rows.words[first * rows.words_per_row()], result.words.size(), result.words.begin());
  return result;
}

template <class T>
std::vector<T> cut_values(const std::vector<T>& values, std::size_t first, std::size_t count) {
  if (values.empty()) return {};
  const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

/// How many of the 2^53 values of Rng::uniform() make a bit 1: those with uniform() * 100 below the
/// percentage. They are the smallest ones, and are searched for, since the product is rounded.
std::uint64_t ones_below(double ones_percent) {
  std::uint64_t low = 0;
  std::uint64_t high = std::uint64_t{1} << 53;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (static_cast<double>(middle) * 0x1.0p-53 * 100 < ones_percent) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/// The next `bits` bits, 1 to 64 of them, the first one lowest.
std::uint64_t draw_word(base::Rng& rng, std::uint32_t bits, std::uint64_t ones) {
  std::uint64_t word = 0;
  for (std::uint32_t b = 0; b < bits; ++b) word |= std::uint64_t{rng.next() >> 11 < ones} << b;
  return word;
}

}  // namespace

LutVectors cut(const LutVectors& vectors, std::uint32_t first, std::uint32_t count) {
  LutVectors result;
  result.stimulus = vectors.stimulus;
  result.inputs = cut_rows(vectors.inputs, first, count);
  const std::size_t classes = vectors.scores.size() / vectors.inputs.rows;
  result.scores = cut_values(vectors.scores, first * classes, count * classes);
  result.labels = cut_values(vectors.labels, first, count);
  for (const BitRows& level : vectors.levels) {
    const std::uint32_t known = level.rows - std::min(level.rows, first);
    result.levels.push_back(known > 0 ? cut_rows(level, first, std::min(count, known))
                                      : BitRows(0, level.bits));
  }
  return result;
}

LutVectors random_vectors(std::uint32_t inputs, std::uint32_t count, double ones_percent,
                          std::uint64_t seed) {
  LutVectors result;
  result.stimulus = fmt::format("random bits, {} % ones, seed {}", ones_percent, seed);
  result.inputs = BitRows(count, inputs);
  base::Rng rng(seed, "lut inputs");
  const std::uint64_t ones = ones_below(ones_percent);
  std::uint64_t* word = result.inputs.words.data();
  for (std::uint32_t r = 0; r < count; ++r) {
    for (std::uint32_t first = 0; first < inputs; first += 64) {
      *word++ = draw_word(rng, std::min(64u, inputs - first), ones);
    }
  }
  return result;
}

LutVectors undrawn_vectors(std::uint32_t inputs, std::uint32_t count) {
  LutVectors result;
  result.stimulus = "random bits";
  result.inputs.rows = count;
  result.inputs.bits = inputs;
  return result;
}

}  // namespace sim::workload::luts
