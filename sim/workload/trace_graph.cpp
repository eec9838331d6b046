#include "sim/workload/trace_graph.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

#include "sim/base/error.h"
#include "sim/base/printable.h"
#include "sim/workload/json_fields.h"
#include "sim/workload/text.h"
#include "sim/workload/trace_operators.h"

namespace sim::workload {
namespace {

using base::printable;
using nlohmann::json;

constexpr std::size_t kMaxOperators = 65536;
constexpr std::uint32_t kMaxLayers = 1024;

const std::vector<std::pair<std::string_view, OperatorKind>> kKinds = {
    {"embedding", OperatorKind::kEmbedding}, {"linear", OperatorKind::kLinear},
    {"logits", OperatorKind::kLogits},       {"attention_scores", OperatorKind::kAttentionScores},
    {"softmax", OperatorKind::kSoftmax},     {"attention_values", OperatorKind::kAttentionValues},
    {"add_norm", OperatorKind::kNorm}};
const std::vector<std::pair<std::string_view, Phase>> kPhases = {
    {"encoder", Phase::kEncoder}, {"cross", Phase::kCross}, {"decoder", Phase::kDecoder}};

template <class E>
std::string_view name_of(const std::vector<std::pair<std::string_view, E>>& names, E value) {
  return std::ranges::find(names, value, [](const auto& n) { return n.second; })->first;
}

template <class E>
E read_choice(JsonFields& fields, const char* field,
              const std::vector<std::pair<std::string_view, E>>& names) {
  const std::string& text = fields.text(field);
  for (const auto& [name, value] : names) {
    if (name == text) return value;
  }
  std::vector<std::string> known;
  known.reserve(names.size());
  for (const auto& [name, value] : names) known.emplace_back(name);
  fields.fail(fmt::format("{} is '{}'{}; must be one of {}", field, printable(text),
                          suggestion(text, known), fmt::join(known, ", ")));
}

std::size_t input_count(OperatorKind kind) {
  const bool two = kind == OperatorKind::kAttentionScores ||
                   kind == OperatorKind::kAttentionValues || kind == OperatorKind::kNorm;
  return two ? 2 : 1;
}

/// Keys and values may be of another sentence than the operator that reads them; every other input
/// has a row for each row of the output.
bool may_differ_in_rows(OperatorKind kind, std::size_t input) {
  return input == 1 &&
         (kind == OperatorKind::kAttentionScores || kind == OperatorKind::kAttentionValues);
}

bool may_read(Phase reader, Phase source) {
  if (reader == Phase::kEncoder) return source == Phase::kEncoder;
  if (reader == Phase::kCross) return source != Phase::kDecoder;
  return source != Phase::kEncoder;
}

NetworkLimits read_shape(const json& model, const std::string& file) {
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
  NetworkLimits shape;
  shape.vocabulary = fields.integer32("vocabulary", 1, kMaxMatrixSide);
  shape.max_tokens = fields.integer32("max_tokens", 1, kMaxTokens);
  shape.bos = fields.integer32("bos", 0, shape.vocabulary - 1);
  shape.eos = fields.integer32("eos", 0, shape.vocabulary - 1);
  fields.finish();
  return shape;
}

/// Reads one operator after the other; knows those that are read already.
class GraphReader {
 public:
  GraphReader(Network& model, TensorReader& tensors, std::string file)
      : model_(model), file_(std::move(file)), reader_(model.limits, model.operators, tensors) {}

  void read(const json& value) {
    const std::string position =
        fmt::format("{}: graph: operator number {}", file_, model_.operators.size());
    const std::string name = JsonFields(value, position).name("name");
    JsonFields fields(value, fmt::format("{}: operator {}", file_, name));
    Operator op;
    op.name = fields.name("name");
    op.body = empty_body(read_choice(fields, "kind", kKinds));
    op.phase = read_choice(fields, "phase", kPhases);
    const bool taken = op.name == "source" || op.name == "target" || index_.contains(op.name);
    if (taken) fields.fail("the name is taken; operator names are unique");
    read_inputs(op, fields);
    reader_.read(op, fields);
    index_.emplace(op.name, static_cast<std::uint32_t>(model_.operators.size()));
    model_.operators.push_back(std::move(op));
  }

 private:
  void read_inputs(Operator& op, JsonFields& fields) {
    const json& list = fields.list("inputs");
    const std::size_t count = input_count(op.kind());
    const bool right = list.size() == count &&
                       std::ranges::all_of(list, [](const json& v) { return v.is_string(); });
    if (!right) {
      fields.fail(fmt::format("inputs {}; {} takes a list of {} name{}", shown(list),
                              name_of(kKinds, op.kind()), count, count == 1 ? "" : "s"));
    }
    for (std::size_t i = 0; i < count; ++i) {
      const std::string& name = list[i].get_ref<const std::string&>();
      op.inputs.push_back(op.kind() == OperatorKind::kEmbedding ? tokens(op, name, fields)
                                                                : earlier(op, i, name, fields));
    }
  }

  std::uint32_t tokens(const Operator& op, const std::string& name, const JsonFields& fields) {
    if (op.phase == Phase::kEncoder && name == "source") return kSourceTokens;
    if (op.phase == Phase::kDecoder && name == "target") return kTargetTokens;
    fields.fail(
        fmt::format("an embedding of phase {} cannot read '{}'; in phase encoder it reads "
                    "'source', in phase decoder 'target'",
                    name_of(kPhases, op.phase), printable(name)));
  }

  std::uint32_t earlier(const Operator& op, std::size_t i, const std::string& name,
                        const JsonFields& fields) {
    const auto found = index_.find(name);
    if (found == index_.end()) {
      std::vector<std::string> names;
      for (const auto& [known, index] : index_) names.push_back(known);
      fields.fail(fmt::format("input '{}' is no earlier operator{}", printable(name),
                              suggestion(name, std::move(names))));
    }
    const Operator& source = model_.operators[found->second];
    check_phase(op, i, source, fields);
    check_kind(op, i, source, fields);
    return found->second;
  }

  static void check_phase(const Operator& op, std::size_t i, const Operator& source,
                          const JsonFields& fields) {
    if (!may_read(op.phase, source.phase)) {
      fields.fail(fmt::format("an operator of phase {} cannot read {} of phase {}",
                              name_of(kPhases, op.phase), source.name,
                              name_of(kPhases, source.phase)));
    }
    const bool same_rows = (op.phase == Phase::kDecoder) == (source.phase == Phase::kDecoder);
    if (!same_rows && !may_differ_in_rows(op.kind(), i)) {
      fields.fail(
          fmt::format("input {} has a row for each source token; must have one for each "
                      "target token",
                      source.name));
    }
  }

  static void check_kind(const Operator& op, std::size_t i, const Operator& source,
                         const JsonFields& fields) {
    using Kind = OperatorKind;
    std::optional<Kind> wanted;
    if (op.kind() == Kind::kSoftmax) wanted = Kind::kAttentionScores;
    if (op.kind() == Kind::kAttentionValues && i == 0) wanted = Kind::kSoftmax;
    const bool is_row = source.kind() != Kind::kAttentionScores &&
                        source.kind() != Kind::kSoftmax && source.kind() != Kind::kLogits;
    if (wanted ? source.kind() == *wanted : is_row) return;
    fields.fail(fmt::format(
        "input {} is of kind {}; must be {}", source.name, name_of(kKinds, source.kind()),
        wanted ? name_of(kKinds, *wanted) : "a row of features for each token"));
  }

  Network& model_;
  std::string file_;
  OperatorReader reader_;
  std::map<std::string, std::uint32_t> index_;
};

void check_logits(const Network& model, const JsonFields& fields) {
  const auto is_logits = [](const Operator& op) { return op.kind() == OperatorKind::kLogits; };
  const bool right = std::ranges::count_if(model.operators, is_logits) == 1 &&
                     is_logits(model.operators.back()) &&
                     model.operators.back().phase == Phase::kDecoder;
  if (!right) {
    fields.fail(
        "the last operator, and no other, must be of kind logits and phase decoder: it "
        "chooses the next token");
  }
}

/// Scores have no way but into a soft-max, and its probabilities none but into a product with
/// values.
void check_attention_is_whole(const Network& model, const std::string& file) {
  std::vector<bool> read(model.operators.size(), false);
  for (const Operator& op : model.operators) {
    if (op.kind() == OperatorKind::kEmbedding) continue;
    for (const std::uint32_t input : op.inputs) read[input] = true;
  }
  for (std::size_t i = 0; i < read.size(); ++i) {
    const Operator& op = model.operators[i];
    const bool scores = op.kind() == OperatorKind::kAttentionScores;
    if (read[i] || (!scores && op.kind() != OperatorKind::kSoftmax)) continue;
    throw base::WorkloadError(
        fmt::format("{}: operator {}: no {} reads it; attention is scores, "
                    "softmax and values together",
                    file, op.name, scores ? "softmax" : "attention_values"));
  }
}

}  // namespace

Network read_graph(const std::string& graph, TensorReader& tensors, const std::string& file) {
  const std::string where = file + ": graph";
  const json document = parse_json_object(graph, where);
  JsonFields fields(document, where);
  Network model;
  model.name = fields.name("name");
  model.limits = read_shape(fields.object("model"), file);
  model.has_values = true;
  const json& operators = fields.list("operators");
  fields.finish();
  if (operators.size() > kMaxOperators) {
    fields.fail(
        fmt::format("{} operators; at most {} are allowed", operators.size(), kMaxOperators));
  }
  GraphReader reader(model, tensors, file);
  for (const json& value : operators) reader.read(value);
  check_logits(model, fields);
  check_attention_is_whole(model, file);
  return model;
}

}  // namespace sim::workload
