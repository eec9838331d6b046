#pragma once

#include <span>
#include <string>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/matrix_library.h"
#include "sim/accelerators/optimus/program.h"
#include "sim/accelerators/optimus/sparse_format.h"
#include "sim/core/accelerator.h"
#include "sim/workload/sparse_products.h"

namespace sim::optimus {

/// The part of a configuration that decides how weights are encoded, whatever the cut into blocks.
struct MappingConfig {
  EncodingConfig encoding;
  bool fuse_shared_inputs;

  static MappingConfig of(const Config& config) {
    return {EncodingConfig::of(config), config.fuse_shared_inputs};
  }
  /// Equal for equal configurations only.
  std::string text() const;
};

/// Maps a model to layers and encodes its weight matrices. Matrices of one input become one layer
/// when fuse_shared_inputs is on (shared_inputs.h; RCSC's interleaved sub-matrices: each input
/// element is loaded once for all of them). Throws base::WorkloadError when the model needs
/// something that the machine has not.
///
/// `lengths` are those of the sentences to come: rows of a pass are chosen for them. `library` is
/// for this model and mapping; with occupancies, layers get what the skip engine needs of their
/// matrices, otherwise the engine makes it itself. `check` is told of all matrices made so far and
/// of the next before it is made.
Program compile(const workload::Network& model, const Config& config,
                std::span<const SentenceLengths> lengths, const MatrixLibrary& library,
                const core::MemoryCheck& check);
/// The same with a library of its own, without occupancies and whatever memory it takes.
Program compile(const workload::Network& model, const Config& config,
                std::span<const SentenceLengths> lengths);

/// Both for products by themselves, which never become one layer.
Program compile(const workload::SparseProducts& task, const Config& config,
                const MatrixLibrary& library, const core::MemoryCheck& check);
Program compile(const workload::SparseProducts& task, const Config& config);

}  // namespace sim::optimus
