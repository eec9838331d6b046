#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/hw/memory_port.h"
#include "tests/unit/hw/memory_stream.h"

namespace sim::hw::memory_test {

constexpr std::uint64_t kNot = UINT64_MAX;

/// The life of a request, in cycles: it is in a state from the cycle that is noted on.
struct Life {
  std::uint64_t sent = kNot, taken = kNot, whole = kNot, given = kNot, received = kNot;
  std::uint64_t first = kNot, done = kNot;  // the memory has its first data, and its last
  std::uint64_t brought = 0;                // beats of the request
  std::uint64_t shown = 0;                  // beats of the response
};

/// A requester and its port, as judges of memories have them: plain arrays, searched from end to
/// end in every cycle, nothing of sim/hw but the numbers of the configuration.
class JudgedPort {
 public:
  JudgedPort(const MemoryPortConfig& port, const Stream& stream)
      : lives_(stream.requests.size()), stream_(stream), port_(port) {}
  virtual ~JudgedPort() = default;

  Outcome run(std::uint64_t tail);

 protected:
  /// What the memory does in a cycle, from taking requests to giving responses.
  virtual void memory() = 0;

  /// Another beat of the request whose data comes in; whether there is one.
  bool bring_data();
  /// The oldest request that is sent and not taken; kNot if there is none.
  std::size_t waiting() const;
  void take(std::size_t request);
  void count_waiting_request();
  void give_response();

  std::vector<Life> lives_;
  std::map<std::string, std::uint64_t> counts_;
  const Stream& stream_;
  std::uint64_t now_ = 0;

 private:
  std::uint64_t beats(std::uint64_t bytes) const {
    return (bytes + port_.bytes_per_cycle - 1) / port_.bytes_per_cycle;
  }
  void receive(Outcome& outcome);
  void send();

  const MemoryPortConfig& port_;
  std::uint64_t next_receive_ = 0;
};

/// All counters of a DRAM as text; what was never counted is 0.
std::string text(std::map<std::string, std::uint64_t> counts);

}  // namespace sim::hw::memory_test
