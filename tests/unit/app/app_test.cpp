#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "sim/app/commands.h"
#include "sim/app/inputs.h"
#include "sim/app/presets.h"
#include "sim/app/progress.h"
#include "sim/app/run_text.h"
#include "sim/base/error.h"

namespace sim::app {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(Settings, GoToTheFileThatTheirPrefixNames) {
  const auto s = Settings::parse({"optimus.macs=8", "workload.seed=3", "a.b=c=d"});
  EXPECT_THAT(s.architecture, ElementsAre(Pair("optimus.macs", "8"), Pair("a.b", "c=d")));
  EXPECT_THAT(s.workload, ElementsAre(Pair("seed", "3")));
}

TEST(Settings, WithoutAKeyOrAnEqualsSignAreRefused) {
  EXPECT_THROW(Settings::parse({"macs"}), base::UserError);
  EXPECT_THROW(Settings::parse({"=8"}), base::UserError);
}

TEST(Window, IsTwoCyclesInOrder) {
  EXPECT_EQ(parse_window("5:20").from, 5u);
  EXPECT_EQ(parse_window("5:20").to, 20u);
  for (const char* wrong : {"", "5", "5:", ":5", "20:5", "5:5", "a:b", "1:2:3", "-1:5"}) {
    EXPECT_THROW(parse_window(wrong), base::UserError) << wrong;
  }
}

TEST(Preset, WordWithASlashOrSuffixIsAPath) {
  EXPECT_EQ(find_preset("./x", "arch-configs"), "./x");
  EXPECT_EQ(find_preset("x.yaml", "arch-configs"), "x.yaml");
}

TEST(Preset, BareNameIsFoundInTheSourceTreeOfTheProgram) {
  EXPECT_THAT(find_preset("optimus", "arch-configs"),
              testing::EndsWith("arch-configs/optimus.yaml"));
  EXPECT_THROW(find_preset("no_such_machine", "arch-configs"), base::UserError);
}

TEST(Readable, GroupsThousandsAndKeepsSixDigitsOfSmallNumbers) {
  EXPECT_EQ(readable(std::uint64_t{0}), "0");
  EXPECT_EQ(readable(std::uint64_t{999}), "999");
  EXPECT_EQ(readable(std::uint64_t{1234567}), "1 234 567");
  EXPECT_EQ(readable(0.123456789), "0.123457");
  EXPECT_EQ(readable(12345678.9), "12 345 679");
  EXPECT_EQ(readable(-12345678.9), "-12 345 679");
  EXPECT_EQ(readable(std::string("text")), "text");
}

TEST(ProgressLine, StatesPositionSpeedAndTimeLeft) {
  EXPECT_EQ(progress_line("decode", 25, 100, 3'200'000, 2.0, 1.0),
            "decode  25 of 100  3.2 M cycles  1.6 M cycles/s  3 s left");
  EXPECT_EQ(progress_line("decode", 0, 100, 0, 0.0, 0.0), "decode  0 of 100");
  EXPECT_EQ(progress_line("decode", 100, 100, 17, 1.0, 1.0),
            "decode  100 of 100  17 cycles  17 cycles/s");
}

TEST(Interrupt, IsNotedAndEndsTheRunAtTheNextUpdate) {
  catch_interrupts();
  TerminalProgress progress;
  EXPECT_NO_THROW(progress.update("s", 0, 1, 0));
  std::raise(SIGINT);
  EXPECT_THROW(progress.update("s", 0, 1, 0), base::Interrupted);
}

}  // namespace
}  // namespace sim::app
