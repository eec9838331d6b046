#include "tests/unit/workload/network_builder.h"

#include <numeric>
#include <utility>

namespace sim::workload {
namespace {

using nlohmann::json;

std::uint64_t product(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::uint64_t{1}, std::multiplies<>());
}

/// Small numbers of either sign.
TensorParts bytes(const Shape& shape) {
  std::vector<std::int8_t> values(product(shape));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<std::int8_t>(static_cast<int>(i % 7) - 3);
  }
  return test::int8(shape, values);
}

TensorParts words(const Shape& shape, std::int32_t value) {
  return test::int32(shape, std::vector<std::int32_t>(product(shape), value));
}

TensorParts falling_table() {
  std::vector<std::uint16_t> table(256);
  for (std::size_t i = 0; i < 256; ++i) table[i] = static_cast<std::uint16_t>(65535 - 200 * i);
  return test::uint16({256}, table);
}

test::TensorMap weights(const Shape& weight) {
  return {{"weight", bytes(weight)},
          {"bias", words({weight[0]}, -7)},
          {"multiplier", words({weight[0]}, 40)}};
}

void embedding(NetworkBuilder& b, const std::string& tokens, std::uint64_t pieces,
               std::uint64_t features) {
  b.add("embed", "embedding", {tokens}, {{"token_multiplier", 100}, {"shift", 4}},
        {{"table", bytes({pieces, features})}});
}

void norm(NetworkBuilder& b, const std::string& name, const std::string& x, const char* kind,
          std::uint64_t features) {
  b.add(name, "norm", {x}, {{"norm", kind}, {"x_multiplier", 3}, {"shift", 23}},
        {{"gamma", words({features}, 250)}, {"beta", words({features}, 1)}});
}

void add_maps(NetworkBuilder& b) {
  b.conv2d("conv", "image", {6, 3, 3, 3}, 1);
  b.parts.op("conv")["mask"] = "conv.mask";
  b.parts.tensors["conv.mask"] = uint8({6, 4}, [] {
    std::vector<std::uint8_t> mask(24, 0xff);
    for (std::size_t row = 0; row < 6; ++row) mask[4 * row + 3] = 0b111;
    return mask;
  }());
  b.add("lrn", "local_response_norm", {"conv"}, {{"size", 3}, {"table_shift", 2}, {"shift", 6}},
        {{"table", test::uint16({3}, {64, 32, 16})}});
  b.add("pool", "max_pool2d", {"lrn"},
        {{"kernel", {3, 2}},
         {"stride", {2, 2}},
         {"dilation", {1, 2}},
         {"padding", {1, 0, 1, 0}},
         {"ceil_mode", true}});
  b.conv2d("grouped", "pool", {4, 3, 1, 1}, 2);
  b.add("mean", "average_pool2d", {"grouped"},
        {{"kernel", {2, 2}},
         {"stride", {1, 1}},
         {"padding", {0, 0, 1, 1}},
         {"ceil_mode", false},
         {"count_padding", false},
         {"multiplier", 3},
         {"shift", 1}});
  b.add("up", "upsample", {"mean"}, {{"factor", {2, 3}}, {"fill", "zeros"}});
  b.add("pixel", "global_average", {"up"}, {{"multiplier", 5}, {"shift", 2}});
}

void add_elements(NetworkBuilder& b) {
  b.add("sum", "add", {"up", "pixel"},
        {{"x_multiplier", 1}, {"y_multiplier", 2}, {"shift", 1}, {"relu", true}});
  b.add("gate", "activation", {"sum"}, json::object(), {{"table", bytes({256})}});
  b.add("product", "multiply", {"sum", "gate"}, {{"multiplier", 9}, {"shift", 4}});
  b.add("both", "concat", {"product", "up"},
        {{"axis", "features"}, {"multipliers", {4, 2}}, {"shift", 2}});
  b.add("half", "split", {"both"}, {{"axis", "features"}, {"begin", 2}, {"size", 4}});
  b.add("pixels", "flatten", {"half"}, {{"to", "tokens"}});
  b.add("all", "flatten", {"pool"}, {{"to", "features"}});
  b.add("fixed", "constant", json::array(), json::object(), {{"value", bytes({2, 4})}});
  b.add("rows", "concat", {"row", "fixed"},
        {{"axis", "tokens"}, {"multipliers", {1, 1}}, {"shift", 1}});
  b.add("second", "split", {"rows"}, {{"axis", "tokens"}, {"begin", 1}, {"size", 2}});
  b.linear("dense", "all", 8, 72);
  b.add("square", "unflatten", {"dense"}, {{"shape", {2, 2, 2}}});
  b.logits("classes", "dense", 10, 8);
}

TraceParts to_second_schema(TraceParts parts) {
  parts.schema = "lockstep-trace-2";
  json& model = parts.graph["model"];
  for (const char* field : {"d_model", "heads", "d_ff", "encoder_layers", "decoder_layers"}) {
    model.erase(field);
  }
  for (json& op : parts.graph["operators"]) {
    const std::string kind = op["kind"];
    if (kind == "add_norm") op.update({{"kind", "norm"}, {"norm", "layer"}});
    if (kind == "attention_scores") {
      op["mask"] = op["causal"] ? "causal" : "none";
      op.erase("causal");
    }
    if (kind.starts_with("attention_")) op["kv_heads"] = op["heads"];
  }
  parts.reference["samples"] = parts.reference["sentences"];
  parts.reference.erase("sentences");
  for (json& point : parts.reference["points"]) {
    point["sample"] = point["sentence"];
    point.erase("sentence");
  }
  return parts;
}

}  // namespace

NetworkBuilder::NetworkBuilder(const json& model) {
  parts.schema = "lockstep-trace-2";
  parts.graph = {{"name", "small"}, {"model", model}, {"operators", json::array()}};
  parts.origin = {{"model", "made up"}, {"framework", "none"},  {"exporter", "a test"},
                  {"source", "a test"}, {"licence", "CC0-1.0"}, {"notes", ""}};
  parts.reference = {{"samples", 2}, {"points", json::array()}};
}

void NetworkBuilder::add(const std::string& name, const std::string& kind, const json& inputs,
                         json fields, const test::TensorMap& tensors) {
  fields.update({{"name", name}, {"kind", kind}, {"inputs", inputs}});
  for (const auto& [field, tensor] : tensors) {
    const std::string full = name + "." + field;
    fields[field] = full;
    parts.tensors[full] = tensor;
  }
  parts.graph["operators"].push_back(std::move(fields));
}

void NetworkBuilder::linear(const std::string& name, const std::string& input, std::uint64_t rows,
                            std::uint64_t columns) {
  add(name, "linear", {input}, {{"shift", 12}, {"relu", false}}, weights({rows, columns}));
}

void NetworkBuilder::logits(const std::string& name, const std::string& input, std::uint64_t rows,
                            std::uint64_t columns) {
  add(name, "logits", {input}, {{"shift", 12}}, weights({rows, columns}));
}

void NetworkBuilder::conv2d(const std::string& name, const std::string& input, const Shape& weight,
                            std::uint64_t groups) {
  add(name, "conv2d", {input},
      {{"stride", {1, 1}},
       {"dilation", {1, 1}},
       {"padding", {0, 0, 0, 0}},
       {"groups", groups},
       {"shift", 8},
       {"relu", true}},
      weights(weight));
}

void NetworkBuilder::attention(const std::string& name, std::uint64_t kv_heads,
                               const std::string& mask) {
  const json scale = {{"heads", 2}, {"kv_heads", kv_heads}, {"multiplier", 9}, {"shift", 10}};
  json scores = scale;
  scores["mask"] = mask;
  add(name + ".scores", "attention_scores", {name + ".q", name + ".k"}, scores);
  add(name + ".softmax", "softmax", {name + ".scores"}, json::object(),
      {{"table", falling_table()}});
  add(name + ".values", "attention_values", {name + ".softmax", name + ".v"}, scale);
}

void NetworkBuilder::point(std::uint64_t sample, const std::string& op, const TensorParts& tensor) {
  json& points = parts.reference["points"];
  const std::string name = "reference.point." + std::to_string(points.size());
  parts.tensors[name] = tensor;
  points.push_back({{"sample", sample}, {"operator", op}, {"tensor", name}});
}

TraceParts valid_feed_forward() {
  NetworkBuilder b(
      {{"kind", "feed_forward"},
       {"inputs",
        {{{"name", "image"}, {"shape", {3, 8, 8}}}, {{"name", "row"}, {"shape", {1, 4}}}}},
       {"outputs", {"classes", "square"}}});
  add_maps(b);
  add_elements(b);
  b.parts.tensors["reference.inputs.image"] = bytes({2, 3, 8, 8});
  b.parts.tensors["reference.inputs.row"] = bytes({2, 1, 4});
  b.parts.tensors["reference.labels"] = int32({2}, {9, 0});
  b.point(0, "conv", bytes({6, 6, 6}));
  b.point(1, "classes", words({1, 10}, 3));
  b.point(1, "rows", bytes({3, 4}));
  return b.parts;
}

TraceParts valid_decoder() {
  NetworkBuilder b({{"kind", "decoder"}, {"vocabulary", 5}, {"max_tokens", 8}, {"eos", 3}});
  embedding(b, "prompt", 5, 4);
  norm(b, "norm", "embed", "rms", 4);
  b.linear("q", "norm", 4, 4);
  b.linear("self.v", "norm", 2, 4);
  b.linear("k", "norm", 2, 4);
  const json turn = {{"multiplier", 8}, {"shift", 3}, {"pairs", "halves"}};
  for (const auto& [name, heads] : {std::pair{"q", 2}, std::pair{"k", 1}}) {
    json fields = turn;
    fields["heads"] = heads;
    b.add(std::string("self.") + name, "rotary", {name}, fields,
          {{"cosine", words({8, 1}, 7)}, {"sine", words({8, 1}, -3)}});
  }
  b.attention("self", 1, "causal");
  b.parts.op("self.scores").update({{"window", 3}, {"bias", "self.bias"}});
  b.parts.tensors["self.bias"] = words({2, 15}, 4);
  b.add("sum", "add", {"self.values", "embed"},
        {{"x_multiplier", 1}, {"y_multiplier", 2}, {"shift", 1}, {"relu", false}});
  b.logits("next", "sum", 5, 4);
  auto& t = b.parts.tensors;
  t["reference.prompt_tokens"] = int32({5}, {4, 2, 1, 0, 1});
  t["reference.prompt_offsets"] = int32({3}, {0, 3, 5});
  t["reference.target_tokens"] = int32({5}, {1, 3, 4, 4, 4});
  t["reference.target_offsets"] = int32({3}, {0, 2, 5});
  t["reference.allowed_tokens"] = int32({2}, {6, 3});
  b.point(0, "norm", bytes({4, 4}));
  b.point(1, "next", words({4, 5}, 6));
  b.point(1, "self.softmax", bytes({2, 4, 4}));
  return b.parts;
}

TraceParts valid_encoder() {
  NetworkBuilder b({{"kind", "encoder"}, {"max_tokens", 6}, {"outputs", {"classes", "embed"}}});
  embedding(b, "source", 9, 6);
  b.parts.op("embed").update({{"positions", "positions"}, {"position_multiplier", 50}});
  b.parts.tensors["positions"] = bytes({6, 6});
  norm(b, "norm", "embed", "layer", 6);
  for (const char* part : {"self.q", "self.k", "self.v"}) b.linear(part, "norm", 6, 6);
  b.attention("self", 2, "none");
  b.parts.op("self.scores")["bias"] = "self.bias";
  b.parts.tensors["self.bias"] = words({2, 11}, 4);
  b.add("first", "split", {"self.values"}, {{"axis", "tokens"}, {"begin", 0}, {"size", 1}});
  b.add("mean", "global_average", {"self.values"}, {{"multiplier", 5}, {"shift", 2}});
  b.add("shifted", "add", {"self.values", "mean"},
        {{"x_multiplier", 1}, {"y_multiplier", 2}, {"shift", 1}, {"relu", false}});
  b.logits("classes", "first", 3, 6);
  auto& t = b.parts.tensors;
  t["reference.source_tokens"] = int32({5}, {8, 2, 1, 0, 1});
  t["reference.source_offsets"] = int32({3}, {0, 3, 5});
  t["text.vocabulary"] = uint8({3}, {'a', 'b', 'c'});
  t["text.vocabulary_offsets"] = int32({3}, {0, 1, 3});
  b.point(1, "self.scores", bytes({2, 2, 2}));
  b.point(0, "first", bytes({1, 6}));
  return b.parts;
}

TraceParts valid_encoder_decoder() { return to_second_schema(valid_trace()); }

std::string refusal_after(MakeTrace make, const std::function<void(TraceParts&)>& change) {
  TraceParts parts = make();
  change(parts);
  return refusal(parts);
}

std::string field_refusal(MakeTrace make, const std::string& op, const std::string& field,
                          const json& value) {
  return refusal_after(make, [&](TraceParts& t) { t.op(op)[field] = value; });
}

std::string missing_refusal(MakeTrace make, const std::string& op, const std::string& field) {
  return refusal_after(make, [&](TraceParts& t) { t.op(op).erase(field); });
}

std::string tensor_refusal(MakeTrace make, const std::string& name, const TensorParts& tensor) {
  return refusal_after(make, [&](TraceParts& t) { t.tensors[name] = tensor; });
}

}  // namespace sim::workload
