#include "sim/accelerators/optimus/conservation.h"

#include "sim/accelerators/optimus/dram_results.h"
#include "sim/accelerators/optimus/embedding_store.h"
#include "sim/accelerators/optimus/local_window.h"
#include "sim/base/check.h"

namespace sim::optimus {
namespace {

using workload::OperatorKind;

void check_mac_cycles(const RunRecord& record, const Program& program, std::uint64_t macs) {
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    if (program.layers[i].unit != UnitId::kMacArray) continue;
    const LayerRecord& layer = record.layers[i];
    const std::uint64_t counted = layer.counts.total();
    const std::uint64_t spent = macs * (layer.cycles.busy + layer.cycles.output_waits);
    SIM_CHECK(counted == spent, "{}: {} MAC-cycles by cause, {} spent", program.layers[i].name,
              counted, spent);
  }
}

void check_macs(const RunRecord& record, const Program& program) {
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    const Layer& layer = program.layers[i];
    if (!layer.matrix) continue;
    const std::uint64_t tokens = record.layers[i].tokens;
    const std::uint64_t skipped = record.layers[i].skipped_macs;
    const std::uint64_t expected = layer.kept_weights * tokens;
    const std::uint64_t done = record.layers[i].counts.sparse_macs;
    SIM_CHECK(done + skipped == expected,
              "{}: {} multiply-accumulates, {} of zero inputs skipped, {} kept weights * {} "
              "positions",
              layer.name, done, skipped, layer.kept_weights, tokens);
  }
}

void check_links(const RunRecord& record, const Program& program) {
  std::uint64_t scores = 0;  // each as often as soft-maxes read it
  for (const Layer& layer : program.layers) {
    if (layer.kind != OperatorKind::kSoftmax) continue;
    scores += record.layers[layer.inputs[0]].events.results;
  }
  const std::uint64_t results = record.events().results;
  const std::uint64_t written = record.unit(UnitId::kWritePort).elements;
  const std::uint64_t taken = record.unit(UnitId::kSoftmax).elements;
  SIM_CHECK(results == written, "array gave {} results, write port took {}", results, written);
  SIM_CHECK(scores == taken, "array gave {} scores, soft-max took {}", scores, taken);
}

/// The stream counts multiply-accumulates, blocks and products say what is read for them.
void check_events(const RunRecord& record, const Config& config) {
  const ArrayEvents e = record.events();
  const std::uint64_t macs = record.counts().macs();
  SIM_CHECK(e.window_reads == macs && e.accumulations == macs,
            "{} multiply-accumulates, {} input elements read, {} partial sums added to", macs,
            e.window_reads, e.accumulations);
  const std::uint64_t takers = local_depth(config.window) > 0 ? config.mac_array.sets() : 0;
  SIM_CHECK(e.window_copies <= takers * e.window_loads, "{} elements were loaded, {} sets took {}",
            e.window_loads, takers, e.window_copies);
  const std::uint64_t written = config.memories.streamed() ? e.weight_reads : 0;
  SIM_CHECK(e.weight_writes == written, "{} words of weights were written, {} to be read",
            e.weight_writes, written);
}

/// Bytes that came are those of the vectors embedded.
void check_embedding(const RunRecord& record, const Program& program, const Config& config) {
  const Precision& p = config.precision;
  std::uint64_t elements = 0;
  std::uint64_t commands = 0;
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    const Layer& layer = program.layers[i];
    if (layer.unit != UnitId::kEmbedder) continue;
    const std::uint64_t embedded = layer.outputs * record.layers[i].tokens;
    commands += record.layers[i].executions;
    elements += embedded;
    bits += embedded * (delivered_by_host(config, layer) ? p.activation_bits
                                                         : layer.tables.size() * p.weight_bits);
  }
  const std::uint64_t bytes = record.embedding.host_bytes + record.embedding.table_bytes;
  // Each command, or in DRAM each row, rounds up to whole bytes.
  const std::uint64_t rounded =
      commands + (config.memories.tables_in_dram() ? record.embedding.table_reads : 0);
  SIM_CHECK(bytes >= bits / 8 && bytes - bits / 8 <= rounded, "{} bytes came to embed {} elements",
            bytes, elements);
  const std::uint64_t embedded = record.unit(UnitId::kEmbedder).elements;
  SIM_CHECK(elements == embedded, "{} elements to embed, {} were", elements, embedded);
}

/// Every row that such a layer computes passed the unit; an average takes in more than it makes.
void check_elementwise(const RunRecord& record, const Program& program) {
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    const Layer& layer = program.layers[i];
    if (layer.unit != UnitId::kElementwise) continue;
    const std::uint64_t made = layer.outputs * record.layers[i].tokens;
    const std::uint64_t passed = record.layers[i].elements;
    const bool averages = layer.kind == OperatorKind::kGlobalAverage;
    SIM_CHECK(averages ? passed >= made : passed == made, "{}: {} elements made, {} passed",
              layer.name, made, passed);
  }
}

void check_dram_bytes(const RunRecord& record, const Config& config) {
  if (!record.dram) return;
  const std::uint64_t tables = config.memories.tables_in_dram() ? record.embedding.table_bytes : 0;
  check_dram(*record.dram, config, record.events().dram_bytes + tables);
}

}  // namespace

void check_conservation(const RunRecord& record, const Program& program, const Config& config) {
  core::check_cycles(unit_records(record), record.cycles);
  check_mac_cycles(record, program, config.mac_array.macs);
  check_macs(record, program);
  check_links(record, program);
  check_events(record, config);
  check_embedding(record, program, config);
  check_elementwise(record, program);
  check_dram_bytes(record, config);
}

}  // namespace sim::optimus
