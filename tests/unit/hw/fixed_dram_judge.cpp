#include "tests/unit/hw/fixed_dram_judge.h"

#include <fmt/format.h>

#include <map>

namespace sim::hw::memory_test {
namespace {

constexpr std::uint64_t kNot = UINT64_MAX;

/// The life of a request, in cycles: it is in a state from the cycle that is noted on.
struct Life {
  std::uint64_t sent = kNot, taken = kNot, whole = kNot, done = kNot, given = kNot, received = kNot;
  std::uint64_t moved = 0;    // bytes of memory
  std::uint64_t shown = 0;    // beats of the response
  std::uint64_t brought = 0;  // beats of the request
};

class Judge {
 public:
  Judge(const MemoryPortConfig& port, const FixedDramConfig& config, const Stream& stream)
      : port_(port), config_(config), stream_(stream), lives_(stream.requests.size()) {}

  Outcome run(std::uint64_t tail) {
    Outcome outcome;
    std::uint64_t end = kNot;
    for (now_ = 0; now_ != end; ++now_) {
      memory();
      requester(outcome);
      if (end == kNot && outcome.received.size() == lives_.size()) end = now_ + tail + 2;
    }
    outcome.cycles = end;
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

  void take() {
    bool input_busy = false;
    for (std::size_t i = 0; i < lives_.size(); ++i) {
      Life& l = lives_[i];
      if (l.taken == kNot || l.whole != kNot) continue;
      input_busy = true;
      if (++l.brought == beats(stream_.requests[i].bytes)) l.whole = now_;
    }
    for (std::size_t i = 0; i < lives_.size(); ++i) {
      Life& l = lives_[i];
      if (l.taken != kNot) continue;
      if (l.sent >= now_) return;
      if (input_busy || now_ < next_take_) break;
      l.taken = now_;
      next_take_ = now_ + config_.accept_interval_cycles;
      l.brought = 1;
      const StreamRequest& r = stream_.requests[i];
      if (!r.write || beats(r.bytes) == 1) l.whole = now_;
      ++counts_[r.write ? "write_requests" : "read_requests"];
      counts_[r.write ? "write_bytes" : "read_bytes"] += r.bytes;
      break;
    }
    for (const Life& l : lives_) {
      if (l.sent >= now_ || l.taken != kNot) continue;
      ++counts_["request_wait_cycles"];
      break;
    }
  }

  void move() {
    std::uint64_t inside = 0;
    for (const Life& l : lives_) inside += l.taken != kNot && l.done == kNot;
    counts_["queued_clocks"] += inside;
    if (inside == 0) {
      ++counts_["idle_clocks"];
      return;
    }
    for (std::size_t i = 0; i < lives_.size(); ++i) {
      Life& l = lives_[i];
      if (l.done != kNot) continue;
      if (l.whole == kNot || now_ < l.whole + config_.latency_cycles) break;
      ++counts_["data_clocks"];
      l.moved += config_.bytes_per_cycle;
      if (l.moved < stream_.requests[i].bytes) return;
      l.done = now_;
      ++counts_["bursts"];
      counts_["moved_bytes"] += stream_.requests[i].bytes;
      return;
    }
    ++counts_["timing_wait_clocks"];
  }

  void give() {
    for (std::size_t i = 0; i < lives_.size(); ++i) {
      Life& l = lives_[i];
      if (l.given != kNot) continue;
      if (l.moved == 0) return;  // has no data yet
      const std::uint64_t last = stream_.requests[i].write ? 1 : beats(stream_.requests[i].bytes);
      ++l.shown;
      if (l.shown < last || l.done == kNot) return;
      l.given = now_;
      ++counts_["responses"];
      return;
    }
  }

  void memory() {
    take();
    move();
    give();
  }

  const MemoryPortConfig& port_;
  const FixedDramConfig& config_;
  const Stream& stream_;
  std::vector<Life> lives_;
  std::uint64_t now_ = 0, next_take_ = 0, next_receive_ = 0;
  std::map<std::string, std::uint64_t> counts_;
};

}  // namespace

Outcome judge_fixed(const MemoryPortConfig& port, const FixedDramConfig& config,
                    const Stream& stream, std::uint64_t tail) {
  return Judge(port, config, stream).run(tail);
}

}  // namespace sim::hw::memory_test
