// operator_results < OPERATORS: computes single operators with sim/reference, for tests that
// compare it with the scripts' arithmetic. Each line is a JSON object with `kind`, the fields that
// docs/trace-format.md gives that kind, tensor fields being nested lists, and `inputs`, a list of
// nested lists ([tokens] of an embedding). A softmax has the `mask` and `window` of its scores.
// Answers each line with one of its own, {"output": nested list} or {"error": text}.

#include <array>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "sim/reference/attention.h"
#include "sim/reference/elementwise.h"
#include "sim/reference/layers.h"
#include "sim/reference/maps.h"

namespace {

using nlohmann::json;
using sim::reference::Int32Tensor;
using sim::reference::Int8Tensor;
using sim::reference::Tensor;
namespace reference = sim::reference;
namespace workload = sim::workload;

template <class T>
void flatten_into(const json& list, std::vector<T>& out) {
  if (list.is_array()) {
    for (const json& item : list) flatten_into(item, out);
  } else {
    out.push_back(list.get<T>());
  }
}

Int8Tensor tensor(const json& list) {
  Int8Tensor out;
  for (const json* level = &list; level->is_array(); level = &level->at(0)) {
    out.shape.push_back(static_cast<std::uint32_t>(level->size()));
  }
  flatten_into(list, out.data);
  return out;
}

template <class T>
json nested(const Tensor<T>& x, std::size_t dim, std::size_t& next) {
  if (dim == x.shape.size()) return x.data[next++];
  json list = json::array();
  for (std::uint32_t i = 0; i < x.shape[dim]; ++i) list.push_back(nested(x, dim + 1, next));
  return list;
}

template <class T>
json nested(const Tensor<T>& x) {
  std::size_t next = 0;
  return nested(x, 0, next);
}

/// One operator and its tensors, which its structs point to.
class Question {
 public:
  explicit Question(const json& fields) : fields_(fields) {
    if (text("kind") == "embedding") return;
    for (const json& input : fields.at("inputs")) inputs_.push_back(tensor(input));
  }

  template <class T = std::uint32_t>
  T number(const char* key) const {
    return fields_.at(key).get<T>();
  }
  std::int32_t multiplier(const char* key = "multiplier") const {
    return number<std::int32_t>(key);
  }
  std::uint32_t shift() const { return number("shift"); }
  bool flag(const char* key) const { return number<bool>(key); }
  bool has(const char* key) const { return fields_.contains(key); }
  std::string text(const char* key) const { return number<std::string>(key); }
  workload::Pair pair(const char* key) const { return number<workload::Pair>(key); }
  const json& list(const char* key) const { return fields_.at(key); }
  std::uint32_t rows(const char* key) const {
    return static_cast<std::uint32_t>(fields_.at(key).size());
  }

  workload::Int8s bytes(const char* key) { return kept(bytes_, key); }
  workload::Int32s words(const char* key) { return kept(words_, key); }
  workload::Uint16s halves(const char* key) { return kept(halves_, key); }

  std::span<const Int8Tensor> inputs() const { return inputs_; }
  const Int8Tensor& x() const { return inputs_.at(0); }
  const Int8Tensor& y() const { return inputs_.at(1); }

 private:
  template <class T>
  std::span<const T> kept(std::deque<std::vector<T>>& all, const char* key) {
    flatten_into(fields_.at(key), all.emplace_back());
    return all.back();
  }

  const json& fields_;
  std::vector<Int8Tensor> inputs_;
  std::deque<std::vector<std::int8_t>> bytes_;
  std::deque<std::vector<std::int32_t>> words_;
  std::deque<std::vector<std::uint16_t>> halves_;
};

workload::Weights weights(Question& q) {
  workload::Weights out{.weight = q.bytes("weight"),
                        .bias = q.words("bias"),
                        .multipliers = q.words("multiplier"),
                        .outputs = q.rows("weight"),
                        .shift = q.shift(),
                        .relu = q.has("relu") && q.flag("relu")};
  out.inputs = static_cast<std::uint32_t>(out.weight.size() / out.outputs);
  return out;
}

workload::Padding padding(const Question& q) {
  const auto sides = q.number<std::array<std::uint32_t, 4>>("padding");
  return {.top = sides[0], .left = sides[1], .bottom = sides[2], .right = sides[3]};
}

workload::Windows windows(const Question& q) {
  return {.kernel = q.pair("kernel"),
          .stride = q.pair("stride"),
          .dilation = q.has("dilation") ? q.pair("dilation") : workload::Pair{1, 1},
          .padding = padding(q),
          .ceil_mode = q.flag("ceil_mode")};
}

workload::Average average(const Question& q) {
  return {.multiplier = q.multiplier(), .shift = q.shift()};
}

workload::Axis axis(const Question& q, const char* key) {
  return q.text(key) == "tokens" ? workload::Axis::kTokens : workload::Axis::kFeatures;
}

workload::AttentionMask mask(const Question& q) {
  workload::AttentionMask out{.causal = q.text("mask") == "causal"};
  if (q.has("window")) out.window = q.number("window");
  return out;
}

json embedding(Question& q) {
  workload::Embedding op{.table = q.bytes("table"),
                         .pieces = q.rows("table"),
                         .has_positions = q.has("positions"),
                         .token_multiplier = q.multiplier("token_multiplier"),
                         .shift = q.shift()};
  op.features = static_cast<std::uint32_t>(op.table.size() / op.pieces);
  if (op.has_positions) {
    op.positions = q.bytes("positions");
    op.position_multiplier = q.multiplier("position_multiplier");
  }
  const auto tokens = q.list("inputs").at(0).get<std::vector<std::int32_t>>();
  return nested(reference::embedding(op, tokens));
}

json constant(Question& q) {
  return nested(reference::constant({.value = q.bytes("value")}, tensor(q.list("value")).shape));
}

json linear(Question& q) { return nested(reference::linear({weights(q)}, q.x())); }

json logits(Question& q) { return nested(reference::logits({weights(q)}, q.x())); }

json conv2d(Question& q) {
  const json& kernel = q.list("weight").at(0).at(0);
  const workload::Conv2d op{.weights = weights(q),
                            .kernel = {static_cast<std::uint32_t>(kernel.size()),
                                       static_cast<std::uint32_t>(kernel.at(0).size())},
                            .stride = q.pair("stride"),
                            .dilation = q.pair("dilation"),
                            .padding = padding(q),
                            .groups = q.number("groups")};
  return nested(reference::conv2d(op, q.x()));
}

json max_pool2d(Question& q) { return nested(reference::max_pool2d({windows(q)}, q.x())); }

json average_pool2d(Question& q) {
  const workload::AveragePool2d op{
      .windows = windows(q), .count_padding = q.flag("count_padding"), .average = average(q)};
  return nested(reference::average_pool2d(op, q.x()));
}

json global_average(Question& q) { return nested(reference::global_average({average(q)}, q.x())); }

json add(Question& q) {
  const workload::Add op{.x_multiplier = q.multiplier("x_multiplier"),
                         .y_multiplier = q.multiplier("y_multiplier"),
                         .shift = q.shift(),
                         .relu = q.flag("relu")};
  return nested(reference::add(op, q.x(), q.y()));
}

json multiply(Question& q) {
  return nested(reference::multiply({q.multiplier(), q.shift()}, q.x(), q.y()));
}

json concat(Question& q) {
  const workload::Concat op{.axis = axis(q, "axis"),
                            .multipliers = q.number<std::vector<std::int32_t>>("multipliers"),
                            .shift = q.shift()};
  return nested(reference::concat(op, q.inputs()));
}

json split(Question& q) {
  return nested(reference::split({axis(q, "axis"), q.number("begin"), q.number("size")}, q.x()));
}

json upsample(Question& q) {
  using enum workload::Upsample::Fill;
  const workload::Upsample op{.factor = q.pair("factor"),
                              .fill = q.text("fill") == "zeros" ? kZeros : kNearest};
  return nested(reference::upsample(op, q.x()));
}

json flatten(Question& q) { return nested(reference::flatten({axis(q, "to")}, q.x())); }

json unflatten(Question& q) {
  return nested(reference::unflatten({q.number<std::array<std::uint32_t, 3>>("shape")}, q.x()));
}

json activation(Question& q) {
  return nested(reference::activation({.table = q.bytes("table")}, q.x()));
}

json norm(Question& q) {
  const bool two = q.inputs().size() == 2;
  using enum workload::Norm::Kind;
  const workload::Norm op{.kind = q.text("norm") == "rms" ? kRms : kLayer,
                          .gamma = q.words("gamma"),
                          .beta = q.words("beta"),
                          .x_multiplier = q.multiplier("x_multiplier"),
                          .y_multiplier = two ? q.multiplier("y_multiplier") : 0,
                          .shift = q.shift()};
  return nested(two ? reference::norm(op, q.x(), q.y()) : reference::norm(op, q.x()));
}

json local_response_norm(Question& q) {
  const workload::LocalResponseNorm op{.table = q.halves("table"),
                                       .size = q.number("size"),
                                       .table_shift = q.number("table_shift"),
                                       .shift = q.shift()};
  return nested(reference::local_response_norm(op, q.x()));
}

json rotary(Question& q) {
  using enum workload::Rotary::Pairs;
  const workload::Rotary op{.cosine = q.words("cosine"),
                            .sine = q.words("sine"),
                            .heads = q.number("heads"),
                            .pairs = static_cast<std::uint32_t>(q.list("cosine").at(0).size()),
                            .order = q.text("pairs") == "neighbours" ? kNeighbours : kHalves,
                            .multiplier = q.multiplier(),
                            .shift = q.shift()};
  return nested(reference::rotary(op, q.x()));
}

json attention_scores(Question& q) {
  workload::AttentionScores op{.heads = q.number("heads"),
                               .kv_heads = q.number("kv_heads"),
                               .mask = mask(q),
                               .has_bias = q.has("bias"),
                               .multiplier = q.multiplier(),
                               .shift = q.shift()};
  if (op.has_bias) op.bias = q.words("bias");
  return nested(reference::attention_scores(op, q.x(), q.y()));
}

json softmax(Question& q) {
  const workload::Softmax op{.table = q.halves("table"), .heads = q.x().dim(0), .mask = mask(q)};
  return nested(reference::softmax(op, q.x()));
}

json attention_values(Question& q) {
  const workload::AttentionValues op{.heads = q.number("heads"),
                                     .kv_heads = q.number("kv_heads"),
                                     .multiplier = q.multiplier(),
                                     .shift = q.shift()};
  return nested(reference::attention_values(op, q.x(), q.y()));
}

#define KIND(name) \
  { #name, name }
const std::map<std::string, std::function<json(Question&)>> kKinds = {KIND(embedding),
                                                                      KIND(constant),
                                                                      KIND(linear),
                                                                      KIND(logits),
                                                                      KIND(conv2d),
                                                                      KIND(max_pool2d),
                                                                      KIND(average_pool2d),
                                                                      KIND(global_average),
                                                                      KIND(add),
                                                                      KIND(multiply),
                                                                      KIND(concat),
                                                                      KIND(split),
                                                                      KIND(upsample),
                                                                      KIND(flatten),
                                                                      KIND(unflatten),
                                                                      KIND(activation),
                                                                      KIND(norm),
                                                                      KIND(local_response_norm),
                                                                      KIND(rotary),
                                                                      KIND(attention_scores),
                                                                      KIND(softmax),
                                                                      KIND(attention_values)};
#undef KIND

json answer(const std::string& line) {
  try {
    const json fields = json::parse(line);
    Question question(fields);
    return {{"output", kKinds.at(question.text("kind"))(question)}};
  } catch (const std::exception& e) {
    return {{"error", e.what()}};
  }
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  std::string line;
  while (std::getline(std::cin, line)) std::cout << answer(line).dump() << '\n';
}
