#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/base/memory.h"
#include "sim/values/nvdla/feature_map.h"
#include "sim/values/nvdla/memory.h"
#include "sim/values/nvdla/surfaces.h"
#include "sim/workload/nvdla_program.h"

namespace sim::values::nvdla {

/// What a check of a region says.
struct RegionCheck {
  std::uint32_t line = 0;  // of the program
  bool is_crc = true;      // else a file's bytes are compared
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  std::uint32_t expected = 0;  // CRC-32; of bytes: those of the file
  std::uint32_t computed = 0;
  std::uint64_t differing = 0;       // bytes, where they are compared
  std::uint32_t distinct_bytes = 0;  // in the region: a constant proves little

  bool is_equal() const { return expected == computed && differing == 0; }
};

/// Computes what a program computes.
class Machine {
 public:
  explicit Machine(const workload::nvdla::Program& program) : program_(program) {}

  /// All steps; what the program checks, in order. Throws WorkloadError where a layer reuses what
  /// no layer left.
  std::vector<RegionCheck> run();

  const Memory& memory() const { return memory_; }

 private:
  void act(const workload::nvdla::MemoryFill& fill);
  void act(const workload::nvdla::MemoryBytes& bytes);
  void act(const workload::nvdla::LayerStep& step);
  void act(const workload::nvdla::CrcCheck& check);
  void act(const workload::nvdla::ImageCheck& check);
  Surfaces convolution(const workload::nvdla::LayerStep& step);
  void sdp(const workload::nvdla::LayerStep& step);
  std::uint32_t lanes(workload::nvdla::Precision p) const {
    return program_.configuration.lanes(p);
  }

  const workload::nvdla::Program& program_;
  Memory memory_;
  std::vector<RegionCheck> checks_;
  std::optional<FeatureMap> kept_input_;  // in the convolution buffer
  std::optional<std::vector<std::uint8_t>> kept_weights_;
};

/// What computing a program holds beside the program: a bound from above.
base::MemoryNeed machine_need(const workload::nvdla::Program& program);
/// Multiplications, and steps of as much work.
std::uint64_t machine_work(const workload::nvdla::Program& program);

}  // namespace sim::values::nvdla
