#include "sim/report/text.h"

#include <gtest/gtest.h>

#include <limits>

#include "sim/base/error.h"
#include "sim/report/timeline.h"

namespace sim::report {
namespace {

TEST(CellText, IsTheShortestThatReadsBackAsTheSameValue) {
  EXPECT_EQ(cell_text(0.1), "0.1");
  EXPECT_EQ(cell_text(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(cell_text(2.0), "2");
  EXPECT_EQ(cell_text(1e300), "1e+300");
  EXPECT_EQ(cell_text(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
}

TEST(CellText, NumberThatIsNotFiniteIsAFailedCheck) {
  EXPECT_THROW(cell_text(std::numeric_limits<double>::quiet_NaN()), base::SimulationError);
  EXPECT_THROW(cell_text(std::numeric_limits<double>::infinity()), base::SimulationError);
}

TEST(Csv, QuotesWhatNeedsIt) {
  const core::Table table{
      .name = "t",
      .definition = "",
      .columns = {{"layer", "", ""}, {"cycles", "cycles", ""}},
      .rows = {{std::string("a,\"b\"\n"), std::uint64_t{7}}, {std::string("plain"), 0.5}}};
  EXPECT_EQ(csv(table), "layer,cycles\n\"a,\"\"b\"\"\n\",7\nplain,0.5\n");
}

TEST(Csv, RowOfTheWrongLengthIsAFailedCheck) {
  const core::Table table{
      .name = "t", .definition = "", .columns = {{"layer", "", ""}}, .rows = {{1.0, 2.0}}};
  EXPECT_THROW(csv(table), base::SimulationError);
}

TEST(Timeline, HasOneTrackAUnitAndOneEventASpan) {
  const auto json = nlohmann::json::parse(
      timeline_json({{"array", "q", 10, 30}, {"softmax", "s", 30, 40}, {"array", "k", 40, 45}}));
  const auto& events = json["traceEvents"];
  ASSERT_EQ(events.size(), 5u);
  EXPECT_EQ(events[0]["ts"], 10);
  EXPECT_EQ(events[0]["dur"], 20);
  EXPECT_EQ(events[2]["tid"], events[0]["tid"]);
  EXPECT_NE(events[1]["tid"], events[0]["tid"]);
  EXPECT_EQ(events[4]["args"]["name"], "softmax");
  EXPECT_EQ(json["otherData"]["spans_left_out"], 0);
}

TEST(Timeline, IsBoundedAndSaysHowMuchItLeftOut) {
  const std::vector<core::Span> many(kMaxTimelineSpans + 3, core::Span{"u", "n", 0, 1});
  const auto json = nlohmann::json::parse(timeline_json(many));
  EXPECT_EQ(json["traceEvents"].size(), kMaxTimelineSpans + 1);
  EXPECT_EQ(json["otherData"]["spans_left_out"], 3);
}

}  // namespace
}  // namespace sim::report
