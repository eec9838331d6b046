// Networks whose values are drawn (kind network of workloads), computed whole by the executor and
// operator by operator by the reference arithmetic.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <numeric>
#include <string>
#include <variant>

#include "sim/base/config_reader.h"
#include "sim/reference/attention.h"
#include "sim/reference/elementwise.h"
#include "sim/reference/layers.h"
#include "sim/reference/maps.h"
#include "sim/values/translator.h"
#include "sim/workload/load.h"

namespace sim::values {
namespace {

using reference::Int32Tensor;
using reference::Int8Tensor;
using workload::Network;
using workload::NetworkTask;
using workload::Operator;
using workload::Sample;

std::vector<std::uint32_t> shape_of(const workload::OutputShape& shape) {
  if (shape.is_map()) return {shape.features, shape.height, shape.width};
  return {shape.tokens, shape.features};
}

/// Every operator on whole tensors; a decoder is fed with its own tokens.
class ReferenceRun {
 public:
  ReferenceRun(const Network& model, const Sample& sample, std::vector<std::int32_t> produced)
      : model_(model), sample_(sample), tokens_(sample.source) {
    if (!produced.empty()) tokens_.insert(tokens_.end(), produced.begin(), produced.end() - 1);
    for (std::uint32_t i = 0; i < model.operators.size(); ++i) {
      op_ = &model.operators[i];
      int8[i] = std::visit(*this, op_->body);
    }
  }

  std::map<std::uint32_t, Int8Tensor> int8;
  Int32Tensor logits;

  Int8Tensor operator()(const workload::Input& input) {
    const auto data = sample_.inputs[input.number];
    Int8Tensor x(shape_of(op_->shape));
    std::ranges::copy(data, x.data.begin());
    return x;
  }
  Int8Tensor operator()(const workload::Embedding& e) { return reference::embedding(e, tokens_); }
  Int8Tensor operator()(const workload::Constant& c) {
    return reference::constant(c, shape_of(op_->shape));
  }
  Int8Tensor operator()(const workload::Linear& l) { return reference::linear(l, x()); }
  Int8Tensor operator()(const workload::Logits& l) {
    logits = reference::logits(l, x());
    return {};
  }
  Int8Tensor operator()(const workload::Conv2d& c) { return reference::conv2d(c, x()); }
  Int8Tensor operator()(const workload::MaxPool2d& p) { return reference::max_pool2d(p, x()); }
  Int8Tensor operator()(const workload::AveragePool2d& p) {
    return reference::average_pool2d(p, x());
  }
  Int8Tensor operator()(const workload::GlobalAverage& g) {
    return reference::global_average(g, x());
  }
  Int8Tensor operator()(const workload::Add& a) { return reference::add(a, x(), x(1)); }
  Int8Tensor operator()(const workload::Multiply& m) { return reference::multiply(m, x(), x(1)); }
  Int8Tensor operator()(const workload::Concat& c) {
    std::vector<Int8Tensor> inputs;
    for (std::size_t i = 0; i < op_->inputs.size(); ++i) inputs.push_back(x(i));
    return reference::concat(c, inputs);
  }
  Int8Tensor operator()(const workload::Split& s) { return reference::split(s, x()); }
  Int8Tensor operator()(const workload::Upsample& u) { return reference::upsample(u, x()); }
  Int8Tensor operator()(const workload::Flatten& f) { return reference::flatten(f, x()); }
  Int8Tensor operator()(const workload::Unflatten& u) { return reference::unflatten(u, x()); }
  Int8Tensor operator()(const workload::Activation& a) { return reference::activation(a, x()); }
  Int8Tensor operator()(const workload::Norm& n) {
    return op_->inputs.size() == 2 ? reference::norm(n, x(), x(1)) : reference::norm(n, x());
  }
  Int8Tensor operator()(const workload::LocalResponseNorm& n) {
    return reference::local_response_norm(n, x());
  }
  Int8Tensor operator()(const workload::Rotary& r) { return reference::rotary(r, x()); }
  Int8Tensor operator()(const workload::AttentionScores& a) {
    return reference::attention_scores(a, x(), x(1));
  }
  Int8Tensor operator()(const workload::Softmax& s) { return reference::softmax(s, x()); }
  Int8Tensor operator()(const workload::AttentionValues& a) {
    return reference::attention_values(a, x(), x(1));
  }

 private:
  const Int8Tensor& x(std::size_t i = 0) const { return int8.at(op_->inputs[i]); }

  const Network& model_;
  const Sample& sample_;
  std::vector<std::int32_t> tokens_;
  const Operator* op_ = nullptr;
};

/// Shares of an operator's outputs that are 0, and that are at an end of int8.
struct Spread {
  double zeros = 0;
  double ends = 0;
};

Spread spread_of(const Int8Tensor& y) {
  const auto size = static_cast<double>(y.data.size());
  const auto zeros = std::ranges::count(y.data, 0);
  const auto ends = std::ranges::count_if(y.data, [](int v) { return v == 127 || v == -128; });
  return {static_cast<double>(zeros) / size, static_cast<double>(ends) / size};
}

/// Neither vanished nor saturated: the constants fit the weights that were drawn.
void expect_lively(const Operator& op, const Int8Tensor& y) {
  if (op.kind() == workload::OperatorKind::kSoftmax || y.data.size() < 64) return;
  EXPECT_LT(spread_of(y).zeros, 0.8) << op.name;
  EXPECT_LT(spread_of(y).ends, 0.4) << op.name;
}

void expect_equal_reference(base::ConfigReader in) {
  const workload::Workload loaded = workload::load(in);
  const auto& task = workload::only_task<NetworkTask>(loaded, "test");
  std::vector<std::uint32_t> all(task.model.operators.size());
  std::iota(all.begin(), all.end(), 0U);
  Translator translator(task.model);
  for (const Sample& sample : task.samples) {
    const Translation got = translator.run(sample, all);
    const ReferenceRun expected(task.model, sample, got.tokens);
    for (const Output& output : got.outputs) {
      const Operator& op = task.model.operators[output.op];
      if (task.model.kind == workload::NetworkKind::kDecoder &&
          op.kind() == workload::OperatorKind::kLogits) {
        continue;
      }
      EXPECT_EQ(output.int8, expected.int8.at(output.op)) << op.name;
      expect_lively(op, output.int8);
    }
    for (std::uint32_t t = 0; t < got.steps(); ++t) {
      EXPECT_EQ(got.tokens[t], reference::arg_max(expected.logits, sample.source_tokens - 1 + t));
    }
  }
}

base::ConfigReader preset(const std::string& name, base::ConfigReader::Overrides settings) {
  settings.emplace_back("values", "true");
  settings.emplace_back("macs", "0");
  return base::ConfigReader::file(LOCKSTEP_SOURCE_DIR "/workloads/networks/" + name + ".yaml",
                                  settings);
}

TEST(NetworkValues, OfEveryKindOfOperatorEqualTheReference) {
  const std::string text = R"(kind: network
name: all kinds
input: [6, 9, 11]
values: true
density: 0.5
sentences: {count: 2}
outputs: [last, side]
layers:
  - {op: conv2d, name: a, outputs: 12, kernel: 3, stride: [1, 2], padding: [1, 0, 1, 2], groups: 3, relu: true}
  - {op: local_response_norm, name: b, size: 5}
  - {op: max_pool2d, name: c, kernel: 3, stride: 2, ceil_mode: true}
  - {op: average_pool2d, name: d, inputs: [b], kernel: 2, stride: 2, ceil_mode: true, padding: [0, 1, 0, 0]}
  - {op: average_pool2d, name: e, inputs: [b], kernel: 3, stride: 2, padding: 1, count_padding: true}
  - {op: conv2d, name: c1, inputs: [c], outputs: 8, kernel: 1}
  - {op: upsample, name: f, factor: 2}
  - {op: upsample, name: g, factor: [1, 2], fill: zeros}
  - {op: split, name: h, inputs: [c1], begin: 2, size: 4}
  - {op: concat, name: i, inputs: [h, c1]}
  - {op: flatten, name: side, inputs: [g]}
  - {op: flatten, name: j, inputs: [i], to: tokens}
  - repeat: 2
    name: block
    layers:
      - {op: norm, name: n, norm: rms}
      - {op: linear, name: q, inputs: [n], outputs: 16}
      - {op: rotary, name: r, heads: 4, rotated: 2, pairs: neighbours}
      - {op: linear, name: k, inputs: [n], outputs: 8}
      - {op: attention_scores, name: s, inputs: [r, k], heads: 4, kv_heads: 2, window: 7, bias: true}
      - {op: softmax, name: p}
      - {op: attention_values, name: v, inputs: [p, k], heads: 4, kv_heads: 2}
      - {op: linear, name: o, outputs: 12}
      - {op: activation, name: t, function: silu}
      - {op: multiply, name: m, inputs: [o, t]}
      - {op: add, name: x, inputs: [before, m]}
  - {op: global_average, name: mean}
  - {op: unflatten, name: u, shape: [3, 2, 2]}
  - {op: constant, name: w, shape: [3, 2, 2]}
  - {op: add, name: last, inputs: [u, w], relu: true}
)";
  expect_equal_reference(base::ConfigReader::text(text, "w.yaml"));
}

TEST(NetworkValues, OfSqueezeNetOnASmallInputEqualTheReference) {
  expect_equal_reference(preset("squeezenet-1.1", {{"input", "[3, 47, 47]"}}));
}

TEST(NetworkValues, OfADecoderEqualTheReference) {
  const std::string text = R"(kind: network
name: decoder
model: decoder
max_tokens: 24
values: true
sentences: {source_tokens: 9, target_tokens: 6, count: 2}
layers:
  - {op: embedding, name: embed, positions: true, outputs: 32}
  - repeat: 2
    name: layer
    layers:
      - {op: norm, name: norm1}
      - {op: linear, name: k, inputs: [norm1], outputs: 32}
      - {op: attention_scores, name: s, inputs: [norm1, k], heads: 4, mask: causal}
      - {op: softmax, name: p}
      - {op: attention_values, name: v, inputs: [p, k], heads: 4}
      - {op: linear, name: out, outputs: 32}
      - {op: add, name: add1, inputs: [before, out]}
      - {op: linear, name: linear1, outputs: 64}
      - {op: activation, name: gelu, function: gelu}
      - {op: linear, name: linear2, outputs: 32}
      - {op: add, name: add2, inputs: [add1, linear2]}
  - {op: logits, name: logits, outputs: 40}
)";
  expect_equal_reference(base::ConfigReader::text(text, "w.yaml"));
}

}  // namespace
}  // namespace sim::values
