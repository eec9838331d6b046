#include "sim/accelerators/optimus/static_parts.h"

#include "sim/accelerators/optimus/embedding_store.h"
#include "sim/accelerators/optimus/memory_shapes.h"
#include "sim/accelerators/optimus/registers.h"

namespace sim::optimus {
namespace {

using energy::StaticPart;

StaticPart memory(const char* unit, const energy::MemoryShape& shape) {
  return {.unit = unit, .memory = shape};
}

StaticPart registers(const char* unit, std::uint64_t bits, std::uint64_t clocked_cycles) {
  return {.unit = unit, .memory = {}, .register_bits = bits, .clocked_cycles = clocked_cycles};
}

void add_pipelines(const RunRecord& record, const Program& program, const Config& config,
                   std::vector<StaticPart>& parts) {
  const Precision& p = config.precision;
  const PostProcessing& post = config.post;
  const auto add = [&](UnitId unit, std::uint64_t lanes, std::uint64_t bits) {
    parts.push_back(registers(name_of(unit), lanes * bits, record.unit(unit).cycles.busy));
  };
  add(UnitId::kSoftmax, post.softmax_lanes, lane_pipeline_bits(p, post.softmax_latency_cycles));
  add(UnitId::kAddNorm, post.norm_lanes, lane_pipeline_bits(p, post.norm_latency_cycles));
  add(UnitId::kWritePort, post.output_width_elements_per_cycle, write_lane_bits(p));
  if (!program.uses(UnitId::kElementwise)) return;
  add(UnitId::kElementwise, post.elementwise_lanes,
      lane_pipeline_bits(p, post.elementwise_latency_cycles));
}

}  // namespace

std::vector<StaticPart> static_parts(const RunRecord& record, const Program& program,
                                     const Config& config) {
  const std::uint64_t clocked = record.cycles - record.unit(UnitId::kMacArray).cycles.idle;
  const std::uint64_t macs = config.mac_array.macs;
  std::vector<StaticPart> parts = {
      registers("mac_array", macs * mac_pipeline_bits(config.precision), clocked),
      registers("input_window", window_bits(config, record.tile_tokens()), 0),
      memory("accumulators", accumulator_files(config)),
      memory("weight_banks", weight_banks(program, config)),
      memory("global_buffer", global_buffer(config)),
      memory("kv_store", kv_store(config)),
  };
  if (column_banks_of_list(config) > 0) {
    parts.push_back(memory("column_banks", column_banks(program, config)));
  }
  if (config.memories.embedding_store == EmbeddingStore::kOnChip) {
    parts.push_back(memory("embedding_store", embedding_memory(program, config)));
  }
  if (program.position_tables.rotary_words > 0) {
    parts.push_back(memory("rotary_tables", rotary_tables(program, config)));
  }
  if (program.position_tables.score_bias_words > 0) {
    parts.push_back(memory("score_biases", score_biases(program, config)));
  }
  add_pipelines(record, program, config, parts);
  parts.push_back(registers(
      "control", macs * mac_control_bits(program, config) + sequencer_bits(program), clocked));
  parts.back().estimated = true;
  return parts;
}

}  // namespace sim::optimus
