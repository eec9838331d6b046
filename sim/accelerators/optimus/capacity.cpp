#include "sim/accelerators/optimus/capacity.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "sim/accelerators/optimus/activities.h"
#include "sim/base/error.h"
#include "sim/base/math.h"

namespace sim::optimus {
namespace {

using workload::OperatorKind;
using workload::Phase;

void require(std::string_view key, std::uint64_t kib, std::uint64_t bytes, std::string_view what) {
  if (bytes <= kib * 1024) return;
  throw base::ConfigError(fmt::format("optimus.memories.{} is {} KiB, but {} need {} KiB", key, kib,
                                      what, base::ceil_div(bytes, 1024)));
}

/// Features that a position needs in the global buffer while a layer runs: its input, its output
/// and the residual.
std::uint64_t live_features(const Program& program, const Layer& layer, std::uint64_t keys) {
  const std::uint64_t residual = program.shape.d_model;
  switch (layer.kind) {
    case OperatorKind::kLinear:
      return layer.columns + (layer.outputs - layer.kv_outputs) + residual;
    case OperatorKind::kAttentionScores:
    case OperatorKind::kAttentionValues:
      return program.shape.d_model + layer.heads * keys + residual;
    case OperatorKind::kSoftmax:
      return std::uint64_t{2} * layer.heads * keys + residual;
    default:
      return 2 * residual;
  }
}

/// The encoder's output stays until the last cross-attention K and V are made from it.
std::uint64_t activation_elements(const Program& program, const Config& config, std::uint64_t n,
                                  std::uint64_t t) {
  std::uint64_t most = 0;
  for (const Layer& layer : program.layers) {
    const bool decoder = layer.phase == Phase::kDecoder;
    const std::uint64_t positions = decoder ? (config.skipping.redundant_decoding ? 1 : t) : n;
    most = std::max(most, positions * live_features(program, layer, std::max(n, t)));
  }
  const bool again = !config.skipping.redundant_decoding && !config.skipping.cross_kv_once;
  return most + (again ? n * program.shape.d_model : 0);
}

}  // namespace

void check_capacity(const Program& program, const Config& config, std::uint32_t source_tokens,
                    std::uint32_t target_tokens) {
  const std::uint64_t n = source_tokens;
  const std::uint64_t t = target_tokens;
  const std::uint64_t bits = config.precision.activation_bits;
  const std::string lengths = fmt::format("{} source and {} target tokens", n, t);
  require("global_buffer_kib", config.memories.global_buffer_kib,
          activation_elements(program, config, n, t) * bits / 8,
          fmt::format("the activations of {}", lengths));
  const std::uint64_t kv = 2 * (n + t) * program.shape.d_model * program.shape.decoder_layers;
  require("kv_store_kib", config.memories.kv_store_kib, kv * bits / 8,
          fmt::format("K and V of {}", lengths));
  if (config.memories.weight_bank_kib > 0 &&
      config.memories.weight_store == WeightStore::kResident) {
    require("weight_bank_kib", config.memories.weight_bank_kib, weight_bank_bytes(program, config),
            "the weights of the fullest bank");
  }
}

}  // namespace sim::optimus
