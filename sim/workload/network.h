#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/workload/network_operators.h"
#include "sim/workload/sparsity.h"
#include "sim/workload/task.h"

namespace sim::workload {

class TensorFile;

/// When an operator runs: once a sentence on all source tokens; once a sentence on the encoder's
/// output, for the decoder's cross-attention; for each target position.
enum class Phase { kEncoder, kCross, kDecoder };

/// In the order of OperatorBody.
enum class OperatorKind {
  kInput,
  kEmbedding,
  kConstant,
  kLinear,
  kLogits,
  kConv2d,
  kMaxPool2d,
  kAveragePool2d,
  kGlobalAverage,
  kAdd,
  kMultiply,
  kConcat,
  kSplit,
  kUpsample,
  kFlatten,
  kUnflatten,
  kActivation,
  kNorm,
  kLocalResponseNorm,
  kRotary,
  kAttentionScores,
  kSoftmax,
  kAttentionValues
};

constexpr std::uint32_t kSourceTokens = 0xffff'ffff;  // the input "source" of an embedding
constexpr std::uint32_t kTargetTokens = 0xffff'fffe;  // the input "target" of an embedding

/// As in traces: "conv2d".
std::string_view name_of(OperatorKind kind);
/// All of them, in order.
std::vector<OperatorKind> operator_kinds();

/// With the constants of no operator yet.
OperatorBody empty_body(OperatorKind kind);

/// What an operator makes: a row of features for each token, a map, or scores and probabilities,
/// whose size is that of their queries and keys.
struct OutputShape {
  enum class Rows { kSource, kTarget, kFixed };

  Rows rows = Rows::kFixed;    // of tokens, or of queries
  std::uint32_t tokens = 1;    // kFixed
  std::uint32_t features = 0;  // of a token; channels of a map; 0: scores, probabilities
  std::uint32_t height = 0;    // of a map; 0: no map
  std::uint32_t width = 0;

  bool is_map() const { return height > 0; }
  /// Rows, where the source and the target have so many tokens.
  std::uint32_t rows_of(std::uint32_t source_tokens, std::uint32_t target_tokens) const;

  /// A row for each token of the sentence that operators of this phase work on.
  static OutputShape of_phase(Phase phase, std::uint32_t features) {
    return {.rows = phase == Phase::kDecoder ? Rows::kTarget : Rows::kSource, .features = features};
  }

  friend bool operator==(const OutputShape&, const OutputShape&) = default;
};

struct Operator {
  std::string name{};
  Phase phase = Phase::kEncoder;
  std::vector<std::uint32_t>
      inputs{};  // indices of earlier operators, or kSourceTokens, kTargetTokens
  OutputShape shape{};
  OperatorBody body{};
  std::shared_ptr<const Mask> mask{};  // of weights: set, unless it is still to be drawn
  std::uint64_t expected_weights = 0;  // that a mask will keep that is to be drawn

  OperatorKind kind() const { return static_cast<OperatorKind>(body.index()); }
  template <class Body>
  const Body& as() const {
    return std::get<Body>(body);
  }
  template <class Body>
  Body& as() {
    return std::get<Body>(body);
  }

  /// Of a token, or channels; 0: scores, probabilities.
  std::uint32_t features() const { return shape.features; }
  /// Null where it has none.
  const Weights* weights() const;
  /// Inputs that one of its outputs reads; 0 where it has no weights.
  std::uint32_t columns() const;
  bool relu() const;
  /// 1 where there are no heads.
  std::uint32_t heads() const;
  /// Of keys and values; as many as heads where none are stated.
  std::uint32_t kv_heads() const;
  /// Hides nothing where there are no keys.
  AttentionMask mask_of_keys() const;
};

/// Of the mask, or as many as one that is still to be drawn will keep.
std::uint64_t kept_weights(const Operator& op);

/// What holds for the whole network. Features, heads and tables are each operator's own.
struct NetworkLimits {
  std::uint32_t vocabulary = 0;  // target tokens; 0: the output projection is left to the host
  std::uint32_t max_tokens = 0;  // of a sentence
  std::uint32_t bos = 0;
  std::uint32_t eos = 0;
};

/// What goes in and what comes out: docs/trace-format.md.
enum class NetworkKind { kEncoderDecoder, kEncoder, kDecoder, kFeedForward };

/// As in traces: "feed_forward".
std::string_view name_of(NetworkKind kind);
/// Whether what comes out are tokens, chosen one by one.
constexpr bool chooses_tokens(NetworkKind kind) {
  return kind == NetworkKind::kEncoderDecoder || kind == NetworkKind::kDecoder;
}

/// Operators in execution order.
struct Network {
  std::string name;
  NetworkKind kind = NetworkKind::kEncoderDecoder;
  NetworkLimits limits;
  std::vector<std::uint32_t> outputs{};  // operators; of kinds that choose tokens: none
  std::vector<Operator> operators;

  bool has_values = false;  // false: shapes and masks only
};

/// Source tokens that every embedding of `source` has in its table; the target's vocabulary when
/// none reads them, or when there are no tables.
std::uint32_t source_vocabulary(const Network& model);

/// One sentence to translate or to work on, one prompt, or one set of tensors. Tokens are empty for
/// synthetic workloads, which give lengths only.
struct Sample {
  std::uint32_t index = 0;          // its number in the trace or in the synthetic set
  std::uint32_t source_tokens = 0;  // n; of a decoder: of the prompt
  std::uint32_t target_tokens =
      0;  // T that the reference produced (with the end of sentence), or that the workload states
  std::uint32_t max_target_tokens = 0;    // decoding stops here at the latest
  std::vector<std::int32_t> source{};     // or the prompt
  std::vector<std::int32_t> reference{};  // target tokens the exporter's integer model produced
  std::vector<Int8s> inputs{};            // of each of the network's inputs, all its elements
  std::optional<std::int32_t> label{};    // what people say is right
  std::string source_text{};
  std::string human_text{};
};

/// Rows of operators that work on a target's tokens, when all of them but the last are fed: those
/// of the target, and of a decoder's prompt.
std::uint32_t fed_tokens(const Network& network, const Sample& sample);

/// Rows that an operator computes for a sample, each counted once.
std::uint32_t positions_of(const Network& network, const Operator& op, const Sample& sample);

/// An operator's whole output for one sample, as the exporter computed it.
struct ReferencePoint {
  std::uint32_t sample = 0;  // Sample::index
  std::uint32_t op = 0;      // index into Network::operators
  std::vector<std::uint32_t> shape;
  std::span<const std::int8_t> int8;    // all kinds but logits
  std::span<const std::int32_t> int32;  // logits
};

/// Sentences that a Transformer translates.
struct NetworkTask final : Task {
  static constexpr std::string_view kMany = "networks";

  std::string_view what() const override;
  base::MemoryNeed held() const override;

  std::shared_ptr<const TensorFile> trace;  // keeps the spans alive; null when there is none
  std::shared_ptr<const std::vector<std::vector<std::byte>>> drawn{};  // the same, of drawn values
  Network model;
  std::vector<Sample> samples;
  std::vector<ReferencePoint> points;
  std::vector<std::string> vocabulary;  // sub-word pieces, empty when the trace has none

  // Without values:
  double relu_density = 1;  // share of the outputs of ReLU that are not zero
  std::uint64_t seed = 0;   // from which they are drawn
};

/// What so many sentences hold in memory, without their tokens and texts.
std::uint64_t sentences_bytes(std::uint64_t sentences);

}  // namespace sim::workload
