#include "sim/accelerators/optimus/dense_product.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "sim/accelerators/optimus/local_window.h"
#include "sim/base/math.h"

namespace sim::optimus {
namespace {

using workload::OperatorKind;

struct Shape {
  std::uint64_t rows;   // outputs of a query position
  std::uint64_t inner;  // products an output; as many elements of the operand a head
};

Shape shape_of(const Layer& layer, std::uint64_t keys) {
  if (layer.kind == OperatorKind::kAttentionScores) {
    return {layer.heads * keys, layer.head_size};
  }
  return {std::uint64_t{layer.heads} * layer.head_size, keys};
}

std::uint64_t cycles_of_position(const Shape& s, const MacArrayConfig& array) {
  const std::uint64_t n = array.macs;
  const std::uint64_t g = s.rows >= n ? 1 : std::min<std::uint64_t>(array.sparse.ways, n / s.rows);
  return base::ceil_div(s.rows, n / g) * base::ceil_div(s.inner, g);
}

/// Query positions for which a K/V element is held: each takes as many accumulators as its MAC has
/// rows.
std::uint64_t hold_tile(const Shape& s, const MacArrayConfig& array) {
  if (!array.weight_hold) return 1;
  const std::uint64_t rows_per_mac = base::ceil_div(s.rows, array.macs);
  return std::max<std::uint64_t>(1, array.accumulators_per_mac / rows_per_mac);
}

/// Elements that sets take of an operand with so many a head.
std::uint64_t copies(const Config& config, std::uint64_t heads, std::uint64_t head_rows,
                     std::uint64_t head_elements) {
  if (local_depth(config.window) == 0) return 0;
  return heads_of_sets(heads, head_rows, config.mac_array.sets()) * head_elements;
}

/// A decoding step: heads one after the other, each on all MACs; those of a group take the K/V
/// elements that are held for them.
void cut_by_head(const Command& c, const Layer& layer, const Config& config,
                 DenseProduct& product) {
  const Shape s = shape_of(layer, c.keys);
  const std::uint64_t rows = s.rows / layer.heads;
  const std::uint32_t group = layer.heads / layer.kv_heads;
  const std::uint64_t tile = hold_tile({rows, s.inner}, config.mac_array);
  for (std::uint32_t head = 0; head < layer.heads; ++head) {
    const std::uint64_t elements = std::uint64_t{c.keys} * layer.head_size;
    product.parts.push_back({.compute = elements,
                             .fetch_elements = head % group % tile == 0 ? elements : 0,
                             .load_elements = s.inner,
                             .copied_elements = copies(config, 1, rows, s.inner),
                             .macs = elements,
                             .results = rows});
  }
}

void cut_by_query(const Command& c, const Layer& layer, const Config& config,
                  DenseProduct& product) {
  const MacArrayConfig& array = config.mac_array;
  const std::uint64_t tile = hold_tile(shape_of(layer, c.keys), array);
  for (std::uint32_t query = 0; query < c.tokens; ++query) {
    const std::uint64_t keys = keys_of_query(c, layer, query);
    const Shape s = shape_of(layer, keys);
    const std::uint64_t kv = std::uint64_t{c.keys} * layer.kv_heads * layer.head_size;
    product.parts.push_back(
        {.compute = cycles_of_position(s, array),
         .fetch_elements = query % tile == 0 ? kv : 0,
         .load_elements = layer.heads * s.inner,
         .copied_elements = copies(config, layer.heads, s.rows / layer.heads, s.inner),
         .macs = s.rows * s.inner,
         .results = s.rows});
  }
}

DensePart sum_of(const std::vector<DensePart>& parts) {
  DensePart sum;
  for (const DensePart& p : parts) {
    sum.compute += p.compute;
    sum.fetch_elements += p.fetch_elements;
    sum.load_elements += p.load_elements;
    sum.copied_elements += p.copied_elements;
    sum.macs += p.macs;
    sum.results += p.results;
  }
  return sum;
}

}  // namespace

std::uint64_t heads_of_sets(std::uint64_t heads, std::uint64_t head_rows, std::uint64_t sets) {
  const std::uint64_t rows = heads * head_rows;
  const std::uint64_t of_set = base::ceil_div(rows, sets);
  // A set's rows are of one head more for each head that begins within them.
  const std::uint64_t between_sets = (heads - 1) / (of_set / std::gcd(of_set, head_rows));
  return base::ceil_div(rows, of_set) + (heads - 1) - between_sets;
}

DenseProduct dense_product(const Command& command, const Layer& layer, const Config& config) {
  const MacArrayConfig& array = config.mac_array;
  DenseProduct product;
  product.compute_rate = command.tokens == 1 ? array.macs : 1;
  product.fetch_rate = config.kv_port();
  product.load_rate = config.window.load_width_elements_per_cycle;
  product.latency_cycles = array.pipeline_depth_cycles - 1 + 1 + base::ceil_log2(array.sparse.ways);
  if (command.tokens == 1) {
    cut_by_head(command, layer, config, product);
  } else {
    cut_by_query(command, layer, config, product);
  }
  if (!config.load_compute_matching) {
    product.preload_elements = sum_of(product.parts).load_elements;
    product.preload_cycles = base::ceil_div(product.preload_elements, product.load_rate);
    for (DensePart& p : product.parts) p.load_elements = 0;
  }
  const bool by_parts = layer.kind == OperatorKind::kAttentionScores &&
                        config.load_compute_matching && config.post.softmax_overlap;
  if (!by_parts) product.parts = {sum_of(product.parts)};
  return product;
}

}  // namespace sim::optimus
