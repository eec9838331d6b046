#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <string>
#include <systemc>

#include "sim/accelerators/optimus/program.h"
#include "sim/accelerators/optimus/run_record.h"
#include "sim/hw/scoreboard.h"
#include "sim/hw/unit_cycles.h"
#include "sim/hw/waiting_series.h"
#include "sim/stats/timeline.h"

namespace sim::optimus {

class Unit;
class CommandUnit;

/// What units share: the program, who waits for what, and where the first failure of a process is
/// kept (the kernel must not see exceptions).
struct Context {
  const Program& program;
  hw::Scoreboard& board;
  stats::Timeline* timeline = nullptr;
  std::exception_ptr failure = nullptr;
  // By UnitId; each unit lists itself when it is made. Null: the machine has none.
  std::array<Unit*, kUnits> units{};
  std::array<CommandUnit*, kUnits> executors{};  // null: executes no commands
};

/// What every unit does: it books each cycle that passes under one field of UnitCycles, says what
/// it is doing, and shows both on the timeline.
class Unit : public sc_core::sc_module {
 public:
  /// What it has counted.
  virtual UnitTotals totals() const { return {.cycles = book_.cycles()}; }
  /// What it is doing, for the report of a stuck run.
  const std::string& state() const { return state_; }
  /// Books the time since its last job as idle. Called once, when the run has ended.
  void finish() { book(&UnitCycles::idle); }

 protected:
  /// The name is one of kUnitNames; `queued`: what waits before it, in plural.
  Unit(const sc_core::sc_module_name& name, Context& context, const std::string& queued);

  /// All cycles up to now that are not booked yet; returns how many.
  std::uint64_t book(std::uint64_t UnitCycles::*field);
  UnitId id() const { return id_of(basename()); }
  /// Of a layer, since cycle `begin`.
  void draw_job(const Layer& layer, std::uint64_t begin);

  Context& context_;

 private:
  hw::CycleBook book_;

 protected:
  hw::WaitingSeries waiting_;
  std::string state_ = "idle";
};

}  // namespace sim::optimus
