#include "sim/accelerators/poetbin/conservation.h"

#include <string_view>

#include "sim/base/check.h"

namespace sim::poetbin {
namespace {

const StageCycles& cycles_of(const RunRecord& record, std::string_view unit) {
  for (const StageRow& row : record.units) {
    if (row.unit == unit) return row.cycles;
  }
  SIM_CHECK(false, "no unit '{}'", unit);
}

void check_busy(const RunRecord& record, std::string_view unit, std::uint64_t of_sample) {
  const std::uint64_t expected = base::checked_mul(record.samples.samples, of_sample);
  const std::uint64_t busy = cycles_of(record, unit).busy;
  SIM_CHECK(busy == expected, "{}: busy in {} cycles, {} samples take {} each", unit, busy,
            record.samples.samples, of_sample);
}

void check_columns(const RunRecord& record, const ColumnsProgram& columns) {
  const std::uint64_t steps = std::uint64_t{columns.rounds} * columns.neurons_per_class;
  for (const char* unit : {"read", "look_up", "mat1", "mat2"}) check_busy(record, unit, steps);
  check_busy(record, "scores", columns.rounds);
}

void check_fabric(const RunRecord& record, const FabricProgram& fabric) {
  for (const char* unit : {"sequencer", "gather", "look_up", "write_back"}) {
    check_busy(record, unit, fabric.slots.size());
  }
  std::uint64_t lost = 0;
  for (const Slot& slot : fabric.slots) lost += slot.gather_cycles - 1;
  const std::uint64_t expected = base::checked_mul(record.samples.samples, lost);
  const std::uint64_t counted = cycles_of(record, "gather").bank_conflicts;
  SIM_CHECK(counted == expected, "gather: {} cycles of bank conflicts, {} expected", counted,
            expected);
}

void check_evaluations(const Program& program) {
  if (program.groups.empty()) return;  // in space every LUT stands for itself
  std::uint64_t evaluations = 0;
  for (const LaneGroup& group : program.groups) evaluations += group.evaluations();
  SIM_CHECK(evaluations == program.luts.luts(), "{} table reads a sample, the program has {} LUTs",
            evaluations, program.luts.luts());
}

}  // namespace

void check_conservation(const Program& program, const RunRecord& record) {
  SIM_CHECK(record.samples.samples == program.stream.samples, "{} samples in, {} out",
            program.stream.samples, record.samples.samples);
  core::check_cycles(unit_records(record), record.cycles);
  check_busy(record, "source", program.stream.load_words);
  check_busy(record, "sink", 1);
  if (program.columns) check_columns(record, *program.columns);
  if (program.fabric) check_fabric(record, *program.fabric);
  check_evaluations(program);
}

}  // namespace sim::poetbin
