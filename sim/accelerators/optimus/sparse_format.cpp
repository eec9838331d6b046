#include "sim/accelerators/optimus/sparse_format.h"

#include <algorithm>
#include <numeric>

#include "sim/accelerators/optimus/block_encoder.h"
#include "sim/base/check.h"
#include "sim/base/math.h"
#include "sim/base/memory.h"

namespace sim::optimus {
namespace {

void check_shapes(std::span<const workload::Mask* const> parts) {
  if (parts.empty()) throw base::WorkloadError("no matrix to encode");
  for (const workload::Mask* part : parts) {
    if (part->rows() == 0 || part->columns() == 0 || part->columns() > kMaxColumns) {
      throw base::WorkloadError(fmt::format(
          "a matrix of {} rows and {} columns cannot be encoded: 1 row or more and 1 to "
          "{} columns are needed",
          part->rows(), part->columns(), kMaxColumns));
    }
    if (part->columns() != parts[0]->columns()) {
      throw base::WorkloadError(
          fmt::format("matrices of one input have {} and {} columns; all must have the same",
                      parts[0]->columns(), part->columns()));
    }
  }
}

std::vector<const std::uint64_t*> stack_rows(std::span<const workload::Mask* const> parts) {
  std::vector<const std::uint64_t*> rows;
  for (const workload::Mask* part : parts) {
    for (std::uint32_t r = 0; r < part->rows(); ++r) rows.push_back(part->row(r));
  }
  return rows;
}

std::vector<std::uint32_t> row_lengths(std::span<const workload::Mask* const> parts) {
  std::vector<std::uint32_t> lengths;
  for (const workload::Mask* part : parts) {
    for (std::uint32_t r = 0; r < part->rows(); ++r) lengths.push_back(part->count_row(r));
  }
  return lengths;
}

/// Slots of a block: those that the accumulators of a set can hold at once, unless fewer are asked
/// for.
std::uint32_t slots_at_once(const EncodingConfig& config) {
  const std::uint64_t banks = config.accumulators == Accumulators::kShared ? config.sparse.ways : 1;
  const std::uint64_t held = banks * config.accumulators_per_mac;
  const std::uint64_t slots =
      config.most_slots > 0 ? std::min<std::uint64_t>(config.most_slots, held) : held;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(slots, kMaxSlots));
}

std::vector<std::uint32_t> rows_of_block(const RowPlacement& placement, std::uint32_t sets,
                                         std::uint32_t first_slot, std::uint32_t slots) {
  std::vector<std::uint32_t> rows(std::size_t{sets} * slots, kNoRow);
  for (std::uint32_t r = 0; r < placement.slot.size(); ++r) {
    const std::uint32_t slot = placement.slot[r] - first_slot;  // wraps around below first_slot
    if (slot < slots) rows[std::size_t{placement.set[r]} * slots + slot] = r;
  }
  return rows;
}

}  // namespace

EncodingConfig EncodingConfig::of(const Config& config) {
  return {.sparse = config.mac_array.sparse,
          .macs = config.mac_array.macs,
          .accumulators_per_mac = config.mac_array.accumulators_per_mac,
          .accumulators = config.mac_array.accumulators,
          .weight_bits = config.precision.weight_bits};
}

std::uint64_t EncodedBlock::matrix_rows() const {
  return static_cast<std::uint64_t>(
      std::count_if(rows.begin(), rows.end(), [](std::uint32_t row) { return row != kNoRow; }));
}

std::uint32_t EncodedBlock::longest_list() const {
  std::uint32_t longest = 0;
  for (std::uint32_t l = 0; l < lists(); ++l) longest = std::max(longest, list_length(l));
  return runtime_ways ? static_cast<std::uint32_t>(base::ceil_div(longest, ways)) : longest;
}

std::uint64_t EncodedBlock::stored_entries(std::uint32_t l) const {
  if (column_marks == 0) return list_length(l);
  const auto entry = list(l);
  return static_cast<std::uint64_t>(
      std::count_if(entry.begin(), entry.end(), [](const Entry& e) { return e.stored(); }));
}

std::uint64_t EncodedBlock::list_bits(std::uint32_t l) const {
  return stored_entries(l) * entry_bits + std::uint64_t{list_marks(l)} * column_bits;
}

std::uint64_t EncodedBlock::storage_bits() const {
  std::uint64_t bits = 0;
  for (std::uint32_t l = 0; l < lists(); ++l) bits += list_bits(l);
  return bits;
}

std::vector<std::uint32_t> EncodedBlock::column_bytes() const {
  std::vector<std::uint64_t> bits(columns);
  std::uint64_t marks = 0;
  for (std::uint32_t l = 0; l < lists(); ++l) marks += list_length(l) > 0 ? column_bits : 0;
  for (const Entry& entry : entries) {
    if (column_marks == 0 || entry.stored()) bits[entry.column] += entry_bits;
  }
  std::vector<std::uint32_t> bytes(columns);
  for (std::uint32_t j = 0; j < columns; ++j) {
    bytes[j] = base::narrow<std::uint32_t>(base::ceil_div(bits[j] + marks, 8));
  }
  return bytes;
}

std::uint32_t EncodedMatrix::most_slots() const {
  std::uint32_t slots = 1;
  for (const EncodedBlock& block : blocks) slots = std::max(slots, block.slots);
  return slots;
}

std::uint64_t EncodedMatrix::useful() const {
  std::uint64_t sum = 0;
  for (const EncodedBlock& block : blocks) sum += block.useful;
  return sum;
}

std::uint64_t EncodedMatrix::fillers() const {
  std::uint64_t sum = 0;
  for (const EncodedBlock& block : blocks) sum += block.fillers;
  return sum;
}

std::uint64_t EncodedMatrix::storage_bits() const {
  std::uint64_t sum = 0;
  for (const EncodedBlock& block : blocks) sum += block.storage_bits();
  return sum;
}

std::uint64_t EncodedMatrix::bytes() const {
  std::uint64_t sum = base::capacity_bytes(placement.set, placement.slot);
  for (const EncodedBlock& block : blocks) {
    sum += sizeof block + base::capacity_bytes(block.rows, block.begin, block.entries);
  }
  return sum;
}

EncodedMatrix encode(std::span<const workload::Mask* const> parts, const EncodingConfig& config) {
  check_shapes(parts);
  const std::vector<const std::uint64_t*> rows = stack_rows(parts);
  const std::uint32_t sets = config.sets();
  EncodedMatrix matrix;
  matrix.rows = base::narrow<std::uint32_t>(rows.size());
  matrix.columns = parts[0]->columns();
  matrix.placement =
      place_rows(row_lengths(parts), sets, config.sparse.ways, config.sparse.row_order);
  const std::uint32_t step = std::min(slots_at_once(config), matrix.placement.slots);
  const std::uint64_t next = std::uint64_t{step} * config.stride;
  for (std::uint64_t at = std::uint64_t{step} * (config.stride / 2); at < matrix.placement.slots;
       at += next) {
    const auto first = static_cast<std::uint32_t>(at);
    const std::uint32_t slots = std::min(step, matrix.placement.slots - first);
    EncodedBlock block;
    block.columns = matrix.columns;
    block.sets = sets;
    block.ways = config.sparse.ways;
    block.slots = slots;
    block.rows = rows_of_block(matrix.placement, sets, first, slots);
    encode_block(rows, config, base::ceil_log2(step), block);
    matrix.blocks.push_back(std::move(block));
  }
  return matrix;
}

std::uint64_t RowLoads::rows(std::uint32_t first, std::uint32_t count) const {
  return rows_until[first + count] - rows_until[first];
}

std::uint64_t RowLoads::fullest_set(std::uint32_t first, std::uint32_t count) const {
  std::uint64_t most = 0;
  const std::uint64_t* const before = &weights_until[std::size_t{first} * sets];
  const std::uint64_t* const after = &weights_until[(std::size_t{first} + count) * sets];
  for (std::uint32_t set = 0; set < sets; ++set) most = std::max(most, after[set] - before[set]);
  return most;
}

std::uint64_t RowLoads::kept_weights(std::uint32_t first, std::uint32_t count) const {
  const std::uint64_t* const before = &weights_until[std::size_t{first} * sets];
  const std::uint64_t* const after = &weights_until[(std::size_t{first} + count) * sets];
  return std::accumulate(after, after + sets, std::uint64_t{0}) -
         std::accumulate(before, before + sets, std::uint64_t{0});
}

std::uint64_t RowLoads::bytes() const { return base::capacity_bytes(rows_until, weights_until); }

RowLoads row_loads(std::span<const workload::Mask* const> parts, const EncodingConfig& config) {
  check_shapes(parts);
  const std::vector<std::uint32_t> lengths = row_lengths(parts);
  const std::uint32_t sets = config.sets();
  const RowPlacement placement =
      place_rows(lengths, sets, config.sparse.ways, config.sparse.row_order);
  RowLoads loads{placement.slots, sets, {}, {}};
  loads.rows_until.resize(loads.slots + 1);
  loads.weights_until.resize((std::size_t{loads.slots} + 1) * sets);
  for (std::size_t r = 0; r < lengths.size(); ++r) {
    const std::size_t after = std::size_t{placement.slot[r]} + 1;
    ++loads.rows_until[after];
    loads.weights_until[after * sets + placement.set[r]] += lengths[r];
  }
  for (std::size_t s = 1; s <= loads.slots; ++s) loads.rows_until[s] += loads.rows_until[s - 1];
  for (std::size_t i = sets; i < loads.weights_until.size(); ++i) {
    loads.weights_until[i] += loads.weights_until[i - sets];
  }
  return loads;
}

}  // namespace sim::optimus
