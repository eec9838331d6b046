#include "sim/accelerators/optimus/column_skip.h"

#include <algorithm>
#include <vector>

#include "sim/accelerators/optimus/local_window.h"
#include "sim/base/math.h"

namespace sim::optimus {
namespace {

class ColumnRecurrence {
 public:
  ColumnRecurrence(const EncodedBlock& block, const Occupancy& occupancy,
                   const StreamConfig& config, std::uint32_t tokens, const ColumnArrivals& arrivals)
      : block_(block),
        occupancy_(occupancy),
        local_(local_depth(config.window)),
        shared_(shared_depth(config.window)),
        width_(config.load_compute_matching ? config.window.load_width_elements_per_cycle
                                            : block.columns),
        tokens_(tokens),
        pops_(config.window.pop_beats),
        at_begin_(config.window.place_freed == PlaceFreed::kAtBegin),
        arrivals_(arrivals),
        end_(block.macs()),
        set_freed_(block.sets),
        history_(block.sets),
        room_(block.sets) {}

  StreamCounts run() {
    for (std::uint32_t j = 0; j < block_.columns; ++j) run_column(j);
    counts_.cycles = std::max<std::uint64_t>(last_, shown_.back() - 1);
    return counts_;
  }

 private:
  void run_column(std::uint32_t j) {
    const auto visits = occupancy_.column(j);
    if (local_ > 0) make_room(visits);
    blocked_.push_back(held_);
    const std::uint64_t loaded = j >= width_ ? shown_[j - width_] : 0;
    const std::uint64_t room = j >= shared_ ? blocked_[j - shared_] : 0;
    shown_.push_back(std::max(loaded, room) + 1);
    const std::uint64_t weights = weights_arrive(j);
    for (const Visit& visit : visits) execute(visit, shown_[j], weights);
    if (local_ > 0) {
      remember(visits);
    } else {
      blocked_[j] = std::max<std::uint64_t>(1, last_);
    }
  }

  /// A set takes the column once the one `local_` of its columns earlier is done with.
  void make_room(std::span<const Visit> visits) {
    for (const Visit& visit : visits) {
      const std::uint32_t set = visit.way / block_.ways;
      const auto& history = history_[set];
      room_[set] = history.size() >= local_ ? history[history.size() - local_] : 0;
      held_ = std::max(held_, room_[set]);
    }
  }

  void remember(std::span<const Visit> visits) {
    for (std::size_t i = 0; i < visits.size(); ++i) {
      const std::uint32_t set = visits[i].way / block_.ways;
      const bool last_of_set = i + 1 == visits.size() || visits[i + 1].way / block_.ways != set;
      if (last_of_set) history_[set].push_back(set_freed_[set]);
    }
  }

  /// The first beat that begins when column j is here.
  std::uint64_t weights_arrive(std::uint32_t j) const {
    return arrivals_.empty() ? 0 : base::ceil_div(arrivals_[j], tokens_) + 1;
  }

  void execute(const Visit& visit, std::uint64_t shown, std::uint64_t weights) {
    const std::uint32_t set = visit.way / block_.ways;
    const std::uint64_t ready = end_[visit.way];
    const std::uint64_t popped = ready > 0 ? ready + pops_ : 0;
    const std::uint64_t visible = std::max(popped, std::max(shown, room_[set] + 1) - 1);
    const std::uint64_t usable = weights > visible ? weights - 1 : visible;
    counts_.load_stalls += visible - ready;
    counts_.weight_stalls += usable - visible;
    end_[visit.way] = usable + visit.count;
    const std::uint64_t freed = at_begin_ ? usable + 1 : end_[visit.way] + pops_;
    set_freed_[set] = std::max(set_freed_[set], freed);
    last_ = std::max(last_, end_[visit.way]);
  }

  const EncodedBlock& block_;
  const Occupancy& occupancy_;
  const std::uint32_t local_;
  const std::uint32_t shared_;
  const std::uint32_t width_;
  const std::uint32_t tokens_;
  const std::uint64_t pops_;
  const bool at_begin_;
  const ColumnArrivals& arrivals_;
  std::vector<std::uint64_t> shown_;      // A
  std::vector<std::uint64_t> blocked_;    // R
  std::vector<std::uint64_t> end_;        // E
  std::vector<std::uint64_t> set_freed_;  // beat after which a set's latest column has left it
  std::vector<std::vector<std::uint64_t>> history_;  // of each set: set_freed_ after its columns
  std::vector<std::uint64_t> room_;                  // L of each set's latest column
  std::uint64_t held_ = 0;                           // largest L so far
  std::uint64_t last_ = 0;                           // last beat in which an entry executed
  StreamCounts counts_;
};

}  // namespace

StreamCounts column_skip(const EncodedBlock& block, const Occupancy& occupancy,
                         const StreamConfig& config, std::uint32_t tokens,
                         const ColumnArrivals& arrivals) {
  return ColumnRecurrence(block, occupancy, config, tokens, arrivals).run();
}

}  // namespace sim::optimus
