#include "sim/accelerators/dnnguard/convolution_sequence.h"

#include <fmt/format.h>

#include "sim/base/error.h"

namespace sim::dnnguard {
namespace {

void refuse_unless(bool right, std::size_t layer, const char* what) {
  if (!right)
    throw base::WorkloadError(fmt::format("convolution layer {}: reuses {}", layer, what));
}

void check_data(const ConvolutionWork& before, const ConvolutionWork& w, std::size_t layer) {
  refuse_unless(before.keep_data, layer, "data that the layer before does not keep");
  refuse_unless(before.data_banks == w.data_banks && before.data_entries == w.data_entries, layer,
                "data of another size or from other banks");
}

void check_weights(const ConvolutionWork& before, const ConvolutionWork& w, std::size_t layer) {
  refuse_unless(before.keep_weights, layer, "weights that the layer before does not keep");
  refuse_unless(before.weight_banks == w.weight_banks && before.weight_beats == w.weight_beats,
                layer, "weights of another size or from other banks");
  refuse_unless(w.weight_beats <= w.weight_capacity, layer, "weights that their banks do not hold");
}

}  // namespace

std::vector<ConvolutionStep> linked(std::vector<ConvolutionStep> layers) {
  const ConvolutionWork nothing;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const ConvolutionWork& w = layers[i].work;
    const ConvolutionWork& before = i == 0 ? nothing : layers[i - 1].work;
    if (w.data_beats == 0) check_data(before, w, i);
    if (w.reuse_weights) check_weights(before, w, i);
    if (i == 0) continue;
    layers[i - 1].work.keep_data = w.data_beats == 0;
    layers[i - 1].work.keep_weights = w.reuse_weights;
  }
  if (!layers.empty()) layers.back().work.keep_data = layers.back().work.keep_weights = false;
  return layers;
}

}  // namespace sim::dnnguard
