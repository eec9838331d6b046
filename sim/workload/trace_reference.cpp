#include "sim/workload/trace_reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "sim/base/error.h"
#include "sim/base/printable.h"
#include "sim/base/utf8.h"
#include "sim/workload/json_fields.h"
#include "sim/workload/text.h"

namespace sim::workload {
namespace {

using base::printable;
using nlohmann::json;

constexpr std::uint32_t kMaxSamples = 1 << 24;

[[noreturn]] void fail(const std::string& where, const std::string& message) {
  throw base::WorkloadError(fmt::format("{}: {}", where, message));
}

/// Rows of unequal length, one after the other: row i is [offsets[i], offsets[i + 1]).
template <class T>
struct Ragged {
  std::span<const T> values;
  std::span<const std::int32_t> offsets;

  std::span<const T> row(std::size_t i) const {
    return values.subspan(static_cast<std::size_t>(offsets[i]),
                          static_cast<std::size_t>(offsets[i + 1] - offsets[i]));
  }
};

/// Offsets from 0 to `size`, each row of at least `least` elements.
void check_offsets(std::span<const std::int32_t> offsets, std::uint64_t size, int least,
                   const std::string& where) {
  if (offsets.front() != 0)
    fail(where, fmt::format("starts with {}; must start with 0", offsets.front()));
  for (std::size_t i = 0; i + 1 < offsets.size(); ++i) {
    if (offsets[i + 1] - std::int64_t{offsets[i]} < least) {
      fail(where, fmt::format("row {} goes from {} to {}; must hold at least {} element{}", i,
                              offsets[i], offsets[i + 1], least, least == 1 ? "" : "s"));
    }
  }
  if (static_cast<std::uint64_t>(offsets.back()) != size) {
    fail(where, fmt::format("ends with {}; must end with {}, the number of elements",
                            offsets.back(), size));
  }
}

class ReferenceReader {
 public:
  ReferenceReader(TensorReader& tensors, TraceSchema schema, const std::string& file,
                  NetworkTask& task)
      : tensors_(tensors),
        sample_(schema == TraceSchema::k1 ? "sentence" : "sample"),
        file_(file),
        task_(task) {}

  void read_samples(std::uint32_t count);
  void read_points(const json& points);
  void read_texts();

 private:
  std::string at(std::string_view tensor) const {
    return fmt::format("{}: tensor {}", file_, tensor);
  }
  Ragged<std::int32_t> tokens(const std::string& side, std::uint32_t count);
  std::vector<std::string> texts(const std::string& name, std::size_t count);
  void check_tokens(std::span<const std::int32_t> row, std::uint32_t vocabulary,
                    const std::string& where) const;
  void check_count(std::uint32_t count);
  void read_sources(const std::string& side, std::uint32_t vocabulary);
  void read_targets();
  void read_allowed();
  void read_inputs();
  void read_labels();
  void read_point(const json& value, std::size_t number);
  Shape output_shape(const Operator& op, const Sample& sample) const;
  std::uint32_t operator_index(const std::string& name, const JsonFields& fields) const;

  TensorReader& tensors_;
  const char* const sample_;  // what a sample is called
  const std::string& file_;
  NetworkTask& task_;
  std::map<std::string, std::uint32_t> operators_;
  std::set<std::string> point_tensors_;
};

Ragged<std::int32_t> ReferenceReader::tokens(const std::string& side, std::uint32_t count) {
  const std::string name = fmt::format("reference.{}_tokens", side);
  const std::string offsets = fmt::format("reference.{}_offsets", side);
  Ragged<std::int32_t> rows;
  const Shape size = tensors_.shape(name, Dtype::kI32, 1, at(name));
  rows.values = tensors_.int32(name, size, at(name));
  rows.offsets = tensors_.int32(offsets, {std::uint64_t{count} + 1}, at(offsets));
  check_offsets(rows.offsets, size[0], 1, at(offsets));
  return rows;
}

void ReferenceReader::check_tokens(std::span<const std::int32_t> row, std::uint32_t vocabulary,
                                   const std::string& where) const {
  const std::uint32_t longest = task_.model.limits.max_tokens;
  if (row.size() > longest) {
    fail(where, fmt::format("{} tokens; at most {} fit the model", row.size(), longest));
  }
  for (const std::int32_t token : row) {
    if (token < 0 || std::cmp_greater_equal(token, vocabulary)) {
      fail(where, fmt::format("token {}; must be from 0 to {}", token, vocabulary - 1));
    }
  }
}

void ReferenceReader::read_samples(std::uint32_t count) {
  const Network& network = task_.model;
  check_count(count);
  for (std::uint32_t i = 0; i < count; ++i) task_.samples.emplace_back().index = i;
  switch (network.kind) {
    case NetworkKind::kEncoderDecoder:
      read_sources("source", source_vocabulary(network));
      read_targets();
      break;
    case NetworkKind::kDecoder:
      read_sources("prompt", network.limits.vocabulary);
      read_targets();
      read_allowed();
      break;
    case NetworkKind::kEncoder:
      read_sources("source", source_vocabulary(network));
      break;
    case NetworkKind::kFeedForward:
      read_inputs();
      break;
  }
  read_labels();
}

/// Whether the file has so many, before memory is taken for them.
void ReferenceReader::check_count(std::uint32_t count) {
  const Network& network = task_.model;
  if (network.kind == NetworkKind::kFeedForward) {
    const Operator& op = network.operators.front();
    const std::string name = fmt::format("reference.inputs.{}", op.name);
    Shape shape = output_shape(op, {});
    shape.insert(shape.begin(), count);
    tensors_.check(name, Dtype::kI8, shape, at(name));
    return;
  }
  const char* const side = network.kind == NetworkKind::kDecoder ? "prompt" : "source";
  const std::string offsets = fmt::format("reference.{}_offsets", side);
  tensors_.check(offsets, Dtype::kI32, {std::uint64_t{count} + 1}, at(offsets));
}

void ReferenceReader::read_sources(const std::string& side, std::uint32_t vocabulary) {
  const auto count = static_cast<std::uint32_t>(task_.samples.size());
  const Ragged<std::int32_t> from = tokens(side, count);
  const std::string where = at(fmt::format("reference.{}_tokens", side));
  for (Sample& sample : task_.samples) {
    const auto row = from.row(sample.index);
    check_tokens(row, vocabulary, fmt::format("{}: {} {}", where, sample_, sample.index));
    sample.source_tokens = static_cast<std::uint32_t>(row.size());
    sample.source.assign(row.begin(), row.end());
  }
}

void ReferenceReader::read_targets() {
  const Ragged<std::int32_t> to =
      tokens("target", static_cast<std::uint32_t>(task_.samples.size()));
  const auto eos = static_cast<std::int32_t>(task_.model.limits.eos);
  for (Sample& sample : task_.samples) {
    const auto row = to.row(sample.index);
    const std::string where =
        fmt::format("{}: {} {}", at("reference.target_tokens"), sample_, sample.index);
    check_tokens(row, task_.model.limits.vocabulary, where);
    if (std::ranges::count(row.first(row.size() - 1), eos) > 0) {
      fail(where, "goes on after the end of sentence; it must be the last token");
    }
    sample.target_tokens = static_cast<std::uint32_t>(row.size());
    sample.reference.assign(row.begin(), row.end());
  }
}

void ReferenceReader::read_allowed() {
  const char* const name = "reference.allowed_tokens";
  const Int32s allowed = tensors_.int32(name, {task_.samples.size()}, at(name));
  const std::uint32_t longest = task_.model.limits.max_tokens;
  for (Sample& sample : task_.samples) {
    const std::int32_t most = allowed[sample.index];
    const std::string where = fmt::format("{}: {} {}", at(name), sample_, sample.index);
    if (most < 1 || std::cmp_less(most, sample.target_tokens)) {
      fail(where, fmt::format("{} tokens may be produced, but {} were; must be at least as many",
                              most, sample.target_tokens));
    }
    if (std::uint64_t{sample.source_tokens} + sample.target_tokens - 1 > longest) {
      fail(where, fmt::format("{} tokens of the prompt and {} produced; the network takes {}, the "
                              "last one not counted",
                              sample.source_tokens, sample.target_tokens, longest));
    }
    sample.max_target_tokens =
        std::min(static_cast<std::uint32_t>(most), longest - sample.source_tokens + 1);
  }
}

void ReferenceReader::read_inputs() {
  for (const Operator& op : task_.model.operators) {
    if (op.kind() != OperatorKind::kInput) continue;
    const std::string name = fmt::format("reference.inputs.{}", op.name);
    Shape shape = output_shape(op, {});
    shape.insert(shape.begin(), task_.samples.size());
    const Int8s all = tensors_.int8(name, shape, at(name));
    const std::size_t each = all.size() / task_.samples.size();
    for (Sample& sample : task_.samples) {
      sample.inputs.push_back(all.subspan(sample.index * each, each));
    }
  }
}

void ReferenceReader::read_labels() {
  const char* const name = "reference.labels";
  if (!tensors_.has(name) || sample_ == std::string_view("sentence")) return;
  const Int32s labels = tensors_.int32(name, {task_.samples.size()}, at(name));
  for (Sample& sample : task_.samples) {
    if (labels[sample.index] < 0) fail(at(name), "holds a negative label; must be an index");
    sample.label = labels[sample.index];
  }
}

std::vector<std::string> ReferenceReader::texts(const std::string& name, std::size_t count) {
  const std::string offsets_name = name + "_offsets";
  std::vector<std::string> result;
  if (!tensors_.has(name) && !tensors_.has(offsets_name)) return result;
  Ragged<std::uint8_t> rows;
  const Shape size = tensors_.shape(name, Dtype::kU8, 1, at(name));
  rows.values = tensors_.uint8(name, size, at(name));
  rows.offsets = tensors_.int32(offsets_name, {count + 1}, at(offsets_name));
  check_offsets(rows.offsets, size[0], 0, at(offsets_name));
  for (std::size_t i = 0; i < count; ++i) {
    const auto row = rows.row(i);
    result.emplace_back(row.begin(), row.end());
    if (!base::is_utf8(result.back())) fail(at(name), fmt::format("text {} is not valid UTF-8", i));
  }
  return result;
}

void ReferenceReader::read_texts() {
  if (task_.model.kind == NetworkKind::kFeedForward) return;
  auto& samples = task_.samples;
  const std::vector<std::string> source = texts("text.source", samples.size());
  const std::vector<std::string> human = texts("text.human", samples.size());
  for (std::size_t i = 0; i < source.size(); ++i) samples[i].source_text = source[i];
  for (std::size_t i = 0; i < human.size(); ++i) samples[i].human_text = human[i];
  std::size_t pieces = task_.model.limits.vocabulary;
  const char* const offsets = "text.vocabulary_offsets";
  if (pieces == 0 && tensors_.has(offsets)) {
    pieces = tensors_.shape(offsets, Dtype::kI32, 1, at(offsets))[0] - 1;
  }
  task_.vocabulary = texts("text.vocabulary", pieces);
}

Shape ReferenceReader::output_shape(const Operator& op, const Sample& sample) const {
  const std::vector<Operator>& all = task_.model.operators;
  if (op.kind() == OperatorKind::kSoftmax) return output_shape(all[op.inputs[0]], sample);
  if (op.kind() == OperatorKind::kAttentionScores) {
    return {op.heads(), positions_of(task_.model, op, sample),
            positions_of(task_.model, all[op.inputs[1]], sample)};
  }
  if (op.shape.is_map()) return {op.features(), op.shape.height, op.shape.width};
  return {positions_of(task_.model, op, sample), op.features()};
}

std::uint32_t ReferenceReader::operator_index(const std::string& name,
                                              const JsonFields& fields) const {
  const auto found = operators_.find(name);
  if (found != operators_.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, index] : operators_) names.push_back(known);
  fields.fail(
      fmt::format("no operator '{}'{}", printable(name), suggestion(name, std::move(names))));
}

void ReferenceReader::read_point(const json& value, std::size_t number) {
  JsonFields fields(value, fmt::format("{}: reference: point {}", file_, number));
  const auto last = static_cast<std::uint32_t>(task_.samples.size() - 1);
  ReferencePoint point;
  point.sample = fields.integer32(sample_, 0, last);
  point.op = operator_index(fields.text("operator"), fields);
  const std::string& name = fields.text("tensor");
  fields.finish();
  if (!point_tensors_.insert(name).second) {
    fields.fail(
        fmt::format("tensor '{}' belongs to an earlier point; each has its own", printable(name)));
  }
  const Operator& op = task_.model.operators[point.op];
  const Shape shape = output_shape(op, task_.samples[point.sample]);
  const std::string where = fmt::format("{}: {}", fields.where(), op.name);
  if (op.kind() == OperatorKind::kLogits) {
    point.int32 = tensors_.int32(name, shape, where);
  } else {
    point.int8 = tensors_.int8(name, shape, where);
  }
  for (const std::uint64_t d : shape) point.shape.push_back(static_cast<std::uint32_t>(d));
  task_.points.push_back(std::move(point));
}

void ReferenceReader::read_points(const json& points) {
  const std::vector<Operator>& all = task_.model.operators;
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    if (all[i].kind() != OperatorKind::kInput) operators_.emplace(all[i].name, i);
  }
  for (std::size_t i = 0; i < points.size(); ++i) read_point(points[i], i);
}

}  // namespace

void read_reference(const std::string& reference, TraceSchema schema, TensorReader& tensors,
                    const std::string& file, NetworkTask& task) {
  const std::string where = file + ": reference";
  const json document = parse_json_object(reference, where);
  JsonFields fields(document, where);
  ReferenceReader reader(tensors, schema, file, task);
  const char* const samples = schema == TraceSchema::k1 ? "sentences" : "samples";
  reader.read_samples(fields.integer32(samples, 1, kMaxSamples));
  reader.read_points(fields.list("points"));
  fields.finish();
  reader.read_texts();
}

}  // namespace sim::workload
