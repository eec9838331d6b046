#include "sim/workload/kinds/network/samples.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/base/memory.h"
#include "sim/base/rng.h"
#include "sim/workload/kinds/network/constants.h"
#include "sim/workload/kinds/network/fills.h"

namespace sim::workload::network {
namespace {

std::uint64_t input_elements(const Config& config) {
  std::uint64_t elements = config.input.empty() ? 0 : 1;
  for (const std::uint64_t side : config.input) elements = base::product({elements, side});
  return elements;
}

std::vector<std::int32_t> drawn_tokens(base::Rng rng, std::uint32_t count,
                                       std::uint32_t vocabulary) {
  std::vector<std::int32_t> tokens(count);
  for (std::int32_t& token : tokens) token = static_cast<std::int32_t>(rng.below(vocabulary));
  return tokens;
}

}  // namespace

std::vector<Sample> samples_of(const Config& config) {
  const SentenceConfig& c = config.sentences;
  std::vector<Sample> samples;
  for (std::uint32_t i = 0; i < std::max(1u, c.count); ++i) {
    samples.push_back({.index = i,
                       .source_tokens = c.source_tokens,
                       .target_tokens = c.target_tokens,
                       .max_target_tokens = c.target_tokens});
  }
  return samples;
}

std::uint64_t sample_bytes(const Config& config) {
  const std::uint64_t one =
      input_elements(config) + 4 * std::uint64_t{config.sentences.source_tokens};
  return base::product({std::max(1u, config.sentences.count), one});
}

void draw_samples(const Config& config, NetworkTask& task, Drawn& drawn) {
  const bool tensor = config.model == NetworkKind::kFeedForward;
  const std::uint32_t vocabulary = config.model == NetworkKind::kDecoder
                                       ? task.model.limits.vocabulary
                                       : source_vocabulary(task.model);
  for (Sample& sample : task.samples) {
    const std::string stream = fmt::format("sample {}", sample.index);
    if (!tensor) {
      sample.source =
          drawn_tokens(base::Rng(config.seed, stream), sample.source_tokens, vocabulary);
      continue;
    }
    auto& bytes = drawn.emplace_back(input_elements(config));
    even_int8(config.seed, stream, kMostActivation)(bytes);
    sample.inputs = {{reinterpret_cast<const std::int8_t*>(bytes.data()), bytes.size()}};
  }
}

}  // namespace sim::workload::network
