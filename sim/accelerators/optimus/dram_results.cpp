#include "sim/accelerators/optimus/dram_results.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "sim/base/check.h"
#include "sim/base/rng.h"
#include "sim/core/ratios.h"
#include "sim/hw/clock_ratio.h"

namespace sim::optimus {
namespace {

using core::Cell;

bool has_banks(const Config& config) { return config.memories.dram.kind == hw::DramKind::kBanked; }

/// Clocks of a channel that begin in the run.
std::uint64_t clocks_of(const DramRecord& record, const Config& config) {
  if (!has_banks(config)) return record.cycles;
  return hw::ClockRatio(config.clock_mhz, config.memories.dram.banked.clock_mhz)
      .first_clock(record.cycles);
}

std::uint64_t channels_of(const Config& config) {
  return has_banks(config) ? config.memories.dram.banked.channels : 1;
}

/// `cycles` is a part of `all`.
template <class Counts>
core::UnitRecord unit_record(std::string_view unit, const Counts& counts,
                             std::span<const stats::Field<Counts>> all,
                             std::span<const stats::Field<Counts>> cycles) {
  core::UnitRecord record = core::unit_record(unit, counts, cycles);
  const auto before = static_cast<std::size_t>(cycles.data() - all.data());
  stats::append(record.counters, counts, all.first(before));
  stats::append(record.counters, counts, all.subspan(before + cycles.size()));
  return record;
}

/// Cycles of the run, as the clocks of a DRAM's channels went.
struct DramCycles {
  std::uint64_t busy = 0;
  std::uint64_t refresh_waits = 0;
  std::uint64_t timing_waits = 0;
  std::uint64_t idle = 0;
};

constexpr stats::Field<DramCycles> kDramCycles[] = {
    {"busy_cycles", "cycles", "cycles in which data moved", &DramCycles::busy},
    {"refresh_wait_cycles", "cycles",
     "dram: cycles without data in which the ranks of all queued bursts were refreshed or about to "
     "be; mean of its channels",
     &DramCycles::refresh_waits},
    {"timing_wait_cycles", "cycles",
     "dram: cycles without data in which queued bursts waited otherwise; mean of its channels",
     &DramCycles::timing_waits},
    {"idle_cycles", "cycles", "cycles in which nothing was queued", &DramCycles::idle},
};

/// Shares of clocks as shares of as many cycles as `all` clocks are.
DramCycles as_cycles(const hw::DramCounts& c, std::uint64_t all, std::uint64_t cycles) {
  std::uint64_t clocks = 0;
  std::uint64_t given = 0;
  const auto share = [&](std::uint64_t more) {
    clocks += more;
    const auto until =
        all > 0 ? static_cast<std::uint64_t>(base::uint128{clocks} * cycles / all) : 0;
    return until - std::exchange(given, until);
  };
  return {.busy = share(c.data_clocks),
          .refresh_waits = share(c.refresh_wait_clocks),
          .timing_waits = share(c.timing_wait_clocks),
          .idle = share(c.idle_clocks)};
}

std::vector<core::Metric> dram_columns() {
  return {{"requests", "requests", "reads that the DMA asked for"},
          {"bytes", "bytes", "bytes of these reads"},
          {"bytes_per_cycle", "bytes/cycle", "bytes / cycles of the run"},
          {"peak_bytes_per_cycle", "bytes/cycle",
           "what port and memory can move in a cycle, whatever is asked of them"},
          {"peak_percent", "%", "bytes_per_cycle / peak_bytes_per_cycle"},
          {"row_hits", "bursts", "bursts for which no row had to be opened; empty: no rows"},
          {"row_misses", "bursts", "bursts for which a row was opened in a closed bank"},
          {"row_conflicts", "bursts", "bursts for which another row had to be closed first"},
          {"row_hit_percent", "%", "row_hits / bursts"},
          {"mean_queue", "bursts",
           "bursts queued in a channel, or requests inside of a memory without banks, on average "
           "over its clocks"},
          {"refresh_percent", "%", "of the clocks of all ranks, those within tRFC of a refresh"}};
}

}  // namespace

double dram_peak(const Config& config) {
  const hw::DramConfig& d = config.memories.dram;
  const auto port = static_cast<double>(d.port.bytes_per_cycle);
  if (!has_banks(config)) return std::min(port, static_cast<double>(d.fixed.bytes_per_cycle));
  const auto bytes_per_us =
      static_cast<double>(d.banked.peak_bytes_per_clock() * d.banked.clock_mhz);
  return std::min(port, bytes_per_us / config.clock_mhz);
}

core::UnitRecord dma_record(const DramRecord& record) {
  return unit_record("dma", record.dma, hw::dma_fields(), hw::dma_cycle_fields());
}

core::UnitRecord dram_record(const DramRecord& record) {
  return unit_record("dram", record.dram, hw::dram_fields(), hw::dram_clock_fields());
}

std::vector<core::UnitRecord> dram_cycle_records(const DramRecord& record, const Config& config) {
  const std::uint64_t clocks = channels_of(config) * clocks_of(record, config);
  const DramCycles cycles = as_cycles(record.dram, clocks, record.cycles);
  return {
      core::unit_record("dma", record.dma, hw::dma_cycle_fields()),
      core::unit_record("dram", cycles, std::span<const stats::Field<DramCycles>>(kDramCycles))};
}

core::Table dram_table(const DramRecord& record, const Config& config) {
  core::Table t{"dram",
                "one row: what came from DRAM; only when weights are streamed or embedding tables "
                "are in DRAM",
                dram_columns(),
                {}};
  const hw::DramCounts& c = record.dram;
  const bool banks = has_banks(config);
  const double achieved = core::ratio(c.read_bytes, record.cycles);
  const double peak = dram_peak(config);
  const std::uint64_t clocks = channels_of(config) * clocks_of(record, config);
  t.rows.push_back(
      {c.read_requests, c.read_bytes, achieved, peak, peak > 0 ? 100 * achieved / peak : 0.0,
       core::cell_if(banks, c.row_hits), core::cell_if(banks, c.row_misses),
       core::cell_if(banks, c.row_conflicts),
       core::cell_if(banks, core::percent(c.row_hits, c.bursts)),
       core::ratio(c.queued_clocks, clocks),
       core::cell_if(banks,
                     core::percent(c.refresh_clocks, clocks * config.memories.dram.banked.ranks))});
  return t;
}

void check_dram(const DramRecord& record, const Config& config, std::uint64_t bytes) {
  const std::uint64_t clocks = channels_of(config) * clocks_of(record, config);
  const std::uint64_t counted = dram_record(record).total();
  SIM_CHECK(counted == clocks, "dram: {} clocks of channels counted, {} begin in the run", counted,
            clocks);
  core::check_cycles(dram_cycle_records(record, config), record.cycles);
  SIM_CHECK(bytes == record.dma.read_bytes && bytes == record.dram.read_bytes,
            "{} bytes were asked of DRAM, the DMA received {}, the DRAM was asked for {}", bytes,
            record.dma.read_bytes, record.dram.read_bytes);
}

}  // namespace sim::optimus
