#include "sim/accelerators/dnnguard/config.h"

#include <bit>

namespace sim::dnnguard {

namespace {

using base::ConfigReader;

constexpr ArrayGeometry kDefault = kNvLarge;

/// Sizes of NVDLA are powers of two.
std::uint32_t power(ConfigReader& in, const base::IntegerKey& key) {
  const std::uint32_t value = in.integer32(key);
  if (!std::has_single_bit(value)) in.fail(key.name, "must be a power of 2");
  return value;
}

ArrayGeometry read_array(ConfigReader& in) {
  ArrayGeometry a;
  a.rows = power(in, {.name = "rows",
                      .unit = "MAC cells",
                      .min = 1,
                      .max = 256,
                      .fallback = kDefault.rows,
                      .meaning = "MAC_ATOMIC_K: rows of the array; each computes one kernel"});
  a.lanes = power(in, {.name = "lanes",
                       .unit = "MACs",
                       .min = 4,
                       .max = 256,
                       .fallback = kDefault.lanes,
                       .meaning = "MAC_ATOMIC_C: products of a row in a cycle, one an input "
                                  "channel"});
  a.atom_bytes = power(in, {.name = "atom_bytes",
                            .unit = "bytes",
                            .min = 4,
                            .max = 128,
                            .fallback = kDefault.atom_bytes,
                            .meaning = "MEMORY_ATOMIC_SIZE: channels of a pixel that lie together "
                                       "in memory"});
  a.element_wise = in.flag("element_wise", kDefault.element_wise,
                           "stage EW of SDP is there, with its table of activations");
  return a;
}

void read_buffer(ConfigReader& in, ArrayGeometry& a) {
  a.banks = in.integer32({.name = "banks",
                          .unit = "banks",
                          .min = 2,
                          .max = 32,
                          .fallback = kDefault.banks,
                          .meaning = "CBUF_BANK_NUMBER: each holds data or weights"});
  a.bank_entries = power(in, {.name = "bank_entries",
                              .unit = "entries",
                              .min = 16,
                              .max = 65536,
                              .fallback = kDefault.bank_entries,
                              .meaning = "CBUF_BANK_DEPTH"});
  a.entry_bytes = power(in, {.name = "entry_bytes",
                             .unit = "bytes",
                             .min = 4,
                             .max = 512,
                             .fallback = kDefault.entry_bytes,
                             .meaning = "CBUF_BANK_WIDTH: what is read in a cycle; 1, 2 or 4 "
                                        "atoms"});
  const std::uint32_t atoms = a.entry_bytes / a.atom_bytes;
  if (atoms != 1 && atoms != 2 && atoms != 4) in.fail("entry_bytes", "must be 1, 2 or 4 atoms");
}

base::IntegerKey rate(std::string_view name, std::uint64_t fallback, std::string_view meaning) {
  return {.name = name,
          .unit = "elements/cycle",
          .min = 1,
          .max = 128,
          .fallback = fallback,
          .meaning = meaning};
}

void read_post_processing(ConfigReader& in, Config& c) {
  c.rates.sdp = power(in, rate("sdp_elements_per_cycle", kNvLargeRates.sdp,
                               "SDP_BS_THROUGHPUT: of stages BS and BN"));
  if (in.applies("ew_elements_per_cycle", c.array.element_wise, "array.element_wise is true")) {
    c.rates.ew = power(in, rate("ew_elements_per_cycle", kNvLargeRates.ew, "SDP_EW_THROUGHPUT"));
  }
  c.rates.pdp = power(in, rate("pdp_elements_per_cycle", kNvLargeRates.pdp, "PDP_THROUGHPUT"));
  c.rates.cdp = power(in, rate("cdp_elements_per_cycle", kNvLargeRates.cdp, "CDP_THROUGHPUT"));
  c.rates.sized_latency =
      in.integer32({.name = "sized_latency_cycles",
                    .unit = "cycles",
                    .min = 1,
                    .max = 4096,
                    .fallback = kNvLargeRates.sized_latency,
                    .meaning = "PRIMARY_MEMIF_LATENCY: latency for which the units' buffers are "
                               "sized, and so their reads in flight"});
  c.operand_beats =
      in.integer32({.name = "operand_beats",
                    .unit = "beats",
                    .min = 1,
                    .max = 65536,
                    .fallback = 256,
                    .meaning = "operands in flight to each stage of SDP behind a convolution"});
}

}  // namespace

MemoryConfig MemoryConfig::from(ConfigReader& in) {
  const auto interval = [&in](std::string_view name, std::string_view meaning) {
    return in.integer32(
        {.name = name, .unit = "cycles", .min = 1, .max = 1024, .fallback = 1, .meaning = meaning});
  };
  return {.latency_cycles = in.integer32({.name = "latency_cycles",
                                          .unit = "cycles",
                                          .min = 1,
                                          .max = 65536,
                                          .fallback = 100,
                                          .meaning = "from an accepted read to its beat"}),
          .bytes_per_cycle = in.integer32({.name = "bytes_per_cycle",
                                           .unit = "bytes/cycle",
                                           .min = 1,
                                           .max = 4096,
                                           .fallback = 32,
                                           .meaning = "of reads; a beat is as wide as the port"}),
          .read_interval_cycles = interval("read_interval_cycles", "between accepted reads"),
          .write_interval_cycles = interval("write_interval_cycles", "between accepted writes")};
}

Config Config::from(ConfigReader& in) {
  Config c;
  ConfigReader array = in.section("array", "rows of MAC cells");
  c.array = read_array(array);
  array.finish();
  ConfigReader buffer = in.section("buffer", "the convolution buffer");
  read_buffer(buffer, c.array);
  c.extra_weight_beats =
      buffer.integer32({.name = "extra_weight_beats",
                        .unit = "beats",
                        .max = 64,
                        .fallback = 0,
                        .meaning = "weights that are read beyond their banks before the read "
                                   "stops; 8 in nv_small"});
  buffer.finish();
  ConfigReader post = in.section("post_processing", "SDP, PDP and CDP");
  read_post_processing(post, c);
  post.finish();
  ConfigReader memory = in.section("memory", "the memory of cubes, weights and operands");
  c.array.beat_bytes = power(memory, {.name = "beat_bytes",
                                      .unit = "bytes",
                                      .min = 4,
                                      .max = 128,
                                      .fallback = kDefault.beat_bytes,
                                      .meaning = "width of the port (PRIMARY_MEMIF_WIDTH / 8)"});
  if (c.array.beat_bytes > c.array.atom_bytes) memory.fail("beat_bytes", "must be at most an atom");
  c.memory = MemoryConfig::from(memory);
  memory.finish();
  c.launch_cycles = in.integer32({.name = "launch_cycles",
                                  .unit = "cycles",
                                  .max = 1'000'000,
                                  .fallback = 0,
                                  .meaning = "from the interrupt of an operator to the enable of "
                                             "the next, whose registers are written by then"});
  return c;
}

ConvolutionMachine Config::convolution() const {
  return {.geometry = array,
          .sdp_elements = rates.sdp,
          .operand_beats = operand_beats,
          .excess_beats = extra_weight_beats};
}

ReadMemory Config::read_memory() const {
  return {.bytes_per_cycle = memory.bytes_per_cycle,
          .latency = memory.latency_cycles,
          .accept_interval = memory.read_interval_cycles};
}

UnitMemory Config::unit_memory() const {
  return {.latency = memory.latency_cycles,
          .read_interval = static_cast<std::uint32_t>(read_memory().interval(array.beat_bytes)),
          .write_interval = memory.write_interval_cycles};
}

}  // namespace sim::dnnguard
