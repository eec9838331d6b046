#include "sim/base/config_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "sim/base/key_doc.h"

namespace sim::base {
namespace {

struct FifoConfig {
  std::uint32_t depth;
  bool bypass;
  std::uint32_t spare;

  static FifoConfig from(ConfigReader& in) {
    FifoConfig c{};
    c.depth = in.integer32({.name = "depth",
                            .unit = "words",
                            .min = 1,
                            .max = 1024,
                            .fallback = 4,
                            .meaning = "words it holds"});
    c.bypass = in.flag("bypass", false, "an empty queue passes a word on in the same cycle");
    if (in.applies("spare", c.bypass, "bypass is true")) {
      c.spare = in.integer32({.name = "spare",
                              .unit = "words",
                              .max = 8,
                              .fallback = 0,
                              .meaning = "words kept free"});
    }
    return c;
  }
};

std::string message_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "no error";
}

std::string refusal(const std::string& yaml, const ConfigReader::Overrides& overrides = {}) {
  return message_of([&] { ConfigReader::text(yaml, "a.yaml", overrides).read<FifoConfig>(); });
}

TEST(ConfigReader, AbsentKeysTakeTheirDefaults) {
  auto reader = ConfigReader::text("{}", "a.yaml");
  EXPECT_EQ(reader.read<FifoConfig>().depth, 4u);
  EXPECT_EQ(reader.resolved().dump(), R"({"depth":4,"bypass":false})");
}

TEST(ConfigReader, MisspeltKeyIsNamedWithLineAndNearestName) {
  EXPECT_EQ(refusal("depth: 2\ndetph: 3\n"), "a.yaml:2: detph: unknown key; did you mean 'depth'?");
}

TEST(ConfigReader, RepeatedKeyIsNamedWithBothLines) {
  EXPECT_EQ(refusal("depth: 2\nbypass: true\ndepth: 3\n"),
            "a.yaml:3: key 'depth' is given twice; it stands on line 1 too");
}

TEST(ConfigReader, ValueOutOfRangeStatesTheRange) {
  EXPECT_EQ(refusal("depth: 0"), "a.yaml:1: depth: '0' is not a whole number 1 … 1024 words");
  EXPECT_EQ(refusal("depth: -1"), "a.yaml:1: depth: '-1' is not a whole number 1 … 1024 words");
  EXPECT_EQ(refusal("depth: 2.5"), "a.yaml:1: depth: '2.5' is not a whole number 1 … 1024 words");
}

TEST(ConfigReader, FlagTakesTrueOrFalseOnly) {
  EXPECT_EQ(refusal("bypass: on"), "a.yaml:1: bypass: 'on' is not true or false");
}

TEST(ConfigReader, KeyThatIsNotReadUnderTheseValuesIsRefused) {
  EXPECT_EQ(refusal("bypass: false\nspare: 1"),
            "a.yaml:2: spare: is read only when bypass is true; remove it");
  EXPECT_EQ(refusal("bypass: true\nspare: 1"), "no error");
}

TEST(ConfigReader, ConditionsThatAreSetReplaceTheKnownOnesAndRefuseKeysThatNothingReads) {
  const auto refused = [](const std::string& yaml, const ConfigReader::Overrides& overrides = {}) {
    return message_of([&] {
      auto reader = ConfigReader::text(yaml, "a.yaml", overrides, "x.");
      reader.set_conditions({{"spare", "bypass is true and it rains"}, {"wet", "it rains"}});
      reader.read<FifoConfig>();
    });
  };
  EXPECT_EQ(refused("spare: 1"),
            "a.yaml:1: spare: is read only when bypass is true and it rains; remove it, or add "
            "--set x.spare=");
  EXPECT_EQ(refused("wet: 1"),
            "a.yaml:1: wet: is read only when it rains; remove it, or add --set x.wet=");
  EXPECT_EQ(refused("wet: 1", {{"wet", ""}}), "no error");
  EXPECT_EQ(refused("weet: 1"), "a.yaml:1: weet: unknown key; did you mean 'wet'?");
}

TEST(ConfigReader, AChoiceNamesTheNearestOfItsNames) {
  const auto chosen = [](const std::string& value) {
    return message_of([&] {
      auto reader = ConfigReader::text("way: " + value, "a.yaml");
      reader.choice<int>("way", {{"left", 0}, {"right", 1}}, std::nullopt, "where to");
    });
  };
  EXPECT_EQ(chosen("rihgt"),
            "a.yaml:1: way: 'rihgt' is not one of left, right; did you mean 'right'?");
  EXPECT_EQ(chosen("upwards"), "a.yaml:1: way: 'upwards' is not one of left, right");
}

TEST(ConfigReader, OverrideWithoutAValueRemovesTheKey) {
  for (const char* nothing : {"", "null", "~"}) {
    auto reader = ConfigReader::text("depth: 2", "a.yaml", {{"depth", nothing}});
    EXPECT_EQ(reader.read<FifoConfig>().depth, 4u);
    EXPECT_EQ(refusal("{}", {{"depth", nothing}}), "no error");
  }
  EXPECT_EQ(refusal("{bypass: true, spare: 1}", {{"bypass", "false"}, {"spare", ""}}), "no error");
  EXPECT_EQ(refusal("depth: 2", {{"detph", ""}}),
            "--set detph=: detph: unknown key; did you mean 'depth'?");
}

TEST(ConfigReader, OverrideReplacesTheFileAndIsNamedInErrors) {
  auto reader = ConfigReader::text("depth: 2", "a.yaml", {{"depth", "8"}});
  EXPECT_EQ(reader.read<FifoConfig>().depth, 8u);
  EXPECT_EQ(refusal("depth: 2", {{"depth", "9999"}}),
            "--set depth=9999: depth: '9999' is not a whole number 1 … 1024 words");
  EXPECT_EQ(refusal("depth: 2", {{"dept", "3"}}),
            "--set dept=3: dept: unknown key; did you mean 'depth'?");
}

TEST(ConfigReader, SectionsNestInNamesAndInTheResolvedValues) {
  auto reader = ConfigReader::text("queues:\n  in:\n    dpth: 3\n", "a.yaml");
  EXPECT_EQ(message_of([&] {
              auto queues = reader.section("queues", "all queues");
              queues.read_section<FifoConfig>("in", "input queue");
            }),
            "a.yaml:3: queues.in.dpth: unknown key; did you mean 'queues.in.depth'?");
}

TEST(ConfigReader, BlocksOfAListAreReadOneByOneAndNumberedInErrors) {
  auto reader = ConfigReader::text("queues:\n  - {depth: 3}\n  - {depth: 0}\n", "a.yaml");
  auto blocks = reader.blocks("queues", "all queues");
  ASSERT_EQ(blocks.size(), 2u);
  EXPECT_EQ(blocks[0].read<FifoConfig>().depth, 3u);
  EXPECT_EQ(message_of([&] { blocks[1].read<FifoConfig>(); }),
            "a.yaml:3: queues[1].depth: '0' is not a whole number 1 … 1024 words");
  auto map = ConfigReader::text("queues: {depth: 3}", "a.yaml");
  EXPECT_EQ(message_of([&] { map.blocks("queues", "all queues"); }),
            "a.yaml:1: queues: must be a list of blocks of keys");
  EXPECT_EQ(message_of([&] { map.blocks("more", "more queues"); }),
            "a.yaml:1: more: is required: a list of blocks of keys");
  EXPECT_TRUE(reader.blocks("more", "more queues", false).empty());
  EXPECT_EQ(message_of([&] { map.blocks("queues", "all queues", false); }),
            "a.yaml:1: queues: must be a list of blocks of keys");
}

TEST(ConfigReader, DescribeListsEveryKeyIncludingConditionalOnes) {
  auto reader = ConfigReader::describe();
  reader.read<FifoConfig>();
  ASSERT_EQ(reader.docs().size(), 3u);
  EXPECT_EQ(reader.docs()[0].range_text(), "1 … 1024");
  EXPECT_EQ(reader.docs()[0].maximum, 1024);
  EXPECT_EQ(reader.docs()[0].fallback_text(), "4");
  EXPECT_EQ(reader.docs()[2].applies, "bypass is true");
}

TEST(ConfigReader, BrokenYamlIsNamedWithItsLine) {
  EXPECT_THAT(refusal("depth: 2\nbypass: [\n"),
              testing::StartsWith("a.yaml:3: a bracket that does not close"));
  EXPECT_EQ(refusal("- 1\n- 2\n"), "a.yaml:1: not a map of keys to values");
}

TEST(ConfigReader, DeepNestingIsRefused) {
  std::string yaml = "depth: ";
  for (int i = 0; i < 40; ++i) yaml += "[";
  for (int i = 0; i < 40; ++i) yaml += "]";
  EXPECT_THAT(refusal(yaml), testing::HasSubstr("nested more than 16 levels deep"));
}

}  // namespace
}  // namespace sim::base
