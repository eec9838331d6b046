#include "sim/accelerators/optimus/conservation.h"

#include <string_view>

#include "sim/base/check.h"

namespace sim::optimus {
namespace {

using workload::OperatorKind;

void check_unit(std::string_view name, const UnitCycles& unit, std::uint64_t cycles) {
  SIM_CHECK(unit.total() == cycles,
            "{}: {} busy + {} input wait + {} output wait + {} idle cycles are not the run's {}",
            name, unit.busy, unit.input_waits, unit.output_waits, unit.idle, cycles);
}

void check_mac_cycles(const Machine& machine, std::uint64_t macs) {
  const auto& units = machine.mac_array.by_layer();
  for (std::size_t i = 0; i < units.size(); ++i) {
    const std::uint64_t counted = machine.mac_array.counts()[i].total();
    const std::uint64_t spent = macs * (units[i].busy + units[i].output_waits);
    SIM_CHECK(counted == spent, "{}: {} MAC-cycles by cause, {} spent",
              machine.context.program.layers[i].name, counted, spent);
  }
}

void check_macs(const Machine& machine) {
  const auto& layers = machine.context.program.layers;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!layers[i].matrix) continue;
    const std::uint64_t expected = layers[i].kept_weights * machine.sequencer.tokens()[i];
    const std::uint64_t done = machine.mac_array.counts()[i].sparse_macs;
    SIM_CHECK(done == expected, "{}: {} multiply-accumulates, {} kept weights * {} positions",
              layers[i].name, done, layers[i].kept_weights, machine.sequencer.tokens()[i]);
  }
}

void check_links(const Machine& machine) {
  const auto& layers = machine.context.program.layers;
  std::uint64_t results = 0;
  std::uint64_t scores = 0;  // each as often as soft-maxes read it
  for (std::size_t i = 0; i < layers.size(); ++i) {
    results += machine.mac_array.events()[i].results;
    if (layers[i].kind != OperatorKind::kSoftmax) continue;
    scores += machine.mac_array.events()[layers[i].inputs[0]].results;
  }
  SIM_CHECK(results == machine.write_port.elements(), "array gave {} results, write port took {}",
            results, machine.write_port.elements());
  SIM_CHECK(scores == machine.softmax.elements(), "array gave {} scores, soft-max took {}", scores,
            machine.softmax.elements());
}

/// Bytes that came are those of the vectors embedded.
void check_embedding(const Machine& machine, const Config& config) {
  const auto& layers = machine.context.program.layers;
  std::uint64_t elements = 0;
  std::uint64_t commands = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].unit != UnitId::kEmbedder) continue;
    commands += machine.sequencer.calls()[i];
    elements += layers[i].outputs * machine.sequencer.tokens()[i];
  }
  const bool host = config.memories.embedding_store == EmbeddingStore::kHost;
  const Precision& p = config.precision;
  const std::uint64_t bits = elements * (host ? p.activation_bits : 2 * p.weight_bits);
  const EmbeddingEvents& events = machine.embedder.events();
  const std::uint64_t bytes = events.host_bytes + events.table_bytes;
  // Each command rounds up to whole bytes.
  SIM_CHECK(bytes >= bits / 8 && bytes - bits / 8 <= commands, "{} bytes came to embed {} elements",
            bytes, elements);
  SIM_CHECK(elements == machine.embedder.elements(), "{} elements to embed, {} were", elements,
            machine.embedder.elements());
}

}  // namespace

void check_conservation(const Machine& machine, const Config& config, std::uint64_t cycles) {
  check_unit("mac_array", machine.mac_array.cycles(), cycles);
  check_unit("write_port", machine.write_port.cycles(), cycles);
  check_unit("embedder", machine.embedder.cycles(), cycles);
  check_unit("softmax", machine.softmax.cycles(), cycles);
  check_unit("add_norm", machine.add_norm.cycles(), cycles);
  check_mac_cycles(machine, config.mac_array.macs);
  check_macs(machine);
  check_links(machine);
  check_embedding(machine, config);
}

}  // namespace sim::optimus
