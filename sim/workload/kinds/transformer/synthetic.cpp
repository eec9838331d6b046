#include "sim/workload/kinds/transformer/synthetic.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/base/error.h"
#include "sim/base/rng.h"

namespace sim::workload::transformer {
namespace {

/// Adds operators one after the other; every method returns the index of what it added.
class TransformerBuilder {
 public:
  TransformerBuilder(const ModelConfig& config, const MaskMaker& masks)
      : config_(config), masks_(masks) {}

  Network build() {
    const std::uint32_t memory = encoder();
    std::vector<std::pair<std::uint32_t, std::uint32_t>> keys_values;
    for (std::uint32_t i = 0; i < config_.decoder_layers; ++i) {
      const std::string attention = fmt::format("decoder.layers.{}.cross_attn", i);
      const std::uint32_t k = linear(attention + ".k", Phase::kCross, memory, config_.d_model);
      const std::uint32_t v = linear(attention + ".v", Phase::kCross, memory, config_.d_model);
      keys_values.emplace_back(k, v);
    }
    const std::uint32_t last = decoder(keys_values);
    if (config_.vocabulary > 0) {
      const auto logits = linear("generator", Phase::kDecoder, last, config_.vocabulary);
      const Weights weights = *model_.operators[logits].weights();
      model_.operators[logits].body = Logits{weights};
    }
    return std::move(model_);
  }

 private:
  std::uint32_t add(Operator op) {
    model_.operators.push_back(std::move(op));
    return static_cast<std::uint32_t>(model_.operators.size() - 1);
  }

  std::uint32_t embedding(std::string name, Phase phase, std::uint32_t tokens) {
    return add({.name = std::move(name),
                .phase = phase,
                .inputs = {tokens},
                .shape = OutputShape::of_phase(phase, config_.d_model),
                .body = Embedding{.features = config_.d_model, .has_positions = true}});
  }

  std::uint32_t linear(const std::string& name, Phase phase, std::uint32_t input,
                       std::uint32_t rows, bool relu = false) {
    const std::uint32_t columns = model_.operators[input].features();
    const double weights = static_cast<double>(rows) * columns;
    return add({.name = name,
                .phase = phase,
                .inputs = {input},
                .shape = OutputShape::of_phase(phase, rows),
                .body = Linear{{.outputs = rows, .inputs = columns, .relu = relu}},
                .expected_weights = static_cast<std::uint64_t>(weights * masks_.kept(name))});
  }

  std::uint32_t add_norm(std::string name, Phase phase, std::uint32_t x, std::uint32_t y) {
    return add({.name = std::move(name),
                .phase = phase,
                .inputs = {x, y},
                .shape = OutputShape::of_phase(phase, config_.d_model),
                .body = Norm{}});
  }

  /// Scores, softmax, values and the output matrix.
  std::uint32_t attention(const std::string& name, Phase phase, std::uint32_t q, std::uint32_t k,
                          std::uint32_t v, bool causal) {
    const std::uint32_t heads = config_.heads;
    const AttentionMask mask{.causal = causal};
    const OutputShape matrix = OutputShape::of_phase(phase, 0);
    const std::uint32_t scores =
        add({.name = name + ".scores",
             .phase = phase,
             .inputs = {q, k},
             .shape = matrix,
             .body = AttentionScores{.heads = heads, .kv_heads = heads, .mask = mask}});
    const std::uint32_t softmax = add({.name = name + ".softmax",
                                       .phase = phase,
                                       .inputs = {scores},
                                       .shape = matrix,
                                       .body = Softmax{.heads = heads, .mask = mask}});
    const std::uint32_t values =
        add({.name = name + ".values",
             .phase = phase,
             .inputs = {softmax, v},
             .shape = OutputShape::of_phase(phase, config_.d_model),
             .body = AttentionValues{.heads = heads, .kv_heads = heads, .mask = mask}});
    return linear(name + ".out", phase, values, config_.d_model);
  }

  std::uint32_t self_attention(const std::string& layer, Phase phase, std::uint32_t x) {
    const std::string name = layer + ".self_attn";
    const std::uint32_t q = linear(name + ".q", phase, x, config_.d_model);
    const std::uint32_t k = linear(name + ".k", phase, x, config_.d_model);
    const std::uint32_t v = linear(name + ".v", phase, x, config_.d_model);
    return attention(name, phase, q, k, v, phase == Phase::kDecoder);
  }

  std::uint32_t feed_forward(const std::string& layer, Phase phase, std::uint32_t x) {
    const std::uint32_t inner = linear(layer + ".linear1", phase, x, config_.d_ff, true);
    return linear(layer + ".linear2", phase, inner, config_.d_model);
  }

  std::uint32_t encoder() {
    std::uint32_t x = embedding("encoder.embed", Phase::kEncoder, kSourceTokens);
    for (std::uint32_t i = 0; i < config_.encoder_layers; ++i) {
      const std::string layer = fmt::format("encoder.layers.{}", i);
      x = add_norm(layer + ".norm1", Phase::kEncoder, x, self_attention(layer, Phase::kEncoder, x));
      x = add_norm(layer + ".norm2", Phase::kEncoder, x, feed_forward(layer, Phase::kEncoder, x));
    }
    return x;
  }

  std::uint32_t decoder(const std::vector<std::pair<std::uint32_t, std::uint32_t>>& keys_values) {
    constexpr Phase kPhase = Phase::kDecoder;
    std::uint32_t x = embedding("decoder.embed", kPhase, kTargetTokens);
    for (std::uint32_t i = 0; i < config_.decoder_layers; ++i) {
      const std::string layer = fmt::format("decoder.layers.{}", i);
      const auto [k, v] = keys_values[i];
      x = add_norm(layer + ".norm1", kPhase, x, self_attention(layer, kPhase, x));
      const std::string cross = layer + ".cross_attn";
      const std::uint32_t q = linear(cross + ".q", kPhase, x, config_.d_model);
      x = add_norm(layer + ".norm2", kPhase, x, attention(cross, kPhase, q, k, v, false));
      x = add_norm(layer + ".norm3", kPhase, x, feed_forward(layer, kPhase, x));
    }
    return x;
  }

  const ModelConfig& config_;
  const MaskMaker& masks_;
  Network model_;
};

}  // namespace

MaskMaker::MaskMaker(const MaskConfig& config, std::uint64_t seed, MaskProfiles profiles,
                     std::string trace)
    : config_(config), seed_(seed), profiles_(std::move(profiles)), trace_(std::move(trace)) {}

double MaskMaker::density(std::string_view role) const {
  if (role == "generator") return config_.projection;
  return role == "linear1" || role == "linear2" ? config_.feed_forward : config_.attention;
}

Mask MaskMaker::make(const std::string& operator_name, std::uint32_t rows,
                     std::uint32_t columns) const {
  base::Rng rng(seed_, operator_name);
  const std::string_view role = role_of(operator_name);
  switch (config_.kind) {
    case MaskKind::kDense:
      return Mask::full(rows, columns);
    case MaskKind::kIid:
      return draw_mask(rng, even_scales(rows, columns), KeepLaw::kProportional, density(role));
    case MaskKind::kSkewed:
      return draw_mask(
          rng, log_normal_scales(rng, rows, columns, config_.row_sigma, config_.column_sigma),
          KeepLaw::kMagnitude, density(role));
    case MaskKind::kMeasured:
      break;
  }
  return draw_mask(rng, profile_scales(rng, profile(role), rows, columns), KeepLaw::kProportional,
                   kept(operator_name));
}

double MaskMaker::kept(std::string_view operator_name) const {
  if (config_.kind == MaskKind::kDense) return 1;
  const std::string_view role = role_of(operator_name);
  if (config_.kind != MaskKind::kMeasured) return density(role);
  const double measured = profile(role).density;
  return density(role) > 0 ? density(role) : measured;
}

const MaskProfile& MaskMaker::profile(std::string_view role) const {
  const auto found = profiles_.find(role);
  if (found == profiles_.end() || found->second.density == 0) {
    throw base::WorkloadError(
        fmt::format("{}: no kept weights in matrices named '….{}' or '{}'; "
                    "measured masks need one of each role",
                    trace_, role, role));
  }
  return found->second;
}

Network plan_transformer(const ModelConfig& config, const MaskMaker& masks) {
  Network model = TransformerBuilder(config, masks).build();
  model.name = fmt::format("transformer-{}+{}-d{}-f{}", config.encoder_layers,
                           config.decoder_layers, config.d_model, config.d_ff);
  model.limits.vocabulary = config.vocabulary;
  return model;
}

void draw_masks(Network& model, const MaskMaker& masks) {
  for (Operator& op : model.operators) {
    const Weights* weights = op.weights();
    if (weights == nullptr) continue;
    op.mask = std::make_shared<const Mask>(masks.make(op.name, weights->outputs, weights->inputs));
  }
}

Network build_transformer(const ModelConfig& config, const MaskMaker& masks) {
  Network model = plan_transformer(config, masks);
  draw_masks(model, masks);
  return model;
}

}  // namespace sim::workload::transformer
