#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <map>
#include <set>

#include "sim/accelerators/poetbin/config.h"
#include "sim/base/key_doc.h"
#include "sim/base/rng.h"
#include "tests/accelerators/poetbin/design_support.h"
#include "tests/support/random_luts.h"

namespace sim::poetbin::test {
namespace {

/// A key's proof of life: two configurations that differ in this key only and must not give the
/// same result.
struct Pair {
  std::string one;
  std::string other;
};

std::string spatial(const std::string& keys) { return "variant: spatial\nspatial: {" + keys + "}"; }
std::string fabric(const std::string& keys) {
  return "variant: fabric\nfabric: {luts: 7, " + keys + "}";
}

std::map<std::string, Pair> pairs() {
  return {
      {"variant", {"variant: spatial", "variant: fabric"}},
      {"simplify", {"simplify: false", "simplify: true"}},
      {"argmax", {"argmax: false", "argmax: true"}},
      {"spatial.pipe_mask", {spatial("pipe_mask: 2"), spatial("pipe_mask: 4")}},
      {"spatial.registers_after",
       {spatial("registers_after: [1]"), spatial("registers_after: [1, 3]")}},
      {"spatial.load", {spatial("load: parallel"), spatial("load: serial")}},
      {"spatial.serial_bits",
       {spatial("load: serial, serial_bits: 1"), spatial("load: serial, serial_bits: 2")}},
      {"spatial.serial_entry",
       {spatial("load: serial, serial_entry: top"), spatial("load: serial, serial_entry: bottom")}},
      {"spatial.glitches", {spatial("glitches: false"), spatial("glitches: true")}},
      {"spatial.delay_spread_percent",
       {spatial("glitches: true, delay_spread_percent: 5"),
        spatial("glitches: true, delay_spread_percent: 50")}},
      {"spatial.delay_seed",
       {spatial("glitches: true, delay_seed: 1"), spatial("glitches: true, delay_seed: 2")}},
      {"columns.columns",
       {"variant: columns\ncolumns: {columns: 1}", "variant: columns\ncolumns: {columns: 2}"}},
      {"fabric.luts", {"variant: fabric\nfabric: {luts: 7}", "variant: fabric\nfabric: {luts: 8}"}},
      {"fabric.banks", {fabric("banks: 0"), fabric("banks: 3")}},
      {"fabric.ports", {fabric("banks: 3, ports: 1"), fabric("banks: 3, ports: 2")}},
      {"fabric.contexts", {fabric("contexts: 1"), fabric("contexts: 2")}},
      {"fabric.load_bits", {fabric("load_bits: 8"), fabric("load_bits: 30")}},
      {"fabric.config_bits", {fabric("config_bits: 8"), fabric("config_bits: 9")}},
      {"fabric.configured_routes",
       {fabric("configured_routes: input_levels"), fabric("configured_routes: all_levels")}},
      {"fabric.slot_order",
       {fabric("banks: 8, slot_order: natural"), fabric("banks: 8, slot_order: conflict_aware")}},
      {"source.samples", {"source: {samples: 0}", "source: {samples: 10}"}},
      {"source.gap_cycles", {"source: {gap_cycles: 0}", "source: {gap_cycles: 1}"}},
      {"sink.ready_cycles",
       {"sink: {ready_cycles: 1, blocked_cycles: 1}",
        "sink: {ready_cycles: 2, blocked_cycles: 1}"}},
      {"sink.blocked_cycles",
       {"sink: {ready_cycles: 1, blocked_cycles: 0}",
        "sink: {ready_cycles: 1, blocked_cycles: 1}"}},
  };
}

workload::Workload small_workload() {
  base::Rng rng(41);
  return workload_of(
      sim::test::random_rinc(
          rng, {.inputs = 30, .classes = 4, .fan_in = 4, .trees = 10, .score_bits = 5}),
      30);
}

TEST(PoetbinKeys, EveryKeyHasAPair) {
  auto reader = base::ConfigReader::describe();
  Config::from(reader);
  std::set<std::string> keys;
  for (const base::KeyDoc& doc : reader.docs()) {
    if (doc.type != "block") keys.insert(doc.path);
  }
  std::set<std::string> covered;
  for (const auto& [key, pair] : pairs()) covered.insert(key);
  EXPECT_EQ(keys, covered);
}

TEST(PoetbinKeys, EveryKeyChangesAResult) {
  const workload::Workload workload = small_workload();
  for (const auto& [key, pair] : pairs()) {
    EXPECT_NE(simulate(pair.one, workload), simulate(pair.other, workload)) << key;
  }
}

TEST(PoetbinKeys, KeysOfAnotherVariantAreRefused) {
  const workload::Workload workload = small_workload();
  EXPECT_NE(failure("variant: columns\nspatial: {pipe_mask: 2}", workload), "");
  EXPECT_NE(failure("variant: spatial\nfabric: {luts: 2}", workload), "");
  EXPECT_NE(failure(spatial("serial_bits: 2"), workload), "");
  EXPECT_NE(failure(fabric("ports: 2"), workload), "");
  EXPECT_NE(failure(spatial("pipe_mask: 2, registers_after: [1]"), workload), "");
}

TEST(PoetbinKeys, ListAndMaskOfRegistersSayTheSame) {
  const workload::Workload workload = small_workload();
  EXPECT_EQ(simulate(spatial("pipe_mask: 10"), workload),
            simulate(spatial("registers_after: [1, 3]"), workload));
  for (const char* wrong : {"[0]", "[4]", "[255]", "[256]", "[2, 1]", "[2, 2]", "2"}) {
    EXPECT_NE(failure(spatial(std::string("registers_after: ") + wrong), workload), "") << wrong;
  }
  EXPECT_NE(failure(spatial("pipe_mask: 16"), workload), "");
  EXPECT_NE(failure(spatial("pipe_mask: 18446744073709551615"), workload), "");
}

}  // namespace
}  // namespace sim::poetbin::test
