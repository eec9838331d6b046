#include "sim/accelerators/optimus/embedding_store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/accelerators/optimus/capacity.h"
#include "sim/accelerators/optimus/compiler.h"
#include "sim/base/error.h"
#include "sim/base/math.h"
#include "tests/accelerators/optimus/dram_judge.h"
#include "tests/accelerators/optimus/machine_support.h"

namespace sim::optimus::test {
namespace {

using base::ceil_div;

constexpr std::uint64_t kN = 9;
constexpr std::uint64_t kT = 4;
constexpr std::uint64_t kD = 32;

std::string run(const std::string& memories, core::Engine engine = core::Engine::kSkip,
                std::uint64_t lanes = 16) {
  const Config config = config_of(
      fmt::format("mac_array: {{macs: 64}}\npost_processing: {{output_width_elements_per_cycle: "
                  "{}}}\nmemories: {{{}}}",
                  lanes, memories));
  return simulate(model_of({.d_model = kD, .d_ff = 48}), config, {.engine = engine}, {{0, kN, kT}});
}

std::uint64_t counter(const std::string& text, const std::string& name) {
  return number_after(text, "counter embedder " + name);
}

TEST(Embedding, OnChipTakesNoCyclesAndReadsTwoRowsAToken) {
  const std::string text = run("embedding_store: on_chip");
  EXPECT_EQ(headline(text, "cycles"), headline(run(""), "cycles"));
  EXPECT_EQ(counter(text, "table_reads"), 2 * (kN + kT));
  EXPECT_EQ(counter(text, "table_bytes"), 2 * (kN + kT) * kD);
  EXPECT_EQ(counter(text, "host_bytes"), 0u);
  // 16 elements of 8 bits an access; 50 token rows and 9 position rows of 32 bytes.
  EXPECT_EQ(number_after(text, "activity embedding_store table_bytes sram_read"),
            2 * (kN + kT) * kD / 16);
  EXPECT_NE(text.find("static embedding_store 0 bits clocked 0 1 x 1888 B x 128 bits in 1 cycles"),
            std::string::npos);
}

TEST(Embedding, HostDeliversVectorsAndNothingIsPriced) {
  const std::string text = run("embedding_store: host");
  EXPECT_EQ(counter(text, "host_bytes"), (kN + kT) * kD);
  EXPECT_EQ(counter(text, "table_reads"), 0u);
  EXPECT_EQ(text.find("activity embedding_store"), std::string::npos);
  EXPECT_EQ(text.find("static embedding_store"), std::string::npos);
}

/// Cycles from the command to its last token: two rows of 32 bytes a token, all asked for in the
/// command's first cycle, and a token whose rows are
/// here in the last cycle of the one before takes lanes that it left free.
std::uint64_t embedded_after(std::uint64_t tokens, std::uint64_t lanes, const PlainDram& dram) {
  const std::vector<PlainArrival> rows =
      plain_arrivals(dram, std::vector<PlainRun>(2 * tokens, {0, kD}));
  std::uint64_t done = 0;
  std::uint64_t used = 0;  // lanes of the cycle before `done`
  for (std::uint64_t i = 0; i < tokens; ++i) {
    const auto last_of_token = std::find_if(
        rows.rbegin(), rows.rend(), [&](const PlainArrival& a) { return a.run == 2 * i + 1; });
    for (std::uint64_t e = 0; e < kD; ++e) {
      if (used == lanes || last_of_token->cycle >= done) {
        done = std::max(done, last_of_token->cycle) + 1;
        used = 0;
      }
      ++used;
    }
  }
  return done;
}

/// Nothing runs beside the embedding of a step, so that each delay is one of the sentence.
void expect_delays(std::uint64_t lanes, const PlainDram& dram) {
  const std::string keys = fmt::format(
      "embedding_store: dram, dram_request_bytes: {}, dram: {{fixed: "
      "{{bytes_per_cycle: {}, latency_cycles: {}}}}}",
      dram.request_bytes, dram.bytes_per_cycle, dram.latency);
  const auto delay = [&](std::uint64_t tokens) {
    return embedded_after(tokens, lanes, dram) - ceil_div(tokens * kD, lanes);
  };
  const std::uint64_t delays = delay(kN) + kT * delay(1);
  const std::string host = run("", core::Engine::kSkip, lanes);
  const std::string skip = run(keys, core::Engine::kSkip, lanes);
  EXPECT_EQ(headline(skip, "cycles"), headline(host, "cycles") + delays);
  EXPECT_EQ(number_after(skip, "activity dram table_bytes dram"), 2 * (kN + kT) * kD);
  EXPECT_EQ(number_after(skip, "counter dram read_bytes"), 2 * (kN + kT) * kD);
  const auto waits_and_work = [](const std::string& text) {  // lanes that are lost are work
    return number_after(text, "counter embedder input_wait_cycles") +
           number_after(text, "counter embedder busy_cycles");
  };
  EXPECT_EQ(waits_and_work(skip), waits_and_work(host) + delays);
  EXPECT_EQ(skip, run(keys, core::Engine::kTick, lanes));
}

TEST(Embedding, TokensPassWhenBothOfTheirRowsAreHere) {
  for (const std::uint64_t width : {1, 7, 64, 4096}) {
    for (const std::uint64_t request : {9, 256}) {
      for (const std::uint64_t lanes : {16, 20}) {
        SCOPED_TRACE(
            fmt::format("{} bytes a cycle, {} a request, {} lanes", width, request, lanes));
        expect_delays(lanes, {.request_bytes = request, .bytes_per_cycle = width, .latency = 30});
      }
    }
  }
}

/// Where a step computes K and V of the cross-attention again, these would be streamed beside the
/// embedding; DRAM serves one after the other.
TEST(Embedding, StreamedWeightsAndTablesTakeTurns) {
  for (const char* prefetch : {"true", "false"}) {
    const Config config = config_of(
        fmt::format("mac_array: {{macs: 64}}\nskipping: {{redundant_decoding: false}}\nmemories: "
                    "{{weight_store: streamed, embedding_store: dram, prefetch_weights: {}}}",
                    prefetch));
    const workload::Network model = model_of({.layers = 2, .d_model = kD, .d_ff = 48});
    const std::vector<SentenceLengths> sentences = {{0, kN, kT}, {1, 3, 2}};
    const std::string skip = simulate(model, config, {.engine = core::Engine::kSkip}, sentences);
    EXPECT_EQ(skip, simulate(model, config, {.engine = core::Engine::kTick}, sentences));
    EXPECT_EQ(number_after(skip, "counter dram read_bytes"),
              number_after(skip, "counter embedder table_bytes") +
                  number_after(skip, "counter mac_array dram_bytes"));
  }
}

TEST(Embedding, TablesAreLinkedToWhoReadsThem) {
  const std::vector<std::int8_t> tokens(40 * 8);
  const std::vector<std::int8_t> others(30 * 8);
  const std::vector<std::int8_t> positions(10 * 8);
  workload::Network model;
  model.has_values = true;
  for (const auto* table : {&tokens, &others, &tokens}) {
    workload::Embedding e{
        .table = *table, .positions = positions, .features = 8, .has_positions = true};
    model.operators.push_back({.shape = {.features = 8}, .body = e});
  }
  const std::vector<std::vector<TableRead>> linked = tables_of_embeddings(model);
  ASSERT_EQ(linked.size(), 3u);
  EXPECT_EQ(linked[0].at(0).table, linked[2].at(0).table);
  EXPECT_EQ(linked[0].at(1).table, linked[1].at(1).table);
  const std::vector<EmbeddingTable> tables = embedding_tables(model, {});
  ASSERT_EQ(tables.size(), 3u);
  EXPECT_EQ(tables[linked[0].at(0).table].rows, 40u);
  EXPECT_EQ(tables[linked[1].at(0).table].rows, 30u);
  EXPECT_EQ(tables[linked[1].at(1).table].rows, 10u);
}

TEST(Embedding, WithoutPositionsThereIsOneTableAndAConstantHasItsOwn) {
  const std::vector<std::int8_t> tokens(40 * 8);
  const std::vector<std::int8_t> value(5 * 8);
  workload::Network model;
  model.has_values = true;
  model.operators.push_back(
      {.shape = {.features = 8}, .body = workload::Embedding{.table = tokens, .features = 8}});
  model.operators.push_back(
      {.shape = {.tokens = 5, .features = 8}, .body = workload::Constant{.value = value}});
  model.operators.push_back({.shape = {.tokens = 2, .features = 8}, .body = workload::Input{}});
  const std::vector<std::vector<TableRead>> linked = tables_of_embeddings(model);
  ASSERT_EQ(linked.size(), 3u);
  ASSERT_EQ(linked[0].size(), 1u);
  EXPECT_TRUE(linked[0][0].by_token);
  ASSERT_EQ(linked[1].size(), 1u);
  EXPECT_FALSE(linked[1][0].by_token);
  EXPECT_TRUE(linked[2].empty());
  const std::vector<EmbeddingTable> tables = embedding_tables(model, {});
  ASSERT_EQ(tables.size(), 2u);
  EXPECT_EQ(tables[linked[1][0].table].rows, 5u);
}

TEST(Embedding, ATableReadByBothSidesIsStoredOnce) {
  const std::vector<std::int8_t> tokens(40 * 8);
  const std::vector<std::int8_t> others(30 * 8);
  const std::vector<std::int8_t> positions(10 * 8);
  const auto bytes = [&](const std::vector<std::int8_t>& target) {
    workload::Network model;
    model.has_values = true;
    for (const auto* table : {&tokens, &target}) {
      workload::Embedding e{
          .table = *table, .positions = positions, .features = 8, .has_positions = true};
      model.operators.push_back({.shape = {.features = 8}, .body = e});
    }
    Program program;
    program.embedding_tables = embedding_tables(model, {});
    return embedding_bytes(program, config_of("{}"));
  };
  EXPECT_EQ(bytes(tokens), (40u + 10u) * 8u);
  EXPECT_EQ(bytes(others), (40u + 30u + 10u) * 8u);
}

std::string refusal(std::uint32_t vocabulary, const std::string& memories) {
  const Config config = config_of("mac_array: {macs: 64}\nmemories: {" + memories + "}");
  const SentenceLengths lengths[] = {{0, 5, 5}};
  const workload::Network model = model_of({.vocabulary = vocabulary});
  try {
    check_capacity(compile(model, config, lengths), config, 5, 5);
  } catch (const base::ConfigError& e) {
    return e.what();
  }
  return "";
}

TEST(Embedding, TablesThatDoNotFitAreRefused) {
  // (1000 + 5) rows of 16 bytes: 15.7 KiB.
  EXPECT_EQ(refusal(1000, "embedding_store: on_chip, embedding_kib: 15"),
            "optimus.memories.embedding_kib is 15 KiB, but the token and position tables need 16 "
            "KiB");
  EXPECT_EQ(refusal(1000, "embedding_store: on_chip, embedding_kib: 16"), "");
  EXPECT_EQ(refusal(1000, "embedding_store: on_chip"), "");
  EXPECT_NE(refusal(0, "embedding_store: on_chip").find("does not say how large"),
            std::string::npos);
}

}  // namespace
}  // namespace sim::optimus::test
