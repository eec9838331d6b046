#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/accelerators/dnnguard/unit_rows.h"

namespace sim::dnnguard {

namespace {

using testing::configuration;
using testing::near;
using testing::skipped;
using testing::unit_rows;
using testing::UnitRow;

struct Compared {
  const char* column;
  std::uint64_t model;
};

std::vector<Compared> compared(const UnitRow& row, const UnitCounters& c) {
  std::uint64_t last_read = 0;
  for (const BeatCounter& stream : c.reads) last_read = std::max(last_read, stream.last);
  const bool streams = row.number("first_read") >= 0;
  return {{"cycles", c.writes.last},
          {"first_output", c.writes.first},
          {"first_read", c.reads[0].first},
          {"last_read", streams ? c.reads[0].last : last_read},
          {"bs_first_read", c.reads[1].first},
          {"bs_last_read", c.reads[1].last},
          {"bn_first_read", c.reads[2].first},
          {"bn_last_read", c.reads[2].last},
          {"interrupt_after", c.cycles - c.writes.last}};
}

/// Not met: both operands of two bytes for each element make 16 operand beats in flight the bound,
/// and with one read accepted every 2 cycles the RTL needs a cycle more per 16 than the rules say.
bool not_met(const UnitRow& row, const std::string& column) {
  return row.text("name") == "SDP8" && row.memory.latency == 32 &&
         row.text("configuration") != "nv_large" &&
         (column == "cycles" || column == "last_read" || column == "bs_last_read");
}

TEST(DnnguardUnitRows, EveryRowButTwoWithinOnePercentOrEightCycles) {
  testing::UnitReport report;
  int rows = 0, exact = 0, exact_cycles = 0;
  for (const UnitRow& row : unit_rows()) {
    const UnitCounters c = skipped(row.layer, configuration(row.text("configuration")), row.memory);
    bool all = true;
    for (const Compared& x : compared(row, c)) {
      const std::int64_t rtl = row.number(x.column);
      if (rtl < 0) continue;
      const auto model = static_cast<std::int64_t>(x.model);
      all &= rtl == model;
      if (std::string(x.column) == "cycles") exact_cycles += rtl == model;
      EXPECT_EQ(near(rtl, model, row.text("inexact") == "*"), !not_met(row, x.column))
          << row.text("configuration") << " " << row.text("name") << ": " << x.column << " "
          << model << ", RTL " << rtl;
      report.add(row, row.memory, x.column, rtl, model);
    }
    const auto beats = [](std::int64_t rtl, std::uint64_t model) {
      return rtl < 0 || rtl == static_cast<std::int64_t>(model);
    };
    EXPECT_TRUE(beats(row.number("source_reads"), c.reads[0].beats)) << row.text("name");
    EXPECT_TRUE(beats(row.number("bs_reads"), c.reads[1].beats)) << row.text("name");
    EXPECT_TRUE(beats(row.number("bn_reads"), c.reads[2].beats)) << row.text("name");
    EXPECT_TRUE(beats(row.number("write_beats"), c.writes.beats)) << row.text("name");
    exact += all;
    ++rows;
  }
  fmt::print("{} rows: {} have exact cycles, {} are exact in all that is recorded\n", rows,
             exact_cycles, exact);
  EXPECT_EQ(rows, 142);
}

}  // namespace

}  // namespace sim::dnnguard
