#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "sim/hw/credit_queue.h"
#include "sim/hw/engine.h"
#include "sim/hw/round_robin.h"
#include "sim/stats/stats.h"

namespace sim::hw {

/// A job that occupies a shared port for some beats.
struct Burst {
  std::uint64_t id = 0;
  std::uint32_t beats = 1;  // >= 1
};
using BurstQueue = CreditQueue<Burst>;

/// Cycles of one requester of a shared port.
struct RequesterCounts {
  std::uint64_t bursts = 0;        // begun
  std::uint64_t grants = 0;        // beats
  std::uint64_t grant_waits = 0;   // had a burst under way, another requester was granted
  std::uint64_t output_waits = 0;  // a burst waited for a place behind the port
};
std::span<const stats::Field<RequesterCounts>> requester_fields();

/// A port that carries one beat a cycle for one of several requesters, by weighted round robin.
/// Each requester has a queue before and one behind the port. In a cycle:
///  1. a requester without a burst takes the front of its queue, if it sees one there and a place
///     behind the port, which stays reserved;
///  2. one of the requesters with a burst is granted a beat;
///  3. the burst of whom that was its last beat goes to the queue behind the port.
class SharedPort : public Engine {
 public:
  struct Requester {
    BurstQueue* in;
    BurstQueue* out;
    std::uint32_t weight;
  };

  const RequesterCounts& counts(std::size_t requester) const { return counts_[requester]; }

 protected:
  explicit SharedPort(std::vector<Requester> requesters);

  /// What a requester has of its burst.
  struct UnderWay {
    Burst burst;
    std::uint64_t beats_left = 0;  // 0: has none
  };

  void begin_bursts(std::uint64_t cycle);
  void end_burst(std::size_t requester, std::uint64_t cycle);
  /// Whether it holds a burst back for want of a place behind the port.
  bool blocked(std::size_t requester, std::uint64_t cycle) const;

  std::vector<Requester> requesters_;
  std::vector<UnderWay> under_way_;
  std::vector<RequesterCounts> counts_;
  RoundRobin arbiter_;
};

/// One cycle at a time.
class SharedPortTick final : public SharedPort {
 public:
  explicit SharedPortTick(std::vector<Requester> requesters) : SharedPort(std::move(requesters)) {}
  void run_to(std::uint64_t cycle) override;
  std::uint64_t next_event() const override { return next_; }

 private:
  std::uint64_t next_ = 0;
};

/// From one change of the requesters to the next: grants in between are replayed.
class SharedPortSkip final : public SharedPort {
 public:
  explicit SharedPortSkip(std::vector<Requester> requesters) : SharedPort(std::move(requesters)) {}
  void run_to(std::uint64_t cycle) override;
  std::uint64_t next_event() const override { return next_; }

 private:
  void pass(std::uint64_t cycles);
  std::uint64_t first_end() const;

  std::vector<std::size_t> active_;   // requesters with a burst under way, ascending
  std::vector<std::size_t> blocked_;  // as of the last cycle done
  std::uint64_t until_ = 0;           // cycles before this one are done
  std::uint64_t next_ = 0;
};

}  // namespace sim::hw
