#include "sim/report/text.h"

#include <gtest/gtest.h>

#include <limits>

#include "sim/base/error.h"

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

TEST(Csv, TextThatWouldBeAFormulaGetsAQuoteInFront) {
  const auto written = [](const std::string& text) {
    const core::Table table{
        .name = "t", .definition = "", .columns = {{"a", "", ""}}, .rows = {{text}}};
    return csv(table).substr(2);
  };
  EXPECT_EQ(written("=1+1"), "'=1+1\n");
  EXPECT_EQ(written("+ skipping"), "'+ skipping\n");
  EXPECT_EQ(written("- Und dann?"), "'- Und dann?\n");
  EXPECT_EQ(written("@SUM(1)"), "'@SUM(1)\n");
  EXPECT_EQ(written("\tx"), "'\tx\n");
  EXPECT_EQ(written("\rx"), "\"'\rx\"\n");
  EXPECT_EQ(written("-2+3"), "'-2+3\n");
  EXPECT_EQ(written("'=1"), "''=1\n");
  for (const char* plain : {"-5", "-0.5", "-1e-05", "'tis", "a=b", "", "5", "'"}) {
    EXPECT_EQ(written(plain), std::string(plain) + "\n");
  }
}

TEST(Csv, RowOfTheWrongLengthIsAFailedCheck) {
  const core::Table table{
      .name = "t", .definition = "", .columns = {{"layer", "", ""}}, .rows = {{1.0, 2.0}}};
  EXPECT_THROW(csv(table), base::SimulationError);
}

}  // namespace
}  // namespace sim::report
