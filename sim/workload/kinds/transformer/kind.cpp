#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/workload/kinds/transformer/config.h"
#include "sim/workload/kinds/transformer/synthetic.h"
#include "sim/workload/memory.h"
#include "sim/workload/trace.h"
#include "sim/workload/workload_kind.h"

namespace sim::workload::transformer {
namespace {

using base::ConfigReader;
using base::product;

constexpr std::uint64_t kEntryBytes = 4;  // a kept weight in a list of a machine

std::vector<LengthCount> sentence_lengths(const Config& config, const ConfigReader& in) {
  const SentenceConfig& c = config.sentences;
  const std::uint32_t count = std::max(1u, c.count);
  if (c.lengths == LengthKind::kFixed) {
    return std::vector<LengthCount>(count, {c.source_tokens, c.target_tokens, 1});
  }
  const auto histogram =
      in.opened_for("sentences.file", [&] { return read_length_histogram(beside(in, c.file)); });
  return sample_lengths(histogram, count, c.sampling, config.seed);
}

std::vector<Sample> sentences_of(const Config& config, const ConfigReader& in) {
  std::vector<Sample> sentences;
  for (const LengthCount& length : sentence_lengths(config, in)) {
    sentences.push_back({.index = static_cast<std::uint32_t>(sentences.size()),
                         .source_tokens = length.source_tokens,
                         .target_tokens = length.target_tokens,
                         .max_target_tokens = length.target_tokens});
  }
  return sentences;
}

std::uint32_t longest(const std::vector<Sample>& sentences) {
  std::uint32_t tokens = 0;
  for (const Sample& s : sentences) tokens = std::max({tokens, s.source_tokens, s.target_tokens});
  return tokens;
}

MaskMaker mask_maker(const Config& config, const ConfigReader& in, const LoadOptions& options) {
  const MaskConfig& mask = config.model.mask;
  if (mask.kind != MaskKind::kMeasured) return {mask, config.seed};
  const std::string path = beside(in, mask.trace);
  const NetworkTask measured =
      in.opened_for("mask.trace", [&] { return open_trace(path, options.memory); });
  return {mask, config.seed, measure_masks(measured.model), path};
}

std::string_view name_of(MaskKind kind) {
  switch (kind) {
    case MaskKind::kIid:
      return "iid";
    case MaskKind::kSkewed:
      return "skewed";
    case MaskKind::kMeasured:
      return "measured";
    case MaskKind::kDense:
      break;
  }
  return "dense";
}

double mean_kept(const MaskConfig& mask) {
  if (mask.kind == MaskKind::kDense) return 1;
  return std::max({mask.attention, mask.feed_forward, mask.projection});
}

/// Masks, and at least an entry of a machine's lists for each weight that they keep.
base::MemoryNeed model_need(const ModelConfig& c) {
  base::MemoryNeed need;
  const double kept = mean_kept(c.mask);
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
  return need;
}

class Source final : public WorkloadSource {
 public:
  explicit Source(Config config) : config_(std::move(config)) {}

  base::MemoryNeed memory() const override {
    base::MemoryNeed need = model_need(config_.model);
    need.add("the sentences", sentences_bytes(config_.sentences.count));
    return need;
  }

  Workload load(const ConfigReader& in, const LoadOptions& options) const override {
    const auto task = std::make_shared<NetworkTask>();
    task->samples = sentences_of(config_, in);
    task->relu_density = config_.relu_density;
    task->seed = config_.seed;
    const MaskMaker masks = mask_maker(config_, in, options);
    task->model = plan_transformer(config_.model, masks);
    task->model.limits.max_tokens = longest(task->samples);
    Workload workload{name_of_file(in.file_name()), description(task->model), {{"", task}}};
    if (options.before_drawing) options.before_drawing(workload);
    if (options.draw != Draw::kNothing) draw_masks(task->model, masks);
    return workload;
  }

 private:
  std::string description(const Network& model) const {
    return fmt::format("{} without values, {} masks, seed {}", model.name,
                       name_of(config_.model.mask.kind), config_.seed);
  }

  Config config_;
};

class Transformer final : public WorkloadKind {
 public:
  std::string_view name() const override { return "transformer"; }
  std::string_view description() const override {
    return "a given shape with drawn masks, without values";
  }
  int rank() const override { return 2; }
  std::unique_ptr<const WorkloadSource> configure(ConfigReader& in) const override {
    return std::make_unique<Source>(Config::from(in));
  }
  bool draws_at_random(ConfigReader& /*in*/) const override { return true; }
};

}  // namespace

const WorkloadKind& kind() {
  static const Transformer kTransformer;
  return kTransformer;
}

}  // namespace sim::workload::transformer
