#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/reference/tensor.h"
#include "sim/workload/network.h"

namespace sim::values {

/// An operator's whole output for one sentence; one of the tensors is empty. Shapes as in the
/// trace: [tokens, features], [heads, queries, keys] with 0 where causality leaves no entry.
struct Output {
  std::uint32_t op = 0;  // index into Network::operators
  reference::Int8Tensor int8;
  reference::Int32Tensor int32;  // logits
};

/// Computes rows (tokens) of operators and keeps every row of one sentence, so that any row can be
/// computed again and later rows find the earlier ones (keys and values, above all).
class Executor {
 public:
  /// The model must outlive the executor. Throws WorkloadError (check_computable).
  explicit Executor(const workload::Network& model);

  /// Forgets the last sentence. Throws WorkloadError for an empty or too long sentence, for a token
  /// that the table lacks, and for a limit outside 1 … max_tokens.
  void begin(std::span<const std::int32_t> source, std::uint32_t max_target_tokens);

  /// The decoder's next input token; at most max_target_tokens times a sentence.
  void append_target(std::int32_t token);

  /// Computes the rows [first, last) of one operator; the rows that they read must be there.
  void compute(std::uint32_t op, std::uint32_t first, std::uint32_t last);

  /// Source tokens, or target tokens so far: the rows that the operator has now.
  std::uint32_t tokens(workload::Phase phase) const;
  /// Keys that a row of an attention operator reads, all of them or those that exist (causality).
  std::uint32_t keys(std::uint32_t op) const;
  std::uint32_t existing_keys(std::uint32_t op, std::uint32_t row) const;

  std::span<const std::int32_t> logits(std::uint32_t op, std::uint32_t row) const;
  Output output(std::uint32_t op) const;

 private:
  struct Rows {  // an operator's output, one row a token; attention: [token][head][key]
    std::size_t stride = 0;
    std::vector<std::int8_t> int8;
    std::vector<std::int32_t> int32;
  };

  void reserve(std::uint32_t op, std::uint32_t max_target_tokens);
  static void check_token(std::int32_t token, std::uint32_t vocabulary, const char* what);
  std::int8_t* row(std::uint32_t op, std::uint32_t r);
  const std::int8_t* row(std::uint32_t op, std::uint32_t r) const;
  std::size_t key_stride(std::uint32_t op) const;

  void embed(std::uint32_t op, std::uint32_t r);
  void multiply(std::uint32_t op, std::uint32_t r);
  void score(std::uint32_t op, std::uint32_t r);
  void soften(std::uint32_t op, std::uint32_t r);
  void weigh(std::uint32_t op, std::uint32_t r);
  void normalise(std::uint32_t op, std::uint32_t r);

  const workload::Network& model_;
  const std::uint32_t source_vocabulary_;
  std::vector<std::uint32_t> keys_of_;  // attention operators: the operator that makes their keys
  std::vector<Rows> rows_;
  std::vector<std::int32_t> source_;
  std::vector<std::int32_t> target_;
  std::vector<std::int16_t> wide_;  // scratch: one row of input
  std::vector<std::int32_t> sums_;  // scratch: one row of accumulators
  std::vector<std::uint32_t> exponentials_;
};

}  // namespace sim::values
