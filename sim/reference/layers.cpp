#include "sim/reference/layers.h"

#include <algorithm>
#include <utility>

#include "sim/base/check.h"
#include "sim/reference/arithmetic.h"

namespace sim::reference {
namespace {

/// (bias[h] + sum_w weight[h,w] * x[l,w]) * multipliers[h], shifted.
std::int64_t scaled_dot(const workload::Weights& op, const Int8Tensor& x, std::uint32_t l,
                        std::uint32_t h) {
  std::int64_t sum = op.bias[h];
  for (std::uint32_t w = 0; w < op.inputs; ++w) {
    sum += std::int64_t{op.weight[std::size_t{h} * op.inputs + w]} * x.at(l, w);
  }
  const std::int64_t accumulator = base::narrow<std::int32_t>(sum);
  return rshift(accumulator * op.multipliers[h], op.shift);
}

/// floor(u * 2^15 / r) of each feature of the row z.
std::vector<std::int64_t> normalise(workload::Norm::Kind kind, std::vector<std::int64_t> z) {
  const auto d = static_cast<std::int64_t>(z.size());
  std::int64_t sum = 0;
  for (const std::int64_t value : z) sum += value;
  const std::int64_t mean =
      kind == workload::Norm::Kind::kLayer ? floor_div(sum + d / 2, d) : std::int64_t{0};
  std::int64_t squares = 0;
  for (std::int64_t& value : z) {
    value -= mean;
    squares += value * value;
  }
  const std::int64_t root = std::max<std::int64_t>(1, isqrt(squares / d));
  for (std::int64_t& value : z) value = floor_div(value * 32768, root);
  return z;
}

/// `y` is null where there is no second input.
Int8Tensor norm_of(const workload::Norm& op, const Int8Tensor& x, const Int8Tensor* y) {
  const std::uint32_t d = x.dim(1);
  Int8Tensor out(x.shape);
  for (std::uint32_t l = 0; l < x.dim(0); ++l) {
    std::vector<std::int64_t> z(d);
    for (std::uint32_t c = 0; c < d; ++c) {
      z[c] = std::int64_t{x.at(l, c)} * op.x_multiplier;
      if (y != nullptr) z[c] += std::int64_t{y->at(l, c)} * op.y_multiplier;
    }
    const std::vector<std::int64_t> n = normalise(op.kind, std::move(z));
    for (std::uint32_t c = 0; c < d; ++c) {
      out.at(l, c) = clamp8(rshift(n[c] * op.gamma[c] + op.beta[c], op.shift));
    }
  }
  return out;
}

/// The features of pair `p`, counted from the head's first.
std::pair<std::uint32_t, std::uint32_t> features_of(const workload::Rotary& op, std::uint32_t p) {
  return op.order == workload::Rotary::Pairs::kHalves ? std::pair{p, p + op.pairs}
                                                      : std::pair{2 * p, 2 * p + 1};
}

}  // namespace

Int8Tensor embedding(const workload::Embedding& op, std::span<const std::int32_t> tokens) {
  Int8Tensor y({static_cast<std::uint32_t>(tokens.size()), op.features});
  for (std::size_t l = 0; l < tokens.size(); ++l) {
    for (std::uint32_t c = 0; c < op.features; ++c) {
      const std::int64_t token = op.table[static_cast<std::size_t>(tokens[l]) * op.features + c];
      std::int64_t sum = token * op.token_multiplier;
      if (op.has_positions) {
        sum += std::int64_t{op.positions[l * op.features + c]} * op.position_multiplier;
      }
      y.at(l, c) = clamp8(rshift(sum, op.shift));
    }
  }
  return y;
}

Int8Tensor constant(const workload::Constant& op, std::vector<std::uint32_t> shape) {
  Int8Tensor y(std::move(shape));
  SIM_CHECK(y.data.size() == op.value.size(), "{} elements for {}", op.value.size(), y.data.size());
  y.data.assign(op.value.begin(), op.value.end());
  return y;
}

Int8Tensor linear(const workload::Linear& op, const Int8Tensor& x) {
  Int8Tensor y({x.dim(0), op.weights.outputs});
  for (std::uint32_t l = 0; l < x.dim(0); ++l) {
    for (std::uint32_t h = 0; h < op.weights.outputs; ++h) {
      const std::int8_t value = clamp8(scaled_dot(op.weights, x, l, h));
      y.at(l, h) = op.weights.relu ? std::max<std::int8_t>(value, 0) : value;
    }
  }
  return y;
}

Int32Tensor logits(const workload::Logits& op, const Int8Tensor& x) {
  Int32Tensor y({x.dim(0), op.weights.outputs});
  for (std::uint32_t l = 0; l < x.dim(0); ++l) {
    for (std::uint32_t h = 0; h < op.weights.outputs; ++h) {
      y.at(l, h) = base::narrow<std::int32_t>(scaled_dot(op.weights, x, l, h));
    }
  }
  return y;
}

Int8Tensor norm(const workload::Norm& op, const Int8Tensor& x) { return norm_of(op, x, nullptr); }

Int8Tensor norm(const workload::Norm& op, const Int8Tensor& x, const Int8Tensor& y) {
  return norm_of(op, x, &y);
}

Int8Tensor rotary(const workload::Rotary& op, const Int8Tensor& x) {
  const std::uint32_t features = x.dim(1) / op.heads;
  Int8Tensor y(x.shape);
  for (std::size_t i = 0; i < x.data.size(); ++i) {
    y.data[i] = clamp8(rshift(std::int64_t{x.data[i]} * op.multiplier, op.shift));
  }
  for (std::uint32_t l = 0; l < x.dim(0); ++l) {
    for (std::uint32_t h = 0; h < op.heads; ++h) {
      for (std::uint32_t p = 0; p < op.pairs; ++p) {
        const auto [a, b] = features_of(op, p);
        const std::int64_t x_a = x.at(l, h * features + a);
        const std::int64_t x_b = x.at(l, h * features + b);
        const std::int64_t cosine = op.cosine[std::size_t{l} * op.pairs + p];
        const std::int64_t sine = op.sine[std::size_t{l} * op.pairs + p];
        y.at(l, h * features + a) = clamp8(rshift(x_a * cosine - x_b * sine, op.shift));
        y.at(l, h * features + b) = clamp8(rshift(x_b * cosine + x_a * sine, op.shift));
      }
    }
  }
  return y;
}

std::int32_t arg_max(const Int32Tensor& logits, std::uint32_t l) {
  const std::int32_t* row = &logits.at(l, 0);
  return static_cast<std::int32_t>(std::max_element(row, row + logits.dim(1)) - row);
}

}  // namespace sim::reference
