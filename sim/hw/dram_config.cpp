#include "sim/hw/dram_config.h"

namespace sim::hw {

FixedDramConfig FixedDramConfig::from(base::ConfigReader& in) {
  return {
      .bytes_per_cycle = in.integer32({.name = "bytes_per_cycle",
                                       .unit = "bytes/cycle",
                                       .min = 1,
                                       .max = 65536,
                                       .fallback = 64,
                                       .meaning = "bandwidth"}),
      .latency_cycles = in.integer32({.name = "latency_cycles",
                                      .unit = "cycles",
                                      .max = 1048576,
                                      .fallback = 40,
                                      .meaning = "from the request to the first byte"}),
      .accept_interval_cycles = in.integer32({.name = "accept_interval_cycles",
                                              .unit = "cycles",
                                              .min = 1,
                                              .max = 1048576,
                                              .fallback = 1,
                                              .meaning = "from one request to the next"}),
  };
}

DramConfig DramConfig::from(base::ConfigReader& in) {
  DramConfig c{};
  c.kind = in.choice<DramKind>(
      "kind",
      {{"ideal", DramKind::kIdeal}, {"fixed", DramKind::kFixed}, {"banked", DramKind::kBanked}},
      DramKind::kFixed,
      "ideal: only the port takes time; fixed: latency and bandwidth; banked: channels, banks, "
      "rows and refresh");
  c.port = in.read_section<MemoryPortConfig>("port", "between the machine and the memory");
  c.fixed = kIdealDram;
  if (in.applies("fixed", c.kind == DramKind::kFixed, "kind is fixed")) {
    c.fixed = in.read_section<FixedDramConfig>("fixed", "latency and bandwidth");
  }
  if (in.applies("banked", c.kind == DramKind::kBanked, "kind is banked")) {
    c.banked = in.read_section<BankedDramConfig>("banked", "a DRAM with banks");
  }
  return c;
}

}  // namespace sim::hw
