#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "sim/accelerators/dnnguard/assembler.h"

namespace sim::dnnguard::test {

/// What every order in which a program can go leads to, found by trying all of them.
struct Interleavings {
  std::set<std::vector<std::uint32_t>> ends{};  // instructions of each network that have started
  std::set<std::uint32_t> early_releases{};     // that can start before a verdict, by index
  std::set<std::uint32_t> early_shares{};       // that can start before the bank is written
};

/// For few and short programs.
Interleavings explore(const Program& program, std::uint32_t networks, std::uint32_t slots);

}  // namespace sim::dnnguard::test
