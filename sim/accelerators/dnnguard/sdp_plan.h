#pragma once

#include <cstdint>
#include <vector>

#include "sim/accelerators/dnnguard/unit_timing.h"
#include "sim/workload/nvdla_layer.h"

namespace sim::dnnguard {

/// How a stream of SDP comes from memory. A command is a line of the cube, or the whole cube if
/// that has one pixel, or all channels of an operand of which there is one a channel. Behind the
/// buffer of returned beats, beats are packed in fours, which end with a command.
struct SdpStream {
  static constexpr std::uint32_t kPack = 4;

  std::uint64_t commands = 1;
  std::uint64_t items = 1;           // of a command: atoms, or operands of one atom each
  std::uint32_t beats_per_item = 1;  // 1, 2, 4
  std::uint64_t atoms_per_item = 1;  // successive atoms that use an item
  std::uint32_t flight = 8;          // beats in flight
  std::uint32_t ahead = 3;           // atoms and
  std::uint32_t release = 4;         // cycles, see SdpPlan

  std::uint64_t beats() const { return commands * items * beats_per_item; }
  std::uint32_t pack_items() const { return kPack / beats_per_item; }
};

/// A stage that an atom goes through: first the entry of the core, then BS, BN and EW as far as
/// they are on.
struct SdpPass {
  std::uint32_t lead = 0;        // cycles from the stage before
  std::uint32_t cycles = 1;      // for an atom
  int stream = -1;               // whose items it needs, an index of SdpPlan::streams; -1: none
  std::uint32_t room = 0;        // atoms that may have passed it and not the next one
  std::uint32_t after_room = 0;  // cycles after which the place of one that has is free
};

/// An SDP layer as its engines see it. All times are in cycles; "after" is "no sooner than".
///  - Reads, from kFirstRead: one a cycle is chosen, round robin among the streams that still have
///    beats to ask for and fewer than `flight` on their way, when none chosen before waits for the
///    address port, which takes one every read_interval cycles.
///  - A beat is packed, which ends its flight, latency + kBeatReturn after its read, one a cycle,
///    and only while the pack before has gone.
///  - A pack goes a cycle after its last beat, when the places that it needs in the queue before
///    the stage are free. The pack before has as many or fewer of them; the last one is free
///    `release` cycles after the `ahead`-th last atom that uses the items in them passed the stage:
///    those of the last ones have gone into the pipe.
///  - An atom passes a stage `lead` after the stage before, `cycles` after the atom before, with
///  its
///    item in the queue, and `after_room` after the atom `room` before it passed the stage behind:
///    the pipe between them holds what it holds at full speed.
///  - It is written `exit` after the last stage, write_interval after the atom before. No more than
///    `queue` atoms are between the last stage and the memory.
struct SdpPlan {
  static constexpr std::uint64_t kBeatReturn = 14;

  std::uint64_t atoms = 0;
  std::vector<SdpStream> streams;  // the source first
  std::vector<int> names;          // of the streams: index in UnitCounters::reads
  std::vector<SdpPass> stages;
  std::uint32_t exit = 0;
  std::uint32_t queue = 0;
};

/// The stand-alone layer `sdp` from memory to memory.
SdpPlan plan_sdp(const workload::nvdla::Sdp& sdp, const ArrayGeometry& geometry,
                 const UnitRates& rates);

}  // namespace sim::dnnguard
