#include "sim/accelerators/optimus/memory_shapes.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "sim/accelerators/optimus/local_window.h"
#include "sim/base/math.h"

namespace sim::optimus {
namespace {

/// Calls visit(block) for each block of the program.
template <class Visit>
void visit_blocks(const Program& program, const Visit& visit) {
  for (const Layer& layer : program.layers) {
    if (!layer.matrix) continue;
    for (const EncodedBlock& block : layer.matrix->blocks) visit(block);
  }
}

/// The widest of all blocks, at least one bit.
std::uint32_t most_bits(const Program& program, std::uint32_t EncodedBlock::*bits) {
  std::uint32_t most = 1;
  visit_blocks(program, [&](const EncodedBlock& b) { most = std::max(most, b.*bits); });
  return most;
}

/// What a list of a block takes of a memory, in bits.
using ListBits = std::function<std::uint64_t(const EncodedBlock& block, std::uint32_t list)>;

/// Of the list, of any block, that is the longest.
std::uint64_t most_bits_of_block(const Program& program, const ListBits& bits) {
  std::uint64_t most = 0;
  visit_blocks(program, [&](const EncodedBlock& block) {
    for (std::uint32_t l = 0; l < block.lists(); ++l) most = std::max(most, bits(block, l));
  });
  return most;
}

/// Of the lists of all blocks that have the same place.
std::uint64_t most_bits_of_model(const Program& program, const ListBits& bits) {
  std::vector<std::uint64_t> sums;
  visit_blocks(program, [&](const EncodedBlock& block) {
    sums.resize(std::max<std::size_t>(sums.size(), block.lists()));
    for (std::uint32_t l = 0; l < block.lists(); ++l) sums[l] += bits(block, l);
  });
  return sums.empty() ? 0 : *std::max_element(sums.begin(), sums.end());
}

/// Of the lists of a layer's blocks that have the same place, in any layer.
std::uint64_t most_bits_of_layer(const Program& program, const ListBits& bits) {
  std::uint64_t most = 0;
  for (const Layer& layer : program.layers) {
    if (!layer.matrix) continue;
    std::vector<std::uint64_t> sums;
    for (const EncodedBlock& block : layer.matrix->blocks) {
      sums.resize(std::max<std::size_t>(sums.size(), block.lists()));
      for (std::uint32_t l = 0; l < block.lists(); ++l) sums[l] += bits(block, l);
    }
    most = std::max(most, *std::max_element(sums.begin(), sums.end()));
  }
  return most;
}

/// Of what must be there at a time. Two passes that follow each other need no more than twice the
/// largest.
std::uint64_t fullest_list(const Program& program, const Config& config, const ListBits& bits) {
  if (!config.memories.streamed()) {
    return program.products ? most_bits_of_layer(program, bits) : most_bits_of_model(program, bits);
  }
  return most_bits_of_block(program, bits) * (config.memories.prefetch_weights ? 2 : 1);
}

/// MACs that take from one list.
std::uint32_t takers_of_list(const Config& config) {
  const SparseFormat& sparse = config.mac_array.sparse;
  return sparse.way_choice == WayChoice::kRuntime ? sparse.ways : 1;
}

std::uint64_t bytes_of(std::uint64_t bits) {
  return std::max<std::uint64_t>(1, base::ceil_div(bits, 8));
}

std::uint64_t fullest_weight_bank(const Program& program, const Config& config) {
  const std::uint32_t entries = config.memories.weight_entries_per_fetch;
  const std::uint64_t bits =
      fullest_list(program, config, [&](const EncodedBlock& block, std::uint32_t list) {
        return block.list_words(list, entries) * entries * block.entry_bits;
      });
  // With the run-time choice of ways a set's queue is spread over its ways' banks.
  return bytes_of(base::ceil_div(bits, takers_of_list(config)));
}

std::uint64_t fullest_column_bank(const Program& program, const Config& config) {
  const std::uint32_t banks = column_banks_of_list(config);
  if (banks == 0) return 0;
  return bytes_of(fullest_list(program, config, [&](const EncodedBlock& block, std::uint32_t list) {
    return base::ceil_div(block.list_marks(list), banks) * block.column_bits;
  }));
}

constexpr std::uint32_t kActivationEntries = 256;

/// 32-bit words, dealt to a bank for each lane.
energy::MemoryShape constant_words(std::uint64_t words, std::uint32_t lanes) {
  return {.bank_bytes = 4 * base::ceil_div(words, lanes), .width_bits = 32, .banks = lanes};
}

}  // namespace

ListBanks list_banks(const Program& program, const Config& config) {
  return {.entry_bits = most_bits(program, &EncodedBlock::entry_bits),
          .column_bits = most_bits(program, &EncodedBlock::column_bits),
          .weight_bytes = fullest_weight_bank(program, config),
          .column_bytes = fullest_column_bank(program, config)};
}

energy::MemoryShape weight_banks(const Program& program, const Config& config) {
  const Memories& m = config.memories;
  const std::uint64_t configured = std::uint64_t{m.weight_bank_kib} * 1024;
  return {.bank_bytes = configured > 0 ? configured : program.list_banks.weight_bytes,
          .width_bits = program.list_banks.entry_bits * m.weight_entries_per_fetch,
          .banks = config.mac_array.macs,
          .access_cycles = m.weight_access_cycles};
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

energy::MemoryShape global_buffer(const Config& config) {
  const PostProcessing& post = config.post;
  const std::uint32_t widest =
      std::max({config.window.load_width_elements_per_cycle, post.output_width_elements_per_cycle,
                post.softmax_lanes, post.norm_lanes});
  return {.bank_bytes = std::uint64_t{config.memories.global_buffer_kib} * 1024,
          .width_bits = widest * config.precision.activation_bits,
          .banks = 1};
}

energy::MemoryShape kv_store(const Config& config) {
  const std::uint64_t banks = config.kv_port();
  return {.bank_bytes = std::max<std::uint64_t>(
              1, std::uint64_t{config.memories.kv_store_kib} * 1024 / banks),
          .width_bits = config.precision.activation_bits,
          .banks = banks};
}

energy::MemoryShape column_banks(const Program& program, const Config& config) {
  const std::uint32_t banks = column_banks_of_list(config);
  const std::uint64_t configured = std::uint64_t{config.memories.column_bank_kib} * 1024;
  return {.bank_bytes = configured > 0 ? configured : program.list_banks.column_bytes,
          .width_bits = program.list_banks.column_bits,
          .banks = std::uint64_t{config.mac_array.macs} / takers_of_list(config) * banks,
          .access_cycles = config.memories.column_access_cycles};
}

energy::MemoryShape rotary_tables(const Program& program, const Config& config) {
  return constant_words(program.position_tables.rotary_words, config.post.elementwise_lanes);
}

energy::MemoryShape score_biases(const Program& program, const Config& config) {
  return constant_words(program.position_tables.score_bias_words,
                        config.post.output_width_elements_per_cycle);
}

energy::MemoryShape activation_tables(const Config& config) {
  const Precision& p = config.precision;
  return {.bank_bytes = std::uint64_t{kActivationEntries} * p.activation_bits / 8,
          .width_bits = p.activation_bits,
          .banks = std::uint64_t{p.activation_bits > 8 ? 2u : 1u} * config.post.elementwise_lanes};
}

std::uint32_t column_banks_of_list(const Config& config) {
  switch (config.mac_array.sparse.column_mark) {
    case ColumnMark::kDelta:
      return 0;
    case ColumnMark::kPointer:
      return 2;
    case ColumnMark::kColumnLength:
      break;
  }
  return 1;
}

}  // namespace sim::optimus
