#pragma once

#include "sim/accelerators/optimus/occupancy.h"
#include "sim/accelerators/optimus/stream.h"

namespace sim::optimus {

/// The stream of a block by one step a column and visit, for every window scope and for weights
/// from DRAM, without accumulator conflicts. A max-plus recurrence over columns j and ways p with n
/// entries there (missing terms are 0):
///   A[j] = max(A[j - B], R[j - D]) + 1            first beat that shows column j to the array
///   R[j] = max(1, last beat of columns 0 … j)     global window
///   R[j] = max over sets of L at columns <= j     own windows, D = the shared level's depth or 0
///   L    = last beat of the set up to its local_depth-th needed column before this one
///   V[j] = first beat that has the column's weights: ceil(arrival / tokens) + 1
///   E[p] = max(E[p], max(A[j], L + 1, V[j]) - 1) + n
/// A set's window whose places are freed at the begin has as L the beat of that column's first
/// entry instead, and with q pop beats L is q beats later (at the end), and a way with entries
/// before column j has max(E[p] + q, …) in place of max(E[p], …). In beats (`tokens` says only
/// which beat follows an arrival).
StreamCounts column_skip(const EncodedBlock& block, const Occupancy& occupancy,
                         const StreamConfig& config, std::uint32_t tokens,
                         const ColumnArrivals& arrivals);

}  // namespace sim::optimus
