#include "tests/unit/hw/banked_dram_judge.h"

#include <map>
#include <set>

#include "tests/unit/hw/judged_port.h"

namespace sim::hw::memory_test {
namespace {

struct Burst {
  std::size_t request;
  bool write;
  std::uint32_t channel = 0;
  Command place{};  // its kind and clock are not used
  bool closed = false, opened = false;
};

struct Open {
  std::uint32_t row;
  std::uint32_t overtaken;
};

bool same_bank(const Command& a, const Command& b) {
  return a.rank == b.rank && a.group == b.group && a.bank == b.bank;
}
bool same_place(const Command& a, const Command& b) {
  return same_bank(a, b) && a.row == b.row && a.column == b.column;
}

/// One channel: what waits, what is open, and everything that was ever issued.
class Channel {
 public:
  explicit Channel(const BankedDramConfig& config) : config_(config) {
    for (std::uint64_t r = 1; r <= config.ranks; ++r) {
      due_.push_back(static_cast<std::int64_t>(config.timing.trefi * r / config.ranks));
    }
  }

  std::vector<Burst> queue{};
  std::vector<Command> issued{};

  /// Issues a command if one may be; the burst that it moves goes to `moved`.
  void step(std::int64_t clock, std::map<std::string, std::uint64_t>& counts,
            std::vector<Burst>& moved) {
    count(clock, counts);
    if (refresh(clock, counts)) return;
    for (std::size_t i = 0; i < queue.size(); ++i) {
      if (transfer(i, clock, counts, moved)) return;
    }
    for (std::size_t i = 0; i < queue.size(); ++i) {
      if (change_row(i, clock, counts)) return;
    }
  }

 private:
  std::size_t bank(const Command& c) const {
    return (c.rank * config_.bank_groups + c.group) * config_.banks + c.bank;
  }
  bool issue(Command c, char kind, std::int64_t clock) {
    c.kind = kind;
    c.clock = clock;
    if (earliest(config_, issued, c) > clock) return false;
    issued.push_back(c);
    return true;
  }
  bool refreshing(std::uint32_t rank, std::int64_t clock) const {
    if (clock >= due_[rank]) return true;
    for (auto c = issued.rbegin(); c != issued.rend(); ++c) {
      if (c->kind == 'F' && c->rank == rank) return clock < c->clock + config_.timing.trfc;
    }
    return false;
  }

  void count(std::int64_t clock, std::map<std::string, std::uint64_t>& counts) {
    counts["queued_clocks"] += queue.size();
    bool all_refreshing = true;
    for (const Burst& b : queue) all_refreshing &= refreshing(b.place.rank, clock);
    if (data_.contains(clock)) {
      ++counts["data_clocks"];
    } else if (queue.empty()) {
      ++counts["idle_clocks"];
    } else {
      ++counts[all_refreshing ? "refresh_wait_clocks" : "timing_wait_clocks"];
    }
  }

  bool refresh(std::int64_t clock, std::map<std::string, std::uint64_t>& counts) {
    for (std::uint32_t r = 0; r < config_.ranks; ++r) {
      if (clock < due_[r]) continue;
      const std::size_t first = std::size_t{r} * config_.bank_groups * config_.banks;
      std::size_t open = 0;
      for (std::size_t b = 0; b < config_.bank_groups * config_.banks; ++b) {
        open += open_.count(first + b);
      }
      const Command c{
          .clock = 0, .kind = 0, .rank = r, .group = 0, .bank = 0, .row = 0, .column = 0};
      if (!issue(c, open > 0 ? 'a' : 'F', clock)) continue;
      if (open > 0) {
        counts["precharges"] += open;
        for (std::size_t b = 0; b < config_.bank_groups * config_.banks; ++b) {
          open_.erase(first + b);
        }
      } else {
        ++counts["refreshes"];
        due_[r] += config_.timing.trefi;
      }
      return true;
    }
    return false;
  }

  /// The oldest burst of the same bank.
  const Burst& oldest(const Burst& of) const {
    for (const Burst& b : queue) {
      if (same_bank(b.place, of.place)) return b;
    }
    return of;
  }

  bool transfer(std::size_t i, std::int64_t clock, std::map<std::string, std::uint64_t>& counts,
                std::vector<Burst>& moved) {
    const Burst b = queue[i];
    const auto open = open_.find(bank(b.place));
    if (open == open_.end() || open->second.row != b.place.row) return false;
    if (clock >= due_[b.place.rank]) return false;
    for (std::size_t older = 0; older < i; ++older) {
      if (same_place(queue[older].place, b.place) && (queue[older].write || b.write)) return false;
    }
    const bool overtakes = oldest(b).place.row != b.place.row;
    if (overtakes && open->second.overtaken >= config_.row_hit_cap) return false;
    if (!issue(b.place, b.write ? 'W' : 'R', clock)) return false;
    if (overtakes) ++open->second.overtaken;
    ++counts["bursts"];
    counts["moved_bytes"] += config_.bus_bits * config_.burst_length / 8;
    ++counts[b.closed ? "row_conflicts" : b.opened ? "row_misses" : "row_hits"];
    const std::int64_t first = clock + (b.write ? config_.timing.tcwl : config_.timing.tcl);
    for (std::int64_t d = 0; d < config_.burst_length / config_.transfers_per_clock; ++d) {
      data_.insert(first + d);
    }
    queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(i));
    moved.push_back(b);
    return true;
  }

  bool change_row(std::size_t i, std::int64_t clock, std::map<std::string, std::uint64_t>& counts) {
    Burst& b = queue[i];
    if (&oldest(b) != &b || clock >= due_[b.place.rank]) return false;
    const auto open = open_.find(bank(b.place));
    if (open == open_.end()) {
      if (!issue(b.place, 'A', clock)) return false;
      open_[bank(b.place)] = {b.place.row, 0};
      b.opened = true;
      ++counts["activates"];
      return true;
    }
    if (open->second.row == b.place.row || !issue(b.place, 'P', clock)) return false;
    open_.erase(open);
    b.closed = true;
    ++counts["precharges"];
    return true;
  }

  const BankedDramConfig& config_;
  std::vector<std::int64_t> due_;       // of each rank
  std::map<std::size_t, Open> open_{};  // by bank
  std::set<std::int64_t> data_{};       // clocks in which data moves
};

class Judge final : public JudgedPort {
 public:
  Judge(const MemoryPortConfig& port, const BankedDramConfig& config, std::uint64_t machine_mhz,
        const Stream& stream)
      : JudgedPort(port, stream),
        config_(config),
        machine_mhz_(machine_mhz),
        channels_(config.channels, Channel(config)),
        progress_(stream.requests.size()) {}

  BankedOutcome judge(std::uint64_t tail) {
    BankedOutcome outcome{run(tail)};
    count_refresh();
    for (const Channel& c : channels_) outcome.commands.push_back(c.issued);
    outcome.counters = text(counts_);
    return outcome;
  }

 private:
  struct Progress {
    std::uint64_t bursts_left = 0;
    std::uint64_t last_data = 0;  // clock
  };

  void memory() override {
    take_request();
    clocks();
    give_response();
  }

  void queue_bursts() {
    while (!pending_.empty()) {
      const Burst b = pending_.front();
      if (lives_[b.request].whole == kNot) return;
      if (channels_[b.channel].queue.size() == config_.queue_depth) return;
      channels_[b.channel].queue.push_back(b);
      pending_.erase(pending_.begin());
    }
  }

  void take_request() {
    const bool input_busy = bring_data();
    queue_bursts();
    const std::size_t next = waiting();
    if (next != kNot && pending_.empty() && !input_busy) {
      take(next);
      split(next);
      queue_bursts();
    }
    count_waiting_request();
  }

  void split(std::size_t i) {
    const StreamRequest& r = stream_.requests[i];
    const std::uint64_t size = config_.bus_bits * config_.burst_length / 8;
    for (std::uint64_t n = r.address / size; n * size < r.address + r.bytes; ++n) {
      pending_.push_back(placed(i, n));
      ++progress_[i].bursts_left;
    }
  }

  /// The n-th burst of the memory, as a number of mixed radix.
  Burst placed(std::size_t request, std::uint64_t n) const {
    Burst b{.request = request, .write = stream_.requests[request].write};
    std::uint64_t stride = 1;
    for (auto f = config_.mapping.rbegin(); f != config_.mapping.rend(); ++f) {
      const auto digit = [&](std::uint64_t size) {
        const std::uint64_t value = n / stride % size;
        stride *= size;
        return static_cast<std::uint32_t>(value);
      };
      if (*f == AddressField::kRow) b.place.row = digit(config_.rows);
      if (*f == AddressField::kRank) b.place.rank = digit(config_.ranks);
      if (*f == AddressField::kGroup) b.place.group = digit(config_.bank_groups);
      if (*f == AddressField::kBank) b.place.bank = digit(config_.banks);
      if (*f == AddressField::kChannel) b.channel = digit(config_.channels);
      if (*f == AddressField::kColumn) {
        b.place.column = digit(config_.row_bytes * 8 / config_.bus_bits / config_.burst_length);
      }
    }
    return b;
  }

  /// DRAM clocks that begin in this cycle: clock d begins at d / clock_mhz.
  void clocks() {
    for (; clock_ * machine_mhz_ < (now_ + 1) * config_.clock_mhz; ++clock_) {
      for (Channel& c : channels_) {
        std::vector<Burst> moved;
        c.step(static_cast<std::int64_t>(clock_), counts_, moved);
        for (const Burst& b : moved) finish(b);
      }
    }
  }

  void finish(const Burst& b) {
    Progress& p = progress_[b.request];
    const std::uint64_t last = clock_ + (b.write ? config_.timing.tcwl : config_.timing.tcl) +
                               config_.burst_length / config_.transfers_per_clock - 1;
    p.last_data = std::max(p.last_data, last);
    if (--p.bursts_left > 0) return;
    lives_[b.request].first = lives_[b.request].done =
        p.last_data * machine_mhz_ / config_.clock_mhz;
  }

  void count_refresh() {
    for (const Channel& channel : channels_) {
      for (const Command& c : channel.issued) {
        if (c.kind != 'F') continue;
        counts_["refresh_clocks"] += std::min<std::uint64_t>(
            config_.timing.trfc, clock_ - static_cast<std::uint64_t>(c.clock));
      }
    }
  }

  const BankedDramConfig& config_;
  const std::uint64_t machine_mhz_;
  std::vector<Channel> channels_;
  std::vector<Burst> pending_;
  std::vector<Progress> progress_;  // of each request
  std::uint64_t clock_ = 0;
};

}  // namespace

BankedOutcome judge_banked(const MemoryPortConfig& port, const BankedDramConfig& config,
                           std::uint64_t machine_mhz, const Stream& stream, std::uint64_t tail) {
  return Judge(port, config, machine_mhz, stream).judge(tail);
}

}  // namespace sim::hw::memory_test
