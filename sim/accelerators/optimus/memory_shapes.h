#pragma once

#include <cstdint>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/program.h"
#include "sim/energy/activity.h"

namespace sim::optimus {

// The on-chip memories as the energy table prices them. The store of embedding tables stands in
// embedding_store.h.

/// Of the fullest banks: of the whole model; of products by themselves of any one, since weights
/// are there before a product begins; with streamed weights of any one block, and twice that if
/// those of the next pass come while a pass runs. Looks at each list; the compiler keeps the answer
/// in the program.
ListBanks list_banks(const Program& program, const Config& config);

/// A bank beside each MAC; without a configured size as large as the fullest needs to be. A word
/// holds the entries of a fetch; each list of each block begins with a word.
energy::MemoryShape weight_banks(const Program& program, const Config& config);

/// Cosines and sines, a bank for each lane of the elementwise unit; biases of scores, one for each
/// lane of the write port.
energy::MemoryShape rotary_tables(const Program& program, const Config& config);
energy::MemoryShape score_biases(const Program& program, const Config& config);

/// Of each lane of the elementwise unit 256 results of the activation; above 8 bits two such tables
/// whose entries it interpolates.
energy::MemoryShape activation_tables(const Config& config);

/// The column marks of each list, in banks of their own beside its weights, without a configured
/// size as large as the fullest needs to be: lengths in one; pointers in two, those of even and of
/// odd columns, so that two columns' are read in one cycle. Only without delta marks.
energy::MemoryShape column_banks(const Program& program, const Config& config);
/// 0 with delta marks.
std::uint32_t column_banks_of_list(const Config& config);

/// The accumulators of each MAC.
energy::MemoryShape accumulator_files(const Config& config);

/// Bits of the input window's registers: D columns, of each level and set that has some, of every
/// token of a tile.
std::uint64_t window_bits(const Config& config, std::uint32_t tile_tokens);

/// One memory for all of its ports, its words as wide as the widest of them. Each access, of a
/// narrower port as well, reads or writes a whole word.
energy::MemoryShape global_buffer(const Config& config);

/// A bank for each element of its port.
energy::MemoryShape kv_store(const Config& config);

}  // namespace sim::optimus
