#include "sim/workload/translation.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "sim/workload/memory.h"
#include "sim/workload/tensor_file.h"

namespace sim::workload {
namespace {

constexpr std::uint64_t kSentenceBytes = sizeof(Sentence) + 64;  // with what the allocator adds

std::uint64_t text_bytes(const TranslationTask& task) {
  std::uint64_t bytes = 0;
  for (const Sentence& s : task.sentences) {
    bytes += 4 * (s.source.capacity() + s.reference.capacity()) + s.source_text.capacity() +
             s.human_text.capacity();
  }
  for (const std::string& piece : task.vocabulary) bytes += sizeof(std::string) + piece.capacity();
  return bytes;
}

}  // namespace

std::uint64_t kept_weights(const Operator& op) {
  return op.mask ? op.mask->count() : op.expected_weights;
}

std::uint32_t source_vocabulary(const Model& model) {
  std::optional<std::uint32_t> least;
  for (const Operator& op : model.operators) {
    if (op.kind != OperatorKind::kEmbedding || op.inputs[0] != kSourceTokens) continue;
    const auto tokens = static_cast<std::uint32_t>(op.values.weight.size() / op.rows);
    least = std::min(least.value_or(tokens), tokens);
  }
  return least.value_or(0) > 0 ? *least : model.shape.vocabulary;
}

std::uint64_t sentences_bytes(std::uint64_t sentences) {
  return base::product({sentences, kSentenceBytes});
}

base::MemoryNeed TranslationTask::held() const {
  base::MemoryNeed need;
  if (trace) need.add("the trace's file", trace->size());
  need.add("the sentences", sentences_bytes(sentences.size()) + text_bytes(*this));
  std::set<const Mask*> counted;
  for (const Operator& op : model.operators) {
    if (op.columns == 0 || (op.mask && !counted.insert(op.mask.get()).second)) continue;
    need.add(fmt::format("operator '{}': its mask", op.name), rows_bytes(op.rows, op.columns));
  }
  return need;
}

}  // namespace sim::workload
