#include "sim/accelerators/optimus/stream_skip.h"

#include "sim/accelerators/optimus/chain_skip.h"
#include "sim/accelerators/optimus/column_skip.h"
#include "sim/accelerators/optimus/stream_tick.h"
#include "sim/base/check.h"

namespace sim::optimus {
namespace {

StreamCounts tick_through(const EncodedBlock& block, const StreamConfig& config,
                          std::uint32_t tokens, const ColumnArrivals& arrivals) {
  StreamTick stream(block, config, tokens, columns_here(arrivals));
  while (!stream.done()) stream.tick();
  return stream.counts();
}

/// From beats and stalls in beats to the counts of all `tokens` cycles of each beat.
StreamCounts complete(const StreamCounts& beats, const EncodedBlock& block, std::uint32_t tokens) {
  StreamCounts counts;
  counts.cycles = beats.cycles * tokens;
  counts.useful = block.useful * tokens;
  counts.fillers = block.fillers * tokens;
  counts.load_stalls = beats.load_stalls * tokens;
  counts.weight_stalls = beats.weight_stalls * tokens;
  const std::uint64_t all = counts.cycles * block.macs();
  SIM_CHECK(counts.mac_cycles() <= all, "{} MAC-cycles of {}", counts.mac_cycles(), all);
  counts.imbalance = all - counts.mac_cycles();
  return counts;
}

}  // namespace

StreamCounts stream_skip(const EncodedBlock& block, const Occupancy& occupancy,
                         const StreamConfig& config, std::uint32_t tokens,
                         const ColumnArrivals& arrivals) {
  if (block.columns == 0) return {};
  if (config.accumulators == Accumulators::kShared && block.ways > 1) {
    return tick_through(block, config, tokens, arrivals);
  }
  const bool chained = config.window.scope == WindowScope::kGlobal && arrivals.empty() &&
                       occupancy.chains && occupancy.progress;
  const StreamCounts beats = chained ? chain_skip(occupancy, block.columns, config)
                                     : column_skip(block, occupancy, config, tokens, arrivals);
  return complete(beats, block, tokens);
}

}  // namespace sim::optimus
