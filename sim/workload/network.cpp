#include "sim/workload/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "sim/workload/memory.h"
#include "sim/workload/tensor_file.h"

namespace sim::workload {
namespace {

constexpr std::uint32_t kMaxPieces = 1 << 20;                  // of a vocabulary
constexpr std::uint64_t kSentenceBytes = sizeof(Sample) + 64;  // with what the allocator adds

std::uint64_t text_bytes(const NetworkTask& task) {
  std::uint64_t bytes = 0;
  for (const Sample& s : task.samples) {
    bytes += 4 * (s.source.capacity() + s.reference.capacity()) + s.source_text.capacity() +
             s.human_text.capacity();
  }
  for (const std::string& piece : task.vocabulary) bytes += sizeof(std::string) + piece.capacity();
  return bytes;
}

std::uint64_t drawn_bytes(const std::vector<std::vector<std::byte>>& drawn) {
  std::uint64_t bytes = 0;
  for (const auto& tensor : drawn) bytes += tensor.capacity();
  return bytes;
}

}  // namespace

std::string_view name_of(OperatorKind kind) {
  static constexpr std::array<std::string_view, std::variant_size_v<OperatorBody>> kNames = {
      "input",
      "embedding",
      "constant",
      "linear",
      "logits",
      "conv2d",
      "max_pool2d",
      "average_pool2d",
      "global_average",
      "add",
      "multiply",
      "concat",
      "split",
      "upsample",
      "flatten",
      "unflatten",
      "activation",
      "norm",
      "local_response_norm",
      "rotary",
      "attention_scores",
      "softmax",
      "attention_values"};
  return kNames.at(static_cast<std::size_t>(kind));
}

std::vector<OperatorKind> operator_kinds() {
  std::vector<OperatorKind> all;
  for (std::size_t i = 0; i < std::variant_size_v<OperatorBody>; ++i) {
    all.push_back(static_cast<OperatorKind>(i));
  }
  return all;
}

std::string_view name_of(NetworkKind kind) {
  switch (kind) {
    case NetworkKind::kEncoderDecoder:
      return "encoder_decoder";
    case NetworkKind::kEncoder:
      return "encoder";
    case NetworkKind::kDecoder:
      return "decoder";
    case NetworkKind::kFeedForward:
      break;
  }
  return "feed_forward";
}

OperatorBody empty_body(OperatorKind kind) {
  using Make = OperatorBody (*)();
  static constexpr auto kMakers = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<Make, sizeof...(I)>{[] { return OperatorBody(std::in_place_index<I>); }...};
  }
  (std::make_index_sequence<std::variant_size_v<OperatorBody>>());
  return kMakers.at(static_cast<std::size_t>(kind))();
}

static_assert(std::variant_size_v<OperatorBody> ==
              static_cast<std::size_t>(OperatorKind::kAttentionValues) + 1);

std::uint32_t OutputShape::rows_of(std::uint32_t source_tokens, std::uint32_t target_tokens) const {
  switch (rows) {
    case Rows::kSource:
      return source_tokens;
    case Rows::kTarget:
      return target_tokens;
    case Rows::kFixed:
      break;
  }
  return tokens;
}

const Weights* Operator::weights() const {
  return std::visit(
      [](const auto& of_kind) -> const Weights* {
        if constexpr (requires { of_kind.weights; }) return &of_kind.weights;
        return nullptr;
      },
      body);
}

std::uint32_t Operator::columns() const {
  const Weights* w = weights();
  return w == nullptr ? 0 : w->inputs;
}

bool Operator::relu() const {
  const Weights* w = weights();
  if (w != nullptr) return w->relu;
  const Add* add = std::get_if<Add>(&body);
  return add != nullptr && add->relu;
}

std::uint32_t Operator::heads() const {
  return std::visit(
      [](const auto& of_kind) -> std::uint32_t {
        if constexpr (requires { of_kind.heads; }) return of_kind.heads;
        return 1;
      },
      body);
}

std::uint32_t Operator::kv_heads() const {
  return std::visit(
      [this](const auto& of_kind) -> std::uint32_t {
        if constexpr (requires { of_kind.kv_heads; }) return of_kind.kv_heads;
        return heads();
      },
      body);
}

AttentionMask Operator::mask_of_keys() const {
  return std::visit(
      [](const auto& of_kind) -> AttentionMask {
        if constexpr (requires { of_kind.mask; }) return of_kind.mask;
        return {};
      },
      body);
}

std::uint64_t kept_weights(const Operator& op) {
  return op.mask ? op.mask->count() : op.expected_weights;
}

std::uint32_t source_vocabulary(const Network& model) {
  std::optional<std::uint32_t> least;
  for (const Operator& op : model.operators) {
    if (op.kind() != OperatorKind::kEmbedding || op.inputs[0] != kSourceTokens) continue;
    const std::uint32_t tokens = op.as<Embedding>().pieces;
    least = std::min(least.value_or(tokens), tokens);
  }
  if (least.value_or(0) > 0) return *least;
  return model.kind == NetworkKind::kEncoder ? kMaxPieces : model.limits.vocabulary;
}

std::uint32_t fed_tokens(const Network& network, const Sample& sample) {
  if (network.kind != NetworkKind::kDecoder) return sample.target_tokens;
  return sample.source_tokens + sample.target_tokens - 1;
}

std::uint32_t positions_of(const Network& network, const Operator& op, const Sample& sample) {
  return op.shape.rows_of(sample.source_tokens, fed_tokens(network, sample));
}

std::uint64_t sentences_bytes(std::uint64_t sentences) {
  return base::product({sentences, kSentenceBytes});
}

std::string_view NetworkTask::what() const {
  switch (model.kind) {
    case NetworkKind::kEncoderDecoder:
      return "a Transformer";
    case NetworkKind::kEncoder:
      return "a network of kind encoder";
    case NetworkKind::kDecoder:
      return "a network of kind decoder";
    case NetworkKind::kFeedForward:
      break;
  }
  return "a network of kind feed_forward";
}

base::MemoryNeed NetworkTask::held() const {
  base::MemoryNeed need;
  if (trace) need.add("the trace's file", trace->size());
  if (drawn) need.add("drawn values", drawn_bytes(*drawn));
  need.add("the sentences", sentences_bytes(samples.size()) + text_bytes(*this));
  std::set<const Mask*> counted;
  for (const Operator& op : model.operators) {
    const Weights* weights = op.weights();
    if (weights == nullptr || (op.mask && !counted.insert(op.mask.get()).second)) continue;
    need.add(fmt::format("operator '{}': its mask", op.name),
             rows_bytes(weights->outputs, weights->inputs));
  }
  return need;
}

}  // namespace sim::workload
