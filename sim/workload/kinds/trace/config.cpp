#include "sim/workload/kinds/trace/config.h"

#include "sim/workload/shared_keys.h"

namespace sim::workload::trace {
namespace {

using base::ConfigReader;

constexpr std::uint64_t kMaxTokens = 65536;
constexpr std::uint64_t kMaxNumber = (1 << 24) - 1;

}  // namespace

SentenceConfig SentenceConfig::from(ConfigReader& in) {
  SentenceConfig c;
  c.list = in.integer_list({.name = "list",
                            .max = kMaxNumber,
                            .meaning = "numbers of the sentences; instead of first and count"});
  if (in.applies("first", c.list.empty(), "list is not given")) {
    c.first = in.integer32({.name = "first",
                            .max = kMaxNumber,
                            .fallback = 0,
                            .meaning = "number of the first sentence"});
  }
  c.max_target_tokens = in.integer32({.name = "max_target_tokens",
                                      .unit = "tokens",
                                      .max = kMaxTokens,
                                      .fallback = 0,
                                      .meaning = "decoding stops here at the latest; 0: where "
                                                 "the reference had to, after 2 n + 10 for n "
                                                 "source tokens or as the trace allows"});
  c.count = read_sentence_count(in, !c.list.empty());
  return c;
}

Config Config::from(ConfigReader& in) {
  Config c;
  c.trace = in.text_value("trace", std::nullopt, "the trace, relative to this file");
  c.sentences = sentences_block(in).read<SentenceConfig>();
  return c;
}

}  // namespace sim::workload::trace
