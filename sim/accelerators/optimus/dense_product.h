#pragma once

#include <cstdint>
#include <vector>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/program.h"

namespace sim::optimus {

/// A stretch of an attention product whose results are handed on together: the scores of one head
/// in a decoding step, of one query position (all heads) otherwise.
struct DensePart {
  std::uint64_t compute = 0;          // in units of DenseProduct::compute_rate a cycle
  std::uint64_t fetch_elements = 0;   // of K or V
  std::uint64_t load_elements = 0;    // of queries or probabilities
  std::uint64_t copied_elements = 0;  // of these, taken by sets into windows of their own
  std::uint64_t macs = 0;
  std::uint64_t results = 0;
};

/// Q x K^T or A x V on the MACs. K and V rows act as weights without index, one element a MAC and
/// cycle. The product streams as fast as the slowest of three: the MACs, the K/V port, and the load
/// of the other operand:
///   part i is ready after max over the three of ceil(sum of amounts 0..i / rate) cycles.
/// One query position (decoding step): compute = products, rate = N: with the port C = ceil(t*d /
/// min(N, port)). Several: K/V elements are held for the tile of queries that the accumulators can
/// take; a query position takes
///   ceil(rows / floor(N/g)) * ceil(inner / g) cycles, rows = h*keys (scores) or d (values), inner
///   = d_k or keys, g = 1 if rows >= N, else min(m, floor(N / rows)) ways split the inner dimension
///   and their adder sums up.
/// Heads of queries that share a head of keys and values are, in a decoding step, held for like
/// query positions; in general each K/V element is fetched once for all of them.
/// Rows lie on the sets in order, equally many on each. A set with a window of its own takes the
/// operand of the heads of which it has rows.
struct DenseProduct {
  std::vector<DensePart> parts;
  std::uint64_t compute_rate = 1;  // per cycle
  std::uint64_t fetch_rate = 1;    // elements a cycle
  std::uint64_t load_rate = 1;     // elements a cycle
  // When load and computation are not matched: all of the other operand comes first, and parts load
  // nothing.
  std::uint64_t preload_elements = 0;
  std::uint64_t preload_cycles = 0;
  std::uint64_t latency_cycles =
      0;  // pipeline and adder, from the last product of a part to its results
};

/// Cuts a command of kind attention scores or attention values. One part only when nothing takes
/// parts.
DenseProduct dense_product(const Command& command, const Layer& layer, const Config& config);

/// Pairs of a set and a head of which it has rows, when `heads` of `head_rows` each lie on `sets`
/// one after the other.
std::uint64_t heads_of_sets(std::uint64_t heads, std::uint64_t head_rows, std::uint64_t sets);

}  // namespace sim::optimus
