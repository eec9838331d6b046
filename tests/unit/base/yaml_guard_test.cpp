#include <gtest/gtest.h>

#include "sim/base/config_reader.h"

namespace sim::base {
namespace {

std::string refusal(const std::string& yaml) {
  try {
    ConfigReader::text(yaml, "a.yaml");
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "no error";
}

TEST(YamlGuard, ReferencesToAnchorsAreRefused) {
  EXPECT_EQ(refusal("a: &x {b: 1}\nc: *x\n"),
            "a.yaml:2: refers to an anchor; write the values out");
}

TEST(YamlGuard, DeepNestingIsRefused) {
  EXPECT_EQ(refusal("a: " + std::string(15, '[') + std::string(15, ']')), "no error");
  EXPECT_EQ(refusal("a: " + std::string(16, '[') + std::string(16, ']')),
            "a.yaml:1: nested more than 16 levels deep");
  EXPECT_EQ(refusal("a: " + std::string(100'000, '[')),
            "a.yaml:1: nested more than 16 levels deep");
}

TEST(YamlGuard, SecondDocumentIsRefused) {
  EXPECT_EQ(refusal("a: 1\n---\nb: 2\n"), "a.yaml: more than one document; a configuration is one");
}

}  // namespace
}  // namespace sim::base
