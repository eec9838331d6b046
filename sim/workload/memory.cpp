#include "sim/workload/memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "sim/base/math.h"
#include "sim/workload/tensor_file.h"

namespace sim::workload {
namespace {

using base::MemoryNeed;
using base::product;

constexpr std::uint64_t kWordBytes = 8;
constexpr std::uint64_t kHeaderFactor = 24;  // a header as values, a byte of its text
constexpr std::uint64_t kSentenceBytes = sizeof(Sentence) + 64;  // with what the allocator adds
constexpr std::uint64_t kEntryBytes = 4;  // a kept weight in a list of a machine

/// Rows of bits, each in whole words.
std::uint64_t rows_bytes(std::uint64_t rows, std::uint64_t bits) {
  return product({rows, bits / 64 + (bits % 64 != 0), kWordBytes});
}

void add_tensor(MemoryNeed& need, const Tensor& tensor) {
  if (tensor.name == "reference.source_offsets") {
    need.add("the sentences", product({tensor.shape[0], kSentenceBytes}));
    return;
  }
  if (tensor.shape.size() != 2) return;
  const std::string part = fmt::format("tensor '{}'", tensor.name);
  if (tensor.dtype == Dtype::kI8) need.add(part, rows_bytes(tensor.shape[0], tensor.shape[1]));
  if (tensor.dtype != Dtype::kU8) return;
  // Vectors are unpacked, and those that are chosen copied; masks are unpacked.
  need.add(part, product({2, rows_bytes(tensor.shape[0], product({8, tensor.shape[1]}))}));
}

double mean_kept(const TransformerConfig& c) {
  if (c.mask.kind == MaskKind::kDense) return 1;
  return std::max({c.mask.attention, c.mask.feed_forward, c.mask.projection});
}

std::uint64_t held_sentences(const TranslationTask& task) {
  std::uint64_t bytes = 0;
  for (const Sentence& s : task.sentences) {
    bytes += kSentenceBytes + 4 * (s.source.capacity() + s.reference.capacity()) +
             s.source_text.capacity() + s.human_text.capacity();
  }
  for (const std::string& piece : task.vocabulary) bytes += sizeof(std::string) + piece.capacity();
  return bytes;
}

MemoryNeed held_model(const TranslationTask& task) {
  MemoryNeed need;
  need.add("the sentences", held_sentences(task));
  std::set<const Mask*> counted;
  for (const Operator& op : task.model.operators) {
    if (op.columns == 0 || (op.mask && !counted.insert(op.mask.get()).second)) continue;
    need.add(fmt::format("operator '{}': its mask", op.name), rows_bytes(op.rows, op.columns));
  }
  return need;
}

MemoryNeed held_luts(const LutTask& task) {
  MemoryNeed need;
  for (const LutLevel& level : task.program.levels) {
    need.add(fmt::format("level '{}'", level.name),
             4 * level.sources.size() + 8 * level.tables.size() + 2 * level.labels.size());
  }
  std::uint64_t levels = 0;
  for (const BitRows& rows : task.vectors.levels) levels += rows_bytes(rows.rows, rows.bits);
  const BitRows& inputs = task.vectors.inputs;
  need.add(fmt::format("{} samples of {} bits", inputs.rows, inputs.bits),
           rows_bytes(inputs.rows, inputs.bits) + levels + 4 * task.vectors.scores.size());
  return need;
}

}  // namespace

MemoryNeed unpacking_need(const Safetensors& file, std::uint64_t file_bytes) {
  MemoryNeed need;
  std::uint64_t data = 0;
  for (const auto& [name, tensor] : file.tensors()) {
    add_tensor(need, tensor);
    data += tensor.bytes.size();
  }
  need.add("the file", file_bytes);
  need.add("its header", product({kHeaderFactor, file_bytes - data}));
  return need;
}

MemoryNeed transformer_need(const TransformerConfig& c, std::uint64_t sentences) {
  MemoryNeed need;
  const double kept = mean_kept(c);
  const auto add = [&](const char* part, std::uint64_t matrices, std::uint64_t rows,
                       std::uint64_t columns) {
    const std::uint64_t weights = product({matrices, rows, columns});
    const double entries = kept * static_cast<double>(weights) * kEntryBytes;
    need.add(fmt::format("{} of {} x {} weights", part, rows, columns),
             product({matrices, rows_bytes(rows, columns)}) + static_cast<std::uint64_t>(entries));
  };
  const std::uint64_t layers = std::uint64_t{c.encoder_layers} + c.decoder_layers;
  add("the attention's matrices", 4 * (layers + c.decoder_layers), c.d_model, c.d_model);
  add("the feed-forward matrices", 2 * layers, c.d_ff, c.d_model);
  add("the output projection", 1, c.vocabulary, c.d_model);
  need.add("the sentences", product({sentences, kSentenceBytes}));
  return need;
}

MemoryNeed samples_need(std::uint32_t inputs, std::uint64_t samples) {
  MemoryNeed need;
  need.add(fmt::format("{} samples of {} bits", samples, inputs), rows_bytes(samples, inputs));
  return need;
}

MemoryNeed held(const Workload& workload) {
  MemoryNeed need;
  if (workload.trace) need.add("the trace's file", workload.trace->size());
  if (const auto* task = std::get_if<TranslationTask>(&workload.task)) need.add(held_model(*task));
  if (const auto* task = std::get_if<LutTask>(&workload.task)) need.add(held_luts(*task));
  return need;
}

}  // namespace sim::workload
