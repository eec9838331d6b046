#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/workload/nvdla_layer.h"
#include "sim/workload/nvdla_registers.h"

namespace sim::workload::nvdla_program {

using nvdla::Unit;

/// One unit's registers: those that exist once (S_…) and two groups of the others. The producer's
/// group is the one that writes go to; the consumer's runs next.
struct UnitState {
  std::array<std::vector<std::uint32_t>, 2> values;  // of a group, in the order of registers_of
  std::uint32_t producer = 0;
  std::uint32_t consumer = 0;
  std::array<std::uint32_t, 2> enabled_on{};        // line of the enable; 0: not enabled
  std::array<std::vector<std::int16_t>, 2> tables;  // LE and LO
  std::uint32_t table_address = 0;

  bool is_ready() const { return enabled_on[consumer] != 0; }
};

/// One group of one unit, as fields. A field of a name that does not exist is a bug of ours.
class Group {
 public:
  Group(Unit unit, const UnitState& state) : unit_(unit), state_(state) {}

  std::uint32_t field(std::string_view reg, std::string_view name = "VALUE") const;
  std::int32_t signed_field(std::string_view reg, std::string_view name = "VALUE") const;
  bool flag(std::string_view reg, std::string_view name) const { return field(reg, name) != 0; }
  /// Of a field that holds one less.
  std::uint32_t size(std::string_view reg, std::string_view name = "VALUE") const {
    return field(reg, name) + 1;
  }
  /// From the registers STEM_LOW and STEM_HIGH with `suffix` behind them.
  std::uint64_t address(std::string_view stem, std::string_view suffix = "") const;

  Unit unit() const { return unit_; }
  const UnitState& state() const { return state_; }

 private:
  std::uint32_t word(std::string_view reg, const nvdla::Field*& field, std::string_view name) const;

  Unit unit_;
  const UnitState& state_;
};

/// The low `bits` of a word as a number with a sign.
constexpr std::int64_t with_sign(std::uint64_t value, std::uint32_t bits) {
  const std::uint64_t sign = std::uint64_t{1} << (bits - 1);
  value &= (sign << 1) - 1;
  return static_cast<std::int64_t>((value ^ sign) - sign);
}

/// All units.
class RegisterFile {
 public:
  RegisterFile();

  UnitState& at(Unit unit) { return units_[static_cast<std::size_t>(unit)]; }
  const UnitState& at(Unit unit) const { return units_[static_cast<std::size_t>(unit)]; }
  Group group(Unit unit) const { return {unit, at(unit)}; }

 private:
  std::array<UnitState, nvdla::kUnits> units_;
};

}  // namespace sim::workload::nvdla_program
