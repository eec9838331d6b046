#include "sim/accelerators/optimus/value_pass.h"

#include <fmt/ranges.h>

#include <utility>

#include "sim/values/check.h"
#include "sim/values/text.h"
#include "sim/workload/relu_outputs.h"

namespace sim::optimus {
namespace {

values::Decoding decoding_of(const Skipping& skipping) {
  return {.skip_redundant = skipping.redundant_decoding,
          .cross_kv_once = skipping.cross_kv_once,
          .project_all_positions = skipping.project_all_positions,
          .masked_scores = skipping.masked_scores};
}

std::uint64_t useful_macs(const values::PhaseMacs& macs) {
  std::uint64_t sum = 0;
  for (const values::MacCounts& phase : macs.phases) {
    sum += phase.kept_weights + phase.scores + phase.values;
  }
  return sum;
}

std::shared_ptr<const workload::Mask> nonzero(const values::Output& output) {
  const reference::Int8Tensor& tensor = output.int8;
  const std::uint32_t columns = tensor.dim(1);
  workload::Mask mask(tensor.dim(0), columns);
  for (std::uint32_t r = 0; r < mask.rows(); ++r) {
    for (std::uint32_t c = 0; c < columns; ++c) {
      if (tensor.at(r, c) != 0) mask.keep(r, c);
    }
  }
  return std::make_shared<const workload::Mask>(std::move(mask));
}

/// Outputs of the operators asked for, which are the last.
std::map<std::uint32_t, std::shared_ptr<const workload::Mask>> nonzero_outputs(
    const values::Translation& translation, std::span<const std::uint32_t> operators) {
  std::map<std::uint32_t, std::shared_ptr<const workload::Mask>> all;
  const std::size_t first = translation.outputs.size() - operators.size();
  for (std::size_t i = 0; i < operators.size(); ++i) {
    all[operators[i]] = nonzero(translation.outputs[first + i]);
  }
  return all;
}

}  // namespace

ValuePass run_values(const workload::NetworkTask& task, const Config& config,
                     core::Progress& progress) {
  values::Translator translator(task.model, decoding_of(config.skipping));
  ValuePass pass;
  std::vector<std::uint32_t> relu;
  if (config.mac_array.skip_zero_inputs) relu = workload::relu_operators(task.model);
  for (const workload::Sample& s : task.samples) {
    auto wanted = values::reference_operators(task, s.index);
    wanted.insert(wanted.end(), relu.begin(), relu.end());
    values::Translation t = translator.run(s, wanted);
    pass.compared_values += values::check_sentence(task, s, t);
    pass.macs += useful_macs(t.macs);
    pass.lengths.push_back({s.index, s.source_tokens, t.steps()});
    if (!relu.empty()) pass.relu_outputs.push_back(nonzero_outputs(t, relu));
    t.outputs.clear();  // compared, not needed any more
    pass.translations.push_back(std::move(t));
    progress.update("computing values", pass.lengths.size(), task.samples.size(), 0);
  }
  return pass;
}

std::vector<SentenceLengths> stated_lengths(const workload::NetworkTask& task) {
  std::vector<SentenceLengths> lengths;
  for (const workload::Sample& s : task.samples) {
    lengths.push_back({s.index, s.source_tokens, s.target_tokens});
  }
  return lengths;
}

core::Table translation_table(const workload::NetworkTask& task, const ValuePass& pass) {
  core::Table table{
      "translations", "one row a sentence: what the machine's arithmetic produced", {}, {}};
  table.columns = {{"sentence", "", "its number in the workload"},
                   {"source", "", "source text, when the trace has it"},
                   {"translation", "", "text of the tokens, when the trace has a vocabulary"},
                   {"human", "", "a person's translation, when the trace has it"},
                   {"tokens", "", "target tokens, the end of sentence included"}};
  for (std::size_t i = 0; i < pass.translations.size(); ++i) {
    const workload::Sample& s = task.samples[i];
    const auto& tokens = pass.translations[i].tokens;
    const std::string text =
        task.vocabulary.empty() ? "" : values::detokenize(task.vocabulary, tokens);
    table.rows.push_back({std::uint64_t{s.index}, s.source_text, text, s.human_text,
                          fmt::format("{}", fmt::join(tokens, " "))});
  }
  return table;
}

}  // namespace sim::optimus
