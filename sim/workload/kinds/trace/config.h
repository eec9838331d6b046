#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/config_reader.h"

namespace sim::workload::trace {

/// Which sentences of the trace.
struct SentenceConfig {
  std::vector<std::uint64_t> list;  // instead of first and count
  std::uint32_t first = 0;
  std::uint32_t max_target_tokens = 0;  // 0: 2 n + 10, at most what the model has positions for
  std::uint32_t count = 0;              // 0: all from the first on

  static SentenceConfig from(base::ConfigReader& in);
};

struct Config {
  std::string trace;  // relative to the workload file
  SentenceConfig sentences;

  static Config from(base::ConfigReader& in);
};

}  // namespace sim::workload::trace
