#include "sim/reference/lut_cascade.h"

namespace sim::reference {
namespace {

using workload::LutLevel;
using workload::LutProgram;
using workload::Signal;

bool value_of(Signal signal, const std::vector<std::uint8_t>& signals) {
  if (signal == workload::kConstantZero) return false;
  if (signal == workload::kConstantOne) return true;
  return signals[static_cast<std::size_t>(signal)] != 0;
}

std::uint8_t lut_output(const LutLevel& level, std::size_t lut,
                        const std::vector<std::uint8_t>& signals) {
  std::uint32_t address = 0;
  for (std::uint32_t k = 0; k < level.fan_in; ++k) {
    address |= std::uint32_t{value_of(level.pins(lut)[k], signals)} << k;
  }
  return level.output(lut, address) ? 1 : 0;
}

}  // namespace

std::vector<std::uint8_t> lut_signals(const LutProgram& program, const workload::BitRows& inputs,
                                      std::size_t row) {
  std::vector<std::uint8_t> signals;
  signals.reserve(program.signals());
  for (std::uint32_t i = 0; i < program.inputs; ++i) {
    signals.push_back(inputs.get(row, i) ? 1 : 0);
  }
  for (const LutLevel& level : program.levels) {
    for (std::size_t lut = 0; lut < level.luts; ++lut) {
      signals.push_back(lut_output(level, lut, signals));
    }
  }
  return signals;
}

std::vector<std::int32_t> lut_scores(const LutProgram& program,
                                     const std::vector<std::uint8_t>& signals) {
  std::vector<std::int32_t> scores;
  for (std::size_t c = 0; c < program.classes; ++c) {
    std::int64_t score = 0;
    for (std::uint32_t b = 0; b < program.score_bits; ++b) {
      const bool bit = value_of(program.outputs[c * program.score_bits + b], signals);
      const bool sign = program.signed_scores && b + 1 == program.score_bits;
      const std::int64_t weight = std::int64_t{1} << b;
      if (bit) score += sign ? -weight : weight;
    }
    scores.push_back(static_cast<std::int32_t>(score));
  }
  return scores;
}

}  // namespace sim::reference
