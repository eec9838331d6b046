#include "tests/unit/workload/trace_builder.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "sim/base/error.h"
#include "sim/workload/trace.h"

namespace sim::workload {
namespace {

using nlohmann::json;

constexpr std::uint64_t kFeatures = 4;
constexpr std::uint64_t kInner = 6;
constexpr std::uint64_t kPieces = 5;
constexpr std::uint64_t kPositions = 8;

std::vector<std::int8_t> small_weights(std::uint64_t count) {
  std::vector<std::int8_t> values(count);
  for (std::uint64_t i = 0; i < count; ++i) values[i] = static_cast<std::int8_t>(i % 7) - 3;
  return values;
}

/// Adds operators with their tensors.
class Builder {
 public:
  explicit Builder(TraceParts& parts) : parts_(parts) {}

  void embedding(const std::string& name, const std::string& phase, const std::string& tokens) {
    add(name, "embedding", phase, {tokens},
        {{"table", name + ".table"},
         {"positions", name + ".positions"},
         {"token_multiplier", 100},
         {"position_multiplier", 50},
         {"shift", 8}});
    parts_.tensors[name + ".table"] =
        int8({kPieces, kFeatures}, small_weights(kPieces * kFeatures));
    parts_.tensors[name + ".positions"] =
        int8({kPositions, kFeatures}, small_weights(kPositions * kFeatures));
  }

  void linear(const std::string& name, const std::string& phase, const std::string& input,
              std::uint64_t rows, std::uint64_t columns) {
    add(name, "linear", phase, {input}, {{"relu", false}});
    matrix(name, rows, columns);
    if (phase != "encoder") return;
    json& op = parts_.graph["operators"].back();
    op["mask"] = name + ".mask";
    parts_.tensors[name + ".mask"] = uint8(
        {rows, 1}, std::vector<std::uint8_t>(rows, static_cast<std::uint8_t>((1 << columns) - 1)));
  }

  void logits(const std::string& name, const std::string& input) {
    add(name, "logits", "decoder", {input}, {});
    matrix(name, kPieces, kFeatures);
  }

  void attention(const std::string& name, const std::string& phase, const std::string& keys,
                 bool causal) {
    const json scale = {{"heads", 2}, {"multiplier", 9}, {"shift", 10}};
    json scores = scale;
    scores["causal"] = causal;
    add(name + ".scores", "attention_scores", phase, {name + ".q", keys + ".k"}, scores);
    add(name + ".softmax", "softmax", phase, {name + ".scores"}, {{"table", name + ".table"}});
    std::vector<std::uint16_t> table(256);
    for (std::size_t i = 0; i < 256; ++i) table[i] = static_cast<std::uint16_t>(65535 - 200 * i);
    parts_.tensors[name + ".table"] = uint16({256}, table);
    add(name + ".values", "attention_values", phase, {name + ".softmax", keys + ".v"}, scale);
    linear(name + ".out", phase, name + ".values", kFeatures, kFeatures);
  }

  void add_norm(const std::string& name, const std::string& phase, const std::string& x,
                const std::string& y) {
    add(name, "add_norm", phase, {x, y},
        {{"x_multiplier", 3},
         {"y_multiplier", 4},
         {"shift", 23},
         {"gamma", name + ".gamma"},
         {"beta", name + ".beta"}});
    parts_.tensors[name + ".gamma"] = int32({kFeatures}, {256, 255, 254, -253});
    parts_.tensors[name + ".beta"] = int32({kFeatures}, {0, 1, -2, 3});
  }

 private:
  void add(const std::string& name, const std::string& kind, const std::string& phase,
           std::vector<std::string> inputs, const json& more) {
    json op = {{"name", name}, {"kind", kind}, {"phase", phase}, {"inputs", std::move(inputs)}};
    if (!more.is_null()) op.update(more);
    parts_.graph["operators"].push_back(std::move(op));
  }

  void matrix(const std::string& name, std::uint64_t rows, std::uint64_t columns) {
    parts_.graph["operators"].back().update({{"weight", name + ".weight"},
                                             {"bias", name + ".bias"},
                                             {"multiplier", name + ".multiplier"},
                                             {"shift", 12}});
    parts_.tensors[name + ".weight"] = int8({rows, columns}, small_weights(rows * columns));
    parts_.tensors[name + ".bias"] = int32({rows}, std::vector<std::int32_t>(rows, -7));
    parts_.tensors[name + ".multiplier"] = int32({rows}, std::vector<std::int32_t>(rows, 40));
  }

  TraceParts& parts_;
};

void add_encoder(Builder& b) {
  b.embedding("encoder.embed", "encoder", "source");
  const std::string layer = "encoder.layers.0";
  for (const char* m : {".self_attn.q", ".self_attn.k", ".self_attn.v"}) {
    b.linear(layer + m, "encoder", "encoder.embed", kFeatures, kFeatures);
  }
  b.attention(layer + ".self_attn", "encoder", layer + ".self_attn", false);
  b.add_norm(layer + ".norm1", "encoder", "encoder.embed", layer + ".self_attn.out");
  b.linear(layer + ".linear1", "encoder", layer + ".norm1", kInner, kFeatures);
  b.linear(layer + ".linear2", "encoder", layer + ".linear1", kFeatures, kInner);
  b.add_norm(layer + ".norm2", "encoder", layer + ".norm1", layer + ".linear2");
}

void add_decoder(Builder& b) {
  const std::string layer = "decoder.layers.0";
  for (const char* m : {".cross_attn.k", ".cross_attn.v"}) {
    b.linear(layer + m, "cross", "encoder.layers.0.norm2", kFeatures, kFeatures);
  }
  b.embedding("decoder.embed", "decoder", "target");
  for (const char* m : {".self_attn.q", ".self_attn.k", ".self_attn.v"}) {
    b.linear(layer + m, "decoder", "decoder.embed", kFeatures, kFeatures);
  }
  b.attention(layer + ".self_attn", "decoder", layer + ".self_attn", true);
  b.add_norm(layer + ".norm1", "decoder", "decoder.embed", layer + ".self_attn.out");
  b.linear(layer + ".cross_attn.q", "decoder", layer + ".norm1", kFeatures, kFeatures);
  b.attention(layer + ".cross_attn", "decoder", layer + ".cross_attn", false);
  b.add_norm(layer + ".norm2", "decoder", layer + ".norm1", layer + ".cross_attn.out");
  b.logits("generator", layer + ".norm2");
}

void add_reference(TraceParts& parts) {
  auto& t = parts.tensors;
  t["reference.source_tokens"] = int32({5}, {4, 2, 3, 0, 3});
  t["reference.source_offsets"] = int32({3}, {0, 3, 5});
  t["reference.target_tokens"] = int32({5}, {1, 3, 4, 4, 3});
  t["reference.target_offsets"] = int32({3}, {0, 2, 5});
  t["reference.point.0"] = int8({3, 4}, small_weights(12));
  t["reference.point.1"] = int32({3, 5}, std::vector<std::int32_t>(15, 6));
  parts.reference = {
      {"sentences", 2},
      {"points",
       {{{"sentence", 0}, {"operator", "encoder.embed"}, {"tensor", "reference.point.0"}},
        {{"sentence", 1}, {"operator", "generator"}, {"tensor", "reference.point.1"}}}}};
  t["text.vocabulary"] = uint8({5}, {'a', 'b', 'c', 0xc3, 0xa4});
  t["text.vocabulary_offsets"] = int32({6}, {0, 1, 1, 2, 3, 5});
  t["text.source"] = uint8({4}, {'H', 'i', ' ', '!'});
  t["text.source_offsets"] = int32({3}, {0, 2, 4});
  t["text.human"] = uint8({2}, {'J', 'a'});
  t["text.human_offsets"] = int32({3}, {0, 2, 2});
}

}  // namespace

json& TraceParts::op(const std::string& name) {
  for (json& candidate : graph["operators"]) {
    if (candidate["name"] == name) return candidate;
  }
  throw std::logic_error("no operator " + name);
}

nlohmann::ordered_json TraceParts::header() const {
  return test::tensor_header({{"schema", schema},
                              {"graph", graph.dump()},
                              {"origin", origin.dump()},
                              {"reference", reference.dump()}},
                             tensors);
}

std::vector<std::byte> TraceParts::data() const { return test::tensor_data(tensors); }

std::vector<std::byte> TraceParts::bytes() const { return assemble(header().dump(), data()); }

TraceParts valid_trace() {
  TraceParts parts;
  parts.graph = {{"name", "small"},
                 {"model",
                  {{"kind", "encoder_decoder"},
                   {"d_model", kFeatures},
                   {"heads", 2},
                   {"d_ff", kInner},
                   {"encoder_layers", 1},
                   {"decoder_layers", 1},
                   {"vocabulary", kPieces},
                   {"max_tokens", kPositions},
                   {"bos", 2},
                   {"eos", 3}}},
                 {"operators", json::array()}};
  parts.origin = {{"model", "made up"}, {"framework", "none"},  {"exporter", "a test"},
                  {"source", "a test"}, {"licence", "CC0-1.0"}, {"notes", ""}};
  Builder builder(parts);
  add_encoder(builder);
  add_decoder(builder);
  add_reference(parts);
  return parts;
}

std::string refusal(const std::vector<std::byte>& bytes) {
  try {
    read_trace(std::make_shared<const TensorFile>(bytes, "t"));
  } catch (const base::WorkloadError& e) {
    return e.what();
  }
  return "no error";
}

std::string refusal(const TraceParts& parts) { return refusal(parts.bytes()); }

std::string refusal_after(const std::function<void(TraceParts&)>& change) {
  TraceParts parts = valid_trace();
  change(parts);
  return refusal(parts);
}

}  // namespace sim::workload
