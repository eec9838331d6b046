#include "sim/report/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "sim/base/error.h"
#include "sim/base/file.h"

namespace sim::report {
namespace {

class CompareTest : public testing::Test {
 protected:
  ~CompareTest() override { std::filesystem::remove_all(root_); }

  std::string result(const std::string& name, const std::string& summary) const {
    const std::string folder = (root_ / name).string();
    base::make_folder(folder);
    base::write_file_atomically(folder + "/summary.json", summary);
    return folder;
  }

  std::filesystem::path root_ =
      std::filesystem::temp_directory_path() / ("lockstep_compare_" + std::to_string(::getpid()));
};

const Comparison& find(const std::vector<Comparison>& rows, const std::string& name) {
  return *std::find_if(rows.begin(), rows.end(),
                       [&](const Comparison& r) { return r.name == name; });
}

TEST_F(CompareTest, EveryNumberIsComparedAbsoluteAndAsARatio) {
  const auto a = result("a", R"({"schema": "lockstep-result-1",
      "metrics": {"cycles": {"value": 100, "unit": "cycles"}, "only_a": {"value": 1, "unit": ""}},
      "energy": {"units": {"array": {"total_pj": 4}}}, "counters": {"array": {"macs": 0}}})");
  const auto b = result("b", R"({"schema": "lockstep-result-1",
      "metrics": {"cycles": {"value": 250, "unit": "cycles"}},
      "energy": {"units": {"array": {"total_pj": 1}}}, "counters": {"array": {"macs": 7}}})");
  const auto rows = compare_results(a, b);
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(find(rows, "cycles").difference(), 150);
  EXPECT_EQ(find(rows, "cycles").ratio(), 2.5);
  EXPECT_EQ(find(rows, "only_a").b.value, nullptr);
  EXPECT_EQ(find(rows, "only_a").difference(), nullptr);
  EXPECT_EQ(find(rows, "energy.array.total_pj").ratio(), 0.25);
  EXPECT_EQ(find(rows, "counters.array.macs").difference(), 7);
  EXPECT_EQ(find(rows, "counters.array.macs").ratio(), std::nullopt);
}

TEST_F(CompareTest, RatiosOfEnergiesStandWithAndWithoutLeakage) {
  const auto a = result("a", R"({"schema": "lockstep-result-1",
      "metrics": {"energy_total_uj": {"value": 10, "unit": "uJ"},
                  "average_power_mw": {"value": 5, "unit": "mW"},
                  "energy_leakage_uj": {"value": 6, "unit": "uJ"},
                  "energy_estimated_uj": {"value": 3, "unit": "uJ"}},
      "energy": {"total_pj": 10e6, "dynamic_pj": 3e6, "clock_pj": 1e6, "leakage_pj": 6e6,
                 "units": {"u": {"total_pj": 8, "dynamic_pj": 2, "clock_pj": 0, "leakage_pj": 6}}}})");
  const auto b = result("b", R"({"schema": "lockstep-result-1",
      "metrics": {"energy_total_uj": {"value": 12, "unit": "uJ"},
                  "average_power_mw": {"value": 2, "unit": "mW"},
                  "energy_leakage_uj": {"value": 3, "unit": "uJ"},
                  "energy_estimated_uj": {"value": 6, "unit": "uJ"}},
      "energy": {"total_pj": 12e6, "dynamic_pj": 6e6, "clock_pj": 3e6, "leakage_pj": 3e6,
                 "units": {"u": {"total_pj": 4, "dynamic_pj": 3, "clock_pj": 1, "leakage_pj": 0}}}})");
  const auto rows = compare_results(a, b);
  EXPECT_EQ(find(rows, "energy_total_uj").ratio(), 1.2);
  EXPECT_EQ(find(rows, "energy_total_uj").ratio_without_leakage(), 9.0 / 4);
  EXPECT_EQ(find(rows, "average_power_mw").ratio_without_leakage(), 1.5 / 2);
  EXPECT_EQ(find(rows, "energy_leakage_uj").ratio(), 0.5);
  EXPECT_EQ(find(rows, "energy_leakage_uj").ratio_without_leakage(), std::nullopt);
  EXPECT_EQ(find(rows, "energy_estimated_uj").ratio(), std::nullopt);  // its leakage is not stated
  EXPECT_EQ(find(rows, "energy_estimated_uj").difference(), 3);
  EXPECT_EQ(find(rows, "energy.u.total_pj").ratio(), 0.5);
  EXPECT_EQ(find(rows, "energy.u.total_pj").ratio_without_leakage(), 2);
  EXPECT_EQ(find(rows, "energy.u.dynamic_pj").ratio_without_leakage(), 1.5);
  EXPECT_EQ(find(rows, "energy.u.leakage_pj").ratio_without_leakage(), std::nullopt);
  EXPECT_EQ(comparison_json(a, b, rows)["rows"][0]["ratio_without_leakage"], 2.25);
  EXPECT_EQ(comparison_table(rows).rows[0].back(), core::Cell(2.25));
}

TEST_F(CompareTest, CountsBeyondWhatADoubleHoldsAreExactAndNothingIsInfinite) {
  const auto a = result("a", R"({"schema": "lockstep-result-1", "metrics": {},
      "counters": {"u": {"n": 18446744073709551615, "m": 1e-300, "z": 0}}})");
  const auto b = result("b", R"({"schema": "lockstep-result-1", "metrics": {},
      "counters": {"u": {"n": 18446744073709551613, "m": 1e300, "z": 0}}})");
  const auto rows = compare_results(a, b);
  EXPECT_EQ(find(rows, "counters.u.n").difference(), -2);
  EXPECT_EQ(find(rows, "counters.u.n").a.value.dump(), "18446744073709551615");
  EXPECT_EQ(find(rows, "counters.u.m").ratio(), std::nullopt);
  const auto json = comparison_json(a, b, rows);
  EXPECT_EQ(json["rows"][0]["difference"], -2);
  EXPECT_EQ(json["rows"][1]["ratio"], nullptr);
  EXPECT_EQ(json["rows"][2]["ratio"], nullptr);
  EXPECT_EQ(comparison_table(rows).rows[0][2], core::Cell(std::uint64_t{18446744073709551615u}));
}

TEST_F(CompareTest, WhatIsNoResultIsRefused) {
  const auto a = result("a", R"({"schema": "lockstep-result-1"})");
  EXPECT_THROW(compare_results(a, result("b", "{")), base::UserError);
  EXPECT_THROW(compare_results(a, result("c", "[]")), base::UserError);
  EXPECT_THROW(compare_results(a, result("d", R"({"schema": "other"})")), base::UserError);
  EXPECT_THROW(compare_results(a, (root_ / "none").string()), base::FileError);
}

}  // namespace
}  // namespace sim::report
