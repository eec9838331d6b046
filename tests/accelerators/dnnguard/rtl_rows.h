#pragma once

#include <map>
#include <string>
#include <vector>

#include "sim/accelerators/dnnguard/convolution_work.h"

namespace sim::dnnguard::test {

/// A row of cycle counts of the public RTL: one layer, or two in a row.
struct RtlRow {
  std::string kind;  // convolution, image, operands, pooling, two_layers: the file it is of
  std::string configuration;  // nv_small, nv_small_256, nv_large
  std::string name;
  bool loose = false;  // marked *: the bench itself was not exact
  ConvolutionMachine machine;
  ReadMemory memory;
  std::vector<workload::nvdla::Layer> layers;
  std::vector<Cycle> enabled;
  std::map<std::string, std::string> fields;
};

/// A figure of the RTL beside the model's.
struct Figure {
  std::string name;
  Cycle rtl = 0;
  Cycle model = 0;

  Cycle error() const { return model - rtl; }
  double percent() const {
    return rtl == 0 ? 0 : 100.0 * static_cast<double>(error()) / static_cast<double>(rtl);
  }
};

std::vector<RtlRow> rtl_rows(const std::string& kind);
/// The first is the last output write, of the second layer if there are two.
std::vector<Figure> compare(const RtlRow& row);

}  // namespace sim::dnnguard::test
