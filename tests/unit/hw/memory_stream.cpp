#include "tests/unit/hw/memory_stream.h"

#include <fmt/format.h>

#include <stdexcept>

namespace sim::hw::memory_test {
namespace {

class Requester {
 public:
  Requester(MemoryPort& port, const Stream& stream, Outcome& outcome)
      : port_(port), stream_(stream), outcome_(outcome) {}

  /// Whether it sent something, which the memory sees in the next cycle.
  bool step(std::uint64_t cycle) {
    if (cycle >= receive_free_ && port_.can_receive(cycle)) {
      outcome_.ids.push_back(port_.receive(cycle).id);
      outcome_.received.push_back(cycle);
      receive_free_ = cycle + stream_.receive_interval;
    }
    if (sent_ == stream_.requests.size() || !port_.can_send()) return false;
    const StreamRequest& r = stream_.requests[sent_];
    if (r.cycle > cycle) return false;
    port_.send(cycle, {.id = sent_++, .address = r.address, .bytes = r.bytes, .write = r.write});
    return true;
  }
  bool done() const { return outcome_.received.size() == stream_.requests.size(); }

 private:
  MemoryPort& port_;
  const Stream& stream_;
  Outcome& outcome_;
  std::size_t sent_ = 0;
  std::uint64_t receive_free_ = 0;
};

}  // namespace

std::uint32_t between(base::Rng& rng, std::uint32_t low, std::uint32_t high) {
  return low + static_cast<std::uint32_t>(rng.below(high - low + 1));
}

std::string text(const DramCounts& counts) {
  std::string all;
  for (const auto& f : dram_fields()) all += fmt::format("{} {}\n", f.name, counts.*f.member);
  return all;
}

Outcome drive(Dram& dram, MemoryPort& port, const Stream& stream, std::uint64_t tail,
              bool disturb) {
  constexpr std::uint64_t kTooLong = 100'000'000;
  base::Rng rng(stream.requests.size(), "disturb");
  Outcome outcome;
  Requester requester(port, stream, outcome);
  bool changed = false;
  std::uint64_t last = kTooLong;
  for (std::uint64_t cycle = 0; cycle <= last; ++cycle) {
    if (changed || dram.next_event() <= cycle || cycle == last || (disturb && rng.below(5) == 0)) {
      dram.run_to(cycle);
      ++outcome.events;
    }
    changed = requester.step(cycle);
    if (last == kTooLong && requester.done()) last = cycle + 1 + tail;
    if (cycle + 1 == kTooLong) throw std::runtime_error("the memory is stuck");
  }
  outcome.cycles = last + 1;
  outcome.counters = text(dram.counts());
  return outcome;
}

}  // namespace sim::hw::memory_test
