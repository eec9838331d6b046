#pragma once

namespace sim::poetbin {

/// Stages of a column, as units of results.
inline constexpr const char* kColumnStages[] = {"read", "look_up", "mat1", "mat2", "scores"};
/// Stages of the fabric.
inline constexpr const char* kFabricStages[] = {"sequencer", "gather", "look_up", "write_back"};

}  // namespace sim::poetbin
