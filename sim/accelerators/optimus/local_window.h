#pragma once

#include <cstdint>
#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/sparse_format.h"

namespace sim::optimus {

/// The columns in which each set has entries, in order: what its own window level has to keep.
std::vector<std::vector<std::uint32_t>> needed_columns(const EncodedBlock& block);
/// How many they are, all sets together.
std::uint64_t count_needed_columns(const EncodedBlock& block);

/// Columns that a set keeps; 0 with a global window, which has no level of the sets' own.
constexpr std::uint32_t local_depth(const InputWindow& window) {
  switch (window.scope) {
    case WindowScope::kPerSet:
      return window.columns;
    case WindowScope::kTwoLevel:
      return window.local_columns;
    case WindowScope::kGlobal:
      break;
  }
  return 0;
}

/// Columns that the level shared by all sets holds; 0 when there is none.
constexpr std::uint32_t shared_depth(const InputWindow& window) {
  return window.scope == WindowScope::kPerSet ? 0 : window.columns;
}

}  // namespace sim::optimus
