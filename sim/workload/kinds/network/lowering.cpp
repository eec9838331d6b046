#include "sim/workload/kinds/network/lowering.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "sim/base/error.h"
#include "sim/base/rng.h"
#include "sim/workload/kinds/network/constants.h"
#include "sim/workload/kinds/network/fills.h"
#include "sim/workload/masks.h"

namespace sim::workload::network {
namespace {

constexpr std::uint32_t kBits = 23;       // of multipliers
constexpr std::uint32_t kNormShift = 23;  // docs/trace-format.md: gamma = level * 2^8
constexpr std::int32_t kGamma = 32 << 8;  // kLevel
constexpr std::uint32_t kNormMultiplier = 256;
constexpr std::uint32_t kRotaryShift = 15;
constexpr double kProbabilities = 127;  // whose sum is 1
constexpr double kSumOfResidual = 1.2;  // what ReLU takes from a sum whose one part is not negative

}  // namespace

nlohmann::json Lowering::operator_of(const Layer& layer) {
  for (auto i = static_cast<std::uint32_t>(indices_.size()); i < network_.operators.size(); ++i) {
    indices_.emplace(network_.operators[i].name, i);
  }
  Json op = layer.fields;
  op["name"] = layer.name;
  op["kind"] = std::string(name_of(layer.kind));
  op["inputs"] = *layer.inputs;
  lower(layer, op);
  return op;
}

void Lowering::lower(const Layer& layer, Json& op) {
  const auto scale = [&](double ratio, std::initializer_list<const char*> multipliers) {
    const Scale s = scale_of(ratio, kBits);
    for (const char* multiplier : multipliers) op[multiplier] = s.multiplier;
    op["shift"] = s.shift;
  };
  switch (layer.kind) {
    case OperatorKind::kEmbedding:
      return embedding(layer, op);
    case OperatorKind::kConstant:
      return even(op, "value", layer.shape, kMostActivation);
    case OperatorKind::kLinear:
    case OperatorKind::kLogits: {
      const bool relu = op.value("relu", false);
      return weights(layer, {layer.outputs, input(layer, 0).features}, relu, op);
    }
    case OperatorKind::kConv2d:
      return convolution(layer, op);
    case OperatorKind::kAveragePool2d:
    case OperatorKind::kGlobalAverage:
      op["multiplier"] = 1u;
      op["shift"] = 0u;
      return;
    case OperatorKind::kAdd:
      return scale((op["relu"] ? kSumOfResidual : 1) / std::numbers::sqrt2,
                   {"x_multiplier", "y_multiplier"});
    case OperatorKind::kMultiply:
      return scale(1 / kLevel, {"multiplier"});
    case OperatorKind::kConcat: {
      const Scale s = scale_of(1, kBits);
      op["multipliers"] = std::vector<std::uint32_t>(layer.inputs->size(), s.multiplier);
      op["shift"] = s.shift;
      return;
    }
    case OperatorKind::kActivation:
      return tensor(op, "table", Dtype::kI8, {256}, copy_of(activation_table(layer.function)));
    case OperatorKind::kNorm:
      return norm(layer, op);
    case OperatorKind::kLocalResponseNorm:
      op["table_shift"] = response_table_shift(op["size"]);
      op["shift"] = kResponseShift;
      return tensor(op, "table", Dtype::kU16, {kResponseEntries}, copy_of(response_table()));
    case OperatorKind::kRotary:
      return rotary(layer, op);
    case OperatorKind::kAttentionScores:
      return scores(layer, op);
    case OperatorKind::kSoftmax:
      return tensor(op, "table", Dtype::kU16, {256}, copy_of(softmax_table()));
    case OperatorKind::kAttentionValues:
      return scale(1 / kProbabilities, {"multiplier"});
    default:
      return;
  }
}

/// `shape`: [outputs, inputs of one …].
void Lowering::weights(const Layer& layer, const Shape& shape, bool relu, Json& op) {
  std::uint64_t inputs = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) inputs *= shape[i];
  const auto columns = static_cast<std::uint32_t>(std::min<std::uint64_t>(inputs, 1u << 31));
  const WeightScale w = weight_scale(std::max(columns, 1u), config_.density, relu);
  const auto multiplier = static_cast<std::int32_t>(w.scale.multiplier);
  op["shift"] = w.scale.shift;
  even(op, "bias", {layer.outputs}, w.most_bias);
  tensor(op, "multiplier", Dtype::kI32, {layer.outputs},
         even_int32(config_.seed, stream(op, "multiplier"), multiplier - multiplier / 4,
                    multiplier + multiplier / 4));
  if (config_.density == 1) {
    return tensor(op, "weight", Dtype::kI8, shape,
                  even_int8(config_.seed, stream(op, "weight"), w.most_weight));
  }
  const auto mask = [&config = config_, name = layer.name, rows = layer.outputs, columns] {
    return drawn_mask(config, name, rows, columns);
  };
  tensor(op, "mask", Dtype::kU8, {layer.outputs, (inputs + 7) / 8}, bits_of(mask));
  tensor(op, "weight", Dtype::kI8, shape,
         masked(even_int8(config_.seed, stream(op, "weight"), w.most_weight), mask));
}

void Lowering::convolution(const Layer& layer, Json& op) {
  const std::uint64_t channels = input(layer, 0).features / op["groups"].get<std::uint64_t>();
  weights(layer, {layer.outputs, channels, layer.kernel[0], layer.kernel[1]}, op["relu"], op);
}

void Lowering::embedding(const Layer& layer, Json& op) {
  const Scale s = scale_of(layer.positions ? 1 / std::numbers::sqrt2 : 1, kBits);
  const std::uint32_t pieces = layer.pieces > 0 ? layer.pieces : vocabulary_;
  if (pieces == 0) {
    throw base::WorkloadError(
        fmt::format("{}: operator {}: pieces is required: how many tokens its table has",
                    layer.place, layer.name));
  }
  even(op, "table", {pieces, layer.outputs}, kMostActivation);
  op["token_multiplier"] = s.multiplier;
  op["shift"] = s.shift;
  if (!layer.positions) return;
  even(op, "positions", {config_.max_tokens, layer.outputs}, kMostActivation);
  op["position_multiplier"] = s.multiplier;
}

void Lowering::norm(const Layer& layer, Json& op) {
  const std::uint64_t features = input(layer, 0).features;
  tensor(op, "gamma", Dtype::kI32, {features},
         even_int32(config_.seed, stream(op, "gamma"), kGamma - kGamma / 4, kGamma + kGamma / 4));
  even(op, "beta", {features}, 8 << kNormShift);
  op["x_multiplier"] = kNormMultiplier;
  if (layer.inputs->size() == 2) op["y_multiplier"] = kNormMultiplier;
  op["shift"] = kNormShift;
}

void Lowering::scores(const Layer& layer, Json& op) {
  const OutputShape q = input(layer, 0);
  const std::uint64_t heads = op["heads"];
  const double features = std::max(1.0, static_cast<double>(q.features / heads));
  const Scale s = scale_of(1 / (kLevel * std::sqrt(features)), kBits);
  op["multiplier"] = s.multiplier;
  op["shift"] = s.shift;
  if (!layer.bias) return;
  const auto most = static_cast<std::int32_t>(
      std::min(1073741824.0, kLevel * kLevel * std::sqrt(features) * s.multiplier / 2));
  even(op, "bias", {heads, 2 * positions(q) - 1}, most);
}

void Lowering::rotary(const Layer& layer, Json& op) {
  const OutputShape x = input(layer, 0);
  const std::uint64_t heads = op["heads"];
  const std::uint64_t rotated = layer.rotated > 0 ? layer.rotated : x.features / heads;
  const std::uint64_t pairs = std::max<std::uint64_t>(rotated / 2, 1);
  const Shape shape{positions(x), pairs};
  tensor(op, "cosine", Dtype::kI32, shape, rotation(pairs, 1 << kRotaryShift, false));
  tensor(op, "sine", Dtype::kI32, shape, rotation(pairs, 1 << kRotaryShift, true));
  op["multiplier"] = 1u << kRotaryShift;
  op["shift"] = kRotaryShift;
}

void Lowering::even(Json& op, std::string_view field, const Shape& shape, std::int32_t most) {
  const bool wide = field == "bias" || field == "beta";
  const std::string name = stream(op, field);
  tensor(op, field, wide ? Dtype::kI32 : Dtype::kI8, shape,
         wide ? even_int32(config_.seed, name, -most, most) : even_int8(config_.seed, name, most));
}

void Lowering::tensor(Json& op, std::string_view field, Dtype dtype, Shape shape, Fill fill) {
  const std::string name = fmt::format("{}.{}", network_.operators.size(), field);
  op[std::string(field)] = name;
  tensors_[name] = {name, dtype, std::move(shape), {}};
  fills_[name] = std::move(fill);
}

OutputShape Lowering::input(const Layer& layer, std::size_t i) {
  const auto found = layer.inputs->size() > i ? indices_.find((*layer.inputs)[i]) : indices_.end();
  return found == indices_.end() ? OutputShape{} : network_.operators[found->second].shape;
}

std::uint64_t Lowering::positions(const OutputShape& shape) const {
  return shape.rows == OutputShape::Rows::kFixed ? shape.tokens : config_.max_tokens;
}

std::string Lowering::stream(const Json& op, std::string_view field) const {
  return fmt::format("{}.{}", op["name"].get<std::string>(), field);
}

Mask drawn_mask(const Config& config, const std::string& name, std::uint32_t rows,
                std::uint32_t columns) {
  if (config.density == 1) return Mask::full(rows, columns);
  base::Rng rng(config.seed, "mask of " + name);
  return draw_mask(rng, even_scales(rows, columns), KeepLaw::kProportional, config.density);
}

}  // namespace sim::workload::network
