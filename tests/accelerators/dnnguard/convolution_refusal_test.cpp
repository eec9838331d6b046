#include <gtest/gtest.h>

#include <string>

#include "sim/accelerators/dnnguard/convolution_skip.h"
#include "sim/accelerators/dnnguard/convolution_tick.h"
#include "sim/base/error.h"
#include "tests/accelerators/dnnguard/convolution_support.h"

namespace sim::dnnguard::test {
namespace {

/// 4x4x8, eight kernels of 1x1, on nv_small.
Layer small_layer() {
  Layer layer;
  workload::nvdla::Convolution& c = layer.convolution.emplace();
  c.in = {4, 4, 8};
  c.kernels = 8;
  c.weight_bytes = 128;
  c.out_width = c.out_height = 4;
  c.entries_per_line = 4;
  return layer;
}

std::string refusal(const Layer& layer) {
  try {
    convolution_work(kNvSmallConvolution, layer);
  } catch (const base::WorkloadError& error) {
    return error.what();
  }
  return "";
}

std::string refusal(const std::vector<Layer>& layers) {
  std::vector<ConvolutionStep> steps;
  for (const Layer& layer : layers)
    steps.push_back({convolution_work(kNvSmallConvolution, layer), 0});
  std::string of_tick;
  try {
    ConvolutionTick(kNvSmallConvolution, {}, steps);
  } catch (const base::WorkloadError& error) {
    of_tick = error.what();
  }
  try {
    convolution_skip(kNvSmallConvolution, {}, steps);
  } catch (const base::WorkloadError& error) {
    EXPECT_EQ(error.what(), of_tick);
    return error.what();
  }
  return "";
}

TEST(ConvolutionRefusal, WhatTheBufferDoesNotHoldIsNamed) {
  EXPECT_EQ(refusal(small_layer()), "");
  EXPECT_EQ(refusal(Layer{}), "convolution: the layer has none");

  Layer layer = small_layer();
  layer.convolution->entries_per_line = 200;
  EXPECT_EQ(refusal(layer),
            "convolution: the input takes 800 entries of the buffer, its 1 banks hold 512");

  layer = small_layer();
  layer.convolution->weight_banks = 32;
  EXPECT_EQ(refusal(layer), "convolution: 1 banks of data and 32 of weights, the buffer has 32");

  layer = small_layer();
  layer.convolution->kernels = 0;
  EXPECT_EQ(refusal(layer), "convolution: a size of its input, kernel or output is 0");

  layer = small_layer();
  layer.convolution->weight_bytes = 0;
  EXPECT_EQ(refusal(layer), "convolution: 0 bytes of weights, the kernels have 64");

  layer = small_layer();
  layer.convolution->kernel_width = layer.convolution->kernel_height = 9;
  layer.convolution->weight_bytes = 81 * 64;
  EXPECT_EQ(refusal(layer),
            "convolution: the weights of 8 kernels take 648 beats, their 1 banks hold 512");

  layer = small_layer();
  layer.convolution->image.emplace().pixel_format = 36;
  EXPECT_EQ(refusal(layer), "convolution: PIXEL_FORMAT is 36, not 0 to 35");
}

TEST(ConvolutionRefusal, OnlyWhatTheLayerBeforeKeepsIsReused) {
  Layer keeps = small_layer();
  keeps.convolution->keep_data = keeps.convolution->keep_weights = true;
  Layer reuses = small_layer();
  reuses.convolution->reuse_data = reuses.convolution->reuse_weights = true;
  EXPECT_EQ(refusal({keeps, reuses}), "");
  EXPECT_EQ(refusal(std::vector<Layer>{reuses}),
            "convolution layer 0: reuses data that the layer before does not keep");
  EXPECT_EQ(refusal({small_layer(), reuses}),
            "convolution layer 1: reuses data that the layer before does not keep");

  Layer moved = reuses;
  moved.convolution->weight_banks = 2;
  EXPECT_EQ(refusal({keeps, moved}),
            "convolution layer 1: reuses weights of another size or from other banks");
  moved = reuses;
  moved.convolution->data_banks = 2;
  EXPECT_EQ(refusal({keeps, moved}),
            "convolution layer 1: reuses data of another size or from other banks");
}

}  // namespace
}  // namespace sim::dnnguard::test
