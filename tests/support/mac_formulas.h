#pragma once

#include <cstdint>

#include "tests/support/random_model.h"

/// Closed forms of a Transformer's MACs for n source and T target tokens, no weight pruned. They
/// follow from counting each matrix product once; with them a test judges counters that were added
/// up operator by operator.
namespace sim::test {

struct Macs {
  std::uint64_t weights = 0;
  std::uint64_t attention = 0;  // scores and values together

  std::uint64_t total() const { return weights + attention; }
};

/// Le (4 n d^2 + 2 n^2 d + 2 n d f)
inline Macs encoder_macs(const RandomModelShape& m, std::uint64_t n) {
  const std::uint64_t d = m.d_model;
  return {.weights = m.encoder_layers * (4 * n * d * d + 2 * n * d * m.d_ff),
          .attention = m.encoder_layers * 2 * n * n * d};
}

/// Ld (4 T d^2 + 2 s1 d + 2 T d^2 + 2 n d^2 + 2 T n d + 2 T d f) + T d V, s1 = T (T + 1) / 2
inline Macs decoder_macs_with_skipping(const RandomModelShape& m, std::uint64_t n,
                                       std::uint64_t t) {
  const std::uint64_t d = m.d_model;
  const std::uint64_t s1 = t * (t + 1) / 2;
  const std::uint64_t layer = 4 * t * d * d + 2 * t * d * d + 2 * n * d * d + 2 * t * d * m.d_ff;
  return {.weights = m.decoder_layers * layer + t * d * m.vocabulary,
          .attention = m.decoder_layers * (2 * s1 * d + 2 * t * n * d)};
}

/// Ld (4 s1 d^2 + 2 s2 d + 2 s1 d^2 + 2 T n d^2 + 2 s1 n d + 2 s1 d f) + T d V,
/// s2 = T (T + 1) (2 T + 1) / 6
inline Macs decoder_macs_without_skipping(const RandomModelShape& m, std::uint64_t n,
                                          std::uint64_t t) {
  const std::uint64_t d = m.d_model;
  const std::uint64_t s1 = t * (t + 1) / 2;
  const std::uint64_t s2 = t * (t + 1) * (2 * t + 1) / 6;
  const std::uint64_t layer =
      4 * s1 * d * d + 2 * s1 * d * d + 2 * t * n * d * d + 2 * s1 * d * m.d_ff;
  return {.weights = m.decoder_layers * layer + t * d * m.vocabulary,
          .attention = m.decoder_layers * (2 * s2 * d + 2 * s1 * n * d)};
}

}  // namespace sim::test
