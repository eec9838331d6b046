#include "sim/workload/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <numeric>
#include <set>
#include <utility>

#include "sim/base/error.h"
#include "sim/workload/lut_workload.h"
#include "sim/workload/memory.h"
#include "sim/workload/open_tensors.h"
#include "sim/workload/synthetic.h"
#include "sim/workload/trace.h"
#include "sim/workload/workload_config.h"

namespace sim::workload {
namespace {

using base::ConfigReader;

constexpr const char* kSetPrefix = "workload.";

std::string beside(const std::string& workload_file, const std::string& path) {
  return (std::filesystem::path(workload_file).parent_path() / path).lexically_normal().string();
}

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

std::uint32_t target_limit(const Sentence& sentence, const SentenceConfig& config,
                           const ModelShape& shape) {
  const std::uint32_t wanted =
      config.max_target_tokens > 0 ? config.max_target_tokens : 2 * sentence.source_tokens + 10;
  return std::min(wanted, shape.max_tokens);
}

/// The trace that a key of the workload file names.
Workload named_trace(const ConfigReader& in, std::string_view key, const std::string& path,
                     const LoadOptions& options) {
  return read_trace(in.opened_for(key, [&] { return open_tensors(path, options.memory); }));
}

Workload load_trace(const WorkloadConfig& config, const ConfigReader& in,
                    const LoadOptions& options) {
  const std::string& file = in.file_name();
  Workload workload = named_trace(in, "trace", beside(file, config.trace), options);
  workload.name = name_of_file(file);
  auto& task = std::get<TranslationTask>(workload.task);
  std::vector<Sentence> all = std::exchange(task.sentences, {});
  std::set<std::uint32_t> kept;
  for (const std::uint64_t index : chosen_sentences(config.sentences, all.size(), in)) {
    Sentence& sentence = all[index];
    sentence.max_target_tokens = target_limit(sentence, config.sentences, task.model.shape);
    kept.insert(sentence.index);
    task.sentences.push_back(std::move(sentence));
  }
  std::erase_if(task.points, [&](const ReferencePoint& p) { return !kept.contains(p.sentence); });
  return workload;
}

std::vector<LengthCount> sentence_lengths(const WorkloadConfig& config, const ConfigReader& in) {
  const SentenceConfig& c = config.sentences;
  const std::uint32_t count = std::max(1u, c.count);
  if (c.lengths == LengthKind::kFixed) {
    return std::vector<LengthCount>(count, {c.source_tokens, c.target_tokens, 1});
  }
  const auto histogram = in.opened_for(
      "sentences.file", [&] { return read_length_histogram(beside(in.file_name(), c.file)); });
  return sample_lengths(histogram, count, c.sampling, config.seed);
}

MaskMaker mask_maker(const WorkloadConfig& config, const ConfigReader& in,
                     const LoadOptions& options) {
  const MaskConfig& mask = config.transformer.mask;
  if (mask.kind != MaskKind::kMeasured) return {mask, config.seed};
  const std::string path = beside(in.file_name(), mask.trace);
  const Workload measured = named_trace(in, "mask.trace", path, options);
  return {mask, config.seed, measure_masks(std::get<TranslationTask>(measured.task).model), path};
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

Workload load_transformer(const WorkloadConfig& config, const ConfigReader& in,
                          const LoadOptions& options) {
  options.memory.check(transformer_need(config.transformer, config.sentences.count),
                       in.file_name());
  TranslationTask task;
  for (const LengthCount& length : sentence_lengths(config, in)) {
    task.sentences.push_back({.index = static_cast<std::uint32_t>(task.sentences.size()),
                              .source_tokens = length.source_tokens,
                              .target_tokens = length.target_tokens,
                              .max_target_tokens = length.target_tokens});
  }
  const MaskMaker masks = mask_maker(config, in, options);
  task.model = plan_transformer(config.transformer, masks);
  for (const Sentence& s : task.sentences) {
    std::uint32_t& longest = task.model.shape.max_tokens;
    longest = std::max({longest, s.source_tokens, s.target_tokens});
  }
  Workload workload;
  workload.name = name_of_file(in.file_name());
  workload.description = fmt::format("{} without values, {} masks, seed {}", task.model.name,
                                     name_of(config.transformer.mask.kind), config.seed);
  workload.task = std::move(task);
  if (options.before_drawing) options.before_drawing(workload);
  if (options.draw == Draw::kNothing) return workload;
  draw_masks(std::get<TranslationTask>(workload.task).model, masks);
  return workload;
}

Workload load_kind(const WorkloadConfig& config, const ConfigReader& in,
                   const LoadOptions& options) {
  switch (config.kind) {
    case WorkloadKind::kTrace:
      return load_trace(config, in, options);
    case WorkloadKind::kTransformer:
      return load_transformer(config, in, options);
    case WorkloadKind::kLuts:
      break;
  }
  const std::string& file = in.file_name();
  return in.opened_for("program", [&] {
    return load_luts(config.luts, config.seed, in, beside(file, config.luts.program), options);
  });
}

}  // namespace

ConfigReader open_workload(const std::string& path, const ConfigReader::Overrides& overrides,
                           std::optional<std::uint64_t> seed) {
  ConfigReader reader = ConfigReader::file(path, overrides, kSetPrefix);
  if (!seed) return reader;
  if (!draws_at_random(reader)) {
    throw base::WorkloadError(fmt::format(
        "{}: --seed {}: this workload draws nothing at random; leave --seed out", path, *seed));
  }
  ConfigReader::Overrides all = overrides;
  all.emplace_back("seed", fmt::to_string(*seed));
  return ConfigReader::file(path, all, kSetPrefix);
}

Workload load(ConfigReader& reader, const LoadOptions& options) {
  const auto config = reader.read<WorkloadConfig>();
  return load_kind(config, reader, options);
}

Workload load(const std::string& path) {
  ConfigReader reader = open_workload(path);
  return load(reader);
}

}  // namespace sim::workload
