#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/workload/kinds/nvdla_program/data_file.h"
#include "sim/workload/kinds/nvdla_program/decode.h"
#include "sim/workload/kinds/nvdla_program/register_file.h"
#include "sim/workload/kinds/nvdla_program/statement.h"
#include "sim/workload/nvdla_program.h"

namespace sim::workload::nvdla_program {

/// Goes through a program's statements in their order and says what happens: a layer runs as soon
/// as all units that take part are enabled, its interrupts come at once, and what an interrupt
/// checks is checked then.
class Sequencer {
 public:
  Sequencer(const std::string& file, const nvdla::Configuration& configuration);

  /// Throws WorkloadError or FileError "FILE:LINE: …".
  nvdla::Program run(const ProgramText& text);

 private:
  using Position = std::size_t;  // steps before it

  void act(const Statement& s);
  void write(const Statement& s);
  void ignore_register(const Statement& s, Unit unit);
  void write_register(const Statement& s, Unit unit, std::size_t index);
  void write_table(const Statement& s, Unit unit, std::uint16_t value);
  void enable(const Statement& s, Unit unit);
  void poll(const Statement& s);
  void fill(const Statement& s);
  void load(const Statement& s);
  void dump(const Statement& s);
  void notify(const Statement& s);
  void check(const Statement& s);
  void wait(const Statement& s);
  void check_events(const std::vector<Statement>& all) const;
  void check_finished() const;

  /// Runs what is ready; false when nothing is.
  bool run_layer();
  bool run_sdp();
  bool run_pdp();
  bool run_cdp();
  void finish_layer(const nvdla::Layer& decoded);
  void complete(Unit unit);
  void interrupt(const std::string& source);
  void forget_interrupts(Unit unit, std::uint32_t group);
  void signal(const std::string& event, Position at);
  bool ready(Unit unit) const { return registers_.at(unit).is_ready(); }
  bool all_ready(std::initializer_list<Unit> units) const;
  std::string waits_for() const;
  DecodeContext context();
  std::vector<nvdla::Step> ordered();

  nvdla::Program program_;
  DataFolder data_;
  Form form_ = Form::kStatements;
  RegisterFile registers_;
  std::set<std::string> ignored_;  // registers that are not known
  std::uint32_t line_ = 0;         // of the statement at hand
  // Interrupts by "SDP_0": where each came, and how many of them were waited for.
  std::map<std::string, std::vector<Position>> interrupts_;
  std::map<std::string, std::deque<Statement>> awaited_;  // intr_notify, first come first served
  std::map<std::string, std::size_t> notified_;
  std::map<std::string, Position> events_;
  std::map<std::string, std::vector<Statement>> open_checks_;  // by events that have not come
  std::vector<std::pair<Position, nvdla::CrcCheck>> checks_;
  std::size_t layers_ = 0;
  std::size_t interrupt_count_ = 0;
  std::size_t waits_ = 0;
};

}  // namespace sim::workload::nvdla_program
