#include "sim/hw/dram_counts.h"

#include <algorithm>

namespace sim::hw {
namespace {

constexpr stats::Field<DramCounts> kFields[] = {
    {"read_requests", "requests", "reads taken from the port", &DramCounts::read_requests},
    {"write_requests", "requests", "writes taken from the port", &DramCounts::write_requests},
    {"responses", "responses", "responses given to the port", &DramCounts::responses},
    {"read_bytes", "bytes", "bytes that reads asked for", &DramCounts::read_bytes},
    {"write_bytes", "bytes", "bytes that writes brought", &DramCounts::write_bytes},
    {"request_wait_cycles", "cycles", "cycles in which a request at the port was not taken",
     &DramCounts::request_waits},
    {"bursts", "bursts", "column commands; without banks: requests transferred",
     &DramCounts::bursts},
    {"moved_bytes", "bytes", "bytes of whole bursts, those that nobody asked for included",
     &DramCounts::moved_bytes},
    {"row_hits", "bursts", "bursts for which no row had to be opened", &DramCounts::row_hits},
    {"row_misses", "bursts", "bursts for which a row was opened in a closed bank",
     &DramCounts::row_misses},
    {"row_conflicts", "bursts", "bursts for which another row had to be closed first",
     &DramCounts::row_conflicts},
    {"activates", "commands", "rows opened", &DramCounts::activates},
    {"precharges", "rows", "rows closed, those closed for a refresh included",
     &DramCounts::precharges},
    {"refreshes", "commands", "all-bank refreshes, of each rank", &DramCounts::refreshes},
    {"refresh_clocks", "clocks", "clocks of tRFC, summed over ranks", &DramCounts::refresh_clocks},
    {"data_clocks", "clocks", "clocks in which the data bus carried data, summed over channels",
     &DramCounts::data_clocks},
    {"refresh_wait_clocks", "clocks",
     "clocks without data in which the ranks of all queued bursts were refreshed or about to be",
     &DramCounts::refresh_wait_clocks},
    {"timing_wait_clocks", "clocks", "clocks without data in which queued bursts waited otherwise",
     &DramCounts::timing_wait_clocks},
    {"idle_clocks", "clocks", "clocks without data in which nothing was queued",
     &DramCounts::idle_clocks},
    {"queued_clocks", "clocks", "bursts queued, summed over clocks; without banks: requests inside",
     &DramCounts::queued_clocks},
};

}  // namespace

std::span<const stats::Field<DramCounts>> dram_fields() { return kFields; }

std::span<const stats::Field<DramCounts>> dram_clock_fields() {
  using Field = stats::Field<DramCounts>;
  const auto* first = std::ranges::find(kFields, &DramCounts::data_clocks, &Field::member);
  const auto* last = std::ranges::find(kFields, &DramCounts::idle_clocks, &Field::member);
  return {first, last + 1};
}

}  // namespace sim::hw
