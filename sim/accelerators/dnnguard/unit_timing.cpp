#include "sim/accelerators/dnnguard/unit_timing.h"

#include <fmt/format.h>

#include "sim/base/error.h"

namespace sim::dnnguard {

void check_beats(const ArrayGeometry& geometry, const char* unit) {
  if (geometry.beat_bytes == geometry.atom_bytes) return;
  throw base::UserError(
      fmt::format("{}: a beat of memory has {} bytes and an atom {}; both must be the same", unit,
                  geometry.beat_bytes, geometry.atom_bytes));
}

}  // namespace sim::dnnguard
