#include "sim/report/result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/report/derived.h"

namespace sim::report {
namespace {

/// 1000 cycles at 200 MHz (5 us), 2 uJ dynamic and 3 uJ leakage.
Run example() {
  Run run;
  run.tool_version = "1";
  run.accelerator = "toy";
  run.clock_mhz = 200;
  run.architecture = {{"accelerator", "toy"}};
  run.result.cycles = 1000;
  run.result.headlines = {{{"cycles", "cycles", "all"}, std::uint64_t{1000}}};
  run.result.tables = {{"layers", "", {{"layer", "", ""}}, {{std::string("q")}}}};
  run.result.stats.units = {{"array", {{"macs", "MACs", "multiplications", 42}}}};
  run.energy.total = {2e6, 0, 3e6};
  run.energy.units = {{"array", run.energy.total}};
  return run;
}

std::string content(const std::vector<File>& files, const std::string& name) {
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const File& f) { return f.name == name; });
  return found == files.end() ? "absent" : found->content;
}

nlohmann::json summary(const Run& run) {
  return nlohmann::json::parse(content(result_files(run), "summary.json"));
}

TEST(Result, SummaryHoldsMetricsEnergyCountersAndConfiguration) {
  const auto json = summary(example());
  EXPECT_EQ(json["schema"], "lockstep-result-1");
  EXPECT_EQ(json["metrics"]["cycles"]["value"], 1000);
  EXPECT_EQ(json["metrics"]["time_us"]["value"], 5.0);
  EXPECT_EQ(json["metrics"]["energy_total_uj"]["value"], 5.0);
  EXPECT_EQ(json["metrics"]["average_power_mw"]["value"], 1000.0);
  EXPECT_EQ(json["metrics"]["energy_delay_pj_s"]["value"], 25.0);
  EXPECT_EQ(json["energy"]["units"]["array"]["leakage_pj"], 3e6);
  EXPECT_EQ(json["counters"]["array"]["macs"], 42);
  EXPECT_EQ(json["architecture"]["accelerator"], "toy");
}

TEST(Result, BandsReachFromTheLeastToTheMostOfTheVariants) {
  auto run = example();
  EXPECT_TRUE(summary(run)["bands"].empty());
  run.energy_variants = {{1e6, 0, 3e6}, {2e6, 0, 8e6}};
  const auto bands = summary(run)["bands"];
  EXPECT_EQ(bands["energy_total_uj"]["low"], 4.0);
  EXPECT_EQ(bands["energy_total_uj"]["high"], 10.0);
  EXPECT_EQ(bands["energy_dynamic_uj"]["low"], 1.0);
  EXPECT_EQ(bands["energy_dynamic_uj"]["high"], 2.0);  // its own value
  EXPECT_EQ(bands["average_power_mw"]["high"], 2000.0);
  EXPECT_FALSE(bands.contains("time_us"));
}

TEST(Result, AreaHoldsUnitsAndItsTableTheParts) {
  auto run = example();
  EXPECT_TRUE(summary(run)["area"].is_null());
  EXPECT_TRUE(summary(run)["metrics"]["area_mm2"]["value"].is_null());
  run.area.items = {{.unit = "array",
                     .purpose = "sums",
                     .component = "add",
                     .width_bits = 8,
                     .count = 2,
                     .um2_each = 36,
                     .overhead = 1.5,
                     .mm2_total = 108e-6,
                     .memory = {},
                     .cells = {},
                     .node_nm = 45,
                     .scaled_from_nm = 0,
                     .source = "a"}};
  run.area.units = {{"array", {.sram_mm2 = 0, .logic_mm2 = 108e-6}}};
  run.area.total = {.sram_mm2 = 0, .logic_mm2 = 108e-6};
  run.node_nm = 45;
  run.area_variants_mm2 = {90e-6, 120e-6};
  const auto json = summary(run);
  EXPECT_EQ(json["bands"]["area_mm2"]["low"], 90e-6);
  EXPECT_EQ(json["bands"]["area_mm2"]["high"], 120e-6);
  EXPECT_EQ(json["metrics"]["area_mm2"]["value"], 108e-6);
  EXPECT_EQ(json["area"]["node_nm"], 45);
  EXPECT_EQ(json["area"]["units"]["array"]["total_mm2"], 108e-6);
  EXPECT_EQ(content(result_files(run), "area.csv"),
            "unit,purpose,component,count,um2_each,overhead,mm2_total,width_bits,bank_kib,banks,"
            "access_cycles,cells,node_nm,scaled_from_nm,source\narray,sums,add,2,36,1.5,0.000108,8,"
            ",,,,45,,a\n");
}

TEST(Result, EngineIsNoPartOfTheResultFiles) {
  const auto skip = example();
  auto tick = example();
  tick.options.engine = core::Engine::kTick;
  const auto a = result_files(skip);
  const auto b = result_files(tick);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].content, b[i].content) << a[i].name;
}

TEST(Result, TimelineIsWrittenOnlyWhenAWindowWasAskedFor) {
  auto run = example();
  EXPECT_EQ(content(result_files(run), "timeline.json"), "absent");
  run.options.timeline = stats::CycleWindow{0, 10};
  EXPECT_NE(content(result_files(run), "timeline.json"), "absent");
}

TEST(Result, RooflineHoldsWorkPeakAndLinks) {
  auto run = example();
  EXPECT_TRUE(summary(run)["roofline"].is_null());
  run.result.roofline = {
      .work_unit = "ops", .work = 84, .peak_per_cycle = 8, .links = {{"dram", "bytes", 42, 64}}};
  const auto roofline = summary(run)["roofline"];
  EXPECT_EQ(roofline["work"], 84);
  EXPECT_EQ(roofline["peak_per_cycle"], 8);
  EXPECT_EQ(roofline["links"][0]["name"], "dram");
  EXPECT_EQ(roofline["links"][0]["amount"], 42);
  EXPECT_EQ(roofline["links"][0]["peak_per_cycle"], 64);
}

TEST(Result, HostFileStatesEngineAndSpeed) {
  const auto json = host_json({core::Engine::kTick, 2.0, 1000, {"lockstep", "run"}});
  EXPECT_EQ(json["engine"], "tick");
  EXPECT_EQ(json["simulated_cycles_per_second"], 500.0);
}

TEST(Derived, CyclesBecomeTimeAndPerCycleBecomesARate) {
  const auto time = in_time({{"latency", "cycles", ""}, 100.0}, 200);
  ASSERT_TRUE(time);
  EXPECT_EQ(time->metric.unit, "us");
  EXPECT_EQ(std::get<double>(time->value), 0.5);
  const auto rate = in_time({{"throughput", "tokens/cycle", ""}, 0.25}, 200);
  ASSERT_TRUE(rate);
  EXPECT_EQ(rate->metric.unit, "tokens/s");
  EXPECT_EQ(std::get<double>(rate->value), 5e7);
  EXPECT_FALSE(in_time({{"tokens", "tokens", ""}, 3.0}, 200));
}

}  // namespace
}  // namespace sim::report
