#pragma once

#include <deque>
#include <vector>

#include "sim/accelerators/dnnguard/sdp_plan.h"
#include "sim/accelerators/dnnguard/unit_counters.h"
#include "sim/accelerators/dnnguard/unit_history.h"

namespace sim::dnnguard {

/// SDP, one clock at a time: the rules of SdpPlan in the order in which a clock does them.
class SdpTick {
 public:
  SdpTick(const SdpPlan& plan, const UnitMemory& memory);
  SdpTick(const SdpTick&) = delete;  // it points into itself
  SdpTick& operator=(const SdpTick&) = delete;

  void tick();
  bool done() const { return counts_.writes.beats == plan_.atoms && now_ >= end(); }
  const UnitCounters& counts() const { return counts_; }

 private:
  static constexpr std::size_t kPassedKept = 64;  // last atoms of a stage

  struct Pack {
    std::uint64_t sent;
    std::uint64_t end;  // first item behind it
  };
  struct Stream {
    const SdpStream* rule;
    std::uint64_t unread;           // beats
    std::uint64_t left;             // items of the command that are not in packs sent
    std::uint32_t flight = 0;       // beats on their way, or chosen
    std::deque<std::uint64_t> due;  // when they are there
    std::uint32_t beats = 0;        // in the pack
    std::uint32_t before = 0;       // items of the pack before
    std::deque<Pack> packs;         // sent, until the last of their atoms is in the last stage
  };
  struct Stage {
    History passed;
    std::uint32_t to_last;  // cycles from here to the last stage
  };

  std::uint64_t end() const { return counts_.writes.last + kInterrupt; }
  std::uint64_t passed(std::size_t stage) const { return stages_[stage].passed.size(); }
  std::uint32_t pack_size(const Stream& stream) const;  // items
  bool places_free(const Stream& stream, const History& passed) const;
  void write();
  void send_pack(Stream& stream, const History& passed);
  void pack_beat(Stream& stream);
  bool item_there(const Stream& stream, std::uint64_t atom, std::uint64_t before) const;
  bool operands_there(std::uint64_t atom) const;
  bool may_pass(std::size_t stage) const;
  void pass(std::size_t stage);
  void count_last_stage();
  void read();
  void choose();
  void ask();

  const SdpPlan plan_;
  const UnitMemory memory_;
  std::vector<Stream> streams_;
  std::vector<Stage> stages_;
  std::deque<std::uint64_t> leaving_;  // when they could be written
  std::uint64_t next_write_ = 0;
  std::uint64_t next_read_ = kFirstRead;
  std::size_t last_ = 0;  // the stream that was chosen last
  bool waiting_ = false;  // it waits for the port
  std::uint64_t now_ = 0;
  UnitCounters counts_;
};

UnitCounters sdp_tick(const SdpPlan& plan, const UnitMemory& memory);

}  // namespace sim::dnnguard
