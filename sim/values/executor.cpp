#include "sim/values/executor.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "sim/base/check.h"
#include "sim/values/attention_kernels.h"
#include "sim/values/conv_kernels.h"
#include "sim/values/element_kernels.h"
#include "sim/values/layer_kernels.h"
#include "sim/values/limits.h"
#include "sim/values/map_kernels.h"

namespace sim::values {
namespace {

using workload::Network;
using workload::NetworkKind;
using workload::Operator;
using workload::OperatorKind;
using workload::OutputShape;

/// For each attention operator the one whose rows are its keys; others: themselves.
std::vector<std::uint32_t> find_keys(const Network& network) {
  std::vector<std::uint32_t> keys;
  for (std::uint32_t i = 0; i < network.operators.size(); ++i) {
    const Operator& op = network.operators[i];
    const bool follows =
        op.kind() == OperatorKind::kSoftmax || op.kind() == OperatorKind::kAttentionValues;
    keys.push_back(op.kind() == OperatorKind::kAttentionScores ? op.inputs[1]
                   : follows                                   ? keys[op.inputs[0]]
                                                               : i);
  }
  return keys;
}

bool is_attention_matrix(const Operator& op) {
  return op.kind() == OperatorKind::kAttentionScores || op.kind() == OperatorKind::kSoftmax;
}

MapSize size_of(const OutputShape& shape) { return {shape.features, shape.height, shape.width}; }

/// Elements of a row: a map is one.
std::size_t row_elements(const OutputShape& shape) {
  return shape.is_map() ? size_of(shape).channels * size_of(shape).pixels() : shape.features;
}

workload::AttentionMask mask_of(const Operator& op) {
  return std::visit(
      [](const auto& body) -> workload::AttentionMask {
        if constexpr (requires { body.mask; }) return body.mask;
        return {};
      },
      op.body);
}

}  // namespace

/// What each kind of operator does with rows [first, last).
class Executor::Kernels {
 public:
  Kernels(Executor& executor, std::uint32_t op, std::uint32_t first, std::uint32_t last)
      : e_(executor),
        i_(op),
        op_(executor.network_.operators[op]),
        first_(first),
        count_(last - first) {}

  void operator()(const workload::Input& input) const {
    const workload::Int8s given = e_.inputs_[input.number];
    std::copy(given.begin(), given.end(), out());
  }
  void operator()(const workload::Embedding& body) const {
    const bool source = op_.inputs[0] == workload::kSourceTokens;
    const std::span<const std::int32_t> tokens = source ? e_.source_ : e_.target_;
    embedding(body, tokens.subspan(first_, count_), first_, out());
  }
  void operator()(const workload::Constant& body) const {
    const std::size_t from = first_ * stride();
    std::copy_n(body.value.data() + from, count_ * stride(), out());
  }
  void operator()(const workload::Linear& body) const { linear(body, count_, x(), out()); }
  void operator()(const workload::Logits& body) const {
    values::logits(body, count_, x(), e_.rows_[i_].int32.data() + first_ * stride());
  }
  void operator()(const workload::Conv2d& body) const { conv2d(body, map(), x(), out()); }
  void operator()(const workload::MaxPool2d& body) const { max_pool2d(body, map(), x(), out()); }
  void operator()(const workload::AveragePool2d& body) const {
    average_pool2d(body, map(), x(), out());
  }
  void operator()(const workload::GlobalAverage& body) const {
    const OutputShape& shape = input(0).shape;
    const workload::Int8s all = whole(0);
    if (shape.is_map()) {
      global_average_of_map(body, all, shape.features, out());
    } else {
      global_average_of_tokens(body, all, shape.features, out());
    }
  }
  void operator()(const workload::Add& body) const {
    add(body, rows_of(0), partners(), partner(), out());
  }
  void operator()(const workload::Multiply& body) const {
    multiply(body, rows_of(0), partners(), partner(), out());
  }
  void operator()(const workload::Concat& body) const {
    const bool joins_rows = !op_.shape.is_map() && body.axis == workload::Axis::kFeatures;
    std::vector<workload::Int8s> all;
    for (std::size_t k = 0; k < op_.inputs.size(); ++k) {
      all.push_back(joins_rows ? rows_of(k) : whole(k));
    }
    concat(body, all, joins_rows ? count_ : 1, out());
  }
  void operator()(const workload::Split& body) const {
    const OutputShape& shape = input(0).shape;
    if (shape.is_map()) return split(body, whole(0), 1, size_of(shape).pixels(), out());
    if (body.axis == workload::Axis::kTokens)
      return split(body, whole(0), 1, shape.features, out());
    split(body, rows_of(0), count_, 1, out());
  }
  void operator()(const workload::Upsample& body) const { upsample(body, map(), x(), out()); }
  void operator()(const workload::Flatten& body) const {
    flatten(body, whole(0), input(0).shape.is_map() ? input(0).features() : 1, out());
  }
  void operator()(const workload::Unflatten& /*body*/) const {
    const workload::Int8s all = whole(0);
    std::copy(all.begin(), all.end(), out());
  }
  void operator()(const workload::Activation& body) const {
    activation(body, op_.shape.is_map() ? whole(0) : rows_of(0), out());
  }
  void operator()(const workload::Norm& body) const {
    const std::int8_t* y = op_.inputs.size() == 2 ? e_.row(op_.inputs[1], first_) : nullptr;
    norm(body, count_, op_.features(), x(), y, out());
  }
  void operator()(const workload::LocalResponseNorm& body) const {
    local_response_norm(body, map(), x(), out());
  }
  void operator()(const workload::Rotary& body) const {
    rotary(body, first_, count_, op_.features(), x(), out());
  }
  void operator()(const workload::AttentionScores& body) const {
    attention_scores(body, queries(), tokens(0), tokens(1), e_.row(i_, 0), strides(i_));
  }
  void operator()(const workload::Softmax& body) const {
    softmax(body, queries(), e_.row(op_.inputs[0], 0), e_.row(i_, 0), strides(i_));
  }
  void operator()(const workload::AttentionValues& body) const {
    attention_values(body, queries(), e_.row(op_.inputs[0], 0), strides(op_.inputs[0]), tokens(1),
                     e_.row(i_, 0));
  }

 private:
  const Operator& input(std::size_t k) const { return e_.network_.operators[op_.inputs[k]]; }
  std::size_t stride() const { return e_.rows_[i_].stride; }
  std::int8_t* out() const { return e_.row(i_, first_); }
  const std::int8_t* x() const { return e_.row(op_.inputs[0], first_); }
  MapSize map() const { return size_of(input(0).shape); }

  /// The same rows of an input; all of it.
  workload::Int8s rows_of(std::size_t k) const {
    const std::uint32_t from = op_.inputs[k];
    return {e_.row(from, first_), count_ * e_.rows_[from].stride};
  }
  workload::Int8s whole(std::size_t k) const {
    const std::uint32_t from = op_.inputs[k];
    return {e_.row(from, 0), e_.rows(from) * e_.rows_[from].stride};
  }

  /// The second input beside rows of the first: those rows, or one row or pixel for all.
  workload::Int8s partners() const {
    return input(1).shape == input(0).shape ? rows_of(1) : whole(1);
  }
  Partner partner() const {
    const bool pixel = op_.shape.is_map() && input(1).shape != input(0).shape;
    return pixel ? Partner::kChannel : Partner::kPlace;
  }

  Queries queries() const { return {first_, first_ + count_, e_.keys(i_)}; }
  TokenRows tokens(std::size_t k) const { return {e_.row(op_.inputs[k], 0), input(k).features()}; }
  ScoreStrides strides(std::uint32_t op) const { return {e_.key_stride(op), e_.rows_[op].stride}; }

  Executor& e_;
  const std::uint32_t i_;
  const Operator& op_;
  const std::uint32_t first_;
  const std::uint32_t count_;
};

Executor::Executor(const Network& network)
    : network_(network),
      source_vocabulary_(workload::source_vocabulary(network)),
      keys_of_(find_keys(network)),
      rows_(network.operators.size()) {
  check_computable(network);
}

void Executor::check_tokens(std::span<const std::int32_t> tokens, std::uint32_t vocabulary,
                            const char* what) const {
  for (const std::int32_t token : tokens) {
    if (token >= 0 && static_cast<std::uint32_t>(token) < vocabulary) continue;
    throw base::WorkloadError(fmt::format("{} token {} is outside of the vocabulary (0 … {})", what,
                                          token, static_cast<std::int64_t>(vocabulary) - 1));
  }
}

void Executor::begin(std::span<const std::int32_t> source, std::uint32_t max_target_tokens) {
  const std::uint32_t limit = network_.limits.max_tokens;
  const bool reads = network_.kind != NetworkKind::kDecoder;
  const bool chooses = network_.kind != NetworkKind::kEncoder;
  if (reads && (source.empty() || source.size() > limit)) {
    throw base::WorkloadError(fmt::format("a sentence of {} tokens; model '{}' takes 1 … {}",
                                          source.size(), network_.name, limit));
  }
  if (chooses && (max_target_tokens < 1 || max_target_tokens > limit)) {
    throw base::WorkloadError(fmt::format("a limit of {} target tokens; model '{}' takes 1 … {}",
                                          max_target_tokens, network_.name, limit));
  }
  check_tokens(source, source_vocabulary_, "source");
  source_.assign(source.begin(), source.end());
  target_.clear();
  for (std::uint32_t op = 0; op < rows_.size(); ++op) reserve(op, max_target_tokens);
}

void Executor::begin(std::span<const workload::Int8s> inputs) {
  inputs_.assign(inputs.begin(), inputs.end());
  for (std::uint32_t op = 0; op < rows_.size(); ++op) reserve(op, 0);
}

void Executor::reserve(std::uint32_t i, std::uint32_t max_target_tokens) {
  const Operator& op = network_.operators[i];
  const auto length = [&](std::uint32_t of) {
    const bool target = network_.operators[of].shape.rows == OutputShape::Rows::kTarget;
    return target ? max_target_tokens : rows(of);
  };
  Rows& rows = rows_[i];
  rows.stride = is_attention_matrix(op) ? std::size_t{op.heads()} * length(keys_of_[i])
                                        : row_elements(op.shape);
  const std::size_t size = length(i) * rows.stride;
  if (op.kind() == OperatorKind::kLogits) {
    rows.int32.resize(std::max(size, rows.int32.size()));
  } else {
    rows.int8.resize(std::max(size, rows.int8.size()));
  }
}

void Executor::append_target(std::int32_t token) {
  check_tokens({&token, 1}, network_.limits.vocabulary, "target");
  target_.push_back(token);
}

std::uint32_t Executor::rows(std::uint32_t op) const {
  const auto source_tokens = static_cast<std::uint32_t>(source_.size());
  return network_.operators[op].shape.rows_of(source_tokens, target_tokens());
}

std::uint32_t Executor::keys(std::uint32_t op) const { return rows(keys_of_[op]); }

std::uint32_t Executor::seen_keys(std::uint32_t op, std::uint32_t r) const {
  const KeyRange seen = keys_seen(mask_of(network_.operators[op]), r, keys(op));
  return seen.last - seen.first;
}

std::int8_t* Executor::row(std::uint32_t op, std::uint32_t r) {
  return rows_[op].int8.data() + r * rows_[op].stride;
}

const std::int8_t* Executor::row(std::uint32_t op, std::uint32_t r) const {
  return rows_[op].int8.data() + r * rows_[op].stride;
}

std::size_t Executor::key_stride(std::uint32_t op) const {
  return rows_[op].stride / network_.operators[op].heads();
}

void Executor::compute(std::uint32_t op, std::uint32_t first, std::uint32_t last) {
  std::visit(Kernels(*this, op, first, last), network_.operators[op].body);
}

std::span<const std::int32_t> Executor::logits(std::uint32_t op, std::uint32_t r) const {
  return {rows_[op].int32.data() + r * rows_[op].stride, rows_[op].stride};
}

reference::Int8Tensor Executor::attention_output(std::uint32_t i) const {
  const Operator& op = network_.operators[i];
  reference::Int8Tensor out({op.heads(), rows(i), keys(i)});
  for (std::uint32_t h = 0; h < op.heads(); ++h) {
    for (std::uint32_t r = 0; r < rows(i); ++r) {
      const KeyRange seen = keys_seen(mask_of(op), r, keys(i));
      std::copy_n(row(i, r) + h * key_stride(i) + seen.first, seen.last - seen.first,
                  out.data.begin() + (h * std::ptrdiff_t{rows(i)} + r) * keys(i) + seen.first);
    }
  }
  return out;
}

Output Executor::output(std::uint32_t i) const {
  const Operator& op = network_.operators[i];
  Output out{.op = i, .int8 = {}, .int32 = {}};
  if (is_attention_matrix(op)) {
    out.int8 = attention_output(i);
  } else if (op.kind() == OperatorKind::kLogits) {
    out.int32 = reference::Int32Tensor({rows(i), op.features()});
    std::copy_n(rows_[i].int32.data(), out.int32.data.size(), out.int32.data.data());
  } else {
    out.int8 = reference::Int8Tensor(
        op.shape.is_map() ? std::vector{op.features(), op.shape.height, op.shape.width}
                          : std::vector{rows(i), op.features()});
    std::copy_n(row(i, 0), out.int8.data.size(), out.int8.data.data());
  }
  return out;
}

}  // namespace sim::values
