#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <map>
#include <set>

#include "sim/accelerators/optimus/config.h"
#include "sim/base/error.h"
#include "sim/base/key_doc.h"
#include "sim/core/accelerator.h"
#include "tests/accelerators/optimus/machine_support.h"

namespace sim::optimus {

const core::Accelerator& accelerator();

}  // namespace sim::optimus

namespace sim::optimus::test {
namespace {

/// A key's proof of life: two configurations that differ in this key only and must not give the
/// same result.
struct Pair {
  std::string one;
  std::string other;
};

const std::string kMacs = "macs: 64, accumulators_per_mac: 12";

std::string array(const std::string& keys) { return "mac_array: {" + kMacs + ", " + keys + "}"; }
std::string sparse(const std::string& keys) { return array("sparse: {" + keys + "}"); }
std::string with(const std::string& keys) { return array("issue_cycles: 2") + "\n" + keys; }

std::string queue(const std::string& keys) {
  return sparse("ways: 1") + "\ninput_window: {scope: per_set, " + keys + "}";
}

std::string dram(const std::string& keys) {
  return with("memories: {weight_store: streamed, dram: {" + keys + "}}");
}

/// What the keys of banks and times do is proved beside the part (tests/unit/hw): the machine hands
/// them on, and reads only, so that those of writes change nothing in it.
const std::string kBanked = "memories.dram.banked.";

std::map<std::string, Pair> pairs() {
  const std::string off = "redundant_decoding: false";
  return {
      {"mac_array.macs", {"mac_array: {macs: 64}", "mac_array: {macs: 128}"}},
      {"mac_array.pipeline_depth_cycles",
       {array("pipeline_depth_cycles: 4"), array("pipeline_depth_cycles: 5")}},
      {"mac_array.issue_cycles", {array("issue_cycles: 2"), array("issue_cycles: 3")}},
      {"mac_array.accumulators", {array("accumulators: private"), array("accumulators: shared")}},
      {"mac_array.accumulators_per_mac",
       {"mac_array: {macs: 64, accumulators_per_mac: 12}",
        "mac_array: {macs: 64, accumulators_per_mac: 24}"}},
      {"mac_array.weight_hold", {array("weight_hold: true"), array("weight_hold: false")}},
      {"mac_array.skip_zero_inputs",
       {sparse("column_mark: pointer"),
        array("skip_zero_inputs: true, sparse: {column_mark: pointer}")}},
      {"mac_array.pass_columns", {array("pass_columns: 9"), array("pass_columns: 16")}},
      {"mac_array.tile_tokens", {array("tile_tokens: 1"), array("tile_tokens: 2")}},
      {"mac_array.tile_rows", {array("tile_rows: 1"), array("tile_rows: 2")}},
      {"mac_array.sparse.format", {sparse("format: rcsc"), sparse("format: csc")}},
      {"mac_array.sparse.row_order", {sparse("row_order: snake"), sparse("row_order: natural")}},
      {"mac_array.sparse.ways", {sparse("ways: 8"), sparse("ways: 4")}},
      {"mac_array.sparse.column_mark",
       {sparse("column_mark: pointer"), sparse("column_mark: column_length")}},
      {"mac_array.sparse.delta_bits", {sparse("delta_bits: 4"), sparse("delta_bits: 2")}},
      {"mac_array.sparse.row_mark",
       {sparse("column_mark: pointer, row_mark: slot"),
        sparse("column_mark: pointer, row_mark: zeros, row_bits: 1")}},
      {"mac_array.sparse.row_bits",
       {sparse("column_mark: pointer, row_mark: zeros, row_bits: 4"),
        sparse("column_mark: pointer, row_mark: zeros, row_bits: 1")}},
      {"mac_array.sparse.way_choice",
       {sparse("way_choice: offline"), sparse("way_choice: runtime")}},
      {"input_window.scope",
       {with("input_window: {scope: global, columns: 4}"),
        with("input_window: {scope: per_set, columns: 4}")}},
      {"input_window.columns",
       {with("input_window: {columns: 4}"), with("input_window: {columns: 8}")}},
      {"input_window.local_columns",
       {with("input_window: {scope: two_level, columns: 4, local_columns: 1}"),
        with("input_window: {scope: two_level, columns: 4, local_columns: 4}")}},
      {"input_window.load_width_elements_per_cycle",
       {with("input_window: {load_width_elements_per_cycle: 2}"),
        with("input_window: {load_width_elements_per_cycle: 4}")}},
      {"input_window.place_freed",
       {queue("columns: 2, place_freed: at_end"), queue("columns: 2, place_freed: at_begin")}},
      {"input_window.pop_beats", {queue("pop_beats: 1"), queue("pop_beats: 2")}},
      {"load_compute_matching",
       {with("load_compute_matching: true"), with("load_compute_matching: false")}},
      {"fuse_shared_inputs", {with("fuse_shared_inputs: true"), with("fuse_shared_inputs: false")}},
      {"skipping.redundant_decoding",
       {with("skipping: {redundant_decoding: true}"), with("skipping: {" + off + "}")}},
      {"skipping.cross_kv_once",
       {with("skipping: {" + off + "}"), with("skipping: {" + off + ", cross_kv_once: true}")}},
      {"skipping.project_all_positions",
       {with("skipping: {" + off + "}"),
        with("skipping: {" + off + ", project_all_positions: true}")}},
      {"skipping.masked_scores",
       {with("skipping: {" + off + "}"), with("skipping: {" + off + ", masked_scores: true}")}},
      {"precision.weight_bits",
       {with("precision: {weight_bits: 8}"), with("precision: {weight_bits: 16}")}},
      {"precision.activation_bits",
       {with("precision: {activation_bits: 8}"), with("precision: {activation_bits: 16}")}},
      {"precision.accumulator_bits",
       {with("precision: {accumulator_bits: 32}"), with("precision: {accumulator_bits: 48}")}},
      {"post_processing.softmax_lanes",
       {with("post_processing: {softmax_lanes: 1}"), with("post_processing: {softmax_lanes: 2}")}},
      {"post_processing.softmax_latency_cycles",
       {with("post_processing: {softmax_latency_cycles: 10}"),
        with("post_processing: {softmax_latency_cycles: 11}")}},
      {"post_processing.softmax_overlap",
       {with("post_processing: {softmax_overlap: true}"),
        with("post_processing: {softmax_overlap: false}")}},
      {"post_processing.norm_lanes",
       {with("post_processing: {norm_lanes: 2}"), with("post_processing: {norm_lanes: 4}")}},
      {"post_processing.norm_latency_cycles",
       {with("post_processing: {norm_latency_cycles: 10}"),
        with("post_processing: {norm_latency_cycles: 11}")}},
      {"post_processing.elementwise_lanes",
       {with("post_processing: {elementwise_lanes: 2}"),
        with("post_processing: {elementwise_lanes: 4}")}},
      {"post_processing.elementwise_latency_cycles",
       {with("post_processing: {elementwise_latency_cycles: 10}"),
        with("post_processing: {elementwise_latency_cycles: 11}")}},
      {"post_processing.output_width_elements_per_cycle",
       {with("post_processing: {output_width_elements_per_cycle: 4}"),
        with("post_processing: {output_width_elements_per_cycle: 8}")}},
      {"memories.weight_store",
       {with("memories: {weight_store: resident}"), with("memories: {weight_store: streamed}")}},
      {"memories.dram_request_bytes",
       {with("memories: {weight_store: streamed, dram_request_bytes: 8}"),
        with("memories: {weight_store: streamed, dram_request_bytes: 16}")}},
      {"memories.prefetch_weights",
       {with("memories: {weight_store: streamed, prefetch_weights: false}"),
        with("memories: {weight_store: streamed, prefetch_weights: true}")}},
      {"memories.dram.kind", {dram("kind: ideal"), dram("kind: fixed")}},
      {"memories.dram.port.outstanding",
       {dram("port: {outstanding: 1}"), dram("port: {outstanding: 2}")}},
      {"memories.dram.port.bytes_per_cycle",
       {dram("port: {bytes_per_cycle: 2}"), dram("port: {bytes_per_cycle: 4}")}},
      {"memories.dram.fixed.bytes_per_cycle",
       {dram("fixed: {bytes_per_cycle: 2}"), dram("fixed: {bytes_per_cycle: 4}")}},
      {"memories.dram.fixed.latency_cycles",
       {dram("fixed: {latency_cycles: 40}"), dram("fixed: {latency_cycles: 50}")}},
      {"memories.dram.fixed.accept_interval_cycles",
       {dram("fixed: {accept_interval_cycles: 1}"), dram("fixed: {accept_interval_cycles: 90}")}},
      {kBanked + "standard",
       {dram("kind: banked, banked: {standard: ddr4_2400}"),
        dram("kind: banked, banked: {standard: hbm2}")}},
      {"memories.embedding_store",
       {with("memories: {embedding_store: host}"), with("memories: {embedding_store: dram}")}},
      {"memories.embedding_kib",
       {with("memories: {embedding_store: on_chip, embedding_kib: 64}"),
        with("memories: {embedding_store: on_chip, embedding_kib: 128}")}},
      {"memories.weight_bank_kib",
       {with("memories: {weight_bank_kib: 16}"), with("memories: {weight_bank_kib: 32}")}},
      {"memories.weight_entries_per_fetch",
       {with("memories: {weight_entries_per_fetch: 1}"),
        with("memories: {weight_entries_per_fetch: 2}")}},
      {"memories.weight_access_cycles",
       {with("memories: {weight_entries_per_fetch: 8, weight_access_cycles: 7}"),
        with("memories: {weight_entries_per_fetch: 8, weight_access_cycles: 8}")}},
      {"memories.column_access_cycles",
       {sparse("column_mark: pointer") + "\nmemories: {column_access_cycles: 1}",
        sparse("column_mark: pointer") + "\nmemories: {column_access_cycles: 2}"}},
      {"memories.column_bank_kib",
       {sparse("column_mark: pointer") + "\nmemories: {column_bank_kib: 16}",
        sparse("column_mark: pointer") + "\nmemories: {column_bank_kib: 32}"}},
      {"memories.global_buffer_kib",
       {with("memories: {global_buffer_kib: 64}"), with("memories: {global_buffer_kib: 128}")}},
      {"memories.kv_store_kib",
       {with("memories: {kv_store_kib: 64}"), with("memories: {kv_store_kib: 128}")}},
      {"memories.kv_port_elements_per_cycle",
       {with("memories: {kv_port_elements_per_cycle: 2}"),
        with("memories: {kv_port_elements_per_cycle: 4}")}},
  };
}

/// A Transformer whose encoder ends with an operator for each unit.
workload::Network model_of_all_units() {
  workload::Network model = model_of({.layers = 1, .d_model = 32, .d_ff = 64});
  workload::Operator gelu{.name = "gelu",
                          .inputs = {0},
                          .shape = model.operators[0].shape,
                          .body = workload::Activation{}};
  model.operators.push_back(std::move(gelu));
  return model;
}

std::string result_of(const std::string& yaml) {
  static const workload::Network model = model_of_all_units();
  return simulate(model, config_of(yaml), {.engine = core::Engine::kSkip}, {{0, 8, 5}});
}

TEST(Keys, EveryKeyOfTheMachineHasAProof) {
  auto reader = base::ConfigReader::describe();
  reader.read<Config>();
  std::set<std::string> documented;
  for (const auto& doc : reader.docs()) {
    const bool elsewhere = doc.path.starts_with(kBanked) && doc.path != kBanked + "standard";
    if (doc.type != "block" && !elsewhere) documented.insert(doc.path);
  }
  std::set<std::string> proved;
  for (const auto& [key, pair] : pairs()) proved.insert(key);
  EXPECT_EQ(documented, proved);
}

TEST(Keys, EveryKeyChangesTheResult) {
  for (const auto& [key, pair] : pairs()) {
    EXPECT_NE(result_of(pair.one), result_of(pair.other)) << key << " changes nothing";
  }
}

std::string refusal_at(double clock_mhz, const std::string& memories) {
  auto reader = base::ConfigReader::text("memories: {" + memories + "}", "optimus");
  try {
    accelerator().configure(reader, clock_mhz);
  } catch (const base::ConfigError& e) {
    return e.what();
  }
  return "right";
}

TEST(Keys, AWeightBankMayNotBeSlowerThanTheMacThatEmptiesItsWord) {
  EXPECT_EQ(refusal_at(200, "weight_entries_per_fetch: 8, weight_access_cycles: 8"), "right");
  EXPECT_THAT(refusal_at(200, "weight_entries_per_fetch: 8, weight_access_cycles: 9"),
              testing::EndsWith("weight_access_cycles: a read of 9 cycles is too slow: a MAC takes "
                                "an entry a cycle, and a word holds 8 (weight_entries_per_fetch)"));
  EXPECT_NE(refusal_at(200, "weight_access_cycles: 2"), "right");
}

TEST(Keys, MacsAreAWholeNumberOfSets) {
  EXPECT_NO_THROW(config_of("mac_array: {macs: 64, sparse: {ways: 8}}"));
  EXPECT_THAT([] { config_of("mac_array: {macs: 68, sparse: {ways: 8}}"); },
              testing::ThrowsMessage<base::ConfigError>(testing::HasSubstr(
                  "68 MACs cannot be split into sets of 8 ways; use a multiple of 8")));
}

TEST(Keys, ActivationsWiderThanAnyPricedElementAreRefused) {
  auto reader = base::ConfigReader::text("precision: {activation_bits: 17}", "optimus");
  EXPECT_THAT([&] { accelerator().configure(reader, 200); },
              testing::ThrowsMessage<base::ConfigError>(
                  testing::HasSubstr("activation_bits: '17' is not a whole number 8 … 16")));
}

TEST(Keys, ADramWithBanksNeedsAWholeNumberOfMegahertz) {
  const std::string banked = "weight_store: streamed, dram: {kind: banked}";
  EXPECT_EQ(refusal_at(200.5, banked),
            "clock_mhz is 200.5, but with optimus.memories.dram.kind banked it must be a whole "
            "number of MHz");
  EXPECT_EQ(refusal_at(201, banked), "right");
  EXPECT_EQ(refusal_at(200.5, "weight_store: streamed"), "right");
  EXPECT_EQ(refusal_at(200.5, ""), "right");
}

}  // namespace
}  // namespace sim::optimus::test
