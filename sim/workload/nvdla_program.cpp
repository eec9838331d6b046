#include "sim/workload/nvdla_program.h"

namespace sim::workload::nvdla {

base::MemoryNeed Program::held() const {
  std::uint64_t data = 0;
  std::uint64_t layers = 0;
  for (const Step& step : steps) {
    if (const auto* bytes = std::get_if<MemoryBytes>(&step)) data += bytes->bytes.capacity();
    if (std::holds_alternative<LayerStep>(step)) layers += sizeof(Layer);
    if (const auto* image = std::get_if<ImageCheck>(&step))
      data += image->expected.bytes.capacity();
  }
  base::MemoryNeed need;
  need.add("steps of the program", base::capacity_bytes(steps) + layers);
  need.add("data files of the program", data);
  return need;
}

}  // namespace sim::workload::nvdla
