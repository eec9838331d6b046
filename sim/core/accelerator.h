#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sim/base/config_reader.h"
#include "sim/base/memory.h"
#include "sim/core/cache.h"
#include "sim/core/engine.h"
#include "sim/core/roofline.h"
#include "sim/energy/activity.h"
#include "sim/stats/stats.h"
#include "sim/stats/timeline.h"
#include "sim/workload/network.h"
#include "sim/workload/workload.h"

namespace sim::core {

struct RunOptions {
  Engine engine = Engine::kSkip;
  bool values = true;  // compute values and compare them with the workload's reference
  std::optional<std::uint64_t> max_cycles;
  std::optional<stats::CycleWindow> timeline;
};

/// What a timeline holds at most, as data and as the text of its file.
constexpr std::uint64_t timeline_bytes() {
  constexpr std::uint64_t kSpanBytes = sizeof(stats::Span) + 256;
  return stats::TimelineLimits{}.spans * kSpanBytes;
}

/// Told now and then how far a run is; may throw base::Interrupted to end it.
class Progress {
 public:
  virtual ~Progress() = default;
  /// `done` of `total` units of work of the current stage, and the simulated cycles so far.
  virtual void update(std::string_view stage, std::uint64_t done, std::uint64_t total,
                      std::uint64_t cycles) = 0;
};

/// Name, unit and definition of a number that a run reports: a row of docs/metrics.md.
struct Metric {
  std::string name;  // the unit stands in the name where it is not a plain count
  std::string unit;
  std::string definition;
};

/// An empty text says that there is no value: empty in CSV, null in JSON.
using Cell = std::variant<std::uint64_t, double, std::string>;

inline Cell cell_if(bool there, Cell value) { return there ? std::move(value) : std::string(); }

/// One CSV file of a result: `name`.csv.
struct Table {
  std::string name;
  std::string definition;
  std::vector<Metric> columns;
  std::vector<std::vector<Cell>> rows;
};

/// What a value would be under other tables that are as good a choice.
struct Band {
  double low = 0;
  double high = 0;
};

struct Headline {
  Metric metric;
  Cell value;
  std::optional<Band> band{};
};

/// A metric that follows from the energy table: dynamic energy of one of `pieces` pieces of work,
/// in energies of one event of the table.
struct RelativeEnergy {
  Metric metric;
  std::string event;
  std::uint32_t width_bits = 0;
  std::uint64_t pieces = 1;
};

struct RunResult {
  std::uint64_t cycles = 0;
  std::vector<Headline> headlines;  // in the order in which a person wants to read them
  std::vector<Table> tables;        // layers, units, stalls, sentences, …
  stats::Tree stats;
  std::vector<energy::Activity> activities;  // what the energy table prices
  std::vector<energy::StaticPart> static_parts;
  std::vector<energy::LogicPart> logic_parts;  // with the static parts, what takes room
  std::optional<RelativeEnergy> relative_energy;
  std::optional<Roofline> roofline;  // none: the machine states no peak
  stats::TimelineData timeline;      // empty when no window was asked for
  std::vector<std::string> notes;    // what was not timed, not compared, left to the host
};

/// Events and parts that an energy table has to have prices for. Counts of events and cycles are 0;
/// the parts are all that the area of the machine is made of.
struct Priced {
  std::vector<energy::Activity> activities;
  std::vector<energy::StaticPart> static_parts;
  std::vector<energy::LogicPart> logic_parts{};
};

/// A file of generated SystemVerilog, its bench or its data; `name` has no folder.
struct SourceFile {
  std::string name;
  std::string content;
};

/// Told of all that work holds beside the workload, with what it is about to make; throws
/// base::MemoryError when that is more than it may have.
using MemoryCheck = std::function<void(const base::MemoryNeed&)>;

/// One configured machine.
class Design {
 public:
  virtual ~Design() = default;

  /// What a mapping of a workload to this machine depends on, as text: designs with equal texts map
  /// alike. Empty: there is nothing to share.
  virtual std::string mapping() const { return {}; }

  /// Maps the workload ahead of check() and run(), or takes the mapping from `mappings` when a
  /// design that maps alike left it there; to be used for one workload only. Without this call both
  /// map it themselves. Throws as check() does, and what `check` does.
  virtual void prepare(const workload::Workload& /*workload*/, const RunOptions& /*options*/,
                       Cache& /*mappings*/, const MemoryCheck& /*check*/) {}

  /// What prepare() and run() will hold beside the workload, estimated from shapes before anything
  /// of it is made: a bound from above, but from below of what prepare() asks for once it knows
  /// more.
  virtual base::MemoryNeed memory(const workload::Workload& workload,
                                  const RunOptions& options) const = 0;

  /// Refuses a workload that this machine cannot run (WorkloadError, ConfigError). run() refuses
  /// the same ones; what passes here runs.
  virtual void check(const workload::Workload& workload) const = 0;

  /// What a run with these options has the energy table price, whatever the counts turn out to be.
  virtual Priced priced(const workload::Workload& /*workload*/,
                        const RunOptions& /*options*/) const {
    return {};
  }

  /// Keys that are given and change nothing here, each as a sentence for people: which, and why.
  virtual std::vector<std::string> idle_keys(const workload::Workload& /*workload*/,
                                             const RunOptions& /*options*/) const {
    return {};
  }

  /// Simulates the workload. One call a process: a SystemC kernel lives once.
  virtual RunResult run(const workload::Workload& workload, const RunOptions& options,
                        Progress& progress) const = 0;

  /// The machine in SystemVerilog with this workload's program and vectors, and a test bench that
  /// replays them; base::ConfigError for a machine or a variant that has none.
  virtual std::vector<SourceFile> rtl(const workload::Workload& workload) const;
};

inline std::vector<SourceFile> Design::rtl(const workload::Workload& /*workload*/) const {
  throw base::ConfigError("this machine has no SystemVerilog");
}

/// One kind of machine: a folder of sim/accelerators.
class Accelerator {
 public:
  virtual ~Accelerator() = default;

  /// The value of `accelerator:` in an architecture file, and the name of the machine's block in
  /// it.
  virtual std::string_view name() const = 0;
  virtual std::string_view description() const = 0;

  /// Operators of networks for which the machine has a unit, whatever its configuration.
  virtual std::vector<workload::OperatorKind> operators() const { return {}; }

  /// Reads the machine's block; its clock stands beside the block, for machines with a part that
  /// has another one. Under ConfigReader::describe() this documents its keys.
  virtual std::unique_ptr<Design> configure(base::ConfigReader& block, double clock_mhz) const = 0;

  /// Columns, headlines and counters of a result, for the metrics dictionary; rows are empty.
  virtual RunResult describe_result() const = 0;
};

}  // namespace sim::core
