#include "sim/workload/kinds/nvdla_program/register_file.h"

#include <fmt/format.h>

#include "sim/base/check.h"

namespace sim::workload::nvdla_program {

std::uint32_t Group::word(std::string_view reg, const nvdla::Field*& field,
                          std::string_view name) const {
  const auto index = nvdla::register_named(unit_, reg);
  SIM_CHECK(index, "no register {} of {}", reg, nvdla::name_of(unit_));
  const nvdla::Register& found = nvdla::registers_of(unit_)[*index];
  field = found.field(name);
  SIM_CHECK(field != nullptr, "no field {} of {}.{}", name, nvdla::name_of(unit_), reg);
  return state_.values[found.is_shared() ? 0 : state_.consumer][*index];
}

std::uint32_t Group::field(std::string_view reg, std::string_view name) const {
  const nvdla::Field* field = nullptr;
  const std::uint32_t value = word(reg, field, name);
  return field->of(value);
}

std::int32_t Group::signed_field(std::string_view reg, std::string_view name) const {
  const nvdla::Field* field = nullptr;
  const std::uint32_t value = word(reg, field, name);
  return static_cast<std::int32_t>(with_sign(field->of(value), field->bits));
}

std::uint64_t Group::address(std::string_view stem, std::string_view suffix) const {
  const std::uint64_t high = field(fmt::format("{}_HIGH{}", stem, suffix));
  return high << 32 | field(fmt::format("{}_LOW{}", stem, suffix));
}

RegisterFile::RegisterFile() {
  const nvdla::LookUp empty;
  for (std::size_t u = 0; u < nvdla::kUnits; ++u) {
    const std::size_t count = nvdla::registers_of(static_cast<Unit>(u)).size();
    for (auto& group : units_[u].values) group.assign(count, 0);
    units_[u].tables = {std::vector<std::int16_t>(empty.le.size()),
                        std::vector<std::int16_t>(empty.lo.size())};
  }
}

}  // namespace sim::workload::nvdla_program
