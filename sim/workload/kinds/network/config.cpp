#include "sim/workload/kinds/network/config.h"

#include <fmt/format.h>

#include "sim/workload/graph_reader.h"
#include "sim/workload/shared_keys.h"

namespace sim::workload::network {
namespace {

using base::ConfigReader;

NetworkKind read_model(ConfigReader& in) {
  return in.choice<NetworkKind>("model",
                                {{"feed_forward", NetworkKind::kFeedForward},
                                 {"encoder", NetworkKind::kEncoder},
                                 {"decoder", NetworkKind::kDecoder}},
                                NetworkKind::kFeedForward,
                                "what goes in and out: a tensor; tokens and tensors; a prompt and "
                                "tokens, chosen one by one");
}

void read_ends(Config& c, ConfigReader& in) {
  const bool tensor = c.model == NetworkKind::kFeedForward;
  if (in.applies("input", tensor, "model is feed_forward")) {
    c.input = in.integer_list({.name = "input",
                               .unit = "elements",
                               .min = 1,
                               .max = 65536,
                               .meaning = "[channels, rows, columns] or [tokens, features]; layers "
                                          "know it as input"});
    if (tensor && c.input.size() != 2 && c.input.size() != 3 && !in.describing()) {
      in.fail("input", "must be [channels, rows, columns] or [tokens, features]");
    }
  }
  if (in.applies("max_tokens", !tensor, "model is not feed_forward")) {
    c.max_tokens = in.integer32({.name = "max_tokens",
                                 .unit = "tokens",
                                 .min = 1,
                                 .max = kMaxTokens,
                                 .meaning = "of a sentence; of a prompt and what it goes on with"});
  }
  if (in.applies("outputs", c.model != NetworkKind::kDecoder, "model is not decoder")) {
    c.outputs = in.text_list("outputs", "names of operators; default: the last one", false);
    if (c.outputs.size() > kMaxEnds) {
      in.fail("outputs",
              fmt::format("{} names; at most {} are allowed", c.outputs.size(), kMaxEnds));
    }
  }
}

void check_lengths(const Config& c, const ConfigReader& in) {
  const SentenceConfig& s = c.sentences;
  if (c.model == NetworkKind::kFeedForward || in.describing()) return;
  const std::uint64_t fed =
      std::uint64_t{s.source_tokens} + (c.model == NetworkKind::kDecoder ? s.target_tokens - 1 : 0);
  if (fed <= c.max_tokens) return;
  in.fail("max_tokens", fmt::format("is {}, but a sentence has {} tokens", c.max_tokens, fed));
}

}  // namespace

SentenceConfig SentenceConfig::from(ConfigReader& in, NetworkKind model) {
  SentenceConfig c;
  c.count = read_sentence_count(in, false);
  if (in.applies("source_tokens", model != NetworkKind::kFeedForward,
                 "model is not feed_forward")) {
    c.source_tokens = read_source_tokens(in);
  }
  if (in.applies("target_tokens", model == NetworkKind::kDecoder, "model is decoder")) {
    c.target_tokens = read_target_tokens(in);
  }
  return c;
}

Config Config::from(ConfigReader& in) {
  Config c;
  c.name = in.text_value("name", std::nullopt, "of the network");
  c.variant = in.text_value("variant", "", "which of several of this name: its paper or library");
  c.source = in.text_value("source", "", "where its sizes and its MAC count come from");
  c.macs = in.integer({.name = "macs",
                       .unit = "MACs",
                       .fallback = 0,
                       .meaning = "of a sample, dense; of tokens: of a sentence or prompt of "
                                  "max_tokens; 0: not stated, else it must be right"});
  c.model = read_model(in);
  read_ends(c, in);
  for (ConfigReader& block : in.blocks("layers", "operators in execution order")) {
    c.blocks.push_back(block.read<Block>());
  }
  if (c.blocks.empty()) in.fail("layers", "is an empty list; give one or more");
  c.density = read_share(in, "density", 1, "share of weights kept, drawn");
  c.values = in.flag("values", false,
                     "whether weights and samples are drawn for a run, so that it has values");
  c.relu_density = read_relu_density(in);
  c.seed = read_seed(in);
  auto sentences = sentences_block(in);
  c.sentences = SentenceConfig::from(sentences, c.model);
  sentences.finish();
  check_lengths(c, in);
  return c;
}

}  // namespace sim::workload::network
