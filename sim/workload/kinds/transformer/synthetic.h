#pragma once

#include <map>
#include <memory>
#include <string>

#include "sim/workload/kinds/transformer/config.h"
#include "sim/workload/kinds/transformer/mask_profile.h"
#include "sim/workload/network.h"

namespace sim::workload::transformer {

using MaskProfiles = std::map<std::string, MaskProfile, std::less<>>;

/// Draws the masks of a synthetic model. Each matrix has a random stream of its own, from the seed
/// and the operator's name: its mask does not depend on the other matrices.
class MaskMaker {
 public:
  /// `profiles` by role, for measured masks; `trace` names their file in messages.
  MaskMaker(const MaskConfig& config, std::uint64_t seed, MaskProfiles profiles = {},
            std::string trace = "");

  // Each throws WorkloadError when the trace has no matrix of the operator's role to measure.

  Mask make(const std::string& operator_name, std::uint32_t rows, std::uint32_t columns) const;
  /// The share of weights that the mask keeps on average.
  double kept(std::string_view operator_name) const;

 private:
  double density(std::string_view role) const;
  const MaskProfile& profile(std::string_view role) const;

  MaskConfig config_;
  std::uint64_t seed_;
  MaskProfiles profiles_;
  std::string trace_;
};

/// A post-norm encoder-decoder Transformer (Vaswani et al. 2017) as operators in execution order,
/// with the names of an exported one: encoder.layers.0.self_attn.q and so on. Shapes and masks
/// only; the masks are still to be drawn.
Network plan_transformer(const ModelConfig& config, const MaskMaker& masks);

/// Draws them.
void draw_masks(Network& model, const MaskMaker& masks);

/// Both steps.
Network build_transformer(const ModelConfig& config, const MaskMaker& masks);

}  // namespace sim::workload::transformer
