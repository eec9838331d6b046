#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/accelerators/dnnguard/assembler.h"
#include "sim/accelerators/dnnguard/instruction_fields.h"

namespace sim::dnnguard {

constexpr std::uint32_t kMaxNetworks = 1U << kNetBits;

/// How many instructions of each network are sure to come before: the first so many.
using Past = std::array<std::uint32_t, kMaxNetworks>;

/// A network that stands still for ever.
struct Standstill {
  std::uint32_t instruction = 0;  // of the program, that does not start
  std::string why{};              // "network 0 waits for token 2, which …"
};

/// What becomes of a program if every operation ends at some time.
///
/// Instructions are fetched in order into the issue slots of their network and start in order
/// within it. One starts when all tokens that it takes are there and those that it sets are not, or
/// are taken by itself; it waits until then. Where only one network sets a token and only one takes
/// it, no instruction that may start can be kept from it by another: whatever starts first, the
/// same ones start in the end.
struct TokenFlow {
  std::vector<std::optional<Past>> past{};  // of each instruction; nothing: it never starts
  std::vector<Standstill> standstills{};    // one for each network that does not come to its end
};

/// All networks are below `networks`; `slots` is at least 1.
TokenFlow flow_of(const Program& program, std::uint32_t networks, std::uint32_t slots);

}  // namespace sim::dnnguard
