#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/workload/network.h"

namespace sim::optimus {

/// Operators that run as one layer, in order of their layers; most are alone. Linear operators of
/// one phase that read the same input run as one when their results meet: Q and K in the same
/// scores, V in the values of those scores, or two factors in one multiply, each perhaps behind
/// split, rotary, activation or a norm of its own. Those that meet one of a group belong to it. A
/// group runs in place of its first.
std::vector<std::vector<std::uint32_t>> groups_of_shared_inputs(const workload::Network& model);

/// Every operator alone.
std::vector<std::vector<std::uint32_t>> single_operators(const workload::Network& model);

/// A name for each group: "a.b.q" and "a.b.k" become "a.b.q+k", "q" of "a" and "k" of "b" become
/// "a.q+b.k". One that the model or an earlier group has gets a number: "a.b.q+k (2)".
std::vector<std::string> names_of(const std::vector<std::vector<std::uint32_t>>& groups,
                                  const workload::Network& model);

}  // namespace sim::optimus
