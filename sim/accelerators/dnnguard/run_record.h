#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "sim/core/unit_record.h"
#include "sim/stats/stats.h"

namespace sim::dnnguard {

/// What does a hardware layer: the convolution units with SDP behind them, or a unit by itself.
enum class Unit { kConvolution, kSdp, kPdp, kCdp };

constexpr std::array kUnits = {Unit::kConvolution, Unit::kSdp, Unit::kPdp, Unit::kCdp};
constexpr std::string_view name_of(Unit unit) {
  constexpr std::array<std::string_view, kUnits.size()> kNames = {"convolution", "sdp", "pdp",
                                                                  "cdp"};
  return kNames[static_cast<std::size_t>(unit)];
}

/// Cycles of a unit by cause; all together are the cycles of its layers, or of the run.
struct LayerCycles {
  std::uint64_t busy = 0;
  std::uint64_t weight_port_waits = 0;
  std::uint64_t input_waits = 0;
  std::uint64_t weight_waits = 0;
  std::uint64_t operand_waits = 0;
  std::uint64_t output_waits = 0;
  std::uint64_t idle = 0;

  friend bool operator==(const LayerCycles&, const LayerCycles&) = default;
};

std::span<const stats::Field<LayerCycles>> layer_cycle_fields();

/// What a layer moved over the memory's port.
struct LayerBeats {
  std::uint64_t inputs = 0;
  std::uint64_t weights = 0;
  std::uint64_t operands = 0;
  std::uint64_t outputs = 0;

  std::uint64_t reads() const { return inputs + weights + operands; }
  friend bool operator==(const LayerBeats&, const LayerBeats&) = default;
};

std::span<const stats::Field<LayerBeats>> layer_beat_fields();

struct LayerRecord {
  Unit unit = Unit::kConvolution;
  std::uint64_t begin = 0;  // cycle of the run: its enable, or the end of the stripes before it
  std::uint64_t end = 0;    // the interrupt, or the end of its last stripe if another follows
  LayerCycles cycles{};
  LayerBeats beats{};

  friend bool operator==(const LayerRecord&, const LayerRecord&) = default;
};

/// What a run counted: layers in order, those of a job after those of the job before.
struct RunRecord {
  std::uint64_t cycles = 0;
  std::vector<LayerRecord> layers;
};

/// What the units counted; each idles while others work.
std::vector<core::UnitRecord> unit_records(const RunRecord& record);

}  // namespace sim::dnnguard
