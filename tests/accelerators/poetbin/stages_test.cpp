#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "sim/base/rng.h"
#include "tests/accelerators/poetbin/design_support.h"
#include "tests/support/random_luts.h"

namespace sim::poetbin::test {
namespace {

workload::Workload random_workload(base::Rng& rng) {
  const std::uint64_t classes = 2 + rng.below(5);
  return workload_of(sim::test::random_rinc(rng, {.inputs = 30,
                                                  .classes = static_cast<std::uint32_t>(classes),
                                                  .fan_in = 4,
                                                  .trees = 9,
                                                  .score_bits = 4}),
                     40, rng.next());
}

std::string around(base::Rng& rng) {
  return fmt::format(
      "argmax: {}\nsource: {{gap_cycles: {}}}\nsink: {{ready_cycles: {}, blocked_cycles: {}}}\n",
      rng.below(2) == 0, rng.below(9), 1 + rng.below(6), rng.below(30));
}

/// The number behind `key=` in a row of a table.
std::uint64_t cell(const std::string& row, const std::string& key) {
  const std::size_t at = row.find(" " + key + "=");
  EXPECT_NE(at, std::string::npos) << key << " in " << row;
  return at == std::string::npos ? 0 : std::stoull(row.substr(at + key.size() + 2));
}

std::vector<std::string> lines_of(const std::string& text, const std::string& begin) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(begin)) lines.push_back(line);
  }
  return lines;
}

/// Cycles in which scores were offered to a sink that was blocked.
std::uint64_t blocked_cycles(const std::string& text) {
  std::uint64_t sum = 0;
  for (const std::string& row : lines_of(text, "samples ")) {
    sum += cell(row, "delivered_cycle") - cell(row, "valid_cycle");
  }
  return sum;
}

/// "static registers BITS CLOCKED BYTES".
std::uint64_t clocked_cycles(const std::string& text) {
  std::istringstream in(lines_of(text, "static registers ").at(0));
  std::string word;
  std::uint64_t bits = 0;
  std::uint64_t clocked = 0;
  in >> word >> word >> bits >> clocked;
  return clocked;
}

/// One enable for all registers holds them while the sink is blocked; a fabric's parts go on.
TEST(PoetbinStages, RegistersAreClockedUnlessABlockedSinkHoldsThem) {
  base::Rng rng(41);
  std::uint64_t blocked = 0;
  for (int trial = 0; trial < 60; ++trial) {
    const auto workload = random_workload(rng);
    for (const std::string variant : {"spatial", "columns", "fabric"}) {
      const std::string yaml = around(rng) + "variant: " + variant;
      const std::string text = simulate(yaml, workload);
      const auto cycles = static_cast<std::uint64_t>(headline(text, "cycles"));
      const std::uint64_t held = variant == "fabric" ? 0 : blocked_cycles(text);
      EXPECT_EQ(clocked_cycles(text), cycles - held) << yaml;
      blocked += held;
    }
  }
  EXPECT_GT(blocked, 0u);
}

struct Span {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  bool operator==(const Span&) const = default;
};

/// By name ("sample 3, level") in order of time.
std::map<std::string, std::vector<Span>> spans_of(const std::string& text,
                                                  const std::string& unit) {
  std::map<std::string, std::vector<Span>> spans;
  for (const std::string& line : lines_of(text, "span " + unit + " ")) {
    const std::size_t end = line.rfind(' ');
    const std::size_t begin = line.rfind(' ', end - 1);
    spans[line.substr(unit.size() + 6, begin - unit.size() - 6)].push_back(
        {std::stoull(line.substr(begin)), std::stoull(line.substr(end))});
  }
  return spans;
}

/// With the times of samples.csv: the source until the last word is taken, the machine from the
/// next clock until the scores are offered, the sink until it has taken them.
TEST(PoetbinStages, ASampleIsDrawnOnSourceMachineAndSinkWithoutAGap) {
  base::Rng rng(43);
  core::RunOptions options;
  options.timeline = stats::CycleWindow{.from = 0, .to = 1u << 30};
  for (int trial = 0; trial < 10; ++trial) {
    const auto workload = random_workload(rng);
    for (const std::string variant : {"spatial", "columns", "fabric"}) {
      const std::string yaml = around(rng) + "variant: " + variant;
      SCOPED_TRACE(yaml);
      const std::string text = simulate(yaml, workload, options);
      const auto source = spans_of(text, "source");
      const auto machine = spans_of(text, "machine");
      const auto sink = spans_of(text, "sink");
      std::size_t samples = 0;
      for (const std::string& row : lines_of(text, "samples ")) {
        const std::string name = fmt::format("sample {}", samples++);
        const std::uint64_t taken = cell(row, "accepted_cycle") + 1;
        const std::uint64_t valid = cell(row, "valid_cycle");
        const std::uint64_t first = cell(row, "first_word_cycle");
        EXPECT_EQ(source.at(name), (std::vector<Span>{{first, taken}})) << name;
        EXPECT_EQ(machine.at(name), (std::vector<Span>{{taken, valid}})) << name;
        EXPECT_EQ(sink.at(name), (std::vector<Span>{{valid, cell(row, "delivered_cycle") + 1}}))
            << name;
      }
      EXPECT_EQ(samples, 40u);
    }
  }
}

/// R a clock, G at least one, L and W a clock each, one after the other without a gap.
TEST(PoetbinStages, ASlotIsRoutedGatheredLookedUpAndWrittenWithoutAGap) {
  base::Rng rng(42);
  for (int trial = 0; trial < 20; ++trial) {
    const std::string yaml =
        around(rng) + fmt::format("variant: fabric\nfabric: {{luts: {}, banks: {}, contexts: {}}}",
                                  1 + rng.below(20), rng.below(8), 1 + rng.below(4));
    core::RunOptions options;
    options.timeline = stats::CycleWindow{.from = 0, .to = 1u << 30};
    const std::string text = simulate(yaml, random_workload(rng), options);
    const auto gathered = spans_of(text, "gather");
    const auto looked_up = spans_of(text, "look_up");
    const auto written = spans_of(text, "write_back");
    std::size_t slots = 0;
    for (const auto& [name, routed] : spans_of(text, "sequencer")) {
      ASSERT_EQ(looked_up.at(name).size(), routed.size()) << name;
      for (std::size_t i = 0; i < routed.size(); ++i) {
        EXPECT_EQ(routed[i].end, routed[i].begin + 1) << name;
        EXPECT_EQ(gathered.at(name)[i].begin, routed[i].end) << name;
        EXPECT_GE(gathered.at(name)[i].end, routed[i].end + 1) << name;
        EXPECT_EQ(looked_up.at(name)[i].begin, gathered.at(name)[i].end) << name;
        EXPECT_EQ(looked_up.at(name)[i].end, looked_up.at(name)[i].begin + 1) << name;
        EXPECT_EQ(written.at(name)[i].begin, looked_up.at(name)[i].end) << name;
        EXPECT_EQ(written.at(name)[i].end, written.at(name)[i].begin + 1) << name;
      }
      slots += routed.size();
    }
    EXPECT_GT(slots, 0u) << yaml;
  }
}

}  // namespace
}  // namespace sim::poetbin::test
