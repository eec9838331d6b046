#include "sim/accelerators/optimus/position_tables.h"

#include <set>

namespace sim::optimus {
namespace {

using workload::Operator;
using workload::OutputShape;

/// Adds up the words of tables that were not there before.
class Words {
 public:
  /// `words`: of a table whose values are not known.
  std::uint64_t of(const workload::Int32s& table, std::uint64_t words) {
    if (table.empty()) return words;
    return seen_.insert(table.data()).second ? table.size() : 0;
  }

 private:
  std::set<const std::int32_t*> seen_;
};

std::uint64_t most_rows(const workload::Network& model, const Operator& op) {
  return op.shape.rows == OutputShape::Rows::kFixed ? op.shape.tokens : model.limits.max_tokens;
}

}  // namespace

PositionTables position_tables(const workload::Network& model) {
  PositionTables tables;
  Words words;
  for (const Operator& op : model.operators) {
    const std::uint64_t rows = most_rows(model, op);
    if (const auto* rotary = std::get_if<workload::Rotary>(&op.body)) {
      tables.rotary_words += words.of(rotary->cosine, rows * rotary->pairs);
      tables.rotary_words += words.of(rotary->sine, rows * rotary->pairs);
    }
    const auto* scores = std::get_if<workload::AttentionScores>(&op.body);
    if (scores == nullptr || !scores->has_bias) continue;
    tables.score_bias_words += words.of(scores->bias, scores->heads * (2 * rows - 1));
  }
  return tables;
}

}  // namespace sim::optimus
