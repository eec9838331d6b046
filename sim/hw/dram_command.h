#pragma once

#include <cstdint>

#include "sim/hw/dram_address.h"

namespace sim::hw {

enum class DramCommandKind { kActivate, kPrecharge, kPrechargeAll, kRead, kWrite, kRefresh };

constexpr bool is_transfer(DramCommandKind kind) {
  return kind == DramCommandKind::kRead || kind == DramCommandKind::kWrite;
}

/// A command to the banks of `place`; to all banks of its rank: kPrechargeAll, kRefresh.
struct DramCommand {
  DramCommandKind kind;
  DramPlace place;
};

/// What a channel's command bus carried.
struct IssuedCommand {
  std::uint64_t clock;
  DramCommand command;
};

}  // namespace sim::hw
