#include "sim/workload/shared_keys.h"

namespace sim::workload {
namespace {

constexpr std::uint64_t kMaxSentences = 1'000'000;
constexpr double kLeastShare = 1e-6;

}  // namespace

std::uint64_t read_seed(base::ConfigReader& in) {
  return in.integer({.name = "seed",
                     .fallback = 1,
                     .meaning = "of everything that is drawn; --seed replaces it"});
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

}  // namespace sim::workload
