#include "sim/values/memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "sim/values/lut_planes.h"

namespace sim::values {
namespace {

using base::MemoryNeed;
using base::product;
using workload::NetworkTask;
using workload::Operator;
using workload::OperatorKind;
using workload::OutputShape;

constexpr std::uint64_t kLogitBytes = 4;
constexpr std::uint64_t kTranslationBytes = 512;  // of a sentence: counts and rows of tables
constexpr std::uint64_t kTokenBytes = 24;         // a token as a number and as text, twice

/// Rows of the longest samples.
struct Longest {
  std::uint32_t source = 0;
  std::uint32_t target = 0;  // a prompt included

  std::uint64_t of(const OutputShape& shape) const { return shape.rows_of(source, target); }
};

/// The executor reserves rows for as many target tokens as may come.
Longest longest(const NetworkTask& task) {
  const bool prompts = task.model.kind == workload::NetworkKind::kDecoder;
  Longest most;
  for (const workload::Sample& s : task.samples) {
    const std::uint32_t prompt = prompts ? s.source_tokens - 1 : 0;
    most.source = std::max(most.source, s.source_tokens);
    most.target = std::max(most.target, prompt + s.max_target_tokens);
  }
  return most;
}

/// The keys of scores, or of the scores that a softmax reads.
const OutputShape& keys_of(const NetworkTask& task, const Operator& op) {
  const auto& all = task.model.operators;
  const Operator& input = all[op.inputs[0]];
  const bool reads_scores = input.kind() == OperatorKind::kAttentionScores;
  return all[reads_scores ? input.inputs[1] : op.inputs.back()].shape;
}

void add_rows(MemoryNeed& need, const NetworkTask& task, const Operator& op, const Longest& most) {
  const std::uint64_t tokens = most.of(op.shape);
  if (op.kind() == OperatorKind::kAttentionScores || op.kind() == OperatorKind::kSoftmax) {
    const std::uint64_t keys = most.of(keys_of(task, op));
    need.add(fmt::format("operator '{}': {} heads x {} tokens x {} keys", op.name, op.heads(),
                         tokens, keys),
             product({op.heads(), tokens, keys}));
    return;
  }
  if (op.shape.is_map()) {
    need.add(fmt::format("operator '{}': {} channels of {} x {}", op.name, op.features(),
                         op.shape.height, op.shape.width),
             product({op.features(), op.shape.height, op.shape.width}));
    return;
  }
  const std::uint64_t bytes = op.kind() == OperatorKind::kLogits ? kLogitBytes : 1;
  need.add(fmt::format("operator '{}': {} tokens x {} features", op.name, tokens, op.features()),
           product({bytes, tokens, op.features()}));
}

/// Whole outputs are kept until the end of their sentence.
void add_points(MemoryNeed& need, const NetworkTask& task) {
  std::map<std::uint32_t, std::uint64_t> bytes;  // by sentence
  for (const workload::ReferencePoint& point : task.points) {
    bytes[point.sample] += point.int8.size() + kLogitBytes * point.int32.size();
  }
  std::uint64_t most = 0;
  for (const auto& [sentence, size] : bytes) most = std::max(most, size);
  need.add("outputs that are compared", most);
}

std::uint64_t inner_planes(const workload::LutLevel& level) {
  return level.fan_in <= 6 ? 0 : std::uint64_t{level.luts} << (level.fan_in - 6);
}

/// Pins and tables with the live pins first, of levels whose LUTs consist of several LUT6.
std::uint64_t rearranged(const workload::LutLevel& level) {
  if (level.fan_in <= 6) return 0;
  return product({level.luts, level.fan_in, sizeof(workload::Signal)}) +
         product({level.luts, level.table_words(), sizeof(std::uint64_t)});
}

}  // namespace

MemoryNeed translation_need(const NetworkTask& task) {
  MemoryNeed need;
  const Longest most = longest(task);
  for (const Operator& op : task.model.operators) add_rows(need, task, op, most);
  // While the rows of an operator grow, the shorter ones of the sentence before are still there.
  const std::uint64_t growing = need.largest().bytes;
  need.add("rows while they grow", task.samples.size() > 1 ? growing : 0);
  add_points(need, task);
  std::uint64_t tokens = 0;
  for (const workload::Sample& s : task.samples) tokens += s.max_target_tokens;
  need.add("the translations",
           product({task.samples.size(), kTranslationBytes}) + product({tokens, kTokenBytes}));
  return need;
}

MemoryNeed evaluation_need(const workload::LutProgram& program) {
  constexpr std::uint64_t kSignal = 2 * sizeof(Plane) + 8;  // value and toggles; counts
  constexpr std::uint64_t kInner = sizeof(Plane) + 1;
  MemoryNeed need;
  need.add(fmt::format("{} inputs", program.inputs), product({kSignal, program.inputs}));
  for (const workload::LutLevel& level : program.levels) {
    need.add(fmt::format("level '{}': {} LUTs of {} pins", level.name, level.luts, level.fan_in),
             product({kSignal, level.luts}) + product({kInner, inner_planes(level)}) +
                 rearranged(level));
  }
  return need;
}

}  // namespace sim::values
