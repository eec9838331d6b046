#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/values/executor.h"
#include "sim/values/mac_counts.h"
#include "sim/workload/network.h"

namespace sim::values {

/// What a decoding step computes. Tokens and outputs are the same for all choices.
struct Decoding {
  bool skip_redundant = true;  // the newest position only; false: all positions in every step
  // Only without skipping:
  bool cross_kv_once = false;  // keys and values of the encoder's output once, not in every step
  bool project_all_positions = false;  // logits of all positions, not of the newest alone
  bool masked_scores = false;  // count attention MACs of existing entries only; otherwise that is
                               // done for rows computed by themselves alone
};

struct Translation {
  std::vector<std::int32_t> tokens;  // as produced, with the end of the sentence if it was reached
  PhaseMacs macs;
  std::vector<Output> outputs;  // of the operators asked for, in their order

  /// T: decoding steps.
  std::uint32_t steps() const { return static_cast<std::uint32_t>(tokens.size()); }
};

/// Runs samples through a network's integer model. Networks that choose tokens decode greedily
/// until the end of the sentence or the limit: an encoder-decoder behind its encoder and the keys
/// and values of its output, a decoder behind its prompt, whose rows are computed together. The
/// others compute each operator once.
class Translator {
 public:
  /// The model must outlive the translator. Throws WorkloadError when it cannot be computed.
  explicit Translator(const workload::Network& model, const Decoding& decoding = {});

  /// `wanted`: indices of operators whose whole outputs are returned. Throws WorkloadError
  /// (Executor::begin).
  Translation run(const workload::Sample& sample, std::span<const std::uint32_t> wanted = {});
  /// Of an encoder-decoder.
  Translation translate(std::span<const std::int32_t> source, std::uint32_t max_target_tokens,
                        std::span<const std::uint32_t> wanted = {});

 private:
  Translation generate(std::span<const std::int32_t> prompt, std::uint32_t max_new_tokens);
  void decode(std::uint32_t max_new_tokens, Translation& out);
  void run(workload::Phase phase, PhaseMacs& macs);
  std::int32_t step(PhaseMacs& macs);
  std::uint32_t first_row(const workload::Operator& op) const;
  std::vector<Output> outputs(std::span<const std::uint32_t> wanted);
  void count(std::uint32_t op, std::uint32_t first, std::uint32_t last, MacCounts& macs) const;
  std::uint64_t attention_macs(std::uint32_t op, std::uint32_t first, std::uint32_t last,
                               std::uint32_t features) const;

  const workload::Network& model_;
  const Decoding decoding_;
  Executor executor_;
  std::uint32_t logits_ = 0;                 // index of the output projection
  std::uint32_t done_ = 0;                   // target rows that earlier steps computed
  std::vector<std::uint64_t> kept_weights_;  // of each operator's matrix
};

}  // namespace sim::values
