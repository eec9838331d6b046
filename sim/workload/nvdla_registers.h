#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Names of NVDLA's units and registers and the fields of those registers, both ways: for programs
/// that are read and for ones that are written. From spec/manual of nvdla/hw.
namespace sim::workload::nvdla {

enum class Unit : std::uint8_t {
  kGlb,
  kCdma,
  kCsc,
  kCmacA,
  kCmacB,
  kCacc,
  kSdpRdma,
  kSdp,
  kPdpRdma,
  kPdp,
  kCdpRdma,
  kCdp
};
constexpr std::size_t kUnits = 12;

std::string_view name_of(Unit unit);
/// Nothing for a name of no unit, or of one that has no part in values (kOtherUnits).
std::optional<Unit> unit_named(std::string_view name);
/// Units that move or copy data; a program may set them up, but not start them.
bool is_other_unit(std::string_view name);

struct Field {
  std::string_view name;
  std::uint32_t lsb = 0;
  std::uint32_t bits = 1;

  std::uint32_t mask() const {
    return static_cast<std::uint32_t>((std::uint64_t{1} << bits) - 1) << lsb;
  }
  std::uint32_t of(std::uint32_t value) const { return (value & mask()) >> lsb; }
  std::uint32_t placed(std::uint32_t value) const { return (value << lsb) & mask(); }
};

struct Register {
  std::string_view name;      // without the final _0 of program files
  std::vector<Field> fields;  // none: it plays no part in values

  bool is_shared() const { return name.starts_with("S_"); }  // by both register groups
  const Field* field(std::string_view wanted) const;
};

/// In the order of the unit's manual.
const std::vector<Register>& registers_of(Unit unit);
/// Its place in registers_of; nothing when the unit has none of that name.
std::optional<std::size_t> register_named(Unit unit, std::string_view name);
/// Counters, status and spare bits: writing them changes nothing.
bool is_idle_register(std::string_view name);

}  // namespace sim::workload::nvdla
