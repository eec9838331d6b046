#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "sim/base/rng.h"
#include "sim/workload/network.h"

namespace sim::test {

struct RandomModelShape {
  std::uint32_t d_model = 16;
  std::uint32_t heads = 2;
  std::uint32_t d_ff = 24;
  std::uint32_t encoder_layers = 2;
  std::uint32_t decoder_layers = 2;
  std::uint32_t vocabulary = 40;
  std::uint32_t max_tokens = 32;
  double density = 0.4;
  bool never_ends = false;  // the end of sentence is never the best token
};

/// A Transformer with random integer tensors, scaled so that activations fill int8 and sometimes
/// saturate. Owns what the spans of `model` point to; not to be copied.
class RandomModel {
 public:
  RandomModel(const RandomModelShape& shape, std::uint64_t seed);
  RandomModel(const RandomModel&) = delete;
  RandomModel& operator=(const RandomModel&) = delete;

  workload::Network model;

  std::vector<std::int32_t> random_sentence(std::uint32_t tokens);

 private:
  using Index = std::uint32_t;

  Index add(workload::Operator op);
  Index embedding(const std::string& name, workload::Phase phase, Index tokens);
  Index linear(const std::string& name, workload::Phase phase, Index x, std::uint32_t rows,
               bool relu = false);
  Index add_norm(const std::string& name, workload::Phase phase, Index x, Index y);
  Index attention(const std::string& prefix, workload::Phase phase, Index x, Index k, Index v,
                  bool causal);
  Index feed_forward(const std::string& layer, workload::Phase phase, Index x);
  Index encoder_layer(std::uint32_t i, Index x);
  Index decoder_layer(std::uint32_t i, Index x, Index cross_k, Index cross_v);
  void logits(Index x);

  /// Gives the operator a mask.
  workload::Weights matrix(workload::Operator& op, std::uint32_t outputs, std::uint32_t inputs);
  std::vector<std::int8_t>& bytes(std::size_t n);
  std::vector<std::int32_t>& words(std::size_t n, std::int64_t low, std::int64_t high);

  RandomModelShape shape_;
  base::Rng rng_;
  std::deque<std::vector<std::int8_t>> bytes_;
  std::deque<std::vector<std::int32_t>> words_;
  std::vector<std::uint16_t> table_;
};

}  // namespace sim::test
