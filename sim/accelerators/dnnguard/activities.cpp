#include "sim/accelerators/dnnguard/activities.h"

#include <string>

#include "sim/base/math.h"

namespace sim::dnnguard {

namespace {

using energy::Activity;
using energy::LogicPart;
using energy::MemoryShape;
using energy::StaticPart;

const std::string kArray = "mac_array";
const std::string kBuffer = "convolution_buffer";
const std::string kAccumulator = "accumulator";

constexpr std::uint32_t kSumBits = 34;     // of int8 (nvdla/hw, CACC)
constexpr std::uint32_t kWordBits = 32;    // of SDP
constexpr std::uint32_t kTableBits = 16;   // of look-up tables
constexpr std::uint32_t kEntriesRead = 4;  // two neighbours in each of two tables
constexpr std::uint64_t kTableBytes = 2 * std::uint64_t{65 + 257};
// Squares and products of CDP an element: its square, the interpolation of two tables, the product
// with the element, two converters; sums: those of up to nine squares, of interpolation and
// offsets.
constexpr std::uint64_t kCdpProducts = 6;
constexpr std::uint64_t kCdpSums = 14;
// Of PDP's line buffer: assumed.
constexpr std::uint64_t kPoolLineBytes = 7168;

MemoryShape buffer_of(const ArrayGeometry& a) {
  return {.bank_bytes = a.bank_bytes(), .width_bits = a.entry_bytes * 8, .banks = a.banks};
}

/// Partial sums of a stripe, a bank a row.
MemoryShape sums_of(const ArrayGeometry& a) {
  const std::uint64_t stripe = std::uint64_t{2} * a.rows;
  return {
      .bank_bytes = base::ceil_div(stripe * kSumBits, 8), .width_bits = kSumBits, .banks = a.rows};
}

MemoryShape table() { return {.bank_bytes = kTableBytes, .width_bits = kTableBits}; }
MemoryShape pool_lines() { return {.bank_bytes = kPoolLineBytes, .width_bits = kWordBits}; }

void add_array(std::vector<Activity>& all, const LayerCounts& c, const ArrayGeometry& a) {
  all.push_back(energy::events(kArray, "macs", "multiply", c.macs, 8));
  all.push_back(energy::events(kArray, "macs", "add", c.macs - c.partial_sums, kWordBits));
  all.push_back(energy::events(kArray, "weight_loads", "register", c.weight_loads * a.lanes, 8));
}

void add_buffer(std::vector<Activity>& all, const LayerCounts& c, const LayerBeats& beats,
                const ArrayGeometry& a) {
  const std::uint64_t fetched = (beats.inputs + beats.weights) * a.beat_bytes;
  const MemoryShape shape = buffer_of(a);
  all.push_back(
      energy::accesses(kBuffer, "atomic_operations", "sram_read", c.atomic_operations, shape));
  all.push_back(energy::accesses(kBuffer, "weight_loads", "sram_read", c.weight_loads, shape));
  all.push_back(energy::accesses(kBuffer, "writes", "sram_write",
                                 base::ceil_div(fetched, a.entry_bytes), shape));
}

void add_accumulator(std::vector<Activity>& all, const LayerCounts& c, const ArrayGeometry& a) {
  const MemoryShape shape = sums_of(a);
  all.push_back(energy::accesses(kAccumulator, "partial_sums", "sram_read", c.partial_sums, shape));
  all.push_back(
      energy::accesses(kAccumulator, "partial_sums", "sram_write", c.partial_sums, shape));
  all.push_back(energy::events(kAccumulator, "partial_sums", "add", c.partial_sums, kSumBits));
}

void add_units(std::vector<Activity>& all, const LayerCounts& c, const Config& config) {
  all.push_back(energy::events("sdp", "sdp_products", "multiply", c.sdp_products, kWordBits));
  all.push_back(energy::events("sdp", "sdp_sums", "add", c.sdp_sums, kWordBits));
  if (config.array.element_wise) {
    all.push_back(energy::accesses("sdp", "sdp_look_ups", "sram_read",
                                   c.sdp_look_ups * kEntriesRead, table()));
  }
  all.push_back(energy::events("pdp", "pdp_operations", "add", c.pdp_operations, kWordBits));
  all.push_back(energy::accesses("pdp", "pdp_elements", "sram_read", c.pdp_elements, pool_lines()));
  all.push_back(
      energy::accesses("pdp", "pdp_elements", "sram_write", c.pdp_elements, pool_lines()));
  all.push_back(
      energy::events("cdp", "cdp_elements", "multiply", c.cdp_elements * kCdpProducts, kWordBits));
  all.push_back(energy::events("cdp", "cdp_elements", "add", c.cdp_elements * kCdpSums, kWordBits));
  all.push_back(
      energy::accesses("cdp", "cdp_elements", "sram_read", c.cdp_elements * kEntriesRead, table()));
}

}  // namespace

std::vector<Activity> activities(const LayerCounts& counts, const LayerBeats& beats,
                                 const Config& config) {
  std::vector<Activity> all;
  add_array(all, counts, config.array);
  add_buffer(all, counts, beats, config.array);
  add_accumulator(all, counts, config.array);
  add_units(all, counts, config);
  const std::uint64_t bytes = (beats.reads() + beats.outputs) * config.array.beat_bytes;
  all.push_back(energy::events("memory", "bytes", "dram", bytes, 8));
  return all;
}

std::vector<StaticPart> static_parts(const Config& config, std::uint64_t cycles) {
  const ArrayGeometry& a = config.array;
  const std::uint64_t weights = std::uint64_t{2} * a.rows * a.lanes * 8;
  const std::uint64_t sums = std::uint64_t{a.rows} * kWordBits;
  std::vector<StaticPart> parts = {{kArray, {}, weights + sums, cycles},
                                   {kBuffer, buffer_of(a), 0, 0},
                                   {kAccumulator, sums_of(a), 0, 0},
                                   {"pdp", pool_lines(), 0, 0},
                                   {"cdp", table(), 0, 0}};
  if (a.element_wise) parts.push_back({"sdp", table(), 0, 0});
  return parts;
}

std::vector<LogicPart> logic_parts(const Config& config) {
  const ArrayGeometry& a = config.array;
  const std::uint64_t macs = std::uint64_t{a.rows} * a.lanes;
  const UnitRates& rates = config.rates;
  // Stages BS and BN and the converter, each with a product and a sum.
  const std::uint64_t stages = std::uint64_t{3} * rates.sdp + std::uint64_t{2} * rates.ew;
  return {energy::logic(kArray, "products", "multiply", 8, macs),
          energy::logic(kArray, "sums of a cell", "add", kWordBits, macs - a.rows),
          energy::logic(kAccumulator, "sums", "add", kSumBits, a.rows),
          energy::logic("sdp", "products", "multiply", kWordBits, stages),
          energy::logic("sdp", "sums", "add", kWordBits, stages),
          energy::logic("pdp", "sums", "add", kWordBits, std::uint64_t{2} * rates.pdp),
          energy::logic("cdp", "products", "multiply", kWordBits, kCdpProducts * rates.cdp),
          energy::logic("cdp", "sums", "add", kWordBits, kCdpSums * rates.cdp)};
}

}  // namespace sim::dnnguard
