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

constexpr std::uint32_t kMaxSentences = 1 << 24;

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
  ReferenceReader(TensorReader& tensors, const std::string& file, NetworkTask& task)
      : tensors_(tensors), file_(file), task_(task) {}

  void read_sentences(std::uint32_t count);
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
  void read_point(const json& value, std::size_t number);
  Shape output_shape(const Operator& op, const Sample& sentence) const;
  std::uint32_t operator_index(const std::string& name, const JsonFields& fields) const;

  TensorReader& tensors_;
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

void ReferenceReader::read_sentences(std::uint32_t count) {
  const Ragged<std::int32_t> source = tokens("source", count);
  const Ragged<std::int32_t> target = tokens("target", count);
  const auto eos = static_cast<std::int32_t>(task_.model.limits.eos);
  const std::uint32_t source_pieces = source_vocabulary(task_.model);
  const std::uint32_t target_pieces = task_.model.limits.vocabulary;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto from = source.row(i);
    const auto to = target.row(i);
    check_tokens(from, source_pieces,
                 fmt::format("{}: sentence {}", at("reference.source_tokens"), i));
    const std::string where = fmt::format("{}: sentence {}", at("reference.target_tokens"), i);
    check_tokens(to, target_pieces, where);
    if (std::ranges::count(to.first(to.size() - 1), eos) > 0) {
      fail(where, "goes on after the end of sentence; it must be the last token");
    }
    Sample sentence;
    sentence.index = i;
    sentence.source_tokens = static_cast<std::uint32_t>(from.size());
    sentence.target_tokens = static_cast<std::uint32_t>(to.size());
    sentence.source.assign(from.begin(), from.end());
    sentence.reference.assign(to.begin(), to.end());
    task_.samples.push_back(std::move(sentence));
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
  auto& sentences = task_.samples;
  const std::vector<std::string> source = texts("text.source", sentences.size());
  const std::vector<std::string> human = texts("text.human", sentences.size());
  for (std::size_t i = 0; i < source.size(); ++i) sentences[i].source_text = source[i];
  for (std::size_t i = 0; i < human.size(); ++i) sentences[i].human_text = human[i];
  task_.vocabulary = texts("text.vocabulary", task_.model.limits.vocabulary);
}

Shape ReferenceReader::output_shape(const Operator& op, const Sample& sentence) const {
  const std::vector<Operator>& all = task_.model.operators;
  const auto rows = [&](const Operator& o) -> std::uint64_t {
    return o.phase == Phase::kDecoder ? sentence.target_tokens : sentence.source_tokens;
  };
  if (op.kind() == OperatorKind::kSoftmax) return output_shape(all[op.inputs[0]], sentence);
  if (op.kind() == OperatorKind::kAttentionScores) {
    return {op.heads(), rows(op), rows(all[op.inputs[1]])};
  }
  return {rows(op), op.features()};
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
  point.sentence = fields.integer32("sentence", 0, last);
  point.op = operator_index(fields.text("operator"), fields);
  const std::string& name = fields.text("tensor");
  fields.finish();
  if (!point_tensors_.insert(name).second) {
    fields.fail(
        fmt::format("tensor '{}' belongs to an earlier point; each has its own", printable(name)));
  }
  const Operator& op = task_.model.operators[point.op];
  const Shape shape = output_shape(op, task_.samples[point.sentence]);
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
  for (std::uint32_t i = 0; i < all.size(); ++i) operators_.emplace(all[i].name, i);
  for (std::size_t i = 0; i < points.size(); ++i) read_point(points[i], i);
}

}  // namespace

void read_reference(const std::string& reference, TensorReader& tensors, const std::string& file,
                    NetworkTask& task) {
  const std::string where = file + ": reference";
  const json document = parse_json_object(reference, where);
  JsonFields fields(document, where);
  ReferenceReader reader(tensors, file, task);
  reader.read_sentences(fields.integer32("sentences", 1, kMaxSentences));
  reader.read_points(fields.list("points"));
  fields.finish();
  reader.read_texts();
}

}  // namespace sim::workload
