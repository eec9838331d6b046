#include "sim/accelerators/optimus/registers.h"

#include <algorithm>

#include "sim/accelerators/optimus/memory_shapes.h"
#include "sim/base/math.h"

namespace sim::optimus {

std::uint64_t mac_control_bits(const Program& program, const Config& config) {
  const energy::MemoryShape bank = weight_banks(program, config);
  const std::uint64_t words = base::ceil_div(8 * bank.bank_bytes, bank.width_bits);
  std::uint64_t columns = 1;
  for (const Layer& layer : program.layers) {
    if (layer.matrix) columns = std::max<std::uint64_t>(columns, layer.matrix->columns);
  }
  return base::ceil_log2(words) + base::ceil_log2(columns) +
         base::ceil_log2(config.mac_array.accumulators_at_once());
}

}  // namespace sim::optimus
