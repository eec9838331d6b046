#include "sim/report/timeline.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace sim::report {
namespace {

using nlohmann::json;
using stats::TimelineData;

TimelineData spans_of_two_units() {
  TimelineData data;
  data.window = {0, 50};
  data.spans = {{"array", "q", 10, 30}, {"softmax", "s", 30, 40}, {"array", "k", 40, 45}};
  return data;
}

std::vector<json> events(const json& file, const std::string& phase) {
  std::vector<json> found;
  for (const json& e : file["traceEvents"]) {
    if (e["ph"] == phase) found.push_back(e);
  }
  return found;
}

TEST(TimelineJson, HasOneTrackAUnitAndOneEventASpan) {
  const auto file = json::parse(timeline_json("toy", spans_of_two_units()));
  const auto spans = events(file, "X");
  ASSERT_EQ(spans.size(), 3u);
  EXPECT_EQ(spans[0]["ts"], 10);
  EXPECT_EQ(spans[0]["dur"], 20);
  EXPECT_EQ(spans[2]["tid"], spans[0]["tid"]);
  EXPECT_NE(spans[1]["tid"], spans[0]["tid"]);
  const auto names = events(file, "M");
  ASSERT_EQ(names.size(), 3u);
  EXPECT_EQ(names[0]["args"]["name"], "toy");
  EXPECT_EQ(names[2]["tid"], spans[1]["tid"]);
  EXPECT_EQ(names[2]["args"]["name"], "softmax");
  EXPECT_EQ(file["otherData"]["spans_left_out"], 0);
}

TEST(TimelineJson, JobsThatOverlapStandOnTracksOfTheirOwn) {
  TimelineData data;
  data.window = {0, 50};
  data.spans = {
      {"core", "a", 0, 10}, {"sink", "a", 1, 2}, {"core", "b", 5, 15}, {"core", "c", 10, 12}};
  const auto file = json::parse(timeline_json("toy", data));
  const auto spans = events(file, "X");
  EXPECT_EQ(spans[0]["tid"], 1);
  EXPECT_EQ(spans[2]["tid"], 2);
  EXPECT_EQ(spans[3]["tid"], 1) << "the first track is free again";
  EXPECT_EQ(spans[1]["tid"], 3);
  const auto names = events(file, "M");
  ASSERT_EQ(names.size(), 4u);
  EXPECT_EQ(names[2]["args"]["name"], "core (2)");
  EXPECT_EQ(names[2]["tid"], 2);
}

TEST(TimelineJson, CounterIsTheMeanOfItsStepWrittenWhereItChanges) {
  TimelineData data;
  data.window = {100, 115};
  data.step = 4;
  data.series = {{"array", "macs", "MACs/cycle", {8, 8, 2, 3}}};
  const auto file = json::parse(timeline_json("toy", data));
  const auto samples = events(file, "C");
  ASSERT_EQ(samples.size(), 4u);
  const auto value = [&](std::size_t i) { return samples[i]["args"]["MACs/cycle"].get<double>(); };
  EXPECT_EQ(samples[0]["name"], "array: macs");
  EXPECT_EQ(samples[0]["ts"], 100);
  EXPECT_EQ(value(0), 2.0);
  EXPECT_EQ(samples[1]["ts"], 108);
  EXPECT_EQ(value(1), 0.5);
  EXPECT_EQ(samples[2]["ts"], 112);
  EXPECT_EQ(value(2), 1.0) << "the last step has 3 cycles";
  EXPECT_EQ(samples[3]["ts"], 115);
  EXPECT_EQ(value(3), 0.0);
  EXPECT_EQ(file["otherData"]["counter_step_cycles"], 4);
}

TEST(TimelineJson, SaysWhatIsLeftOutAndHowToSeeIt) {
  auto data = spans_of_two_units();
  data.spans_before = 41;
  data.spans_left_out = 7;
  const auto other = json::parse(timeline_json("toy", data))["otherData"];
  EXPECT_EQ(other["spans_left_out"], 7);
  EXPECT_EQ(other["spans"],
            "jobs that begin before cycle 41; 7 later ones are left out, --timeline 41:50 shows "
            "them");
}

}  // namespace
}  // namespace sim::report
