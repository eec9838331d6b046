#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/accelerators/dnnguard/assembler.h"
#include "sim/accelerators/dnnguard/program_check.h"
#include "sim/accelerators/dnnguard/token_flow.h"

/// The rules of program_check.h, group by group.
namespace sim::dnnguard {

struct ProgramFault {
  std::uint32_t line = 0;
  std::string what{};
};

/// Of each instruction alone: operands that the machine does not have.
void check_operands(const Program& program, const ProgramMachine& machine,
                    std::vector<ProgramFault>& faults);

/// Of tokens, without regard to the order: each is set by one network and taken by one.
void check_tokens(const Program& program, std::vector<ProgramFault>& faults);

/// Of layers: registers are written for each.
void check_layers(const Program& program, std::vector<ProgramFault>& faults);

/// Of what has to come before something else in every order. Operands have no faults.
void check_releases(const Program& program, const TokenFlow& flow,
                    std::vector<ProgramFault>& faults);
void check_shares(const Program& program, const ProgramMachine& machine, const TokenFlow& flow,
                  std::vector<ProgramFault>& faults);

}  // namespace sim::dnnguard
