#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/config_reader.h"
#include "sim/workload/kinds/network/layers.h"

namespace sim::workload::network {

struct SentenceConfig {
  std::uint32_t source_tokens = 0;  // of networks that read tokens
  std::uint32_t target_tokens = 0;  // of a decoder
  std::uint32_t count = 0;

  static SentenceConfig from(base::ConfigReader& in, NetworkKind model);
};

struct Config {
  std::string name;
  std::string variant;
  std::string source;
  std::uint64_t macs = 0;  // 0: not stated
  NetworkKind model = NetworkKind::kFeedForward;
  std::vector<std::uint64_t> input;  // of feed_forward
  std::uint32_t max_tokens = 0;      // of the others
  std::vector<Block> blocks;
  std::vector<std::string> outputs;  // empty: the last operator
  double density = 1;
  bool values = false;
  double relu_density = 1;
  std::uint64_t seed = 0;
  SentenceConfig sentences;

  static Config from(base::ConfigReader& in);
};

}  // namespace sim::workload::network
