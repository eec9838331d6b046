#include "sim/accelerators/dnnguard/program_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/accelerators/dnnguard/program_rules.h"
#include "sim/accelerators/dnnguard/token_flow.h"

namespace sim::dnnguard {
namespace {

/// Only programs whose operands and tokens are right have one outcome.
void check_orders(const Program& program, const ProgramMachine& machine,
                  std::vector<ProgramFault>& faults) {
  const TokenFlow flow = flow_of(program, machine.networks, machine.issue_slots);
  for (const Standstill& standstill : flow.standstills) {
    faults.push_back({program.instructions[standstill.instruction].line, standstill.why});
  }
  check_releases(program, flow, faults);
  check_shares(program, machine, flow, faults);
}

}  // namespace

std::vector<std::string> faults_of(const Program& program, const ProgramMachine& machine) {
  std::vector<ProgramFault> faults;
  check_operands(program, machine, faults);
  check_tokens(program, faults);
  if (faults.empty()) check_orders(program, machine, faults);
  check_layers(program, faults);
  std::ranges::stable_sort(faults, {}, &ProgramFault::line);
  std::vector<std::string> messages;
  messages.reserve(faults.size());
  for (const ProgramFault& fault : faults) {
    messages.push_back(fmt::format("{}:{}: {}", program.file, fault.line, fault.what));
  }
  return messages;
}

}  // namespace sim::dnnguard
