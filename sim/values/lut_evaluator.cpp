#include "sim/values/lut_evaluator.h"

#include <algorithm>
#include <array>

#include "sim/base/check.h"
#include "sim/base/vector_clones.h"
#include "sim/values/bit_transpose.h"
#include "sim/workload/lut_size.h"

namespace sim::values {
namespace {

using workload::BitRows;
using workload::LutLevel;
using workload::LutProgram;
using workload::Signal;

constexpr std::uint32_t kLut6Pins = 6;

/// The 16 functions of two planes: number n has bit a of n as its value for address a.
struct PairFunctions {
  SIM_PLANE_INLINE PairFunctions(const Plane& x0, const Plane& x1) {
    const Plane none{};
    const std::array<Plane, 4> minterms = {~x0 & ~x1, x0 & ~x1, ~x0 & x1, x0 & x1};
    of[0] = none;
    for (std::uint32_t a = 0; a < 4; ++a) {
      for (std::uint32_t n = 0; n < 1u << a; ++n) of[n | 1u << a] = of[n] | minterms[a];
    }
  }
  std::array<Plane, 16> of;
};

/// The function with this truth table of the first `Pins` planes, of which the pair functions stand
/// for the first two.
template <std::uint32_t Pins>
SIM_PLANE_INLINE Plane table_value(const PairFunctions& pairs, std::uint64_t table,
                                   const Plane* const* pins) {
  if constexpr (Pins == 2) {
    return pairs.of[table & 15];
  } else {
    const Plane zero = table_value<Pins - 1>(pairs, table, pins);
    const Plane one = table_value<Pins - 1>(pairs, table >> (1u << (Pins - 1)), pins);
    return select(*pins[Pins - 1], one, zero);
  }
}

/// Narrow levels: each table is one LUT6 or smaller. Pins is at least 2: a LUT of one pin has a
/// second one that is 0.
template <std::uint32_t Pins>
SIM_PLANE_INLINE void narrow_level(const LutLevel& level, const Plane* signals, Plane* outputs) {
  const Plane none{};
  for (std::size_t lut = 0; lut < level.luts; ++lut) {
    std::array<const Plane*, Pins> pins;
    pins.fill(&none);
    for (std::uint32_t k = 0; k < level.fan_in; ++k) pins[k] = &signals[level.pins(lut)[k]];
    const PairFunctions pairs(*pins[0], *pins[1]);
    outputs[lut] = table_value<Pins>(pairs, *level.table(lut), pins.data());
  }
}

SIM_VECTOR_CLONES void run_narrow(const LutLevel& level, const Plane* signals, Plane* outputs) {
  switch (level.fan_in) {
    case 1:
    case 2:
      return narrow_level<2>(level, signals, outputs);
    case 3:
      return narrow_level<3>(level, signals, outputs);
    case 4:
      return narrow_level<4>(level, signals, outputs);
    case 5:
      return narrow_level<5>(level, signals, outputs);
    default:
      return narrow_level<6>(level, signals, outputs);
  }
}

/// Halves the list until one plane is left: selector s chooses between neighbours that differ in
/// bit s of their number.
SIM_PLANE_INLINE Plane select_one(const Plane* from, std::uint32_t count,
                                  const Plane* const* selectors) {
  std::array<Plane, 32> half;
  for (std::uint32_t s = 0; count > 1; ++s, count /= 2) {
    for (std::size_t i = 0; i < count / 2; ++i) {
      half[i] = select(*selectors[s], from[2 * i + 1], from[2 * i]);
    }
    from = half.data();
  }
  return *from;
}

/// Wide levels, live pins first: the outputs of all LUT6 that are there, then the choice among
/// them.
SIM_VECTOR_CLONES void run_wide(const LutLevel& level, const std::uint32_t* lut6,
                                const Plane* signals, Plane* inner, Plane* outputs) {
  const std::uint32_t luts6 = level.table_words();
  for (std::size_t lut = 0; lut < level.luts; ++lut) {
    std::array<const Plane*, workload::kMaxFanIn> pins;
    for (std::uint32_t k = 0; k < level.fan_in; ++k) pins[k] = &signals[level.pins(lut)[k]];
    const PairFunctions pairs(*pins[0], *pins[1]);
    Plane* own = inner + lut * luts6;
    for (std::uint32_t i = 0; i < lut6[lut]; ++i) {
      own[i] = table_value<kLut6Pins>(pairs, level.table(lut)[i], pins.data());
    }
    outputs[lut] = select_one(own, luts6, &pins[kLut6Pins]);
  }
}

bool has_constant_pins(const LutLevel& level) {
  return std::ranges::any_of(level.sources, [](Signal pin) { return pin < 0; });
}

}  // namespace

LutEvaluator::LutEvaluator(const LutProgram& program)
    : program_(program), planes_(program.signals() + kConstants) {
  planes_[0] = first_samples(kBlock);  // kConstantOne; kConstantZero stays 0
  for (const LutLevel& level : program.levels) {
    const bool wide = level.fan_in > kLut6Pins;
    compact_.push_back(wide && has_constant_pins(level) ? workload::with_live_pins_first(level)
                                                        : LutLevel{});
    std::vector<std::uint32_t> lut6;
    for (std::size_t lut = 0; wide && lut < level.luts; ++lut) {
      const auto pins =
          std::max(1U, workload::live_pins(level, lut));  // a constant is evaluated, too
      lut6.push_back(static_cast<std::uint32_t>(workload::lut6_count(pins)));
    }
    lut6_.push_back(std::move(lut6));
    inner_.emplace_back(wide ? std::size_t{level.luts} * level.table_words() : 0);
  }
}

void LutEvaluator::load(const BitRows& inputs, std::size_t first_row, std::uint32_t rows) {
  SIM_CHECK(inputs.bits == program_.inputs && rows <= kBlock && first_row + rows <= inputs.rows,
            "{} rows from {} on of {} by {}", rows, first_row, inputs.rows, inputs.bits);
  rows_ = rows;
  const std::size_t row_words = inputs.words_per_row();
  std::array<std::uint64_t, 64> square;
  for (std::uint32_t w = 0; w < kPlaneWords; ++w) {
    for (std::size_t column = 0; column < row_words; ++column) {
      for (std::uint32_t r = 0; r < 64; ++r) {
        const std::uint32_t row = w * 64 + r;
        square[r] = row < rows ? inputs.words[(first_row + row) * row_words + column] : 0;
      }
      transpose(square);
      const std::size_t bits = std::min<std::size_t>(64, inputs.bits - column * 64);
      for (std::size_t b = 0; b < bits; ++b)
        planes_[column * 64 + b + kConstants].words[w] = square[b];
    }
  }
}

void LutEvaluator::run() {
  const Plane* signals = planes_.data() + kConstants;
  for (std::size_t k = 0; k < program_.levels.size(); ++k) {
    const LutLevel& level = evaluated(k);
    Plane* outputs = planes_.data() + kConstants + program_.first_signal(k);
    if (level.fan_in <= kLut6Pins) {
      run_narrow(level, signals, outputs);
    } else {
      run_wide(level, lut6_[k].data(), signals, inner_[k].data(), outputs);
    }
  }
}

void LutEvaluator::scores(std::vector<std::int32_t>& out) const {
  const std::uint32_t bits = program_.score_bits;
  out.resize(std::size_t{rows_} * program_.classes);
  std::array<std::uint64_t, 64> square;
  for (std::size_t c = 0; c < program_.classes; ++c) {
    const Signal* score = &program_.outputs[c * bits];
    for (std::uint32_t w = 0; w * 64 < rows_; ++w) {
      // Copies of the highest bit above it make a two's complement number of 32 bits.
      for (std::uint32_t b = 0; b < 64; ++b) {
        const bool above = b >= bits;
        square[b] = above && !program_.signed_scores ? 0 : value(score[std::min(b, bits - 1)])[w];
      }
      transpose(square);
      for (std::uint32_t r = 0; r < std::min(64u, rows_ - w * 64); ++r) {
        out[std::size_t{w * 64 + r} * program_.classes + c] =
            static_cast<std::int32_t>(static_cast<std::uint32_t>(square[r]));
      }
    }
  }
}

std::vector<std::int32_t> lut_scores(const LutProgram& program, const BitRows& inputs) {
  LutEvaluator evaluator(program);
  std::vector<std::int32_t> all, block;
  for (std::uint32_t first = 0; first < inputs.rows; first += LutEvaluator::kBlock) {
    evaluator.load(inputs, first, std::min(LutEvaluator::kBlock, inputs.rows - first));
    evaluator.run();
    evaluator.scores(block);
    all.insert(all.end(), block.begin(), block.end());
  }
  return all;
}

}  // namespace sim::values
