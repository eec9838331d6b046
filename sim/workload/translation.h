#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/workload/sparsity.h"
#include "sim/workload/task.h"

namespace sim::workload {

class TensorFile;

/// When an operator runs: once a sentence on all source tokens; once a sentence on the encoder's
/// output, for the decoder's cross-attention; for each target position.
enum class Phase { kEncoder, kCross, kDecoder };

enum class OperatorKind {
  kEmbedding,
  kLinear,
  kLogits,
  kAttentionScores,
  kSoftmax,
  kAttentionValues,
  kAddNorm
};

/// Integer constants and tensors of an operator; which ones are used depends on its kind. The
/// formulas stand in docs/trace-format.md and, executable, in sim/reference. Spans point into the
/// trace's file and are empty for synthetic workloads.
struct OperatorValues {
  std::int32_t multiplier = 0;    // attention scores, attention values
  std::int32_t x_multiplier = 0;  // add_norm: first input; embedding: token table
  std::int32_t y_multiplier = 0;  // add_norm: second input; embedding: position table
  std::uint32_t shift = 0;        // all but softmax
  std::span<const std::int8_t>
      weight;  // linear, logits: [rows, columns]; embedding: token table [vocabulary, rows]
  std::span<const std::int8_t> positions;     // embedding: [max_tokens, rows]
  std::span<const std::int32_t> bias;         // linear, logits: [rows]
  std::span<const std::int32_t> multipliers;  // linear, logits: [rows]
  std::span<const std::uint16_t> table;       // softmax: [256]
  std::span<const std::int32_t> gamma;        // add_norm: [rows]
  std::span<const std::int32_t> beta;         // add_norm: [rows]
};

constexpr std::uint32_t kSourceTokens = 0xffff'ffff;  // the input "source" of an embedding
constexpr std::uint32_t kTargetTokens = 0xffff'fffe;  // the input "target" of an embedding

struct Operator {
  std::string name{};
  OperatorKind kind = OperatorKind::kLinear;
  Phase phase = Phase::kEncoder;
  std::vector<std::uint32_t>
      inputs{};  // indices of earlier operators, or kSourceTokens, kTargetTokens
  std::uint32_t rows =
      0;  // output features a token (attention scores, softmax: 0, they depend on the sentence)
  std::uint32_t columns = 0;  // linear, logits: input features a token
  std::uint32_t heads = 1;
  bool relu = false;
  bool causal = false;
  std::shared_ptr<const Mask> mask{};  // linear, logits: set, unless it is still to be drawn
  std::uint64_t expected_weights = 0;  // that a mask will keep that is to be drawn
  OperatorValues values{};
};

/// Of the mask, or as many as one that is still to be drawn will keep.
std::uint64_t kept_weights(const Operator& op);

/// What holds for the whole model. Features, heads and tables are each operator's own.
struct ModelShape {
  std::uint32_t vocabulary = 0;  // target tokens; 0: the output projection is left to the host
  std::uint32_t max_tokens = 0;  // rows of the position table
  std::uint32_t bos = 0;
  std::uint32_t eos = 0;
};

/// An encoder-decoder Transformer as operators in execution order.
struct Model {
  std::string name;
  ModelShape shape;
  std::vector<Operator> operators;

  bool has_values = false;  // false: shapes and masks only
};

/// Source tokens that every embedding of `source` has in its table; the target's vocabulary when
/// none reads them, or when there are no tables.
std::uint32_t source_vocabulary(const Model& model);

/// One sentence to translate. Tokens are empty for synthetic workloads, which give lengths only.
struct Sentence {
  std::uint32_t index = 0;          // its number in the trace or in the synthetic set
  std::uint32_t source_tokens = 0;  // n
  std::uint32_t target_tokens =
      0;  // T that the reference produced (with the end of sentence), or that the workload states
  std::uint32_t max_target_tokens = 0;  // decoding stops here at the latest
  std::vector<std::int32_t> source{};
  std::vector<std::int32_t> reference{};  // target tokens the exporter's integer model produced
  std::string source_text{};
  std::string human_text{};
};

/// An operator's whole output for one sentence, as the exporter computed it.
struct ReferencePoint {
  std::uint32_t sentence = 0;  // Sentence::index
  std::uint32_t op = 0;        // index into Model::operators
  std::vector<std::uint32_t> shape;
  std::span<const std::int8_t> int8;    // all kinds but logits
  std::span<const std::int32_t> int32;  // logits
};

/// Sentences that a Transformer translates.
struct TranslationTask final : Task {
  static constexpr std::string_view kMany = "Transformers";

  std::string_view what() const override { return "a Transformer"; }
  base::MemoryNeed held() const override;

  std::shared_ptr<const TensorFile> trace;  // keeps the spans alive; null when there is none
  Model model;
  std::vector<Sentence> sentences;
  std::vector<ReferencePoint> points;
  std::vector<std::string> vocabulary;  // sub-word pieces, empty when the trace has none

  // Without values:
  double relu_density = 1;  // share of the outputs of ReLU that are not zero
  std::uint64_t seed = 0;   // from which they are drawn
};

/// What so many sentences hold in memory, without their tokens and texts.
std::uint64_t sentences_bytes(std::uint64_t sentences);

}  // namespace sim::workload
