#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "sim/base/config_reader.h"
#include "sim/base/printable.h"
#include "sim/base/yaml_file.h"
#include "sim/base/yaml_scalar.h"

namespace sim::base {
namespace {

std::string refusal(const std::string& yaml) {
  try {
    parse_yaml(yaml, "a.yaml");
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "no error";
}

/// What the reader makes of the key `k` by each of its kinds; nothing where it refuses.
template <class Read>
nlohmann::json read_as(const std::string& yaml, Read read) {
  try {
    auto reader = ConfigReader::text(yaml, "a.yaml");
    return read(reader);
  } catch (const ConfigError&) {
    return nullptr;
  }
}

TEST(YamlFile, ReferencesToAnchorsAreRefused) {
  EXPECT_EQ(refusal("b: 1\nc: *x\n"),
            "a.yaml:2: begins with *: a reference to an anchor; write quotes around a text");
}

TEST(YamlFile, DeepNestingIsRefused) {
  EXPECT_EQ(refusal("a: " + std::string(15, '[') + std::string(15, ']')), "no error");
  EXPECT_EQ(refusal("a: " + std::string(16, '[') + std::string(16, ']')),
            "a.yaml:1: nested more than 16 levels deep");
  EXPECT_EQ(refusal("a: " + std::string(100'000, '[')),
            "a.yaml:1: nested more than 16 levels deep");
}

TEST(YamlFile, SecondDocumentIsRefused) {
  EXPECT_EQ(refusal("---\na: 1\n"), "no error");
  EXPECT_EQ(refusal("a: 1\n---\nb: 2\n"), "a.yaml:2: a second document; a file is one");
}

TEST(YamlFile, OtherEncodingsAreRefused) {
  EXPECT_EQ(refusal("\xEF\xBB\xBF"
                    "a: 1\r\n"),
            "no error");
  EXPECT_EQ(refusal("a: 1\nb: \xE9\n"), "a.yaml:2: not UTF-8 text");
  EXPECT_EQ(refusal(std::string("\xFF\xFE"
                                "a\0:\0",
                                6)),
            "a.yaml:1: not UTF-8 text");
  EXPECT_EQ(refusal(std::string("a\0:\0 \0001\0", 8)),
            "a.yaml:1: the character U+0000, which is not text");
  EXPECT_EQ(refusal("a: \xED\xA0\x80"), "a.yaml:1: not UTF-8 text");
}

TEST(YamlFile, SizeAndNumberOfValuesAreBounded) {
  EXPECT_THAT(refusal("a: " + std::string(1 << 20, 'x')), testing::HasSubstr("bytes, more than"));
  std::string many = "a: [";
  for (int i = 0; i < 100'000; ++i) many += "1,";
  EXPECT_THAT(refusal(many + "]"), testing::HasSubstr("more than the 100000 values"));
}

TEST(YamlFile, ValueOfAnOverrideIsOfTheSameDialect) {
  EXPECT_EQ(parse_yaml_value("[1, {a: b}]").size(), 2u);
  for (const char* wrong : {"a: b", "*a", "[1", "|\n x", "1\n2", "a\tb", "- 1"}) {
    EXPECT_THROW(parse_yaml_value(wrong), ConfigError) << wrong;
  }
}

TEST(YamlFile, ScalarsMeanWhatTheTableSays) {
  std::ifstream table(LOCKSTEP_SOURCE_DIR "/tests/support/yaml_scalars.jsonl");
  int rows = 0;
  for (std::string line; std::getline(table, line); ++rows) {
    const auto row = nlohmann::json::parse(line);
    const std::string yaml = "k: " + row["text"].get<std::string>() + "\n";
    if (row.contains("error")) {
      EXPECT_THAT(refusal(yaml), testing::HasSubstr(row["error"].get<std::string>())) << line;
      continue;
    }
    const nlohmann::json value = row["value"];
    if (value.is_primitive()) {
      EXPECT_EQ(nlohmann::json(typed_scalar(parse_yaml(yaml, "a.yaml")["k"])), value) << line;
    }
    const auto integer =
        read_as(yaml, [](ConfigReader& in) { return in.integer({.name = "k", .max = ~0ull}); });
    EXPECT_EQ(integer, value.is_number_unsigned() ? value : nullptr) << line;
    const auto number = read_as(yaml, [](ConfigReader& in) { return in.number({.name = "k"}); });
    const bool is_positive = value.is_number() && value.get<double>() >= 0;
    EXPECT_EQ(number, is_positive ? nlohmann::json(value.get<double>()) : nullptr) << line;
    const auto flag = read_as(yaml, [](ConfigReader& in) { return in.flag("k", false, ""); });
    EXPECT_EQ(flag, value.is_boolean() ? value : nullptr) << line;
    const auto text = read_as(yaml, [](ConfigReader& in) { return in.text_value("k", {}, ""); });
    const bool shows = !value.is_string() || printable(value.get<std::string>()) == value;
    EXPECT_EQ(text.is_string(), value.is_primitive() && !value.is_null() && shows) << line;
    if (value.is_string() && shows) {
      EXPECT_EQ(text, value) << line;
    }
  }
  EXPECT_GT(rows, 90);
}

}  // namespace
}  // namespace sim::base
