#include "sim/reference/operators.h"

#include <algorithm>
#include <functional>

#include "sim/base/check.h"
#include "sim/reference/arithmetic.h"

namespace sim::reference {
namespace {

/// (bias[h] + sum_w weight[h,w] * x[l,w]) * multipliers[h], shifted.
std::int64_t scaled_dot(const workload::Weights& weights, const Int8Tensor& x, std::uint32_t l,
                        std::uint32_t h) {
  std::int64_t sum = weights.bias[h];
  for (std::uint32_t w = 0; w < weights.inputs; ++w) {
    sum += std::int64_t{weights.weight[std::size_t{h} * weights.inputs + w]} * x.at(l, w);
  }
  const std::int64_t accumulator = base::narrow<std::int32_t>(sum);
  return rshift(accumulator * weights.multipliers[h], weights.shift);
}

/// floor(c * 2^15 / r) of each feature of the row z.
std::vector<std::int64_t> normalise(std::vector<std::int64_t> z, workload::Norm::Kind kind) {
  const auto d = static_cast<std::int64_t>(z.size());
  std::int64_t sum = 0;
  for (const std::int64_t value : z) sum += value;
  const std::int64_t mean = kind == workload::Norm::Kind::kRms ? 0 : floor_div(sum + d / 2, d);
  std::int64_t squares = 0;
  for (std::int64_t& value : z) {
    value -= mean;
    squares += value * value;
  }
  const std::int64_t root = std::max<std::int64_t>(1, isqrt(squares / d));
  for (std::int64_t& value : z) value = floor_div(value * 32768, root);
  return z;
}

/// Calls make(x, y) for each element of x with that of y, which may be one row or one pixel.
Int8Tensor element_by_element(const Int8Tensor& x, const Int8Tensor& y,
                              const std::function<std::int8_t(std::int64_t, std::int64_t)>& make) {
  Int8Tensor out(x.shape);
  const bool tokens = x.shape.size() == 2;
  // Elements of x between one step of y and the next, and elements of y before they begin again.
  const std::size_t same = tokens ? 1 : x.data.size() / y.data.size();
  for (std::size_t i = 0; i < x.data.size(); ++i) {
    out.data[i] = make(x.data[i], y.data[i / same % y.data.size()]);
  }
  return out;
}

}  // namespace

Int8Tensor embedding(const workload::Embedding& op, std::span<const std::int32_t> tokens) {
  Int8Tensor y({static_cast<std::uint32_t>(tokens.size()), op.features});
  for (std::size_t l = 0; l < tokens.size(); ++l) {
    for (std::uint32_t c = 0; c < op.features; ++c) {
      const std::int64_t token = op.table[static_cast<std::size_t>(tokens[l]) * op.features + c];
      const std::int64_t position = op.positions.empty() ? 0 : op.positions[l * op.features + c];
      y.at(l, c) =
          clamp8(rshift(token * op.token_multiplier + position * op.position_multiplier, op.shift));
    }
  }
  return y;
}

Int8Tensor linear(const workload::Linear& op, const Int8Tensor& x) {
  Int8Tensor y({x.dim(0), op.weights.outputs});
  for (std::uint32_t l = 0; l < x.dim(0); ++l) {
    for (std::uint32_t h = 0; h < y.dim(1); ++h) {
      const std::int8_t value = clamp8(scaled_dot(op.weights, x, l, h));
      y.at(l, h) = op.weights.relu ? std::max<std::int8_t>(value, 0) : value;
    }
  }
  return y;
}

Int32Tensor logits(const workload::Logits& op, const Int8Tensor& x) {
  Int32Tensor y({x.dim(0), op.weights.outputs});
  for (std::uint32_t l = 0; l < x.dim(0); ++l) {
    for (std::uint32_t h = 0; h < y.dim(1); ++h) {
      y.at(l, h) = base::narrow<std::int32_t>(scaled_dot(op.weights, x, l, h));
    }
  }
  return y;
}

Int8Tensor activation(const workload::Activation& op, const Int8Tensor& x) {
  Int8Tensor y(x.shape);
  for (std::size_t i = 0; i < x.data.size(); ++i) {
    y.data[i] = op.table[static_cast<std::size_t>(x.data[i] + 128)];
  }
  return y;
}

Int8Tensor add(const workload::Add& op, const Int8Tensor& x, const Int8Tensor& y) {
  return element_by_element(x, y, [&](std::int64_t a, std::int64_t b) {
    const std::int8_t sum = clamp8(rshift(a * op.x_multiplier + b * op.y_multiplier, op.shift));
    return op.relu ? std::max<std::int8_t>(sum, 0) : sum;
  });
}

Int8Tensor multiply(const workload::Multiply& op, const Int8Tensor& x, const Int8Tensor& y) {
  return element_by_element(x, y, [&](std::int64_t a, std::int64_t b) {
    return clamp8(rshift(a * b * op.multiplier, op.shift));
  });
}

Int8Tensor concat(const workload::Concat& op, std::span<const Int8Tensor* const> inputs) {
  // Tokens along features are the only case where inputs do not lie one after the other.
  const bool tokens = inputs[0]->shape.size() == 2;
  const std::size_t axis = tokens && op.axis == workload::Axis::kFeatures ? 1 : 0;
  std::vector<std::uint32_t> shape = inputs[0]->shape;
  shape[axis] = 0;
  for (const Int8Tensor* x : inputs) shape[axis] += x->shape[axis];
  Int8Tensor y(shape);
  std::size_t place = 0;
  for (std::uint32_t row = 0; row < (axis == 1 ? shape[0] : 1); ++row) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const std::size_t size = axis == 1 ? inputs[i]->shape[1] : inputs[i]->data.size();
      for (std::size_t e = 0; e < size; ++e) {
        const std::int64_t x = inputs[i]->data[row * size + e];
        y.data[place++] = clamp8(rshift(x * op.multipliers[i], op.shift));
      }
    }
  }
  return y;
}

Int8Tensor split(const workload::Split& op, const Int8Tensor& x) {
  std::vector<std::uint32_t> shape = x.shape;
  const std::size_t axis = shape.size() == 2 && op.axis == workload::Axis::kFeatures ? 1 : 0;
  shape[axis] = op.size;
  Int8Tensor y(shape);
  if (axis == 1) {
    for (std::uint32_t l = 0; l < shape[0]; ++l) {
      for (std::uint32_t c = 0; c < op.size; ++c) y.at(l, c) = x.at(l, op.begin + c);
    }
  } else {
    const std::size_t one = x.data.size() / x.shape[0];
    std::copy_n(x.data.begin() + static_cast<std::ptrdiff_t>(op.begin * one), op.size * one,
                y.data.begin());
  }
  return y;
}

Int8Tensor norm(const workload::Norm& op, const Int8Tensor& x, const Int8Tensor* y) {
  const std::uint32_t d = x.dim(1);
  Int8Tensor out({x.dim(0), d});
  for (std::uint32_t l = 0; l < x.dim(0); ++l) {
    std::vector<std::int64_t> z(d);
    for (std::uint32_t c = 0; c < d; ++c) {
      z[c] = std::int64_t{x.at(l, c)} * op.x_multiplier;
      if (y != nullptr) z[c] += std::int64_t{y->at(l, c)} * op.y_multiplier;
    }
    const std::vector<std::int64_t> n = normalise(std::move(z), op.kind);
    for (std::uint32_t c = 0; c < d; ++c) {
      out.at(l, c) = clamp8(rshift(n[c] * op.gamma[c] + op.beta[c], op.shift));
    }
  }
  return out;
}

Int8Tensor global_average(const workload::GlobalAverage& op, const Int8Tensor& x) {
  const bool tokens = x.shape.size() == 2;
  const std::uint32_t outputs = tokens ? x.dim(1) : x.dim(0);
  Int8Tensor y(tokens ? std::vector<std::uint32_t>{1, outputs}
                      : std::vector<std::uint32_t>{outputs, 1, 1});
  const std::size_t number = x.data.size() / outputs;
  for (std::size_t c = 0; c < outputs; ++c) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < number; ++i) {
      sum += x.data[tokens ? i * outputs + c : c * number + i];
    }
    y.data[c] = average(op.average, sum, static_cast<std::int64_t>(number));
  }
  return y;
}

std::int32_t arg_max(const Int32Tensor& logits, std::uint32_t l) {
  const std::int32_t* row = &logits.at(l, 0);
  return static_cast<std::int32_t>(std::max_element(row, row + logits.dim(1)) - row);
}

}  // namespace sim::reference
