#include "sim/workload/lut_size.h"

namespace sim::workload {
namespace {

constexpr std::uint32_t kLut6Pins = 6;

template <class OfLevel>
std::uint64_t sum(const LutProgram& program, const OfLevel& of_level) {
  std::uint64_t total = 0;
  for (const LutLevel& level : program.levels) total += of_level(level);
  return total;
}

}  // namespace

std::uint64_t lut6_count(std::uint32_t pins) {
  if (pins == 0) return 0;
  return pins <= kLut6Pins ? 1 : std::uint64_t{1} << (pins - kLut6Pins);
}

std::uint32_t live_pins(const LutLevel& level, std::size_t lut) {
  std::uint32_t live = 0;
  for (std::uint32_t k = 0; k < level.fan_in; ++k) live += level.pins(lut)[k] >= 0;
  return live;
}

std::uint64_t lut6_raw(const LutLevel& level) { return level.luts * lut6_count(level.fan_in); }

std::uint64_t lut6_raw(const LutProgram& program) {
  return sum(program, [](const LutLevel& level) { return lut6_raw(level); });
}

std::uint64_t lut6_live(const LutLevel& level) {
  std::uint64_t total = 0;
  for (std::size_t lut = 0; lut < level.luts; ++lut) total += lut6_count(live_pins(level, lut));
  return total;
}

std::uint64_t lut6_live(const LutProgram& program) {
  return sum(program, [](const LutLevel& level) { return lut6_live(level); });
}

}  // namespace sim::workload
