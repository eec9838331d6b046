#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/reference/tensor.h"
#include "sim/workload/network.h"

namespace sim::values {

/// An operator's whole output for one sample; one of the tensors is empty. Shapes as in the trace:
/// [tokens, features], [channels, rows, columns], [heads, queries, keys] with 0 where a query does
/// not see a key.
struct Output {
  std::uint32_t op = 0;  // index into Network::operators
  reference::Int8Tensor int8;
  reference::Int32Tensor int32;  // logits
};

/// Computes rows (tokens) of operators and keeps every row of one sample, so that any row can be
/// computed again and later rows find the earlier ones (keys and values, above all). A map is one
/// row.
class Executor {
 public:
  /// The network must outlive the executor. Throws WorkloadError (check_computable).
  explicit Executor(const workload::Network& network);

  /// Forgets the last sample. `source`: of networks that read one, empty otherwise; `inputs`: the
  /// tensors of a network that is fed with them, which must outlive the sample; at most so many
  /// target tokens, a decoder's prompt included, will be appended. Throws WorkloadError for an
  /// empty or too long sentence, for a token that the table lacks, and for a limit outside 1 …
  /// max_tokens.
  void begin(std::span<const std::int32_t> source, std::uint32_t max_target_tokens);
  void begin(std::span<const workload::Int8s> inputs);

  /// The decoder's next input token; at most max_target_tokens times a sample.
  void append_target(std::int32_t token);

  /// Computes the rows [first, last) of one operator; the rows that they read must be there.
  void compute(std::uint32_t op, std::uint32_t first, std::uint32_t last);

  /// The rows that the operator has now: source tokens, target tokens so far, or a fixed number.
  std::uint32_t rows(std::uint32_t op) const;
  /// Target tokens so far.
  std::uint32_t target_tokens() const { return static_cast<std::uint32_t>(target_.size()); }
  /// Keys of a row of an attention operator, all of them or those that the row sees.
  std::uint32_t keys(std::uint32_t op) const;
  std::uint32_t seen_keys(std::uint32_t op, std::uint32_t row) const;

  std::span<const std::int32_t> logits(std::uint32_t op, std::uint32_t row) const;
  Output output(std::uint32_t op) const;

 private:
  struct Rows {  // an operator's output, one row a token; attention: [token][head][key]
    std::size_t stride = 0;
    std::vector<std::int8_t> int8;
    std::vector<std::int32_t> int32;
  };
  class Kernels;

  void reserve(std::uint32_t op, std::uint32_t max_target_tokens);
  void check_tokens(std::span<const std::int32_t> tokens, std::uint32_t vocabulary,
                    const char* what) const;
  std::int8_t* row(std::uint32_t op, std::uint32_t r);
  const std::int8_t* row(std::uint32_t op, std::uint32_t r) const;
  std::size_t key_stride(std::uint32_t op) const;
  reference::Int8Tensor attention_output(std::uint32_t op) const;

  const workload::Network& network_;
  const std::uint32_t source_vocabulary_;
  std::vector<std::uint32_t> keys_of_;  // attention operators: the operator that makes their keys
  std::vector<Rows> rows_;
  std::vector<std::int32_t> source_;
  std::vector<std::int32_t> target_;
  std::vector<workload::Int8s> inputs_;
};

}  // namespace sim::values
