#include "tests/support/random_model.h"

#include <cmath>
#include <memory>

namespace sim::test {

using workload::Operator;
using workload::OutputShape;
using workload::Phase;

RandomModel::RandomModel(const RandomModelShape& shape, std::uint64_t seed)
    : shape_(shape), rng_(seed) {
  for (int i = 0; i < 256; ++i) {
    table_.push_back(static_cast<std::uint16_t>(std::lround(65535 * std::exp(-0.05 * i))));
  }
  model.name = "random";
  model.has_values = true;
  model.limits = {
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
  const std::uint32_t d = shape_.d_model;
  workload::Embedding e{.pieces = shape_.vocabulary, .features = d, .has_positions = true};
  e.table = bytes(std::size_t{shape_.vocabulary} * d);
  e.positions = bytes(std::size_t{shape_.max_tokens} * d);
  e.token_multiplier = 12000;
  e.position_multiplier = 5000;
  e.shift = 14;
  return add({.name = name,
              .phase = phase,
              .inputs = {tokens},
              .shape = OutputShape::of_phase(phase, d),
              .body = e});
}

/// Uniform int8 factors have a deviation of 74: the multiplier brings an accumulator to about 50.
workload::Weights RandomModel::matrix(Operator& op, std::uint32_t outputs, std::uint32_t inputs) {
  auto mask = std::make_shared<workload::Mask>(outputs, inputs);
  auto& weight = bytes(std::size_t{outputs} * inputs);
  for (std::uint32_t h = 0; h < outputs; ++h) {
    for (std::uint32_t w = 0; w < inputs; ++w) {
      if (rng_.uniform() < shape_.density) {
        mask->keep(h, w);
      } else {
        weight[std::size_t{h} * inputs + w] = 0;
      }
    }
  }
  op.mask = mask;
  const double deviation = 74.0 * 74.0 * std::sqrt(inputs * shape_.density);
  const auto multiplier = std::lround(50 / deviation * (1 << 20));
  workload::Weights weights{.outputs = outputs, .inputs = inputs, .shift = 20};
  weights.weight = weight;
  weights.bias = words(outputs, -3000, 3000);
  weights.multipliers = words(outputs, multiplier / 2, multiplier * 2);
  return weights;
}

RandomModel::Index RandomModel::linear(const std::string& name, Phase phase, Index x,
                                       std::uint32_t rows, bool relu) {
  Operator op{
      .name = name, .phase = phase, .inputs = {x}, .shape = OutputShape::of_phase(phase, rows)};
  workload::Weights weights = matrix(op, rows, model.operators[x].features());
  weights.relu = relu;
  op.body = workload::Linear{weights};
  return add(std::move(op));
}

RandomModel::Index RandomModel::add_norm(const std::string& name, Phase phase, Index x, Index y) {
  const std::uint32_t d = shape_.d_model;
  workload::Norm norm{.x_multiplier = 30000, .y_multiplier = 40000, .shift = 23};
  norm.gamma = words(d, -15000, 15000);
  norm.beta = words(d, -100'000'000, 100'000'000);
  return add({.name = name,
              .phase = phase,
              .inputs = {x, y},
              .shape = OutputShape::of_phase(phase, d),
              .body = norm});
}

RandomModel::Index RandomModel::attention(const std::string& prefix, Phase phase, Index x, Index k,
                                          Index v, bool causal) {
  const Index q = linear(prefix + "q", phase, x, shape_.d_model);
  const std::uint32_t heads = shape_.heads;
  const workload::AttentionMask mask{.causal = causal};
  const OutputShape matrix = OutputShape::of_phase(phase, 0);
  const Index s =
      add({.name = prefix + "scores",
           .phase = phase,
           .inputs = {q, k},
           .shape = matrix,
           .body = workload::AttentionScores{
               .heads = heads, .kv_heads = heads, .mask = mask, .multiplier = 7000, .shift = 20}});
  const Index p = add({.name = prefix + "softmax",
                       .phase = phase,
                       .inputs = {s},
                       .shape = matrix,
                       .body = workload::Softmax{.table = table_, .heads = heads, .mask = mask}});
  const Index values =
      add({.name = prefix + "values",
           .phase = phase,
           .inputs = {p, v},
           .shape = OutputShape::of_phase(phase, shape_.d_model),
           .body = workload::AttentionValues{
               .heads = heads, .kv_heads = heads, .mask = mask, .multiplier = 12000, .shift = 20}});
  return linear(prefix + "out", phase, values, shape_.d_model);
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
  Operator op{.name = "generator",
              .phase = Phase::kDecoder,
              .inputs = {x},
              .shape = OutputShape::of_phase(Phase::kDecoder, shape_.vocabulary)};
  op.body = workload::Logits{matrix(op, shape_.vocabulary, shape_.d_model)};
  // Accumulators stay far below this.
  if (shape_.never_ends) words_[words_.size() - 2][model.limits.eos] = -1'000'000'000;
  add(std::move(op));
}

}  // namespace sim::test
