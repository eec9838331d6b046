#include "sim/accelerators/optimus/program.h"

#include <algorithm>

#include "sim/base/check.h"

namespace sim::optimus {

UnitId id_of(std::string_view name) {
  const auto found =
      std::ranges::find(kUnitNames, name, [](const char* n) { return std::string_view(n); });
  SIM_CHECK(found != std::end(kUnitNames), "no unit '{}'", name);
  return static_cast<UnitId>(found - std::begin(kUnitNames));
}

}  // namespace sim::optimus
