#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/workload/kinds/network/config.h"
#include "sim/workload/kinds/network/lowering.h"
#include "sim/workload/network.h"

namespace sim::workload::network {

/// The bytes of tensors.
using Drawn = std::vector<std::vector<std::byte>>;

/// The network of a workload file. Its operators are stated as in a trace and read as those of one:
/// without values, and again with them.
class Graph {
 public:
  /// `config` must outlive it; `file` begins messages. Throws WorkloadError.
  Graph(const Config& config, const std::string& file);

  /// Without values and masks.
  const Network& shapes() const { return shapes_; }
  /// Of all tensors.
  std::uint64_t bytes() const;
  /// With values, which lie in `drawn`.
  Network with_values(Drawn& drawn) const;

 private:
  struct Stated {
    nlohmann::json op;
    std::string place;
  };

  /// Its kind, limits and input.
  Network begun() const;
  std::vector<std::string> outputs() const;

  const Config& config_;
  std::string file_;
  std::uint32_t vocabulary_ = 0;
  Network shapes_;
  Lowering lowering_;
  std::vector<Stated> stated_;
};

}  // namespace sim::workload::network
