#include "sim/workload/graph_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "sim/base/error.h"
#include "sim/base/printable.h"
#include "sim/workload/text.h"

namespace sim::workload {
namespace {

using base::printable;
using nlohmann::json;

using KindNames = std::vector<std::pair<std::string_view, OperatorKind>>;

const KindNames kKinds1 = {
    {"embedding", OperatorKind::kEmbedding}, {"linear", OperatorKind::kLinear},
    {"logits", OperatorKind::kLogits},       {"attention_scores", OperatorKind::kAttentionScores},
    {"softmax", OperatorKind::kSoftmax},     {"attention_values", OperatorKind::kAttentionValues},
    {"add_norm", OperatorKind::kNorm}};

/// Those of a schema by their names.
const KindNames& kinds_of(TraceSchema schema) {
  static const KindNames kKinds2 = [] {
    KindNames all;
    for (std::size_t i = 1; i < std::variant_size_v<OperatorBody>; ++i) {  // not an input
      const auto kind = static_cast<OperatorKind>(i);
      all.emplace_back(name_of(kind), kind);
    }
    return all;
  }();
  return schema == TraceSchema::k1 ? kKinds1 : kKinds2;
}

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

/// Fewest and most inputs.
std::pair<std::size_t, std::size_t> input_counts(OperatorKind kind, TraceSchema schema) {
  switch (kind) {
    case OperatorKind::kConstant:
      return {0, 0};
    case OperatorKind::kConcat:
      return {2, 64};
    case OperatorKind::kNorm:
      return {schema == TraceSchema::k1 ? 2 : 1, 2};
    case OperatorKind::kAdd:
    case OperatorKind::kMultiply:
    case OperatorKind::kAttentionScores:
    case OperatorKind::kAttentionValues:
      return {2, 2};
    default:
      return {1, 1};
  }
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

void check_phase(const Operator& op, std::size_t i, const Operator& source,
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

[[noreturn]] void fail(const std::string& where, const std::string& message) {
  throw base::WorkloadError(fmt::format("{}: {}", where, message));
}

void check_logits(const Network& model, const std::string& where) {
  const auto is_logits = [](const Operator& op) { return op.kind() == OperatorKind::kLogits; };
  const bool right =
      !model.operators.empty() && std::ranges::count_if(model.operators, is_logits) == 1 &&
      is_logits(model.operators.back()) && model.operators.back().phase == Phase::kDecoder;
  if (right && model.operators.back().shape.rows != OutputShape::Rows::kTarget) {
    fail(where, fmt::format("{} does not read rows of the target; logits choose the next token",
                            model.operators.back().name));
  }
  if (!right) {
    fail(where,
         model.kind == NetworkKind::kDecoder
             ? "the last operator, and no other, must be of kind logits: it chooses the next token"
             : "the last operator, and no other, must be of kind logits and phase decoder: it "
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

GraphReader::GraphReader(Network& model, TraceSchema schema, TensorReader& tensors,
                         std::string file)
    : model_(model),
      schema_(schema),
      inputs_(model.operators.size()),
      file_(std::move(file)),
      reader_(model, schema, tensors) {
  for (const Operator& input : model.operators) know(input, file_ + ": graph: model");
}

void GraphReader::read(const json& value, const std::string& place) {
  const std::string position =
      fmt::format("{}: graph: operator number {}", place, model_.operators.size() - inputs_);
  const std::string name = JsonFields(value, position).name("name");
  JsonFields fields(value, fmt::format("{}: operator {}", place, name));
  Operator op;
  op.name = fields.name("name");
  op.body = empty_body(read_choice(fields, "kind", kinds_of(schema_)));
  op.phase = read_phase(fields);
  read_inputs(op, fields);
  reader_.read(op, fields);
  know(op, fields.where());
  model_.operators.push_back(std::move(op));
}

void GraphReader::finish(const std::vector<std::string>& outputs) {
  if (outputs.empty()) check_logits(model_, file_ + ": graph");
  read_outputs(outputs);
  check_attention_is_whole(model_, file_);
}

/// Refuses a name that no operator has.
std::uint32_t GraphReader::index_of(const std::string& name, const std::string& where) const {
  const auto found = index_.find(name);
  if (found != index_.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, index] : index_) names.push_back(known);
  throw base::WorkloadError(fmt::format("{}: no operator '{}'{}", where, printable(name),
                                        suggestion(name, std::move(names))));
}

void GraphReader::know(const Operator& op, const std::string& where) {
  const bool reserved = op.name == "source" || op.name == "target" || op.name == "prompt";
  if (reserved || !index_.emplace(op.name, static_cast<std::uint32_t>(index_.size())).second) {
    throw base::WorkloadError(
        fmt::format("{}: the name is taken; operator names are unique", where));
  }
}

Phase GraphReader::read_phase(JsonFields& fields) const {
  switch (model_.kind) {
    case NetworkKind::kEncoderDecoder:
      return read_choice(fields, "phase", kPhases);
    case NetworkKind::kDecoder:
      return Phase::kDecoder;
    case NetworkKind::kEncoder:
    case NetworkKind::kFeedForward:
      break;
  }
  return Phase::kEncoder;
}

void GraphReader::read_inputs(Operator& op, JsonFields& fields) {
  const json& list = fields.list("inputs");
  const auto [least, most] = input_counts(op.kind(), schema_);
  const bool right = list.size() >= least && list.size() <= most &&
                     std::ranges::all_of(list, [](const json& v) { return v.is_string(); });
  if (!right) {
    fields.fail(
        fmt::format("inputs {}; {} takes a list of {} name{}", shown(list),
                    name_of(kinds_of(schema_), op.kind()),
                    least == most ? fmt::to_string(most) : fmt::format("{} to {}", least, most),
                    most == 1 ? "" : "s"));
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string& name = list[i].get_ref<const std::string&>();
    op.inputs.push_back(op.kind() == OperatorKind::kEmbedding ? tokens(op, name, fields)
                                                              : earlier(op, i, name, fields));
  }
}

std::uint32_t GraphReader::tokens(const Operator& op, const std::string& name,
                                  const JsonFields& fields) const {
  switch (model_.kind) {
    case NetworkKind::kEncoderDecoder:
      if (op.phase == Phase::kEncoder && name == "source") return kSourceTokens;
      if (op.phase == Phase::kDecoder && name == "target") return kTargetTokens;
      fields.fail(
          fmt::format("an embedding of phase {} cannot read '{}'; in phase encoder it reads "
                      "'source', in phase decoder 'target'",
                      name_of(kPhases, op.phase), printable(name)));
    case NetworkKind::kEncoder:
      if (name == "source") return kSourceTokens;
      fields.fail(fmt::format("an embedding cannot read '{}'; it reads 'source'", printable(name)));
    case NetworkKind::kDecoder:
      if (name == "prompt") return kTargetTokens;
      fields.fail(fmt::format("an embedding cannot read '{}'; it reads 'prompt'", printable(name)));
    case NetworkKind::kFeedForward:
      break;
  }
  fields.fail("an embedding, but the network reads tensors; kind encoder reads tokens");
}

std::uint32_t GraphReader::earlier(const Operator& op, std::size_t i, const std::string& name,
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

void GraphReader::check_kind(const Operator& op, std::size_t i, const Operator& source,
                             const JsonFields& fields) const {
  using Kind = OperatorKind;
  std::optional<Kind> wanted;
  if (op.kind() == Kind::kSoftmax) wanted = Kind::kAttentionScores;
  if (op.kind() == Kind::kAttentionValues && i == 0) wanted = Kind::kSoftmax;
  const bool is_row = source.kind() != Kind::kAttentionScores && source.kind() != Kind::kSoftmax &&
                      source.kind() != Kind::kLogits;
  if (wanted ? source.kind() == *wanted : is_row) return;
  fields.fail(fmt::format(
      "input {} is of kind {}; must be {}", source.name, name_of(kinds_of(schema_), source.kind()),
      wanted ? name_of(kinds_of(schema_), *wanted) : "a row of features for each token"));
}

void GraphReader::read_outputs(const std::vector<std::string>& names) {
  const std::string where = file_ + ": graph";
  for (const std::string& name : names) {
    const std::uint32_t op = index_of(name, where + ": outputs");
    const Operator& output = model_.operators[op];
    if (output.features() == 0 || output.kind() == OperatorKind::kInput) {
      throw base::WorkloadError(
          fmt::format("{}: outputs: {} is {}; must be tokens or a map that "
                      "an operator makes",
                      where, name, output.features() == 0 ? "part of an attention" : "an input"));
    }
    if (std::ranges::count(model_.outputs, op) > 0) {
      throw base::WorkloadError(fmt::format("{}: outputs: {} is named twice", where, name));
    }
    model_.outputs.push_back(op);
  }
}

}  // namespace sim::workload
