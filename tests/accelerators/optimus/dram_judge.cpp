#include "tests/accelerators/optimus/dram_judge.h"

#include <algorithm>

namespace sim::optimus::test {
namespace {

std::uint64_t up(std::uint64_t a, std::uint64_t b) { return a / b + (a % b != 0); }

/// The requests of all runs, one after the other.
class Judge {
 public:
  explicit Judge(const PlainDram& dram) : d_(dram) {}

  /// The cycle from which on the data of a request can be used that is ready to be sent in `ready`.
  std::uint64_t request(std::uint64_t ready, std::uint64_t bytes) {
    const std::uint64_t number = received_.size();
    std::uint64_t sent = std::max(ready, next_send_);
    if (number >= d_.outstanding) sent = std::max(sent, received_[number - d_.outstanding]);
    next_send_ = sent + 1;
    const std::uint64_t taken = std::max(sent + 1, next_take_);
    next_take_ = taken + d_.interval;
    const std::uint64_t first = std::max(taken + d_.latency, data_free_);
    data_free_ = first + up(bytes, d_.bytes_per_cycle);
    const std::uint64_t through_port = std::max(first, port_free_) + up(bytes, d_.port_bytes) - 1;
    const std::uint64_t answered = std::max(data_free_ - 1, through_port);
    port_free_ = answered + 1;
    received_.push_back(answered + 1);
    return answered + 2;
  }

 private:
  const PlainDram& d_;
  std::vector<std::uint64_t> received_;
  std::uint64_t next_send_ = 0;
  std::uint64_t next_take_ = 0;
  std::uint64_t data_free_ = 0;
  std::uint64_t port_free_ = 0;
};

}  // namespace

std::vector<PlainArrival> plain_arrivals(const PlainDram& dram, const std::vector<PlainRun>& runs) {
  Judge judge(dram);
  std::vector<PlainArrival> all;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    for (std::uint64_t done = 0; done < runs[r].bytes;) {
      const std::uint64_t bytes = std::min(dram.request_bytes, runs[r].bytes - done);
      done += bytes;
      all.push_back({r, done, judge.request(runs[r].cycle + 1, bytes)});
    }
  }
  return all;
}

}  // namespace sim::optimus::test
