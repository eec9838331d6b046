#include "sim/values/check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <string>

#include "sim/base/check.h"
#include "sim/base/error.h"

namespace sim::values {
namespace {

using workload::NetworkTask;
using workload::ReferencePoint;
using workload::Sample;

/// Index of element `flat` of a row-major array.
std::vector<std::size_t> position(const std::vector<std::uint32_t>& shape, std::size_t flat) {
  std::vector<std::size_t> index(shape.size());
  for (std::size_t i = shape.size(); i-- > 0;) {
    index[i] = flat % shape[i];
    flat /= shape[i];
  }
  return index;
}

template <class T>
std::uint64_t compare(const std::string& where, const reference::Tensor<T>& got,
                      const std::vector<std::uint32_t>& shape, std::span<const T> expected) {
  if (got.shape != shape || got.data.size() != expected.size()) {
    throw base::SimulationError(fmt::format("{}: the reference has shape [{}], computed was [{}]",
                                            where, fmt::join(shape, ", "),
                                            fmt::join(got.shape, ", ")));
  }
  const auto at = std::ranges::mismatch(got.data, expected);
  if (at.in1 != got.data.end()) {
    const auto flat = static_cast<std::size_t>(at.in1 - got.data.begin());
    throw base::SimulationError(fmt::format("{}[{}]: the reference is {}, computed was {}", where,
                                            fmt::join(position(shape, flat), ", "),
                                            static_cast<int>(*at.in2), static_cast<int>(*at.in1)));
  }
  return expected.size();
}

/// A trace states at least one token where tokens are chosen; of drawn values there is none.
std::uint64_t compare_tokens(const Sample& sentence, const std::vector<std::int32_t>& tokens) {
  if (sentence.reference.empty()) return 0;
  const auto at = std::ranges::mismatch(tokens, sentence.reference);
  if (at.in1 != tokens.end() && at.in2 != sentence.reference.end()) {
    throw base::SimulationError(
        fmt::format("sentence {}: target token {}: the reference is {}, computed was {}",
                    sentence.index, at.in1 - tokens.begin(), *at.in2, *at.in1));
  }
  if (tokens.size() != sentence.reference.size()) {
    throw base::SimulationError(
        fmt::format("sentence {}: the reference has {} target tokens, computed were {}",
                    sentence.index, sentence.reference.size(), tokens.size()));
  }
  return tokens.size();
}

std::uint64_t compare_point(const NetworkTask& task, const ReferencePoint& point,
                            const Translation& translation) {
  const auto found = std::ranges::find(translation.outputs, point.op, &Output::op);
  SIM_CHECK(found != translation.outputs.end(), "no output of operator {}", point.op);
  const std::string where =
      fmt::format("sentence {}: operator '{}'", point.sample, task.model.operators[point.op].name);
  if (task.model.operators[point.op].kind() == workload::OperatorKind::kLogits) {
    return compare(where, found->int32, point.shape, point.int32);
  }
  return compare(where, found->int8, point.shape, point.int8);
}

}  // namespace

std::vector<std::uint32_t> reference_operators(const NetworkTask& task, std::uint32_t sentence) {
  std::vector<std::uint32_t> operators;
  for (const ReferencePoint& point : task.points) {
    if (point.sample == sentence) operators.push_back(point.op);
  }
  return operators;
}

std::uint64_t check_sentence(const NetworkTask& task, const Sample& sentence,
                             const Translation& translation) {
  std::uint64_t compared = compare_tokens(sentence, translation.tokens);
  for (const ReferencePoint& point : task.points) {
    if (point.sample == sentence.index) compared += compare_point(task, point, translation);
  }
  return compared;
}

std::uint64_t check_reference(const NetworkTask& task, const Decoding& decoding) {
  Translator translator(task.model, decoding);
  std::uint64_t compared = 0;
  for (const Sample& sentence : task.samples) {
    const auto wanted = reference_operators(task, sentence.index);
    compared += check_sentence(task, sentence, translator.run(sentence, wanted));
  }
  return compared;
}

}  // namespace sim::values
