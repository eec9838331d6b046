#pragma once

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "sim/accelerators/dnnguard/unit_counters.h"
#include "sim/accelerators/dnnguard/unit_timing.h"
#include "sim/workload/nvdla_layer.h"

namespace sim::dnnguard::testing {

/// A configuration of nvdla/hw.
struct UnitConfiguration {
  ArrayGeometry geometry = kNvSmall;
  UnitRates rates = kNvSmallRates;
};
UnitConfiguration configuration(const std::string& name);

/// A line of a file of rtl_rows/.
struct RtlRow {
  std::map<std::string, std::string> cells;

  std::string text(const std::string& column) const { return cells.at(column); }
  /// -1: not recorded.
  std::int64_t number(const std::string& column) const;
  std::uint32_t count(const std::string& column) const;
};

std::vector<RtlRow> rtl_rows(const std::string& file);

/// Of units-stand-alone.csv.
struct UnitRow : RtlRow {
  workload::nvdla::Layer layer;
  UnitMemory memory;
};

std::vector<UnitRow> unit_rows();

/// Writes what the RTL and the model say to the file that LOCKSTEP_UNIT_ROWS names, if it is set: a
/// CSV of all rows and quantities. Each test that compares writes its own rows behind.
class UnitReport {
 public:
  UnitReport();
  void add(const RtlRow& row, const UnitMemory& memory, const std::string& quantity,
           std::int64_t rtl, std::int64_t model);

 private:
  std::ofstream out_;
};

/// What a row allows: the larger of 1 % and 8 cycles, for those marked inexact 1 %.
bool near(std::int64_t rtl, std::int64_t model, bool inexact = false);

/// The skip engines on a stand-alone layer.
UnitCounters skipped(const workload::nvdla::Layer& layer, const UnitConfiguration& on,
                     const UnitMemory& memory);

}  // namespace sim::dnnguard::testing
