#pragma once

#include <optional>
#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/moment.h"
#include "sim/accelerators/optimus/program.h"
#include "sim/accelerators/optimus/tile_chooser.h"

namespace sim::optimus {

/// The commands of one sentence, in the order in which the sequencer issues them:
///   start(): encoder, layer by layer on all source tokens; then K and V of the cross-attention;
///   step(t): decoding step t = 1, 2, …, which ends with the arg-max; the first computes a whole
///     prompt, if there is one;
/// or of one product by itself: product(layer).
/// With redundancy skipping a step computes the newest position and reads K and V of the earlier
/// ones from the K/V store. Without it a step computes all positions again, and K and V of the
/// cross-attention too. A query by itself reads the keys that it sees only, several read all keys
/// unless scores are masked. With streamed weights and embedding tables in DRAM, array and embedder
/// read it in turns, in the order of the layers: each waits for the other's command before its own,
/// and no weights are asked for across one. Numbers are those of the scoreboard: consecutive from
/// 0, forgotten at the start of a sentence.
class Schedule {
 public:
  Schedule(const Program& program, const Config& config, TileChooser& tiles,
           std::uint32_t source_tokens);

  std::vector<Command> start();
  std::vector<Command> step(std::uint32_t t);
  std::vector<Command> product(std::uint32_t layer);

 private:
  void issue_phase(workload::Phase phase, std::uint32_t t, std::vector<Command>& out);
  Command command(std::uint32_t layer, const Moment& moment);
  void take_inputs(Command& command, const Layer& layer);
  std::uint32_t all_keys(const Layer& layer, const Moment& moment) const;
  void take_turn_at_dram(Command& command, const Layer& layer);

  struct DramTurn {
    std::uint32_t command;
    bool embeds;
  };

  const Program& program_;
  const Config& config_;
  TileChooser& tiles_;
  std::uint32_t source_tokens_;
  std::uint32_t next_id_ = 0;
  std::vector<std::optional<std::uint32_t>> latest_;  // layer -> its latest command
  std::optional<DramTurn> dram_turn_;                 // of the command that reads DRAM before
};

/// Tokens of the largest tile of a sparse layer in sentences of these lengths, at least 1: what the
/// input window has to hold.
std::uint32_t largest_tile(const Program& program, const Config& config,
                           const std::vector<SentenceLengths>& lengths);

/// Parts in which a command posts its results.
std::uint32_t parts_of(const Command& command, const Layer& layer, const Config& config);

}  // namespace sim::optimus
