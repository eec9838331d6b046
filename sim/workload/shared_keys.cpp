#include "sim/workload/shared_keys.h"

namespace sim::workload {
namespace {

using base::ConfigReader;

constexpr std::uint64_t kMaxSentences = 1'000'000;
constexpr double kLeastShare = 1e-6;

constexpr std::uint64_t kMaxSentenceTokens = 65536;

std::uint32_t read_length(ConfigReader& in, std::string_view name, std::string_view meaning) {
  return in.integer32({.name = name,
                       .unit = "tokens",
                       .min = 1,
                       .max = kMaxSentenceTokens,
                       .fallback = 25,
                       .meaning = meaning});
}

}  // namespace

std::uint64_t read_seed(base::ConfigReader& in) {
  return in.integer({.name = "seed",
                     .fallback = 1,
                     .meaning = "of everything that is drawn; --seed replaces it"});
}

std::string read_program_path(base::ConfigReader& in) {
  return in.text_value(
      "program", std::nullopt,
      "relative to this file: a program of look-up tables, or NVDLA's statements "
      "of registers and memory (a .cfg or an input.txn, its data files beside it)");
}

double read_share(base::ConfigReader& in, std::string_view name, std::optional<double> fallback,
                  std::string_view meaning) {
  return in.number(
      {.name = name, .min = kLeastShare, .max = 1, .fallback = fallback, .meaning = meaning});
}

base::ConfigReader sentences_block(base::ConfigReader& in) {
  return in.section("sentences", "which sentences, or how long they are");
}

std::uint32_t read_sentence_count(base::ConfigReader& sentences, bool are_listed) {
  if (!sentences.applies("count", !are_listed, "list is not given")) return 0;
  return sentences.integer32({.name = "count",
                              .unit = "sentences",
                              .max = kMaxSentences,
                              .fallback = 0,
                              .meaning = "how many; 0: all that the workload lists, else 1"});
}

std::uint32_t read_source_tokens(base::ConfigReader& sentences) {
  return read_length(sentences, "source_tokens", "n: source tokens a sentence, or of a prompt");
}

std::uint32_t read_target_tokens(base::ConfigReader& sentences) {
  return read_length(sentences, "target_tokens", "T: target tokens a sentence");
}

double read_relu_density(base::ConfigReader& in) {
  return read_share(in, "relu_density", 1,
                    "share of the outputs of ReLU that are not zero, for machines that skip zero "
                    "inputs; drawn for each position");
}

}  // namespace sim::workload
