#include "sim/workload/kinds/nvdla_program/decode.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/base/math.h"
#include "sim/base/memory.h"
#include "sim/workload/kinds/nvdla_program/statement.h"

namespace sim::workload::nvdla_program {
namespace {

using nvdla::Precision;

constexpr std::uint64_t kMaxElements = std::uint64_t{1} << 27;  // of a cube, with whole atoms

}  // namespace

void DecodeContext::fail(const std::string& message) const { refuse(file, line, message); }

void DecodeContext::note(std::string text) const {
  if (std::ranges::count(notes, text) == 0) notes.push_back(std::move(text));
}

void DecodeContext::equal(std::uint64_t a, std::string_view name_a, std::uint64_t b,
                          std::string_view name_b) const {
  if (a != b) fail(fmt::format("{} = {}, {} = {}; they must be equal", name_a, a, name_b, b));
}

Precision DecodeContext::precision(std::uint32_t code, std::string_view name) const {
  require(code < 2, fmt::format("{} is {}; 0 (int8) and 1 (int16) are modelled", name, code));
  const bool has_int16 = configuration.group_kernels_int16 != 0;
  require(code == 0 || has_int16,
          fmt::format("{} is int16; {} computes int8 only", name, configuration.name));
  return code == 0 ? Precision::kInt8 : Precision::kInt16;
}

void DecodeContext::check_region(std::uint64_t base, std::uint64_t size,
                                 std::string_view what) const {
  require(size <= ~base,
          fmt::format("{}: {} bytes from {:#x} leave 64 bits of addresses", what, size, base));
}

void DecodeContext::check_elements(const nvdla::Cube& cube, Precision p,
                                   std::string_view what) const {
  const std::uint64_t surfaces = base::ceil_div(cube.channels, configuration.lanes(p));
  const std::uint64_t atoms = base::product({cube.width, cube.height, surfaces});
  require(atoms <= kMaxElements / configuration.lanes(p),
          fmt::format("{}: {} x {} x {} with whole atoms are more than {} elements", what,
                      cube.width, cube.height, cube.channels, kMaxElements));
}

void DecodeContext::check_cube(const nvdla::Cube& cube, const nvdla::CubePlace& place, Precision p,
                               std::string_view what) const {
  const std::uint64_t surfaces = base::ceil_div(cube.channels, configuration.lanes(p));
  check_elements(cube, p, what);
  const auto aligned = [&](std::uint64_t value, std::string_view name) {
    require(value % configuration.atom_bytes == 0,
            fmt::format("{}: {} {:#x} is no multiple of an atom, {} bytes", what, name, value,
                        configuration.atom_bytes));
  };
  aligned(place.base, "base address");
  if (cube.height > 1) aligned(place.line_stride, "line stride");
  if (surfaces > 1) aligned(place.surface_stride, "surface stride");
  check_region(place.base,
               (surfaces - 1) * place.surface_stride +
                   std::uint64_t{cube.height - 1} * place.line_stride +
                   std::uint64_t{cube.width} * configuration.atom_bytes,
               what);
}

nvdla::Converter converter(const Group& unit, std::string_view offset, std::string_view scale,
                           std::string_view shift) {
  return {unit.signed_field(offset), unit.signed_field(scale), unit.field(shift)};
}

nvdla::CubePlace place(const Group& unit, std::string_view prefix) {
  return {unit.address(fmt::format("{}_BASE_ADDR", prefix)),
          unit.field(fmt::format("{}_LINE_STRIDE", prefix)),
          unit.field(fmt::format("{}_SURFACE_STRIDE", prefix))};
}

nvdla::Cube cube(const Group& unit, std::string_view prefix) {
  return {unit.size(fmt::format("{}_WIDTH", prefix)), unit.size(fmt::format("{}_HEIGHT", prefix)),
          unit.size(fmt::format("{}_CHANNEL", prefix))};
}

}  // namespace sim::workload::nvdla_program
