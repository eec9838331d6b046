#pragma once

#include <array>
#include <cstdint>
#include <limits>

#include "sim/accelerators/dnnguard/unit_timing.h"

namespace sim::dnnguard {

using Cycle = std::int64_t;  // operands are read before cycle 0, the enable of the first layer
constexpr Cycle kNever = std::numeric_limits<Cycle>::max() / 4;

/// A memory of fixed latency: one read is accepted every `accept_interval` cycles, or in the time
/// that a beat takes on the way back if that is longer; writes are always taken.
struct ReadMemory {
  std::uint32_t bytes_per_cycle = 8;
  std::uint32_t latency = 32;  // cycles from a read to its beat
  std::uint32_t accept_interval = 2;

  Cycle interval(std::uint32_t beat_bytes) const {
    const Cycle on_the_way = (beat_bytes + bytes_per_cycle - 1) / bytes_per_cycle;
    return accept_interval > on_the_way ? accept_interval : on_the_way;
  }
};

/// Fixed times of the units in cycles, read off simulations of the public RTL (nvdla/hw master
/// 1a65f1f5 under Verilator) of nv_small, nv_small_256 and nv_large; the same in all three.
namespace times {

// A read passes four register stages between the arbiter and the memory.
constexpr Cycle kReadPipe = 4;
constexpr std::uint32_t kReadPipeDepth = 4;
// Enable to the arbiter: weights of an idle engine, weights of a later layer, operands.
constexpr Cycle kFirstWeights = 24;
constexpr Cycle kLaterWeights = 18;
constexpr Cycle kOperands = -35;  // their unit is enabled first
// The first data behind the first weights: a cube; pixels, with padding on the left.
constexpr Cycle kCubeLead = 4;
constexpr Cycle kPixelLead = 1;
constexpr Cycle kPaddingLead = 1;
// Beats of data and weights on their way, and when one stops counting after the memory took it.
constexpr std::uint32_t kFetchesInFlight = 256;
constexpr Cycle kFetchReturn = -1;  // plus the latency
// Last beat read to the next layer's first weights at the arbiter.
constexpr Cycle kNextFetch = 29;  // plus the latency
// End of the last stripe to the first weights at the arbiter, if their banks change.
constexpr Cycle kBankChange = 79;
// End of a group or a layer until its place in the buffer is free for reads: 13 to 25 were seen.
constexpr Cycle kRelease = 17;
// Last beat to the first atomic operation: plus the latency and a cycle a kernel of the group, two
// at least.
constexpr Cycle kLeastKernels = 2;
constexpr Cycle kCubeReady = 7;
constexpr Cycle kPixelsReady = 18;  // converter, packing
// The path of a cube into the buffer takes a pixel of three or four surfaces in six cycles, two
// less over eight pixels, and its last four beats in no less than nine.
constexpr std::uint32_t kBlockPixels = 8;
constexpr std::uint32_t kBlockSurfaces = 4;
constexpr Cycle kLastBeats = 9;
// End of a layer's last stripe to the next layer's first: plus a cycle a kernel of its group.
constexpr Cycle kLayerGap = 57;
// First atomic operation of the last stripe to SDP taking the first output, less SDP's interval.
constexpr Cycle kAccumulator = 37;
// SDP taking an output to its write; switch of SDP to the next layer.
constexpr Cycle kSdp = 29;
constexpr Cycle kSdpSwitch = 11;
// Operand beats: arrival to use less SDP's interval, back to the arbiter, taken to fetched again.
constexpr Cycle kOperandUse = -7;
constexpr Cycle kOperandReturn = 12;
constexpr Cycle kOperandTaken = 22;
// Last write to the interrupt.
constexpr Cycle kInterrupt = sim::dnnguard::kInterrupt;  // as of the units by themselves

}  // namespace times

/// Reads of one stream, in the cycles in which the memory accepts them.
struct StreamReads {
  std::uint64_t beats = 0;
  Cycle first = 0;
  Cycle last = 0;

  void add(Cycle at, std::uint64_t count = 1, Cycle last_at = -kNever) {
    if (beats == 0) first = at;
    beats += count;
    last = last_at > at ? last_at : at;
  }
  friend bool operator==(const StreamReads&, const StreamReads&) = default;
};

/// What a convolution layer did. A layer's time runs from the end of the last stripe before it (or
/// cycle 0) to the end of its own last stripe, that of the last layer to its interrupt.
struct ConvolutionCounts {
  StreamReads weights;
  StreamReads data;
  std::array<StreamReads, 3> operands;  // of BS, BN, EW
  std::uint64_t writes = 0;             // beats
  Cycle first_write = 0;
  Cycle last_write = 0;
  Cycle interrupt = 0;
  Cycle first_stripe = 0;
  Cycle last_stripe_end = 0;
  // Cycles of the layer's time.
  Cycle busy = 0;           // an atomic operation in the MAC cells
  Cycle weight_port = 0;    // the next stripe's weights are on their way into the MAC cells
  Cycle data_stalls = 0;    // input not in the buffer
  Cycle weight_stalls = 0;  // weights not in the buffer
  Cycle credit_stalls = 0;  // no place for the outputs in the accumulator's delivery buffer
  Cycle idle = 0;           // not enabled, switch of layers, drain

  Cycle cycles() const {
    return busy + weight_port + data_stalls + weight_stalls + credit_stalls + idle;
  }
  friend bool operator==(const ConvolutionCounts&, const ConvolutionCounts&) = default;
};

}  // namespace sim::dnnguard
