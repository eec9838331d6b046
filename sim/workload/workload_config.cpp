#include "sim/workload/workload_config.h"

#include <fmt/format.h>

#include <algorithm>

namespace sim::workload {
namespace {

using base::ConfigReader;
using base::IntegerKey;

constexpr std::uint64_t kMaxTokens = 65536;
constexpr std::uint64_t kMaxSentences = 1'000'000;
constexpr std::uint64_t kMaxWeights = std::uint64_t{1} << 32;
constexpr std::string_view kIfTrace = "kind is trace";
constexpr std::string_view kIfTransformer = "kind is transformer";

/// A whole number that is read only under a condition; 0 otherwise.
std::uint32_t integer_if(ConfigReader& in, bool condition, std::string_view words,
                         const IntegerKey& key) {
  return in.applies(key.name, condition, words) ? in.integer32(key) : 0;
}

double sigma_if(ConfigReader& in, bool condition, std::string_view name, double fallback,
                std::string_view meaning) {
  if (!in.applies(name, condition, "mask.kind is skewed")) return 0;
  return in.number({.name = name, .max = 2, .fallback = fallback, .meaning = meaning});
}

/// A share of kept weights; 0 is right only where it means "as in the trace".
double read_density(ConfigReader& in, std::string_view name, const MaskConfig& mask,
                    double fallback, std::string_view meaning) {
  if (!in.applies(name, mask.kind != MaskKind::kDense, "mask.kind is not dense")) return 1;
  const double density =
      in.number({.name = name, .max = 1, .fallback = fallback, .meaning = meaning});
  if (density == 0 && mask.kind != MaskKind::kMeasured) {
    in.fail(name, "is 0; must be above 0, up to 1");
  }
  return density;
}

MaskKind read_mask_kind(ConfigReader& in) {
  return in.choice<MaskKind>(
      "kind",
      {{"iid", MaskKind::kIid},
       {"skewed", MaskKind::kSkewed},
       {"measured", MaskKind::kMeasured},
       {"dense", MaskKind::kDense}},
      MaskKind::kSkewed,
      "iid: each weight with the same probability; skewed: magnitude pruning of Gaussian weights "
      "whose rows and columns have log-normal scales; measured: row and column densities of a "
      "trace; dense: all weights kept");
}

std::uint64_t weights_of(const TransformerConfig& c) {
  const std::uint64_t d = c.d_model;
  const std::uint64_t feed_forward = 2 * d * c.d_ff;
  return c.encoder_layers * (4 * d * d + feed_forward) +
         c.decoder_layers * (8 * d * d + feed_forward) + d * c.vocabulary;
}

void check_shape(const TransformerConfig& c, const ConfigReader& in) {
  if (c.d_model % c.heads != 0) {
    in.fail("heads", fmt::format("is {}; must divide d_model, which is {}", c.heads, c.d_model));
  }
  if (weights_of(c) > kMaxWeights) {
    in.fail("d_model", fmt::format("the model has {} weights; at most {} are allowed",
                                   weights_of(c), kMaxWeights));
  }
}

TransformerConfig read_transformer(ConfigReader& in, bool applies) {
  const auto read = [&](const IntegerKey& key) {
    return integer_if(in, applies, kIfTransformer, key);
  };
  TransformerConfig c;
  c.encoder_layers = read({.name = "encoder_layers",
                           .unit = "layers",
                           .min = 1,
                           .max = 64,
                           .fallback = 6,
                           .meaning = "layers of the encoder"});
  c.decoder_layers = read({.name = "decoder_layers",
                           .unit = "layers",
                           .min = 1,
                           .max = 64,
                           .fallback = 6,
                           .meaning = "layers of the decoder"});
  c.d_model = read({.name = "d_model",
                    .unit = "features",
                    .min = 1,
                    .max = 16384,
                    .fallback = 512,
                    .meaning = "d: features a token"});
  c.heads = read({.name = "heads",
                  .unit = "heads",
                  .min = 1,
                  .max = 1024,
                  .fallback = 8,
                  .meaning = "h: attention heads; divides d_model"});
  c.d_ff = read({.name = "d_ff",
                 .unit = "features",
                 .min = 1,
                 .max = 65536,
                 .fallback = 2048,
                 .meaning = "f: features between the two feed-forward matrices"});
  c.vocabulary = read({.name = "vocabulary",
                       .unit = "pieces",
                       .max = 1 << 20,
                       .fallback = 37000,
                       .meaning = "V: rows of the output projection; 0 leaves it to the host"});
  if (applies) check_shape(c, in);
  if (in.applies("mask", applies, kIfTransformer)) {
    c.mask = in.read_section<MaskConfig>("mask", "which weights are kept");
  }
  return c;
}

void read_trace_sentences(ConfigReader& in, bool applies, SentenceConfig& c) {
  if (in.applies("list", applies, kIfTrace)) {
    c.list = in.integer_list({.name = "list",
                              .max = (1 << 24) - 1,
                              .meaning = "numbers of the sentences; instead of first and count"});
  }
  c.first = integer_if(in, applies && c.list.empty(), "kind is trace and list is not given",
                       {.name = "first",
                        .max = (1 << 24) - 1,
                        .fallback = 0,
                        .meaning = "number of the first sentence"});
  c.max_target_tokens = integer_if(in, applies, kIfTrace,
                                   {.name = "max_target_tokens",
                                    .unit = "tokens",
                                    .max = kMaxTokens,
                                    .fallback = 0,
                                    .meaning = "decoding stops here at the latest; 0: at 2 n + 10 "
                                               "for n source tokens"});
}

std::uint32_t read_length(ConfigReader& in, bool applies, std::string_view name,
                          std::string_view meaning) {
  return integer_if(in, applies, "kind is transformer and lengths is fixed",
                    {.name = name,
                     .unit = "tokens",
                     .min = 1,
                     .max = kMaxTokens,
                     .fallback = 25,
                     .meaning = meaning});
}

void read_lengths(ConfigReader& in, bool applies, SentenceConfig& c) {
  if (in.applies("lengths", applies, kIfTransformer)) {
    c.lengths = in.choice<LengthKind>(
        "lengths", {{"fixed", LengthKind::kFixed}, {"histogram", LengthKind::kHistogram}},
        LengthKind::kFixed, "fixed: all sentences alike; histogram: taken from a file");
  }
  const bool fixed = applies && c.lengths == LengthKind::kFixed;
  const bool histogram = applies && c.lengths == LengthKind::kHistogram;
  c.source_tokens = read_length(in, fixed, "source_tokens", "n: source tokens a sentence");
  c.target_tokens = read_length(in, fixed, "target_tokens", "T: target tokens a sentence");
  if (in.applies("file", histogram, "kind is transformer and lengths is histogram")) {
    c.file = in.text_value("file", std::nullopt,
                           "CSV of lengths, relative to this file: "
                           "source_tokens,target_tokens,sentences");
  }
  if (in.applies("sampling", histogram, "kind is transformer and lengths is histogram")) {
    c.sampling = in.choice<Sampling>(
        "sampling", {{"random", Sampling::kRandom}, {"quantiles", Sampling::kQuantiles}},
        Sampling::kRandom,
        "random: drawn from the seed; quantiles: evenly spaced over the sorted histogram");
  }
}

SentenceConfig read_sentences(ConfigReader in, WorkloadKind kind) {
  SentenceConfig c;
  read_trace_sentences(in, kind == WorkloadKind::kTrace, c);
  c.count = integer_if(in, c.list.empty(), "list is not given",
                       {.name = "count",
                        .unit = "sentences",
                        .max = kMaxSentences,
                        .fallback = 0,
                        .meaning = "how many; 0: all from the first on for a trace, else 1"});
  read_lengths(in, kind == WorkloadKind::kTransformer, c);
  in.finish();
  return c;
}

/// The first key of a workload file.
WorkloadKind read_kind(ConfigReader& in) {
  return in.choice<WorkloadKind>(
      "kind",
      {{"trace", WorkloadKind::kTrace},
       {"transformer", WorkloadKind::kTransformer},
       {"luts", WorkloadKind::kLuts}},
      std::nullopt,
      "trace: a model and sentences exported to a file, with values; transformer: a given shape "
      "with drawn masks, without values; luts: a program of look-up tables");
}

bool is_drawn(WorkloadKind kind, StimulusKind stimulus) {
  return kind == WorkloadKind::kTransformer ||
         (kind == WorkloadKind::kLuts && stimulus == StimulusKind::kRandom);
}

std::uint64_t read_seed(ConfigReader& in) {
  return in.integer({.name = "seed",
                     .max = std::numeric_limits<std::uint64_t>::max(),
                     .fallback = 1,
                     .meaning = "of everything that is drawn; --seed replaces it"});
}

}  // namespace

MaskConfig MaskConfig::from(ConfigReader& in) {
  MaskConfig c;
  c.kind = read_mask_kind(in);
  const double fallback = c.kind == MaskKind::kMeasured ? 0 : 0.25;
  const double density =
      read_density(in, "density", c, fallback,
                   "share of weights kept; measured masks: 0, their default, keeps the trace's");
  c.attention = read_density(in, "attention", c, density,
                             "density of q, k, v and out instead; default: density");
  c.feed_forward = read_density(in, "feed_forward", c, density,
                                "density of linear1 and linear2 instead; default: density");
  c.projection = read_density(in, "projection", c, density,
                              "density of the output projection instead; default: density");
  const bool skewed = c.kind == MaskKind::kSkewed;
  c.row_sigma =
      sigma_if(in, skewed, "row_sigma", 0.25, "standard deviation of the logarithm of row scales");
  c.column_sigma = sigma_if(in, skewed, "column_sigma", 0.15,
                            "standard deviation of the logarithm of column scales");
  if (in.applies("trace", c.kind == MaskKind::kMeasured, "mask.kind is measured")) {
    c.trace = in.text_value("trace", std::nullopt,
                            "trace whose masks are measured, relative to this file");
  }
  return c;
}

bool draws_at_random(ConfigReader& in) {
  const WorkloadKind kind = read_kind(in);
  return is_drawn(kind, kind == WorkloadKind::kLuts ? read_stimulus(in) : StimulusKind::kVectors);
}

WorkloadConfig WorkloadConfig::from(ConfigReader& in) {
  WorkloadConfig c;
  c.kind = read_kind(in);
  if (in.applies("trace", c.kind == WorkloadKind::kTrace, kIfTrace)) {
    c.trace = in.text_value("trace", std::nullopt, "the trace, relative to this file");
  }
  c.transformer = read_transformer(in, c.kind == WorkloadKind::kTransformer || in.describing());
  c.luts = LutsConfig::from(in, c.kind == WorkloadKind::kLuts);
  if (in.applies("seed", is_drawn(c.kind, c.luts.stimulus),
                 "kind is transformer, or luts with stimulus random")) {
    c.seed = read_seed(in);
  }
  if (in.applies("sentences", c.kind != WorkloadKind::kLuts, "kind is not luts")) {
    c.sentences =
        read_sentences(in.section("sentences", "which sentences, or how long they are"), c.kind);
  }
  return c;
}

}  // namespace sim::workload
