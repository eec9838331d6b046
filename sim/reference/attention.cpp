#include "sim/reference/attention.h"

#include <algorithm>
#include <vector>

#include "sim/base/check.h"
#include "sim/reference/arithmetic.h"

namespace sim::reference {
namespace {

/// Heads of keys and values are shared by equally many heads of queries.
std::uint32_t kv_head(std::uint32_t head, std::uint32_t heads, std::uint32_t kv_heads) {
  return head * kv_heads / heads;
}

/// Of head h for a key so far behind (negative) or ahead of its query.
std::int64_t bias_of(const workload::AttentionScores& op, std::uint32_t h, std::int64_t distance) {
  if (op.bias.empty()) return 0;
  const auto span = static_cast<std::int64_t>(op.bias.size() / op.heads);
  return op.bias[static_cast<std::size_t>(h * span + distance + span / 2)];
}

void softmax_row(const workload::Softmax& op, std::uint32_t i, const Int8Tensor& scores,
                 std::uint32_t h, Int8Tensor& p) {
  std::vector<std::uint32_t> keys;
  for (std::uint32_t j = 0; j < scores.dim(2); ++j) {
    if (sees(op.mask, i, j)) keys.push_back(j);
  }
  std::int8_t most = -128;
  for (const std::uint32_t j : keys) most = std::max(most, scores.at(h, i, j));
  std::int64_t sum = 0;
  const auto exponential = [&](std::uint32_t j) -> std::int64_t {
    return op.table[static_cast<std::size_t>(most - scores.at(h, i, j))];
  };
  for (const std::uint32_t j : keys) sum += exponential(j);
  for (const std::uint32_t j : keys) {
    p.at(h, i, j) = base::narrow<std::int8_t>((127 * exponential(j) + sum / 2) / sum);
  }
}

}  // namespace

bool sees(const workload::AttentionMask& mask, std::uint32_t i, std::uint32_t j) {
  if (mask.causal && j > i) return false;
  const std::uint32_t distance = j > i ? j - i : i - j;
  return !mask.window || distance < *mask.window;
}

Int8Tensor attention_scores(const workload::AttentionScores& op, const Int8Tensor& q,
                            const Int8Tensor& k) {
  const std::uint32_t dk = q.dim(1) / op.heads;
  Int8Tensor s({op.heads, q.dim(0), k.dim(0)});
  for (std::uint32_t h = 0; h < op.heads; ++h) {
    const std::uint32_t g = kv_head(h, op.heads, op.kv_heads);
    for (std::uint32_t i = 0; i < q.dim(0); ++i) {
      for (std::uint32_t j = 0; j < k.dim(0); ++j) {
        if (!sees(op.mask, i, j)) continue;
        std::int64_t sum = 0;
        for (std::uint32_t c = 0; c < dk; ++c) {
          sum += std::int64_t{q.at(i, h * dk + c)} * k.at(j, g * dk + c);
        }
        const std::int64_t bias = bias_of(op, h, std::int64_t{j} - i);
        s.at(h, i, j) = clamp8(rshift(sum * op.multiplier + bias, op.shift));
      }
    }
  }
  return s;
}

Int8Tensor softmax(const workload::Softmax& op, const Int8Tensor& scores) {
  Int8Tensor p(scores.shape);
  for (std::uint32_t h = 0; h < scores.dim(0); ++h) {
    for (std::uint32_t i = 0; i < scores.dim(1); ++i) softmax_row(op, i, scores, h, p);
  }
  return p;
}

Int8Tensor attention_values(const workload::AttentionValues& op, const Int8Tensor& p,
                            const Int8Tensor& v) {
  const std::uint32_t dv = v.dim(1) / op.kv_heads;
  Int8Tensor o({p.dim(1), dv * op.heads});
  for (std::uint32_t i = 0; i < p.dim(1); ++i) {
    for (std::uint32_t c = 0; c < dv * op.heads; ++c) {
      const std::uint32_t h = c / dv;
      const std::uint32_t source = kv_head(h, op.heads, op.kv_heads) * dv + c % dv;
      std::int64_t sum = 0;
      for (std::uint32_t j = 0; j < p.dim(2); ++j) {
        sum += std::int64_t{p.at(h, i, j)} * v.at(j, source);
      }
      o.at(i, c) = clamp8(rshift(sum * op.multiplier, op.shift));
    }
  }
  return o;
}

Int8Tensor rotary(const workload::Rotary& op, const Int8Tensor& x) {
  Int8Tensor y(x.shape);
  const std::uint32_t size = x.dim(1) / op.heads;
  const bool halves = op.order == workload::Rotary::Pairs::kHalves;
  for (std::uint32_t l = 0; l < x.dim(0); ++l) {
    for (std::uint32_t first = 0; first < x.dim(1); first += size) {
      for (std::uint32_t c = 2 * op.pairs; c < size; ++c) {
        const std::int64_t scaled = std::int64_t{x.at(l, first + c)} * op.multiplier;
        y.at(l, first + c) = clamp8(rshift(scaled, op.shift));
      }
      for (std::uint32_t p = 0; p < op.pairs; ++p) {
        const std::uint32_t a = first + (halves ? p : 2 * p);
        const std::uint32_t b = first + (halves ? p + op.pairs : 2 * p + 1);
        const std::int64_t cosine = op.cosine[std::size_t{l} * op.pairs + p];
        const std::int64_t sine = op.sine[std::size_t{l} * op.pairs + p];
        y.at(l, a) = clamp8(rshift(x.at(l, a) * cosine - x.at(l, b) * sine, op.shift));
        y.at(l, b) = clamp8(rshift(x.at(l, b) * cosine + x.at(l, a) * sine, op.shift));
      }
    }
  }
  return y;
}

}  // namespace sim::reference
