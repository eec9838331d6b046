#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/hw/banked_dram_config.h"

namespace sim::hw::memory_test {

/// A command as the judge sees it. Kinds: A(CT), P(RE), a(ll banks: PREA), R(D), W(R), F (REF).
struct Command {
  std::int64_t clock;
  char kind;
  std::uint32_t rank, group, bank, row, column;
};

/// Clocks that the standard wants from `first` to `second`, for each pair of commands of a channel;
/// 0 when it wants nothing.
std::int64_t gap(const BankedDramConfig& config, const Command& first, const Command& second);

/// The first clock in which a command may come, by each pair with what came before and by the
/// activations of its rank.
std::int64_t earliest(const BankedDramConfig& config, const std::vector<Command>& history,
                      const Command& command);

/// What is wrong with the commands of a channel up to clock `end`: times between any two, states of
/// banks, more than four activations in tFAW, two users of the data bus, refreshes that are missing
/// or late. Empty: nothing.
std::string first_fault(const BankedDramConfig& config, const std::vector<Command>& commands,
                        std::int64_t end);

}  // namespace sim::hw::memory_test
