#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/config_reader.h"
#include "sim/values/lut_glitches.h"

namespace sim::poetbin {

enum class Variant {
  kSpatial,  // S: every LUT of the program exists
  kColumns,  // C: a neuron a clock through columns of trees, MATs and score LUTs
  kFabric,   // T: physical LUTs that take the program slot by slot
};
enum class Load { kParallel, kSerial };
/// Where words of a serial load enter the shift register, and so which come first.
enum class SerialEntry {
  kTop,     // above the highest feature: lowest features first
  kBottom,  // at feature 0: highest features first
};
enum class SlotOrder { kNatural, kConflictAware };
enum class ConfiguredRoutes { kInputLevels, kAllLevels };

struct SpatialConfig {
  std::uint64_t pipe_mask = 0;                   // bit b: registers after level b, b = 1 … 63
  std::vector<std::uint32_t> registers_after{};  // levels, ascending; instead of the mask
  Load load = Load::kParallel;
  std::uint32_t serial_bits = 1;  // w
  SerialEntry serial_entry = SerialEntry::kTop;
  bool glitches = false;  // activity with drawn delays
  values::NetDelays delays{};

  /// Levels that registers follow, counted from 1, ascending.
  std::vector<std::uint32_t> register_levels() const;

  static SpatialConfig from(base::ConfigReader& in);
};

struct ColumnsConfig {
  std::uint32_t columns = 0;  // K; 0: as many as classes

  static ColumnsConfig from(base::ConfigReader& in);
};

struct FabricConfig {
  std::uint32_t luts = 1;       // W
  std::uint32_t banks = 0;      // 0: every pin reaches every bit
  std::uint32_t ports = 1;      // reads of a bank a clock
  std::uint32_t contexts = 1;   // samples in the machine
  std::uint32_t load_bits = 1;  // w of the feature port
  std::uint32_t config_bits = 1;
  ConfiguredRoutes configured_routes = ConfiguredRoutes::kInputLevels;
  SlotOrder slot_order = SlotOrder::kNatural;

  static FabricConfig from(base::ConfigReader& in);
};

/// Offers samples, back to back but for the gap.
struct SourceConfig {
  std::uint32_t samples = 0;     // 0: each vector of the workload once
  std::uint32_t gap_cycles = 0;  // after a sample, before the next is offered

  static SourceConfig from(base::ConfigReader& in);
};

/// Takes scores in the cycles t with blocked_cycles = 0 or t mod (ready + blocked) < ready.
struct SinkConfig {
  std::uint32_t ready_cycles = 1;
  std::uint32_t blocked_cycles = 0;

  static SinkConfig from(base::ConfigReader& in);

  bool ready(std::uint64_t cycle) const {
    return blocked_cycles == 0 || cycle % period() < ready_cycles;
  }
  /// The first ready cycle from `cycle` on.
  std::uint64_t next_ready(std::uint64_t cycle) const {
    return ready(cycle) ? cycle : cycle - cycle % period() + period();
  }
  std::uint64_t period() const { return std::uint64_t{ready_cycles} + blocked_cycles; }
};

/// The block `poetbin:` of an architecture file.
struct Config {
  Variant variant = Variant::kSpatial;
  bool simplify = false;
  bool argmax = false;
  SpatialConfig spatial;
  ColumnsConfig columns;
  FabricConfig fabric;
  SourceConfig source;
  SinkConfig sink;

  static Config from(base::ConfigReader& in);

  /// core::Design::idle_keys; `has_values`: of the run.
  std::vector<std::string> idle_keys(bool has_values) const;
};

}  // namespace sim::poetbin
