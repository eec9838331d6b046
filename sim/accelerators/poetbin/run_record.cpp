#include "sim/accelerators/poetbin/run_record.h"

#include <string_view>

namespace sim::poetbin {
namespace {

constexpr std::string_view kUnit = "cycles";

constexpr stats::Field<StageCycles> kFields[] = {
    {"busy_cycles", kUnit, "cycles in which the unit worked on a sample", &StageCycles::busy},
    {"input_wait_cycles", kUnit, "cycles in which it waited for the results of the level before",
     &StageCycles::input_waits},
    {"output_wait_cycles", kUnit,
     "cycles in which it held still because the unit after it, in the end the sink, took nothing",
     &StageCycles::output_waits},
    {"bank_conflict_cycles", kUnit,
     "cycles in which a slot's further reads of a bank of the bit file held it",
     &StageCycles::bank_conflicts},
    {"idle_cycles", kUnit, "cycles in which it had no work", &StageCycles::idle},
};

}  // namespace

std::span<const stats::Field<StageCycles>> stage_cycle_fields() { return kFields; }

void SampleLog::add(const SampleTimes& times) {
  if (samples++ == 0) first_delivered = times.delivered;
  if (times.delivered < limit) ++in_time;
  last_delivered = times.delivered;
  latency_sum += times.latency();
  latency_min = std::min(latency_min, times.latency());
  latency_max = std::max(latency_max, times.latency());
  if (kept.size() < kKept) kept.push_back(times);
}

std::vector<core::UnitRecord> unit_records(const RunRecord& record) {
  std::vector<core::UnitRecord> units;
  units.reserve(record.units.size());
  for (const StageRow& row : record.units) {
    units.push_back(core::unit_record(row.unit, row.cycles, stage_cycle_fields()));
  }
  return units;
}

}  // namespace sim::poetbin
