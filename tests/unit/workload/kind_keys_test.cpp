#include "sim/workload/kind_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "sim/base/error.h"

namespace sim::workload {
namespace {

using base::ConfigReader;
using testing::ElementsAre;

class NoSource final : public WorkloadSource {
 public:
  Workload load(const ConfigReader& /*in*/, const LoadOptions& /*options*/) const override {
    return {};
  }
};

/// A kind whose keys are read by a function.
class TestKind final : public WorkloadKind {
 public:
  using Keys = void (*)(ConfigReader& in);
  TestKind(std::string_view name, Keys keys) : name_(name), keys_(keys) {}

  std::string_view name() const override { return name_; }
  std::string_view description() const override { return "a test"; }
  std::unique_ptr<const WorkloadSource> configure(ConfigReader& in) const override {
    keys_(in);
    return std::make_unique<NoSource>();
  }

 private:
  std::string_view name_;
  Keys keys_;
};

void integer(ConfigReader& in, std::string_view name, std::string_view meaning = "a number") {
  in.integer32({.name = name, .fallback = 0, .meaning = meaning});
}

const TestKind kFirst("first", [](ConfigReader& in) {
  integer(in, "alone");
  auto block = in.section("block", "of two kinds");
  integer(block, "inner");
  if (block.applies("deep", in.has("alone"), "alone is given")) integer(block, "deep");
  block.finish();
});
const TestKind kSecond("second", [](ConfigReader& in) {
  integer(in, "shared");
  auto block = in.section("block", "of two kinds");
  integer(block, "also");
  integer(block, "inner");
  block.finish();
});
const TestKind kThird("third", [](ConfigReader& in) {
  const bool on = in.flag("on", false, "a flag");
  if (in.applies("shared", on, "on is true")) integer(in, "shared");
});
const WorkloadKinds kThree = {&kFirst, &kSecond, &kThird};

std::string refusal(const std::string& yaml) {
  auto reader = ConfigReader::text(yaml, "w.yaml", {}, "workload.");
  try {
    read_source(reader, kThree);
  } catch (const base::ConfigError& e) {
    return e.what();
  }
  return "no error";
}

std::vector<std::string> described(const WorkloadKinds& kinds) {
  std::vector<std::string> rows;
  for (const base::KeyDoc& key : described_keys(kinds)) {
    rows.push_back(key.path + (key.applies.empty() ? "" : " if " + key.applies));
  }
  return rows;
}

TEST(KindKeys, ConditionsSayWhichKindsReadAKeyBesideThoseOfItsBlock) {
  EXPECT_THAT(described(kThree),
              ElementsAre("kind", "alone if kind is first", "on if kind is third",
                          "shared if kind is second, or third with on true",
                          "block if kind is not third", "block.also if kind is second",
                          "block.inner", "block.deep if kind is first and alone is given"));
}

TEST(KindKeys, ASingleKindNeedsNoConditionOnItself) {
  EXPECT_THAT(described({&kThird}), ElementsAre("kind", "on", "shared if on is true"));
}

TEST(KindKeys, KindsThatReadAKeyAreNamedWhenFewerThanAllButOne) {
  const TestKind fourth("fourth", [](ConfigReader&) {});
  EXPECT_THAT(described({&kFirst, &kSecond, &kThird, &fourth}),
              testing::Contains("block if kind is first or second"));
}

TEST(KindKeys, AKeyThatMeansTwoThingsIsAMistakeOfOurs) {
  const TestKind other("other", [](ConfigReader& in) { integer(in, "alone", "something else"); });
  EXPECT_THROW(described_keys({&kFirst, &other}), base::SimulationError);
}

TEST(KindKeys, KeysOfOtherKindsAreRefusedWithTheirCondition) {
  EXPECT_EQ(refusal("kind: third\nalone: 1"),
            "w.yaml:2: alone: is read only when kind is first; remove it, or add --set "
            "workload.alone=");
  EXPECT_EQ(refusal("kind: second\nblock: {deep: 1}"),
            "w.yaml:2: block.deep: is read only when kind is first and alone is given; remove it, "
            "or add --set workload.block.deep=");
}

TEST(KindKeys, KeysOfTheKindItselfAreRefusedWithTheWholeCondition) {
  EXPECT_EQ(refusal("kind: third\nshared: 1"),
            "w.yaml:2: shared: is read only when kind is second, or third with on true; remove it, "
            "or add --set workload.shared=");
  EXPECT_EQ(refusal("kind: third\non: true\nshared: 1"), "no error");
}

TEST(KindKeys, MisspeltKeysAreNearThoseOfAnyKind) {
  EXPECT_EQ(refusal("kind: third\nalome: 1"),
            "w.yaml:2: alome: unknown key; did you mean 'alone'?");
  EXPECT_EQ(refusal("kind: second\nblock: {deeep: 1}"),
            "w.yaml:2: block.deeep: unknown key; did you mean 'block.deep'?");
}

TEST(KindKeys, AWrongKindNamesTheNearest) {
  EXPECT_EQ(refusal("kind: thrid"),
            "w.yaml:1: kind: 'thrid' is not one of first, second, third; did you mean 'third'?");
  EXPECT_EQ(refusal("kind: something quite different"),
            "w.yaml:1: kind: 'something quite different' is not one of first, second, third");
}

/// The list that the build writes holds each folder's kind, under the folder's name.
TEST(WorkloadKinds, EachFolderIsAKindOfItsName) {
  std::vector<std::string> folders;
  for (const auto& entry :
       std::filesystem::directory_iterator(LOCKSTEP_SOURCE_DIR "/sim/workload/kinds")) {
    folders.push_back(entry.path().filename().string());
  }
  std::vector<std::string> names;
  for (const WorkloadKind* kind : workload_kinds()) {
    names.emplace_back(kind->name());
    EXPECT_FALSE(kind->description().empty()) << kind->name();
  }
  EXPECT_THAT(names, testing::UnorderedElementsAreArray(folders));
}

TEST(WorkloadKinds, AreListedByRankThenByName) {
  const WorkloadKinds& kinds = workload_kinds();
  for (std::size_t i = 1; i < kinds.size(); ++i) {
    const auto place = [](const WorkloadKind* k) { return std::pair(k->rank(), k->name()); };
    EXPECT_LT(place(kinds[i - 1]), place(kinds[i]));
  }
}

}  // namespace
}  // namespace sim::workload
