#include "sim/accelerators/optimus/stream_tick.h"

#include <algorithm>
#include <utility>

#include "sim/accelerators/optimus/local_window.h"
#include "sim/base/check.h"

namespace sim::optimus {
namespace {

// A cache line holds as many entries; the lists of all ways together are too long for the cache.
constexpr std::ptrdiff_t kPrefetchEntries = 16;

}  // namespace

StreamTick::StreamTick(const EncodedBlock& block, const StreamConfig& config, std::uint32_t tokens,
                       ColumnsHere columns_here)
    : block_(block),
      config_(config),
      tokens_(tokens),
      lists_per_set_(block.lists() / block.sets),
      takers_(block.runtime_ways ? block.ways : 1),
      base_(block.sets, 0),
      limit_(block.sets, block.columns),
      columns_here_(std::move(columns_here)) {
  SIM_CHECK(tokens > 0 && config.window.columns > 0, "a stream needs tokens and a window");
  if (local_depth(config.window) > 0) {
    needed_ = needed_columns(block);
    rank_.assign(block.sets, 0);
    if (config.window.queues()) queues_.resize(block.sets);
    for (std::uint32_t set = 0; set < block.sets; ++set) move_local_window(set);
  }
  load_columns();  // during the issue cycles: the window still stands at column 0
  base_.assign(block.sets, block.columns);
  for (std::uint32_t l = 0; l < block.lists(); ++l)
    add_list(block.list(l), base_[l / lists_per_set_]);
}

void StreamTick::add_list(std::span<const Entry> list, std::uint32_t& set_base) {
  next_.push_back(list.data());
  end_.push_back(list.data() + list.size());
  column_.push_back(0);
  show_next(static_cast<std::uint32_t>(next_.size()) - 1);
  set_base = std::min<std::uint32_t>(set_base, column_.back());
}

bool StreamTick::done() const {
  if (cycle_in_beat_ != 0 || filled_ < block_.columns) return false;
  return std::all_of(base_.begin(), base_.end(),
                     [&](std::uint32_t base) { return base == block_.columns; });
}

void StreamTick::tick() {
  if (cycle_in_beat_ == 0) begin_beat();
  counts_ += beat_;
  if (++cycle_in_beat_ == tokens_) end_beat();
}

void StreamTick::begin_beat() {
  beat_ = {.cycles = 1};
  arrived_ = columns_here_ ? columns_here_(beats_ * tokens_) : block_.columns;
  ++beats_;
  for (std::uint32_t set = 0; set < block_.sets; ++set) run_set(set);
}

void StreamTick::run_set(std::uint32_t set) {
  const std::uint32_t visible = std::min(filled_, limit_[set]);
  const Sight sight{.visible = visible, .usable = std::min(visible, arrived_)};
  Executed executed;
  written_.clear();
  base_[set] = block_.columns;
  for (std::uint32_t way = 0; way < lists_per_set_; ++way) {
    const std::uint32_t list = set * lists_per_set_ + way;
    if (queues_.empty()) {
      run_list(list, sight, executed);
    } else {
      run_queue(list, sight, executed);
    }
    base_[set] = std::min<std::uint32_t>(base_[set], column_[list]);
  }
  beat_.useful += executed.entries - executed.fillers;
  beat_.fillers += executed.fillers;
}

/// Executes what the ways fed by a list can take from it, and counts what the others wait for.
inline void StreamTick::run_list(std::uint32_t list, Sight sight, Executed& executed) {
  std::uint32_t taken = 0;
  while (taken < takers_ && column_[list] < sight.usable && !conflicts(*next_[list])) {
    executed.fillers += next_[list]->filler();
    advance(list);
    ++taken;
  }
  executed.entries += taken;
  if (taken < takers_) count_waiting(list, takers_ - taken, sight);
}

void StreamTick::run_queue(std::uint32_t list, Sight sight, Executed& executed) {
  Queue& queue = queues_[list];
  if (queue.popping > 0) {
    --queue.popping;
    ++beat_.load_stalls;
  } else {
    const std::uint32_t at = column_[list];
    run_list(list, sight, executed);
    if (executed.entries > 0) {
      queue.at = at;
      queue.begun = column_[list] == at;
      if (!queue.begun && next_[list] != end_[list]) queue.popping = config_.window.pop_beats;
    }
  }
  queue.held = held_from(list);
}

/// First column that holds a place behind this beat.
std::uint32_t StreamTick::held_from(std::uint32_t list) const {
  const Queue& queue = queues_[list];
  if (config_.window.place_freed == PlaceFreed::kAtEnd) {
    return queue.popping > 0 ? queue.at : column_[list];
  }
  if (!queue.begun) return column_[list];
  const Entry* entry = next_[list];
  while (entry != end_[list] && entry->column == queue.at) ++entry;
  return entry == end_[list] ? block_.columns : entry->column;
}

inline void StreamTick::advance(std::uint32_t list) {
  ++next_[list];
  __builtin_prefetch(next_[list] + kPrefetchEntries);
  show_next(list);
}

inline void StreamTick::show_next(std::uint32_t list) {
  const bool empty = next_[list] == end_[list];
  column_[list] = empty ? static_cast<std::uint16_t>(block_.columns) : next_[list]->column;
}

/// True when a lower way of the set already writes the entry's accumulator; otherwise claims it. A
/// filler writes nothing.
inline bool StreamTick::conflicts(const Entry& entry) {
  if (config_.accumulators == Accumulators::kPrivate || entry.filler()) return false;
  if (std::find(written_.begin(), written_.end(), entry.slot) != written_.end()) return true;
  written_.push_back(entry.slot);
  return false;
}

void StreamTick::count_waiting(std::uint32_t list, std::uint32_t ways, Sight sight) {
  for (const Entry* entry = next_[list]; ways > 0 && entry != end_[list]; ++entry, --ways) {
    if (entry->column >= sight.visible) {
      ++beat_.load_stalls;
    } else if (entry->column >= sight.usable) {
      ++beat_.weight_stalls;
    } else {
      ++beat_.conflict_stalls;
    }
  }
  beat_.imbalance += ways;
}

void StreamTick::end_beat() {
  cycle_in_beat_ = 0;
  for (std::uint32_t set = 0; set < needed_.size(); ++set) move_local_window(set);
  load_columns();
}

void StreamTick::load_columns() {
  const std::uint32_t width =
      config_.load_compute_matching ? config_.window.load_width_elements_per_cycle : block_.columns;
  filled_ = std::min({block_.columns, filled_ + width, room()});
}

/// First column that the array has no room for.
std::uint32_t StreamTick::room() const {
  const auto& held_from = needed_.empty() ? base_ : limit_;
  return *std::min_element(held_from.begin(), held_from.end()) + shared_depth(config_.window);
}

void StreamTick::move_local_window(std::uint32_t set) {
  const std::vector<std::uint32_t>& needed = needed_[set];
  const std::uint32_t held = queues_.empty() ? base_[set] : queues_[set].held;
  std::uint32_t& rank = rank_[set];
  while (rank < needed.size() && needed[rank] < held) ++rank;
  const std::size_t first_missing = rank + std::size_t{local_depth(config_.window)};
  limit_[set] = first_missing < needed.size() ? needed[first_missing] : block_.columns;
}

}  // namespace sim::optimus
