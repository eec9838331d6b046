#include "sim/workload/trace_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/workload/graph_reader.h"
#include "sim/workload/json_fields.h"
#include "sim/workload/trace_operators.h"

namespace sim::workload {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxOperators = 65536;
constexpr std::uint32_t kMaxLayers = 1024;

void read_tokens(Network& network, JsonFields& fields) {
  NetworkLimits& limits = network.limits;
  const bool chooses = network.kind != NetworkKind::kEncoder;
  if (chooses) limits.vocabulary = fields.integer32("vocabulary", 1, kMaxMatrixSide);
  limits.max_tokens = fields.integer32("max_tokens", 1, kMaxTokens);
  if (network.kind == NetworkKind::kEncoderDecoder) {
    limits.bos = fields.integer32("bos", 0, limits.vocabulary - 1);
  }
  if (chooses) limits.eos = fields.integer32("eos", 0, limits.vocabulary - 1);
}

void read_model_1(Network& network, const json& model, const std::string& file) {
  JsonFields fields(model, file + ": graph: model");
  if (fields.text("kind") != "encoder_decoder") {
    fields.fail(fmt::format("kind is {}; must be \"encoder_decoder\"", shown(model["kind"])));
  }
  for (const char* features : {"d_model", "heads", "d_ff"}) {
    fields.integer32(features, 1, kMaxFeatures);  // for people: operators have their own sizes
  }
  for (const char* layers : {"encoder_layers", "decoder_layers"}) {
    fields.integer32(layers, 0, kMaxLayers);
  }
  read_tokens(network, fields);
  fields.finish();
}

/// The network's inputs become its first operators.
void read_inputs(Network& network, const JsonFields& model, const json& list) {
  if (list.empty() || list.size() > kMaxEnds) {
    model.fail(fmt::format("{} inputs; must be 1 to {}", list.size(), kMaxEnds));
  }
  for (std::uint32_t i = 0; i < list.size(); ++i) {
    JsonFields fields(list[i], fmt::format("{}: input number {}", model.where(), i));
    Operator op;
    op.name = fields.name("name");
    op.body = Input{i};
    op.shape = read_fixed_shape(fields, "shape");
    fields.finish();
    network.operators.push_back(std::move(op));
  }
}

/// Names of outputs, which are known when all operators are.
std::vector<std::string> read_model_2(Network& network, const json& model,
                                      const std::string& file) {
  JsonFields fields(model, file + ": graph: model");
  network.kind = static_cast<NetworkKind>(
      fields.choice("kind", {"encoder_decoder", "encoder", "decoder", "feed_forward"}));
  const bool tensors = network.kind == NetworkKind::kFeedForward;
  if (tensors) {
    read_inputs(network, fields, fields.list("inputs"));
  } else {
    read_tokens(network, fields);
  }
  std::vector<std::string> outputs;
  if (tensors || network.kind == NetworkKind::kEncoder) {
    const json& list = fields.list("outputs");
    const bool right = !list.empty() && list.size() <= kMaxEnds &&
                       std::ranges::all_of(list, [](const json& v) { return v.is_string(); });
    if (!right)
      fields.fail(fmt::format("outputs is {}; must be 1 to {} names", shown(list), kMaxEnds));
    outputs = list.get<std::vector<std::string>>();
  }
  fields.finish();
  return outputs;
}

}  // namespace

Network read_graph(const std::string& graph, TraceSchema schema, TensorReader& tensors,
                   const std::string& file) {
  const std::string where = file + ": graph";
  const json document = parse_json_object(graph, where);
  JsonFields fields(document, where);
  Network model;
  model.name = fields.name("name");
  model.has_values = true;
  std::vector<std::string> outputs;
  if (schema == TraceSchema::k1) {
    read_model_1(model, fields.object("model"), file);
  } else {
    outputs = read_model_2(model, fields.object("model"), file);
  }
  const json& operators = fields.list("operators");
  fields.finish();
  if (operators.size() > kMaxOperators) {
    fields.fail(
        fmt::format("{} operators; at most {} are allowed", operators.size(), kMaxOperators));
  }
  GraphReader reader(model, schema, tensors, file);
  for (const json& value : operators) reader.read(value);
  reader.finish(outputs);
  return model;
}

}  // namespace sim::workload
