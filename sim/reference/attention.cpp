#include "sim/reference/attention.h"

#include <algorithm>

#include "sim/base/check.h"
#include "sim/reference/arithmetic.h"

namespace sim::reference {
namespace {

/// The bias of query i and key j: each head has 2M - 1, the one in the middle for j == i.
std::int64_t bias_of(const workload::AttentionScores& op, std::uint32_t h, std::int64_t i,
                     std::int64_t j) {
  if (!op.has_bias) return 0;
  const std::size_t distances = op.bias.size() / op.heads;
  const auto middle = static_cast<std::int64_t>(distances / 2);
  const auto distance = static_cast<std::size_t>(j - i + middle);
  SIM_CHECK(distance < distances, "no bias for key {} of query {}", j, i);
  return op.bias[h * distances + distance];
}

/// Row i of head h, of which `keys` are seen.
void soften(const workload::Softmax& op, const Int8Tensor& scores, std::uint32_t h, std::uint32_t i,
            const std::vector<std::uint32_t>& keys, Int8Tensor& p) {
  std::int8_t greatest = -128;
  for (const std::uint32_t j : keys) greatest = std::max(greatest, scores.at(h, i, j));
  const auto e = [&](std::uint32_t j) -> std::int64_t {
    return op.table[static_cast<std::size_t>(greatest - scores.at(h, i, j))];
  };
  std::int64_t sum = 0;
  for (const std::uint32_t j : keys) sum += e(j);
  for (const std::uint32_t j : keys) {
    p.at(h, i, j) = base::narrow<std::int8_t>((127 * e(j) + sum / 2) / sum);
  }
}

}  // namespace

bool sees(const workload::AttentionMask& mask, std::uint32_t query, std::uint32_t key) {
  if (mask.causal && key > query) return false;
  if (!mask.window) return true;
  const std::int64_t behind = std::int64_t{query} - key;
  return behind < *mask.window && -behind < *mask.window;
}

Int8Tensor attention_scores(const workload::AttentionScores& op, const Int8Tensor& q,
                            const Int8Tensor& k) {
  const std::uint32_t dk = q.dim(1) / op.heads;
  Int8Tensor s({op.heads, q.dim(0), k.dim(0)});
  for (std::uint32_t h = 0; h < op.heads; ++h) {
    const std::uint32_t g = h * op.kv_heads / op.heads;
    for (std::uint32_t i = 0; i < q.dim(0); ++i) {
      for (std::uint32_t j = 0; j < k.dim(0); ++j) {
        if (!sees(op.mask, i, j)) continue;
        std::int64_t sum = 0;
        for (std::uint32_t c = 0; c < dk; ++c) {
          sum += std::int64_t{q.at(i, h * dk + c)} * k.at(j, g * dk + c);
        }
        s.at(h, i, j) = clamp8(rshift(sum * op.multiplier + bias_of(op, h, i, j), op.shift));
      }
    }
  }
  return s;
}

Int8Tensor softmax(const workload::Softmax& op, const Int8Tensor& scores) {
  Int8Tensor p(scores.shape);
  for (std::uint32_t i = 0; i < scores.dim(1); ++i) {
    std::vector<std::uint32_t> keys;
    for (std::uint32_t j = 0; j < scores.dim(2); ++j) {
      if (sees(op.mask, i, j)) keys.push_back(j);
    }
    SIM_CHECK(!keys.empty(), "query {} sees no key", i);
    for (std::uint32_t h = 0; h < op.heads; ++h) soften(op, scores, h, i, keys, p);
  }
  return p;
}

Int8Tensor attention_values(const workload::AttentionValues& op, const Int8Tensor& p,
                            const Int8Tensor& v) {
  const std::uint32_t dv = v.dim(1) / op.kv_heads;
  Int8Tensor o({p.dim(1), op.heads * dv});
  for (std::uint32_t h = 0; h < op.heads; ++h) {
    const std::uint32_t g = h * op.kv_heads / op.heads;
    for (std::uint32_t i = 0; i < p.dim(1); ++i) {
      for (std::uint32_t c = 0; c < dv; ++c) {
        std::int64_t sum = 0;
        for (std::uint32_t j = 0; j < p.dim(2); ++j) {
          sum += std::int64_t{p.at(h, i, j)} * v.at(j, g * dv + c);
        }
        o.at(i, h * dv + c) = clamp8(rshift(sum * op.multiplier, op.shift));
      }
    }
  }
  return o;
}

}  // namespace sim::reference
