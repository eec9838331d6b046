#include "sim/workload/kinds/transformer/config.h"

#include <fmt/format.h>

#include "sim/workload/shared_keys.h"

namespace sim::workload::transformer {
namespace {

using base::ConfigReader;

constexpr std::uint64_t kMaxWeights = std::uint64_t{1} << 32;
constexpr std::string_view kIfHistogram = "lengths is histogram";

double sigma_if(ConfigReader& in, bool condition, std::string_view name, double fallback,
                std::string_view meaning) {
  if (!in.applies(name, condition, "mask.kind is skewed")) return 0;
  return in.number({.name = name, .max = 2, .fallback = fallback, .meaning = meaning});
}

/// A share of kept weights; measured masks without one (0) keep as many as the trace.
double read_density(ConfigReader& in, std::string_view name, const MaskConfig& mask,
                    double fallback, std::string_view meaning) {
  if (!in.applies(name, mask.kind != MaskKind::kDense, "mask.kind is not dense")) return 1;
  if (fallback == 0 && !in.has(name)) return 0;
  return read_share(in, name, fallback, meaning);
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

std::uint64_t weights_of(const ModelConfig& c) {
  const std::uint64_t d = c.d_model;
  const std::uint64_t feed_forward = 2 * d * c.d_ff;
  return c.encoder_layers * (4 * d * d + feed_forward) +
         c.decoder_layers * (8 * d * d + feed_forward) + d * c.vocabulary;
}

void check_shape(const ModelConfig& c, const ConfigReader& in) {
  if (c.d_model % c.heads != 0) {
    in.fail("heads", fmt::format("is {}; must divide d_model, which is {}", c.heads, c.d_model));
  }
  if (weights_of(c) > kMaxWeights) {
    in.fail("d_model", fmt::format("the model has {} weights; at most {} are allowed",
                                   weights_of(c), kMaxWeights));
  }
}

std::uint32_t tokens_if_fixed(ConfigReader& in, LengthKind lengths, std::string_view name,
                              std::uint32_t (*read)(ConfigReader&)) {
  return in.applies(name, lengths == LengthKind::kFixed, "lengths is fixed") ? read(in) : 0;
}

}  // namespace

MaskConfig MaskConfig::from(ConfigReader& in) {
  MaskConfig c;
  c.kind = read_mask_kind(in);
  const double fallback = c.kind == MaskKind::kMeasured ? 0 : 0.25;
  const double density =
      read_density(in, "density", c, fallback,
                   "share of weights kept; measured masks keep the trace's when it is not given");
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

ModelConfig ModelConfig::from(ConfigReader& in) {
  ModelConfig c;
  c.encoder_layers = in.integer32({.name = "encoder_layers",
                                   .unit = "layers",
                                   .min = 1,
                                   .max = 64,
                                   .fallback = 6,
                                   .meaning = "layers of the encoder"});
  c.decoder_layers = in.integer32({.name = "decoder_layers",
                                   .unit = "layers",
                                   .min = 1,
                                   .max = 64,
                                   .fallback = 6,
                                   .meaning = "layers of the decoder"});
  c.d_model = in.integer32({.name = "d_model",
                            .unit = "features",
                            .min = 1,
                            .max = 16384,
                            .fallback = 512,
                            .meaning = "d: features a token"});
  c.heads = in.integer32({.name = "heads",
                          .unit = "heads",
                          .min = 1,
                          .max = 1024,
                          .fallback = 8,
                          .meaning = "h: attention heads; divides d_model"});
  c.d_ff = in.integer32({.name = "d_ff",
                         .unit = "features",
                         .min = 1,
                         .max = 65536,
                         .fallback = 2048,
                         .meaning = "f: features between the two feed-forward matrices"});
  c.vocabulary =
      in.integer32({.name = "vocabulary",
                    .unit = "pieces",
                    .max = 1 << 20,
                    .fallback = 37000,
                    .meaning = "V: rows of the output projection; 0 leaves it to the host"});
  check_shape(c, in);
  c.mask = in.read_section<MaskConfig>("mask", "which weights are kept");
  return c;
}

SentenceConfig SentenceConfig::from(ConfigReader& in) {
  SentenceConfig c;
  c.count = read_sentence_count(in, false);
  c.lengths = in.choice<LengthKind>(
      "lengths", {{"fixed", LengthKind::kFixed}, {"histogram", LengthKind::kHistogram}},
      LengthKind::kFixed, "fixed: all sentences alike; histogram: taken from a file");
  c.source_tokens = tokens_if_fixed(in, c.lengths, "source_tokens", read_source_tokens);
  c.target_tokens = tokens_if_fixed(in, c.lengths, "target_tokens", read_target_tokens);
  const bool histogram = c.lengths == LengthKind::kHistogram;
  if (in.applies("file", histogram, kIfHistogram)) {
    c.file = in.text_value("file", std::nullopt,
                           "CSV of lengths, relative to this file: "
                           "source_tokens,target_tokens,sentences");
  }
  if (in.applies("sampling", histogram, kIfHistogram)) {
    c.sampling = in.choice<Sampling>(
        "sampling", {{"random", Sampling::kRandom}, {"quantiles", Sampling::kQuantiles}},
        Sampling::kRandom,
        "random: drawn from the seed; quantiles: evenly spaced over the sorted histogram");
  }
  return c;
}

Config Config::from(ConfigReader& in) {
  Config c;
  c.model = ModelConfig::from(in);
  c.relu_density = read_relu_density(in);
  c.seed = read_seed(in);
  c.sentences = sentences_block(in).read<SentenceConfig>();
  return c;
}

}  // namespace sim::workload::transformer
