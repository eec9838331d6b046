#include "tests/unit/hw/banked_dram_judge.h"

#include <fmt/format.h>

#include <map>
#include <set>

namespace sim::hw::memory_test {
namespace {

constexpr std::uint64_t kNot = UINT64_MAX;

struct Burst {
  std::size_t request;
  bool write;
  std::uint32_t channel = 0;
  Command place{};  // its kind and clock are not used
  bool closed = false, opened = false;
};

struct Life {
  std::uint64_t sent = kNot, taken = kNot, whole = kNot, done = kNot, given = kNot, received = kNot;
  std::uint64_t brought = 0, shown = 0, bursts_left = 0;
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

class Judge {
 public:
  Judge(const MemoryPortConfig& port, const BankedDramConfig& config, std::uint64_t machine_mhz,
        const Stream& stream)
      : port_(port),
        config_(config),
        machine_mhz_(machine_mhz),
        stream_(stream),
        lives_(stream.requests.size()),
        channels_(config.channels, Channel(config)) {}

  BankedOutcome run(std::uint64_t tail) {
    BankedOutcome outcome;
    std::uint64_t end = kNot;
    for (now_ = 0; now_ != end; ++now_) {
      take();
      clocks();
      give();
      requester(outcome);
      if (end == kNot && outcome.received.size() == lives_.size()) end = now_ + tail + 2;
    }
    outcome.cycles = end;
    count_refresh();
    for (const Channel& c : channels_) outcome.commands.push_back(c.issued);
    for (const auto& f : dram_fields()) {
      outcome.counters += fmt::format("{} {}\n", f.name, counts_[std::string(f.name)]);
    }
    return outcome;
  }

 private:
  std::uint64_t beats(std::uint64_t bytes) const {
    return (bytes + port_.bytes_per_cycle - 1) / port_.bytes_per_cycle;
  }

  void requester(Outcome& outcome) {
    for (std::size_t i = 0; i < lives_.size() && now_ >= next_receive_; ++i) {
      if (lives_[i].given >= now_ || lives_[i].received != kNot) continue;
      lives_[i].received = now_;
      next_receive_ = now_ + stream_.receive_interval;
      outcome.received.push_back(now_);
      outcome.ids.push_back(i);
    }
    std::size_t flying = 0;
    for (const Life& l : lives_) flying += l.sent != kNot && l.received == kNot;
    for (std::size_t i = 0; i < lives_.size(); ++i) {
      if (lives_[i].sent != kNot) continue;
      if (flying < port_.outstanding && stream_.requests[i].cycle <= now_) lives_[i].sent = now_;
      break;
    }
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

  void take() {
    bool input_busy = false;
    for (std::size_t i = 0; i < lives_.size(); ++i) {
      Life& l = lives_[i];
      if (l.taken == kNot || l.whole != kNot) continue;
      input_busy = true;
      if (++l.brought == beats(stream_.requests[i].bytes)) l.whole = now_;
    }
    queue_bursts();
    for (std::size_t i = 0; i < lives_.size() && pending_.empty() && !input_busy; ++i) {
      if (lives_[i].taken != kNot) continue;
      if (lives_[i].sent < now_) begin(i);
      break;
    }
    for (const Life& l : lives_) {
      if (l.sent >= now_ || l.taken != kNot) continue;
      ++counts_["request_wait_cycles"];
      break;
    }
  }

  void begin(std::size_t i) {
    const StreamRequest& r = stream_.requests[i];
    lives_[i].taken = now_;
    lives_[i].brought = 1;
    if (!r.write || beats(r.bytes) == 1) lives_[i].whole = now_;
    ++counts_[r.write ? "write_requests" : "read_requests"];
    counts_[r.write ? "write_bytes" : "read_bytes"] += r.bytes;
    const std::uint64_t size = config_.bus_bits * config_.burst_length / 8;
    for (std::uint64_t n = r.address / size; n * size < r.address + r.bytes; ++n) {
      pending_.push_back(placed(i, n));
      ++lives_[i].bursts_left;
    }
    queue_bursts();
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
    Life& l = lives_[b.request];
    const std::uint64_t last = clock_ + (b.write ? config_.timing.tcwl : config_.timing.tcl) +
                               config_.burst_length / config_.transfers_per_clock - 1;
    last_data_[b.request] = std::max(last_data_[b.request], last);
    if (--l.bursts_left == 0) l.done = last_data_[b.request] * machine_mhz_ / config_.clock_mhz;
  }

  void give() {
    for (std::size_t i = 0; i < lives_.size(); ++i) {
      Life& l = lives_[i];
      if (l.given != kNot) continue;
      if (l.done == kNot || l.done > now_) return;
      if (++l.shown < (stream_.requests[i].write ? 1 : beats(stream_.requests[i].bytes))) return;
      l.given = now_;
      ++counts_["responses"];
      return;
    }
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

  const MemoryPortConfig& port_;
  const BankedDramConfig& config_;
  const std::uint64_t machine_mhz_;
  const Stream& stream_;
  std::vector<Life> lives_;
  std::vector<Channel> channels_;
  std::vector<Burst> pending_;
  std::map<std::size_t, std::uint64_t> last_data_;
  std::uint64_t now_ = 0, clock_ = 0, next_receive_ = 0;
  std::map<std::string, std::uint64_t> counts_;
};

}  // namespace

BankedOutcome judge_banked(const MemoryPortConfig& port, const BankedDramConfig& config,
                           std::uint64_t machine_mhz, const Stream& stream, std::uint64_t tail) {
  return Judge(port, config, machine_mhz, stream).run(tail);
}

}  // namespace sim::hw::memory_test
