#include "sim/reference/operators.h"

#include <algorithm>

#include "sim/base/check.h"
#include "sim/reference/arithmetic.h"

namespace sim::reference {
namespace {

/// (bias[h] + sum_w weight[h,w] * x[l,w]) * multipliers[h], shifted.
std::int64_t scaled_dot(const workload::Operator& op, const Int8Tensor& x, std::uint32_t l,
                        std::uint32_t h) {
  std::int64_t sum = op.values.bias[h];
  for (std::uint32_t w = 0; w < op.columns; ++w) {
    sum += std::int64_t{op.values.weight[std::size_t{h} * op.columns + w]} * x.at(l, w);
  }
  const std::int64_t accumulator = base::narrow<std::int32_t>(sum);
  return rshift(accumulator * op.values.multipliers[h], op.values.shift);
}

std::uint32_t existing_keys(const workload::Operator& op, std::uint32_t query, std::uint32_t keys) {
  return op.causal ? std::min(query + 1, keys) : keys;
}

void softmax_row(std::span<const std::uint16_t> table, std::span<const std::int8_t> s,
                 std::int8_t* p) {
  const std::int8_t max = *std::max_element(s.begin(), s.end());
  std::int64_t sum = 0;
  for (const std::int8_t value : s) sum += table[static_cast<std::size_t>(max - value)];
  for (std::size_t j = 0; j < s.size(); ++j) {
    const std::int64_t e = table[static_cast<std::size_t>(max - s[j])];
    p[j] = base::narrow<std::int8_t>((127 * e + sum / 2) / sum);
  }
}

/// floor(c * 2^15 / r) of each feature of the row z.
std::vector<std::int64_t> normalise(std::vector<std::int64_t> z) {
  const auto d = static_cast<std::int64_t>(z.size());
  std::int64_t sum = 0;
  for (const std::int64_t value : z) sum += value;
  const std::int64_t mean = floor_div(sum + d / 2, d);
  std::int64_t squares = 0;
  for (std::int64_t& value : z) {
    value -= mean;
    squares += value * value;
  }
  const std::int64_t root = std::max<std::int64_t>(1, isqrt(squares / d));
  for (std::int64_t& value : z) value = floor_div(value * 32768, root);
  return z;
}

}  // namespace

Int8Tensor embedding(const workload::Operator& op, std::span<const std::int32_t> tokens) {
  const workload::OperatorValues& values = op.values;
  Int8Tensor y({static_cast<std::uint32_t>(tokens.size()), op.rows});
  for (std::size_t l = 0; l < tokens.size(); ++l) {
    for (std::uint32_t c = 0; c < op.rows; ++c) {
      const std::int64_t token = values.weight[static_cast<std::size_t>(tokens[l]) * op.rows + c];
      const std::int64_t position = values.positions[l * op.rows + c];
      y.at(l, c) = clamp8(
          rshift(token * values.x_multiplier + position * values.y_multiplier, values.shift));
    }
  }
  return y;
}

Int8Tensor linear(const workload::Operator& op, const Int8Tensor& x) {
  Int8Tensor y({x.dim(0), op.rows});
  for (std::uint32_t l = 0; l < x.dim(0); ++l) {
    for (std::uint32_t h = 0; h < op.rows; ++h) {
      const std::int8_t value = clamp8(scaled_dot(op, x, l, h));
      y.at(l, h) = op.relu ? std::max<std::int8_t>(value, 0) : value;
    }
  }
  return y;
}

Int32Tensor logits(const workload::Operator& op, const Int8Tensor& x) {
  Int32Tensor y({x.dim(0), op.rows});
  for (std::uint32_t l = 0; l < x.dim(0); ++l) {
    for (std::uint32_t h = 0; h < op.rows; ++h) {
      y.at(l, h) = base::narrow<std::int32_t>(scaled_dot(op, x, l, h));
    }
  }
  return y;
}

Int8Tensor attention_scores(const workload::Operator& op, const Int8Tensor& q,
                            const Int8Tensor& k) {
  const std::uint32_t dk = q.dim(1) / op.heads;
  Int8Tensor s({op.heads, q.dim(0), k.dim(0)});
  for (std::uint32_t h = 0; h < op.heads; ++h) {
    for (std::uint32_t i = 0; i < q.dim(0); ++i) {
      for (std::uint32_t j = 0; j < existing_keys(op, i, k.dim(0)); ++j) {
        std::int64_t sum = 0;
        for (std::uint32_t c = h * dk; c < (h + 1) * dk; ++c) {
          sum += std::int64_t{q.at(i, c)} * k.at(j, c);
        }
        s.at(h, i, j) = clamp8(rshift(sum * op.values.multiplier, op.values.shift));
      }
    }
  }
  return s;
}

Int8Tensor softmax(const workload::Operator& op, const Int8Tensor& scores) {
  Int8Tensor p(scores.shape);
  for (std::uint32_t h = 0; h < scores.dim(0); ++h) {
    for (std::uint32_t i = 0; i < scores.dim(1); ++i) {
      const std::uint32_t keys = existing_keys(op, i, scores.dim(2));
      softmax_row(op.values.table, {&scores.at(h, i, 0), keys}, &p.at(h, i, 0));
    }
  }
  return p;
}

Int8Tensor attention_values(const workload::Operator& op, const Int8Tensor& p,
                            const Int8Tensor& v) {
  const std::uint32_t dk = v.dim(1) / op.heads;
  Int8Tensor o({p.dim(1), v.dim(1)});
  for (std::uint32_t i = 0; i < p.dim(1); ++i) {
    for (std::uint32_t c = 0; c < v.dim(1); ++c) {
      std::int64_t sum = 0;
      for (std::uint32_t j = 0; j < p.dim(2); ++j) {
        sum += std::int64_t{p.at(c / dk, i, j)} * v.at(j, c);
      }
      o.at(i, c) = clamp8(rshift(sum * op.values.multiplier, op.values.shift));
    }
  }
  return o;
}

Int8Tensor add_norm(const workload::Operator& op, const Int8Tensor& x, const Int8Tensor& y) {
  const workload::OperatorValues& values = op.values;
  const std::uint32_t d = x.dim(1);
  Int8Tensor out({x.dim(0), d});
  for (std::uint32_t l = 0; l < x.dim(0); ++l) {
    std::vector<std::int64_t> z(d);
    for (std::uint32_t c = 0; c < d; ++c) {
      z[c] = std::int64_t{x.at(l, c)} * values.x_multiplier +
             std::int64_t{y.at(l, c)} * values.y_multiplier;
    }
    const std::vector<std::int64_t> n = normalise(std::move(z));
    for (std::uint32_t c = 0; c < d; ++c) {
      out.at(l, c) = clamp8(rshift(n[c] * values.gamma[c] + values.beta[c], values.shift));
    }
  }
  return out;
}

std::int32_t arg_max(const Int32Tensor& logits, std::uint32_t l) {
  const std::int32_t* row = &logits.at(l, 0);
  return static_cast<std::int32_t>(std::max_element(row, row + logits.dim(1)) - row);
}

}  // namespace sim::reference
