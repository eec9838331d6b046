#include "sim/accelerators/optimus/bank_load.h"

#include <fmt/format.h>

#include "sim/accelerators/optimus/memory_shapes.h"

namespace sim::optimus {
namespace {

std::string note(const RunRecord& record, const Program& program, const char* memory,
                 std::uint64_t ArrayEvents::*reads, const energy::MemoryShape& shape) {
  const BankLoad most = heaviest_load(record, reads, shape.access_cycles, shape.banks);
  return fmt::format(
      "reads of {} cycles, taken to be asked for ahead, keep {} busy for up to {:.1f} % of a "
      "layer's cycles ('{}'){}",
      shape.access_cycles, memory, most.percent, program.layers[most.layer].name,
      most.percent > 100 ? ": more than they can do, so that the cycles are too few" : "");
}

}  // namespace

BankLoad heaviest_load(const RunRecord& record, std::uint64_t ArrayEvents::*reads,
                       std::uint64_t access_cycles, std::uint64_t banks) {
  BankLoad most;
  for (std::uint32_t i = 0; i < record.layers.size(); ++i) {
    const LayerRecord& layer = record.layers[i];
    const std::uint64_t cycles = layer.cycles.busy + layer.cycles.output_waits;
    if (cycles == 0) continue;
    const double percent = 100.0 * static_cast<double>(layer.events.*reads) *
                           static_cast<double>(access_cycles) /
                           (static_cast<double>(banks) * static_cast<double>(cycles));
    if (percent > most.percent) most = {i, percent};
  }
  return most;
}

std::vector<std::string> bank_notes(const RunRecord& record, const Program& program,
                                    const Config& config) {
  const Memories& m = config.memories;
  std::vector<std::string> notes;
  if (config.mac_array.skip_zero_inputs && m.weight_access_cycles > 1) {
    notes.push_back(note(record, program, "weight banks", &ArrayEvents::weight_reads,
                         weight_banks(program, config)));
  }
  if (m.column_access_cycles > 1) {
    notes.push_back(note(record, program, "column banks", &ArrayEvents::column_reads,
                         column_banks(program, config)));
  }
  return notes;
}

}  // namespace sim::optimus
