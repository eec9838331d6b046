#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "sim/workload/kinds/trace/config.h"
#include "sim/workload/trace.h"
#include "sim/workload/workload_kind.h"

namespace sim::workload::trace {
namespace {

using base::ConfigReader;

/// The numbers of the sentences to run, all of which the trace has.
std::vector<std::uint64_t> chosen_sentences(const SentenceConfig& config, std::uint64_t available,
                                            const ConfigReader& in) {
  const auto check_number = [&](std::string_view key, std::uint64_t number) {
    if (number < available) return;
    in.fail(key,
            fmt::format("number {} is not in the trace, which has 0 to {}", number, available - 1));
  };
  std::set<std::uint64_t> seen;
  for (const std::uint64_t number : config.list) {
    check_number("sentences.list", number);
    if (!seen.insert(number).second) {
      in.fail("sentences.list", fmt::format("number {} is listed twice", number));
    }
  }
  if (!config.list.empty()) return config.list;
  check_number("sentences.first", config.first);
  std::vector<std::uint64_t> chosen(config.count > 0 ? config.count : available - config.first);
  std::iota(chosen.begin(), chosen.end(), config.first);
  check_number("sentences.count", chosen.back());
  return chosen;
}

/// No more than the reference was allowed, which may have stopped there.
std::uint32_t target_limit(const Sample& sentence, const SentenceConfig& config,
                           const Network& network) {
  const std::uint32_t allowed =
      network.kind == NetworkKind::kDecoder
          ? sentence.max_target_tokens
          : std::min(2 * sentence.source_tokens + 10, network.limits.max_tokens);
  return config.max_target_tokens > 0 ? std::min(config.max_target_tokens, allowed) : allowed;
}

/// Decodes no more than so many tokens. Where the reference has more, the first of them are
/// compared, and no outputs of the target's rows.
void limit_decoding(NetworkTask& task, Sample& sample, std::uint32_t limit) {
  sample.max_target_tokens = limit;
  if (sample.target_tokens <= limit) return;
  sample.target_tokens = limit;
  sample.reference.resize(limit);
  std::erase_if(task.points, [&](const ReferencePoint& p) {
    return p.sample == sample.index &&
           task.model.operators[p.op].shape.rows == OutputShape::Rows::kTarget;
  });
}

void check_limit(const SentenceConfig& config, NetworkKind kind, const ConfigReader& in) {
  if (chooses_tokens(kind) || config.max_target_tokens == 0) return;
  in.fail("sentences.max_target_tokens",
          fmt::format("the trace's network is of kind {}, which chooses no tokens; remove it",
                      name_of(kind)));
}

/// Leaves the chosen sentences and their points.
void choose(NetworkTask& task, const SentenceConfig& config, const ConfigReader& in) {
  std::vector<Sample> all = std::exchange(task.samples, {});
  std::set<std::uint32_t> kept;
  for (const std::uint64_t index : chosen_sentences(config, all.size(), in)) {
    Sample& sentence = all[index];
    if (chooses_tokens(task.model.kind)) {
      limit_decoding(task, sentence, target_limit(sentence, config, task.model));
    }
    kept.insert(sentence.index);
    task.samples.push_back(std::move(sentence));
  }
  std::erase_if(task.points, [&](const ReferencePoint& p) { return !kept.contains(p.sample); });
}

class Source final : public WorkloadSource {
 public:
  explicit Source(Config config) : config_(std::move(config)) {}

  Workload load(const ConfigReader& in, const LoadOptions& options) const override {
    auto task = std::make_shared<NetworkTask>(in.opened_for(
        "trace", [&] { return open_trace(beside(in, config_.trace), options.memory); }));
    check_limit(config_.sentences, task->model.kind, in);
    choose(*task, config_.sentences, in);
    return {name_of_file(in.file_name()), task->trace->origin(), {{"", task}}};
  }

 private:
  Config config_;
};

class Trace final : public WorkloadKind {
 public:
  std::string_view name() const override { return "trace"; }
  std::string_view description() const override {
    return "a model and sentences exported to a file, with values";
  }
  int rank() const override { return 1; }
  std::unique_ptr<const WorkloadSource> configure(ConfigReader& in) const override {
    return std::make_unique<Source>(Config::from(in));
  }
};

}  // namespace

const WorkloadKind& kind() {
  static const Trace kTrace;
  return kTrace;
}

}  // namespace sim::workload::trace
