#include "sim/accelerators/optimus/memory_shapes.h"

#include <algorithm>
#include <vector>

#include "sim/accelerators/optimus/local_window.h"
#include "sim/base/math.h"

namespace sim::optimus {
namespace {

std::uint32_t entry_bits(const Program& program) {
  std::uint32_t bits = 1;
  for (const Layer& layer : program.layers) {
    if (!layer.matrix) continue;
    for (const EncodedBlock& block : layer.matrix->blocks) bits = std::max(bits, block.entry_bits);
  }
  return bits;
}

/// Of the list, of any block, that is the longest.
std::uint64_t most_bits_of_block(const Program& program) {
  std::uint64_t most = 0;
  for (const Layer& layer : program.layers) {
    if (!layer.matrix) continue;
    for (const EncodedBlock& block : layer.matrix->blocks) {
      for (std::uint32_t l = 0; l < block.lists(); ++l) most = std::max(most, block.list_bits(l));
    }
  }
  return most;
}

/// Of the lists of all blocks that one bank, or the banks of one set, hold.
std::uint64_t most_bits_of_model(const Program& program, std::uint32_t lists) {
  std::vector<std::uint64_t> bits(lists);
  for (const Layer& layer : program.layers) {
    if (!layer.matrix) continue;
    for (const EncodedBlock& block : layer.matrix->blocks) {
      for (std::uint32_t l = 0; l < block.lists(); ++l) bits[l] += block.list_bits(l);
    }
  }
  return bits.empty() ? 0 : *std::max_element(bits.begin(), bits.end());
}

/// Two passes that follow each other need no more than twice the largest.
std::uint64_t passes_held(const Config& config) { return config.memories.prefetch_weights ? 2 : 1; }

}  // namespace

energy::MemoryShape weight_banks(const Program& program, const Config& config) {
  const std::uint64_t configured = std::uint64_t{config.memories.weight_bank_kib} * 1024;
  return {.bank_bytes = configured > 0 ? configured : weight_bank_bytes(program, config),
          .width_bits = entry_bits(program),
          .banks = config.mac_array.macs};
}

energy::MemoryShape accumulator_files(const Config& config) {
  const Precision& p = config.precision;
  return {
      .bank_bytes = std::uint64_t{config.mac_array.accumulators_per_mac} * p.accumulator_bits / 8,
      .width_bits = p.accumulator_bits,
      .banks = config.mac_array.macs};
}

std::uint64_t window_bits(const Config& config, std::uint32_t tile_tokens) {
  const std::uint64_t columns = shared_depth(config.window) +
                                std::uint64_t{config.mac_array.sets()} * local_depth(config.window);
  return columns * tile_tokens * config.precision.activation_bits;
}

energy::MemoryShape global_buffer(const Config& config, std::uint32_t elements_per_access) {
  return {.bank_bytes = std::uint64_t{config.memories.global_buffer_kib} * 1024,
          .width_bits = elements_per_access * config.precision.activation_bits,
          .banks = 1};
}

energy::MemoryShape kv_store(const Config& config) {
  const std::uint64_t banks = config.kv_port();
  return {.bank_bytes = std::max<std::uint64_t>(
              1, std::uint64_t{config.memories.kv_store_kib} * 1024 / banks),
          .width_bits = config.precision.activation_bits,
          .banks = banks};
}

std::uint64_t weight_bank_bytes(const Program& program, const Config& config) {
  // With the run-time choice of ways a set's queue is spread over its ways' banks.
  const std::uint32_t ways =
      config.mac_array.sparse.way_choice == WayChoice::kRuntime ? config.mac_array.sparse.ways : 1;
  const std::uint64_t bits = config.memories.streamed()
                                 ? most_bits_of_block(program) * passes_held(config)
                                 : most_bits_of_model(program, config.mac_array.macs / ways);
  return std::max<std::uint64_t>(1, base::ceil_div(bits, std::uint64_t{8} * ways));
}

}  // namespace sim::optimus
