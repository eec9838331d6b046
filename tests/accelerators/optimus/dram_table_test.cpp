#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "tests/accelerators/optimus/machine_support.h"

namespace sim::optimus::test {
namespace {

/// A DRAM and its machine, as numbers that the judge knows without asking either.
struct Case {
  std::uint64_t machine_mhz;
  std::uint64_t port_bytes;
  bool banked;
  std::uint64_t fixed_bytes;  // a cycle
  std::uint64_t clock_mhz;
  std::uint64_t channels;
  std::uint64_t ranks;
  std::uint64_t bus_bits;
};

Case random_case(base::Rng& rng, bool banked) {
  return {.machine_mhz = 100 + rng.below(1500),
          .port_bytes = 1 + rng.below(rng.below(2) == 0 ? 12 : 300),
          .banked = banked,
          .fixed_bytes = 1 + rng.below(80),
          .clock_mhz = 200 + rng.below(1200),
          .channels = 1 + rng.below(4),
          .ranks = 1 + rng.below(4),
          .bus_bits = std::uint64_t{8} << rng.below(4)};
}

std::string yaml_of(const Case& c, base::Rng& rng) {
  std::string y = fmt::format(
      "mac_array: {{macs: 16}}\nmemories: {{weight_store: streamed, embedding_store: {}, "
      "dram_request_bytes: {}, dram: {{port: {{outstanding: {}, bytes_per_cycle: {}}}, ",
      rng.below(2) == 0 ? "dram" : "host", 16 + rng.below(300), 1 + rng.below(20), c.port_bytes);
  if (!c.banked) {
    return y + fmt::format("kind: fixed, fixed: {{bytes_per_cycle: {}}}}}}}", c.fixed_bytes);
  }
  // Refreshed so often that a short run sees it; rows so short that some bursts find them closed.
  return y + fmt::format(
                 "kind: banked, banked: {{clock_mhz: {}, channels: {}, ranks: {}, bus_bits: {}, "
                 "row_bytes: {}, queue_depth: {}, trfc_clocks: 60, trefi_clocks: {}}}}}}}",
                 c.clock_mhz, c.channels, c.ranks, c.bus_bits, c.bus_bits * 4, 1 + rng.below(32),
                 300 + rng.below(800));
}

/// The cells of the first row of a table.
std::vector<std::string> row_of(const std::string& text, const std::string& table) {
  std::istringstream in(text.substr(text.find("\n" + table + " ") + table.size() + 2));
  std::string line;
  std::getline(in, line);
  std::vector<std::string> cells;
  std::istringstream words(line);
  for (std::string word; std::getline(words, word, ' ');) cells.push_back(word);
  return cells;
}

/// What a cell has to be, by own formulas from raw counts.
class Judge {
 public:
  Judge(const Case& c, const std::string& text) : c_(c), text_(text) {}

  std::uint64_t count(const std::string& name) const {
    return number_after(text_, "counter dram " + name);
  }
  double cycles() const { return static_cast<double>(headline(text_, "cycles")); }

  double peak() const {
    const double port = static_cast<double>(c_.port_bytes);
    if (!c_.banked) return std::min(port, static_cast<double>(c_.fixed_bytes));
    // Two transfers a clock.
    const double buses = static_cast<double>(c_.channels * c_.bus_bits * 2) / 8;
    return std::min(
        port, buses * static_cast<double>(c_.clock_mhz) / static_cast<double>(c_.machine_mhz));
  }

  /// Clocks of a channel that begin before the run ends, one by one.
  std::uint64_t clocks() const {
    if (!c_.banked) return headline(text_, "cycles");
    std::uint64_t n = 0;
    const std::uint64_t end = headline(text_, "cycles") * c_.clock_mhz;
    while (n * c_.machine_mhz < end) ++n;
    return n;
  }

  double mean_queue() const {
    const std::uint64_t all = clocks() * (c_.banked ? c_.channels : 1);
    return static_cast<double>(count("queued_clocks")) / static_cast<double>(all);
  }

  double refresh_percent() const {
    return 100.0 * static_cast<double>(count("refresh_clocks")) /
           static_cast<double>(clocks() * c_.channels * c_.ranks);
  }

 private:
  const Case& c_;
  const std::string& text_;
};

constexpr double kRounding = 1e-9;

void expect_number(const std::string& cell, double wanted, const char* column) {
  EXPECT_NEAR(std::stod(cell), wanted, kRounding * std::max(1.0, wanted)) << column;
}

void expect_rows(const std::vector<std::string>& cells, const Judge& judge, bool banked) {
  if (!banked) {
    for (const std::size_t i : {5, 6, 7, 8, 10}) EXPECT_EQ(cells[i], "");
    return;
  }
  const auto hits = static_cast<double>(judge.count("row_hits"));
  const auto misses = static_cast<double>(judge.count("row_misses"));
  const auto conflicts = static_cast<double>(judge.count("row_conflicts"));
  expect_number(cells[5], hits, "row_hits");
  expect_number(cells[6], misses, "row_misses");
  expect_number(cells[7], conflicts, "row_conflicts");
  // Each burst is one of the three.
  expect_number(cells[8], 100 * hits / (hits + misses + conflicts), "row_hit_percent");
  expect_number(cells[10], judge.refresh_percent(), "refresh_percent");
}

void expect_table(const Case& c, const std::string& text) {
  const Judge judge(c, text);
  std::vector<std::string> cells = row_of(text, "dram");
  cells.resize(11);  // an empty one at the end is not seen
  const auto bytes = static_cast<double>(judge.count("read_bytes"));
  expect_number(cells[0], static_cast<double>(judge.count("read_requests")), "requests");
  expect_number(cells[1], bytes, "bytes");
  expect_number(cells[2], bytes / judge.cycles(), "bytes_per_cycle");
  expect_number(cells[3], judge.peak(), "peak_bytes_per_cycle");
  expect_number(cells[4], 100 * bytes / judge.cycles() / judge.peak(), "peak_percent");
  expect_number(cells[9], judge.mean_queue(), "mean_queue");
  expect_rows(cells, judge, c.banked);
  // The link of the roofline carries what was asked for, not what the bursts moved beside it.
  EXPECT_EQ(number_after(text, "link dram"), judge.count("read_bytes"));
  EXPECT_NE(text.find(fmt::format("link dram {} {}\n", judge.count("read_bytes"),
                                  std::ceil(judge.peak()))),
            std::string::npos);
  EXPECT_GE(judge.count("moved_bytes"), judge.count("read_bytes"));
}

/// units.csv has the run's cycles of DMA and DRAM: busy, input and output waits of other units, the
/// DMA's four waits, the DRAM's two, idle, their sum, busy percent.
void expect_unit_rows(const Case& c, const std::string& text) {
  const Judge judge(c, text);
  const std::string cycles = fmt::format("{}", headline(text, "cycles"));
  const std::vector<std::string> dma = row_of(text, "units dma");
  ASSERT_EQ(dma.size(), 12u);
  const auto of_dma = [&](const std::string& name) {
    return fmt::format("{}", number_after(text, "counter dma " + name + "_cycles"));
  };
  EXPECT_EQ((std::vector<std::string>{dma.begin(), dma.begin() + 11}),
            (std::vector<std::string>{of_dma("busy"), "", "", of_dma("credit_wait"),
                                      of_dma("data_wait"), of_dma("outstanding_wait"),
                                      of_dma("memory_wait"), "", "", of_dma("idle"), cycles}));
  const std::vector<std::string> dram = row_of(text, "units dram");
  ASSERT_EQ(dram.size(), 12u);
  for (const std::size_t i : {1, 2, 3, 4, 5, 6}) EXPECT_EQ(dram[i], "") << i;
  EXPECT_EQ(dram[10], cycles);
  const auto all = static_cast<double>(judge.clocks() * (c.banked ? c.channels : 1));
  const auto expect_share = [&](std::size_t cell, const std::string& clocks) {
    const double wanted = static_cast<double>(judge.count(clocks)) * judge.cycles() / all;
    EXPECT_NEAR(std::stod(dram[cell]), wanted, 1) << clocks;
  };
  expect_share(0, "data_clocks");
  expect_share(7, "refresh_wait_clocks");
  expect_share(8, "timing_wait_clocks");
  expect_share(9, "idle_clocks");
  std::uint64_t sum = 0;
  for (const std::size_t i : {0, 7, 8, 9}) sum += std::stoull(dram[i]);
  EXPECT_EQ(sum, headline(text, "cycles"));
}

TEST(DramTable, EveryColumnFollowsFromTheCounts) {
  base::Rng rng(51);
  std::uint64_t refreshes = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t beside = 0;
  for (int trial = 0; trial < 60; ++trial) {
    const Case c = random_case(rng, trial % 4 != 0);
    const std::string yaml = yaml_of(c, rng);
    SCOPED_TRACE(yaml);
    Config config = config_of(yaml);
    config.clock_mhz = static_cast<std::uint32_t>(c.machine_mhz);
    const std::string text =
        simulate(model_of({.d_model = 16, .d_ff = 24}), config, {}, {{0, 3, 2}});
    expect_table(c, text);
    expect_unit_rows(c, text);
    EXPECT_EQ(text.find(kBrokenSum), std::string::npos);
    EXPECT_NE(text.find("series dma read_bytes "), std::string::npos);
    EXPECT_EQ(text.find("series dram activates ") != std::string::npos, c.banked);
    refreshes += number_after(text, "counter dram refreshes");
    conflicts += number_after(text, "counter dram row_conflicts");
    beside += number_after(text, "counter dram moved_bytes") -
              number_after(text, "counter dram read_bytes");
  }
  EXPECT_GT(refreshes, 100u);
  EXPECT_GT(conflicts, 100u);
  EXPECT_GT(beside, 0u);
}

}  // namespace
}  // namespace sim::optimus::test
