#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/config_reader.h"

namespace sim::workload::matrices {

enum class MaskKind { kIid, kSkewed };

/// One sparse matrix and the vectors that it multiplies.
struct MatrixConfig {
  std::string name;
  std::uint32_t rows = 0;     // outputs
  std::uint32_t columns = 0;  // inputs
  double density = 0;         // of weights
  double activation_density = 1;
  std::uint32_t vectors = 1;

  static MatrixConfig from(base::ConfigReader& in);
};

struct Config {
  MaskKind masks = MaskKind::kIid;
  double row_sigma = 0;  // skewed
  double column_sigma = 0;
  std::vector<MatrixConfig> matrices;
  std::uint64_t seed = 0;

  static Config from(base::ConfigReader& in);
};

}  // namespace sim::workload::matrices
