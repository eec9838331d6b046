#include "sim/workload/lut_size.h"

#include <algorithm>

namespace sim::workload {
namespace {

constexpr std::uint32_t kLut6Pins = 6;

template <class OfLevel>
std::uint64_t sum(const LutProgram& program, const OfLevel& of_level) {
  std::uint64_t total = 0;
  for (const LutLevel& level : program.levels) total += of_level(level);
  return total;
}

/// The address at which the live pins, in their order, have the bits of `live`.
std::uint32_t address_of(const LutLevel& level, std::size_t lut, std::uint32_t live) {
  std::uint32_t address = 0;
  for (std::uint32_t k = 0; k < level.fan_in; ++k) {
    const Signal pin = level.pins(lut)[k];
    const bool one = pin >= 0 ? (live & 1) != 0 : pin == kConstantOne;
    if (pin >= 0) live >>= 1;
    address |= std::uint32_t{one} << k;
  }
  return address;
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

std::uint64_t live_table_bits(const LutLevel& level) {
  std::uint64_t bits = 0;
  for (std::size_t lut = 0; lut < level.luts; ++lut) {
    const std::uint32_t live = live_pins(level, lut);
    if (live > 0) bits += std::uint64_t{1} << live;
  }
  return bits;
}

LutLevel with_live_pins_first(const LutLevel& level) {
  LutLevel result = level;
  std::ranges::fill(result.sources, kConstantZero);
  std::ranges::fill(result.tables, 0);
  for (std::size_t lut = 0; lut < level.luts; ++lut) {
    std::copy_if(level.pins(lut), level.pins(lut) + level.fan_in,
                 &result.sources[lut * level.fan_in], [](Signal pin) { return pin >= 0; });
    std::uint64_t* table = &result.tables[lut * level.table_words()];
    for (std::uint32_t a = 0; a < 1U << live_pins(level, lut); ++a) {
      table[a / kTableWordBits] |= std::uint64_t{level.output(lut, address_of(level, lut, a))}
                                   << (a % kTableWordBits);
    }
  }
  return result;
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
