#pragma once

#include "sim/accelerators/dnnguard/convolution_work.h"
#include "tests/accelerators/dnnguard/rtl_rows.h"

namespace sim::dnnguard::test {

/// A row of convolutions, with what is read from it.
struct ConvolutionRow : RtlRow {
  std::string kind;           // convolution, image, operands, pooling, two_layers: its file
  std::string configuration;  // nv_small, nv_small_256, nv_large
  std::string name;
  bool loose = false;  // marked *
  ConvolutionMachine machine;
  ReadMemory memory;
  std::vector<workload::nvdla::Layer> layers;
  std::vector<Cycle> enabled;
};

std::vector<ConvolutionRow> convolution_rows(const std::string& kind);
/// The first is the last output write, of the second layer if there are two.
std::vector<Figure> compare(const ConvolutionRow& row);
/// Those of all kinds.
std::vector<ComparedRow> compared_convolutions();

}  // namespace sim::dnnguard::test
