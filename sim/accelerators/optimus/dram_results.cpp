#include "sim/accelerators/optimus/dram_results.h"

#include <algorithm>
#include <span>

#include "sim/base/check.h"
#include "sim/core/ratios.h"
#include "sim/hw/clock_ratio.h"

namespace sim::optimus {
namespace {

using core::Cell;

constexpr std::size_t kDmaEvents = 4;    // fields before those of cycles
constexpr std::size_t kDramEvents = 15;  // the same of the DRAM's clocks
constexpr std::size_t kDramClocks = 4;

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
  const auto fields = hw::dma_fields();
  return {.unit = "dma",
          .cycles = stats::values_of(record.dma, fields.subspan(kDmaEvents)),
          .counters = stats::values_of(record.dma, fields.first(kDmaEvents))};
}

core::UnitRecord dram_record(const DramRecord& record) {
  const auto fields = hw::dram_fields();
  core::UnitRecord unit{
      .unit = "dram",
      .cycles = stats::values_of(record.dram, fields.subspan(kDramEvents, kDramClocks)),
      .counters = stats::values_of(record.dram, fields.first(kDramEvents))};
  stats::append(unit.counters, record.dram, fields.subspan(kDramEvents + kDramClocks));
  return unit;
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
  const std::vector<core::UnitRecord> dma{dma_record(record)};
  core::check_cycles(dma, record.cycles);
  const std::uint64_t clocks = channels_of(config) * clocks_of(record, config);
  const std::uint64_t counted = dram_record(record).total();
  SIM_CHECK(counted == clocks, "dram: {} clocks of channels counted, {} begin in the run", counted,
            clocks);
  SIM_CHECK(bytes == record.dma.read_bytes && bytes == record.dram.read_bytes,
            "{} bytes were asked of DRAM, the DMA received {}, the DRAM was asked for {}", bytes,
            record.dma.read_bytes, record.dram.read_bytes);
}

}  // namespace sim::optimus
