#include "tests/unit/hw/fixed_dram_judge.h"

#include "tests/unit/hw/judged_port.h"

namespace sim::hw::memory_test {
namespace {

class Judge final : public JudgedPort {
 public:
  Judge(const MemoryPortConfig& port, const FixedDramConfig& config, const Stream& stream)
      : JudgedPort(port, stream), config_(config), moved_(stream.requests.size()) {}

  std::string counters() const { return text(counts_); }

 private:
  void memory() override {
    take_request();
    move();
    give_response();
  }

  void take_request() {
    const bool input_busy = bring_data();
    const std::size_t next = waiting();
    if (next != kNot && !input_busy && now_ >= next_take_) {
      take(next);
      next_take_ = now_ + config_.accept_interval_cycles;
    }
    count_waiting_request();
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
      move_data(i);
      return;
    }
    ++counts_["timing_wait_clocks"];
  }

  void move_data(std::size_t request) {
    Life& l = lives_[request];
    const std::uint64_t bytes = stream_.requests[request].bytes;
    ++counts_["data_clocks"];
    if (moved_[request] == 0) l.first = now_;
    moved_[request] += config_.bytes_per_cycle;
    if (moved_[request] < bytes) return;
    l.done = now_;
    ++counts_["bursts"];
    counts_["moved_bytes"] += bytes;
  }

  const FixedDramConfig& config_;
  std::vector<std::uint64_t> moved_;  // bytes of each request
  std::uint64_t next_take_ = 0;
};

}  // namespace

Outcome judge_fixed(const MemoryPortConfig& port, const FixedDramConfig& config,
                    const Stream& stream, std::uint64_t tail) {
  Judge judge(port, config, stream);
  Outcome outcome = judge.run(tail);
  outcome.counters = judge.counters();
  return outcome;
}

}  // namespace sim::hw::memory_test
