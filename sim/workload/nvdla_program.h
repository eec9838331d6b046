#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/workload/nvdla_layer.h"
#include "sim/workload/task.h"

namespace sim::workload::nvdla {

/// What the registers of a program count in: a hardware configuration of NVDLA (nvdla/hw,
/// spec/defs).
struct Configuration {
  std::string_view name;
  std::uint32_t atom_bytes = 8;           // of memory: one pixel's share of a surface
  std::uint32_t block_channels = 8;       // of weights: MAC atomic C
  std::uint32_t group_kernels = 8;        // of weights of int8: MAC atomic K
  std::uint32_t group_kernels_int16 = 0;  // 0: it computes int8 only
  bool has_ew = false;                    // SDP's element-wise stage and its tables

  std::uint32_t lanes(Precision p) const { return atom_bytes / bytes_of(p); }
  std::uint32_t kernels_of_group(Precision p) const {
    return p == Precision::kInt8 ? group_kernels : group_kernels_int16;
  }
};

/// Bytes from this address on.
struct MemoryBytes {
  std::uint64_t address = 0;
  std::vector<std::uint8_t> bytes;
};

enum class Filling { kZeros, kOnes, kA5, k5A, kAddress, kRandom };

struct MemoryFill {
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  Filling with = Filling::kZeros;
};

/// A hardware layer that runs now.
struct LayerStep {
  std::shared_ptr<const Layer> layer;
  std::uint32_t line = 0;  // of the statement that enabled its last unit
};

/// A region whose CRC-32 the program states.
struct CrcCheck {
  std::uint32_t line = 0;
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  std::uint32_t crc = 0;
};

/// A region whose bytes a file beside the program states.
struct ImageCheck {
  std::uint32_t line = 0;
  MemoryBytes expected;
};

using Step = std::variant<MemoryFill, MemoryBytes, LayerStep, CrcCheck, ImageCheck>;

/// A register program of NVDLA: what happens, in order.
struct Program final : Task {
  static constexpr std::string_view kMany = "NVDLA register programs";

  std::string file;  // for messages
  Configuration configuration;
  std::vector<Step> steps;
  std::vector<std::string> notes;  // what people should know of it

  std::string_view what() const override { return "an NVDLA register program"; }
  base::MemoryNeed held() const override;
};

}  // namespace sim::workload::nvdla
