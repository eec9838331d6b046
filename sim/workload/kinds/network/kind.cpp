#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "sim/base/error.h"
#include "sim/base/rng.h"
#include "sim/workload/kinds/network/config.h"
#include "sim/workload/kinds/network/counts.h"
#include "sim/workload/kinds/network/graph.h"
#include "sim/workload/kinds/network/samples.h"
#include "sim/workload/memory.h"
#include "sim/workload/workload_kind.h"

namespace sim::workload::network {
namespace {

using base::ConfigReader;

/// The count of a workload file is of the longest sentence, whatever sentences are run.
void check_macs(const Config& config, const Network& network, const ConfigReader& in) {
  const Sample longest{.source_tokens = config.max_tokens, .target_tokens = 1};
  const std::uint64_t counted = macs(network, longest);
  if (config.macs == 0 || config.macs == counted) return;
  in.fail("macs", fmt::format("is {}; the layers make {}", config.macs, counted));
}

/// One mask for each shape where all weights are kept.
void draw_masks(const Config& config, Network& network) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::shared_ptr<const Mask>> full;
  for (Operator& op : network.operators) {
    const Weights* w = op.weights();
    if (w == nullptr) continue;
    const auto draw = [&] {
      return std::make_shared<const Mask>(drawn_mask(config, op.name, w->outputs, w->inputs));
    };
    if (config.density == 1) {
      auto& shared = full[{w->outputs, w->inputs}];
      if (!shared) shared = draw();
      op.mask = shared;
    } else {
      op.mask = draw();
    }
  }
}

std::string description(const Config& config, const Network& network, const Sample& sample) {
  const std::string variant = config.variant.empty() ? "" : fmt::format(" ({})", config.variant);
  return fmt::format(
      "{}{}: {}, {} operators ({}), {} parameters, {} MACs a sample; {}, density {}, "
      "seed {}",
      config.name, variant, name_of(network.kind),
      network.operators.size() - (network.kind == NetworkKind::kFeedForward),
      operators_in_words(network), parameters(network), macs(network, sample),
      config.values ? "drawn values" : "without values", config.density, config.seed);
}

class Source final : public WorkloadSource {
 public:
  explicit Source(Config config) : config_(std::move(config)) {}

  base::MemoryNeed memory() const override {
    base::MemoryNeed need;
    need.add("the sentences", sentences_bytes(config_.sentences.count));
    return need;
  }

  Workload load(const ConfigReader& in, const LoadOptions& options) const override {
    const Graph graph(config_, in.file_name());
    check_macs(config_, graph.shapes(), in);
    const auto task = std::make_shared<NetworkTask>();
    task->model = graph.shapes();
    task->samples = samples_of(config_);
    task->relu_density = config_.relu_density;
    task->seed = config_.seed;
    Workload workload{name_of_file(in.file_name()),
                      description(config_, task->model, task->samples[0]),
                      {{"", task}}};
    if (options.before_drawing) options.before_drawing(workload);
    if (options.draw == Draw::kNothing) return workload;
    draw(graph, *task, options, in.file_name());
    return workload;
  }

 private:
  void draw(const Graph& graph, NetworkTask& task, const LoadOptions& options,
            const std::string& file) const {
    base::MemoryNeed need = task.held();
    const bool values = config_.values && options.draw == Draw::kAll;
    if (values) need.add("drawn values", graph.bytes() + sample_bytes(config_));
    options.memory.check(need, file);
    if (!values) return draw_masks(config_, task.model);
    auto drawn = std::make_shared<Drawn>();
    task.model = graph.with_values(*drawn);
    draw_samples(config_, task, *drawn);
    task.drawn = std::move(drawn);
  }

  Config config_;
};

class NetworkFile final : public WorkloadKind {
 public:
  std::string_view name() const override { return "network"; }
  std::string_view description() const override {
    return "the operators of a network, with drawn masks; values are drawn on request";
  }
  int rank() const override { return 3; }
  std::unique_ptr<const WorkloadSource> configure(ConfigReader& in) const override {
    return std::make_unique<Source>(Config::from(in));
  }
  bool draws_at_random(ConfigReader& /*in*/) const override { return true; }
};

}  // namespace

const WorkloadKind& kind() {
  static const NetworkFile kNetwork;
  return kNetwork;
}

}  // namespace sim::workload::network
