#include "tests/support/random_model.h"

#include <cmath>
#include <memory>

namespace sim::test {

using workload::Operator;
using workload::OperatorKind;
using workload::Phase;

RandomModel::RandomModel(const RandomModelShape& shape, std::uint64_t seed)
    : shape_(shape), rng_(seed) {
  for (int i = 0; i < 256; ++i) {
    table_.push_back(static_cast<std::uint16_t>(std::lround(65535 * std::exp(-0.05 * i))));
  }
  model.name = "random";
  model.has_values = true;
  model.shape = {
      .vocabulary = shape.vocabulary, .max_tokens = shape.max_tokens, .bos = 1, .eos = 2};
  Index x = embedding("encoder.embed", Phase::kEncoder, workload::kSourceTokens);
  for (std::uint32_t i = 0; i < shape.encoder_layers; ++i) x = encoder_layer(i, x);
  std::vector<Index> cross;
  for (std::uint32_t i = 0; i < shape.decoder_layers; ++i) {
    const std::string prefix = "decoder.layers." + std::to_string(i) + ".cross_attn.";
    cross.push_back(linear(prefix + "k", Phase::kCross, x, shape.d_model));
    cross.push_back(linear(prefix + "v", Phase::kCross, x, shape.d_model));
  }
  Index y = embedding("decoder.embed", Phase::kDecoder, workload::kTargetTokens);
  for (std::uint32_t i = 0; i < shape.decoder_layers; ++i) {
    y = decoder_layer(i, y, cross[2 * i], cross[2 * i + 1]);
  }
  logits(y);
}

std::vector<std::int32_t> RandomModel::random_sentence(std::uint32_t tokens) {
  std::vector<std::int32_t> sentence(tokens);
  for (auto& token : sentence) token = static_cast<std::int32_t>(rng_.below(shape_.vocabulary));
  return sentence;
}

RandomModel::Index RandomModel::add(Operator op) {
  model.operators.push_back(std::move(op));
  return static_cast<Index>(model.operators.size() - 1);
}

std::vector<std::int8_t>& RandomModel::bytes(std::size_t n) {
  auto& out = bytes_.emplace_back(n);
  for (auto& b : out) b = static_cast<std::int8_t>(rng_.below(256));
  return out;
}

std::vector<std::int32_t>& RandomModel::words(std::size_t n, std::int64_t low, std::int64_t high) {
  auto& out = words_.emplace_back(n);
  for (auto& w : out) {
    const auto span = static_cast<std::uint64_t>(high - low + 1);
    w = static_cast<std::int32_t>(low + static_cast<std::int64_t>(rng_.below(span)));
  }
  return out;
}

RandomModel::Index RandomModel::embedding(const std::string& name, Phase phase, Index tokens) {
  Operator op{.name = name, .kind = OperatorKind::kEmbedding, .phase = phase, .inputs = {tokens}};
  op.rows = shape_.d_model;
  op.values.weight = bytes(std::size_t{shape_.vocabulary} * op.rows);
  op.values.positions = bytes(std::size_t{shape_.max_tokens} * op.rows);
  op.values.x_multiplier = 12000;
  op.values.y_multiplier = 5000;
  op.values.shift = 14;
  return add(std::move(op));
}

/// Uniform int8 factors have a deviation of 74: the multiplier brings an accumulator to about 50.
void RandomModel::fill_matrix(Operator& op) {
  auto mask = std::make_shared<workload::Mask>(op.rows, op.columns);
  auto& weight = bytes(std::size_t{op.rows} * op.columns);
  for (std::uint32_t h = 0; h < op.rows; ++h) {
    for (std::uint32_t w = 0; w < op.columns; ++w) {
      if (rng_.uniform() < shape_.density) {
        mask->keep(h, w);
      } else {
        weight[std::size_t{h} * op.columns + w] = 0;
      }
    }
  }
  op.mask = mask;
  const double deviation = 74.0 * 74.0 * std::sqrt(op.columns * shape_.density);
  const auto multiplier = std::lround(50 / deviation * (1 << 20));
  op.values.weight = weight;
  op.values.bias = words(op.rows, -3000, 3000);
  op.values.multipliers = words(op.rows, multiplier / 2, multiplier * 2);
  op.values.shift = 20;
}

RandomModel::Index RandomModel::linear(const std::string& name, Phase phase, Index x,
                                       std::uint32_t rows, bool relu) {
  Operator op{.name = name, .kind = OperatorKind::kLinear, .phase = phase, .inputs = {x}};
  op.rows = rows;
  op.columns = model.operators[x].rows;
  op.relu = relu;
  fill_matrix(op);
  return add(std::move(op));
}

RandomModel::Index RandomModel::add_norm(const std::string& name, Phase phase, Index x, Index y) {
  Operator op{.name = name, .kind = OperatorKind::kAddNorm, .phase = phase, .inputs = {x, y}};
  op.rows = shape_.d_model;
  op.values.x_multiplier = 30000;
  op.values.y_multiplier = 40000;
  op.values.shift = 23;
  op.values.gamma = words(op.rows, -15000, 15000);
  op.values.beta = words(op.rows, -100'000'000, 100'000'000);
  return add(std::move(op));
}

RandomModel::Index RandomModel::attention(const std::string& prefix, Phase phase, Index x, Index k,
                                          Index v, bool causal) {
  const Index q = linear(prefix + "q", phase, x, shape_.d_model);
  Operator scores{.name = prefix + "scores",
                  .kind = OperatorKind::kAttentionScores,
                  .phase = phase,
                  .inputs = {q, k},
                  .heads = shape_.heads,
                  .causal = causal};
  scores.values.multiplier = 7000;
  scores.values.shift = 20;
  const Index s = add(scores);
  Operator softmax{.name = prefix + "softmax",
                   .kind = OperatorKind::kSoftmax,
                   .phase = phase,
                   .inputs = {s},
                   .heads = shape_.heads,
                   .causal = causal};
  softmax.values.table = table_;
  const Index p = add(softmax);
  Operator values{.name = prefix + "values",
                  .kind = OperatorKind::kAttentionValues,
                  .phase = phase,
                  .inputs = {p, v},
                  .rows = shape_.d_model,
                  .heads = shape_.heads,
                  .causal = causal};
  values.values.multiplier = 12000;
  values.values.shift = 20;
  return linear(prefix + "out", phase, add(values), shape_.d_model);
}

RandomModel::Index RandomModel::feed_forward(const std::string& layer, Phase phase, Index x) {
  const Index hidden = linear(layer + "linear1", phase, x, shape_.d_ff, true);
  return linear(layer + "linear2", phase, hidden, shape_.d_model);
}

RandomModel::Index RandomModel::encoder_layer(std::uint32_t i, Index x) {
  const std::string layer = "encoder.layers." + std::to_string(i) + ".";
  const std::string attn = layer + "self_attn.";
  const Index k = linear(attn + "k", Phase::kEncoder, x, shape_.d_model);
  const Index v = linear(attn + "v", Phase::kEncoder, x, shape_.d_model);
  const Index a = attention(attn, Phase::kEncoder, x, k, v, false);
  const Index n1 = add_norm(layer + "norm1", Phase::kEncoder, x, a);
  return add_norm(layer + "norm2", Phase::kEncoder, n1, feed_forward(layer, Phase::kEncoder, n1));
}

RandomModel::Index RandomModel::decoder_layer(std::uint32_t i, Index x, Index cross_k,
                                              Index cross_v) {
  const std::string layer = "decoder.layers." + std::to_string(i) + ".";
  const std::string attn = layer + "self_attn.";
  const Phase phase = Phase::kDecoder;
  const Index k = linear(attn + "k", phase, x, shape_.d_model);
  const Index v = linear(attn + "v", phase, x, shape_.d_model);
  const Index n1 = add_norm(layer + "norm1", phase, x, attention(attn, phase, x, k, v, true));
  const Index cross = attention(layer + "cross_attn.", phase, n1, cross_k, cross_v, false);
  const Index n2 = add_norm(layer + "norm2", phase, n1, cross);
  return add_norm(layer + "norm3", phase, n2, feed_forward(layer, phase, n2));
}

void RandomModel::logits(Index x) {
  Operator op{
      .name = "generator", .kind = OperatorKind::kLogits, .phase = Phase::kDecoder, .inputs = {x}};
  op.rows = shape_.vocabulary;
  op.columns = shape_.d_model;
  fill_matrix(op);
  // Accumulators stay far below this.
  if (shape_.never_ends) words_[words_.size() - 2][model.shape.eos] = -1'000'000'000;
  add(std::move(op));
}

}  // namespace sim::test
