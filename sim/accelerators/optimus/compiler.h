#pragma once

#include <string>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/program.h"
#include "sim/accelerators/optimus/sparse_format.h"

namespace sim::optimus {

/// The part of a configuration that decides how a model is mapped.
struct MappingConfig {
  EncodingConfig encoding;
  bool fuse_shared_inputs;

  static MappingConfig of(const Config& config) {
    return {EncodingConfig::of(config), config.fuse_shared_inputs};
  }
  /// Equal for equal configurations only.
  std::string text() const;
};

/// Maps a model to layers and encodes its weight matrices. Operators of one module that follow
/// each other and read the same input become one layer when fuse_shared_inputs is on (RCSC's
/// interleaved sub-matrices: each input element is loaded once for all of them). Throws
/// base::WorkloadError when the model needs something that the machine has not.
Program compile(const workload::Model& model, const MappingConfig& config);
Program compile(const workload::Model& model, const Config& config);

/// Adds to each sparse layer what the skip engine needs of its matrix; otherwise the engine makes
/// it itself.
void add_occupancy(Program& program);

}  // namespace sim::optimus
