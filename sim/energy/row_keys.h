#pragma once

#include <string_view>

#include "sim/base/config_reader.h"

namespace sim::energy {

// Keys that rows of energies and of areas have in common.

inline constexpr base::IntegerKey kNode = {.name = "node_nm",
                                           .unit = "nm",
                                           .min = 1,
                                           .max = 1000,
                                           .fallback = {},
                                           .meaning = "technology node of the value"};
inline constexpr base::IntegerKey kScaledFrom = {
    .name = "scaled_from_nm",
    .unit = "nm",
    .max = 1000,
    .fallback = 0,
    .meaning =
        "node of the published figure that the value was scaled from; 0: a figure of "
        "node_nm itself"};
inline constexpr std::string_view kSourceMeaning = "publication of the figure";

}  // namespace sim::energy
