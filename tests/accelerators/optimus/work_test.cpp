#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/accelerators/optimus/compiler.h"
#include "sim/accelerators/optimus/dense_product.h"
#include "sim/accelerators/optimus/memory_shapes.h"
#include "sim/accelerators/optimus/pass_events.h"
#include "tests/accelerators/optimus/machine_support.h"
#include "tests/accelerators/optimus/work_judge.h"

namespace sim::optimus::test {
namespace {

/// A machine of random_machine() with other widths and latencies, whose tiles of tokens follow a
/// rule that the judge knows.
Config judged_machine(base::Rng& rng, const std::string& yaml) {
  Config config = config_of(yaml);
  TileRule& tile = config.mac_array.tile_tokens;
  if (tile.kind == TileRule::Kind::kAuto) tile = {.kind = TileRule::Kind::kLargest, .count = 0};
  if (config.window.scope == WindowScope::kTwoLevel) {
    config.window.local_columns = static_cast<std::uint32_t>(1 + rng.below(8));
  }
  const auto any_width = [&] { return static_cast<std::uint32_t>(8 + rng.below(9)); };
  config.precision = {any_width(), any_width(), 4 * any_width()};
  config.memories.weight_entries_per_fetch = static_cast<std::uint32_t>(1 + rng.below(9));
  config.memories.weight_access_cycles =
      static_cast<std::uint32_t>(1 + rng.below(config.memories.weight_entries_per_fetch));
  if (config.mac_array.sparse.column_mark != ColumnMark::kDelta) {
    config.memories.column_access_cycles = static_cast<std::uint32_t>(1 + rng.below(4));
  }
  config.post.softmax_latency_cycles = static_cast<std::uint32_t>(rng.below(12));
  config.post.norm_latency_cycles = static_cast<std::uint32_t>(rng.below(12));
  return config;
}

std::string activity(const std::string& what, std::uint64_t count, std::uint32_t bits) {
  return fmt::format("activity {} {} of {} bits", what, count, bits);
}

std::uint64_t accesses(std::uint64_t elements, std::uint32_t width) {
  return elements / width + (elements % width != 0);
}

/// A level that all sets share is written by the load and read by the copies to the sets' own.
void add_window(std::vector<std::string>& all, Work& w, const Config& c) {
  const auto add = [&](const std::string& counter, std::uint64_t count) {
    all.push_back(
        activity("input_window " + counter + " register", count, c.precision.activation_bits));
  };
  switch (c.window.scope) {
    case WindowScope::kGlobal:
      return add("window_loads", w["window_loads"]);
    case WindowScope::kPerSet:
      return add("window_copies", w["window_copies"]);
    case WindowScope::kTwoLevel:
      add("window_loads", w["window_loads"]);
      add("window_copies", w["window_copies"]);
      return add("window_copies", w["window_copies"]);
  }
}

void add_weights(std::vector<std::string>& all, Work& w, const Config& c) {
  std::vector<std::pair<std::string, std::string>> memories = {{"weight_banks", "weight"}};
  if (c.mac_array.sparse.column_mark != ColumnMark::kDelta) {
    memories.emplace_back("column_banks", "column");
  }
  for (const auto& [unit, what] : memories) {
    const std::string reads = what + "_reads";
    const std::string writes = what + "_writes";
    all.push_back(activity(unit + " " + reads + " sram_read", w[reads], 0));
    if (!c.memories.streamed()) continue;
    all.push_back(activity(unit + " " + writes + " sram_write", w[writes], 0));
  }
}

/// Registers of every window, each with its columns of every token of the largest tile.
std::uint64_t window_bits(Work& w, const Config& c) {
  const std::uint64_t sets = c.mac_array.macs / c.mac_array.sparse.ways;
  std::uint64_t columns = c.window.columns;
  if (c.window.scope == WindowScope::kPerSet) columns *= sets;
  if (c.window.scope == WindowScope::kTwoLevel) columns += sets * c.window.local_columns;
  return columns * w["tile_tokens"] * c.precision.activation_bits;
}

/// A word an accumulator wide in each stage of a lane, in the last one an activation.
std::uint64_t lane_bits(const Precision& p, std::uint32_t stages) {
  std::uint64_t bits = 0;
  for (std::uint32_t s = 1; s <= stages; ++s) {
    bits += s == stages ? p.activation_bits : p.accumulator_bits;
  }
  return bits;
}

/// Registers of every unit and when they are clocked, by its cycles.
std::vector<std::string> registers_of(Work& w, const Config& c, const std::string& text) {
  const Precision& p = c.precision;
  const PostProcessing& post = c.post;
  std::vector<std::string> all;
  const auto add = [&](const char* unit, std::uint64_t bits, std::uint64_t clocked) {
    all.push_back(fmt::format("static {} {} bits clocked {}\n", unit, bits, clocked));
  };
  const auto cycles = [&](const std::string& unit, const char* kind) {
    return number_after(text, fmt::format("counter {} {}_cycles", unit, kind));
  };
  add("mac_array",
      std::uint64_t{c.mac_array.macs} *
          (p.weight_bits + p.activation_bits + 2 * p.accumulator_bits),
      cycles("mac_array", "busy") + cycles("mac_array", "input_wait") +
          cycles("mac_array", "output_wait"));
  add("input_window", window_bits(w, c), 0);
  add("softmax", post.softmax_lanes * lane_bits(p, post.softmax_latency_cycles),
      cycles("softmax", "busy"));
  add("add_norm", post.norm_lanes * lane_bits(p, post.norm_latency_cycles),
      cycles("add_norm", "busy"));
  add("write_port",
      std::uint64_t{post.output_width_elements_per_cycle} *
          (p.accumulator_bits + p.activation_bits),
      cycles("write_port", "busy"));
  return all;
}

/// Every activity of a resident or streamed machine but those of embedding tables.
std::vector<std::string> activities_of(Work w, const Config& c) {
  const Precision& p = c.precision;
  const PostProcessing& post = c.post;
  const std::uint64_t macs = w["sparse_macs"] + w["dense_macs"];
  const auto memory = [](const std::string& what, std::uint64_t count) {
    return activity(what, count, 0);
  };
  std::vector<std::string> all = {
      activity("mac_array macs multiply", macs, std::max(p.weight_bits, p.activation_bits)),
      activity("mac_array macs add", macs, p.accumulator_bits),
      activity("mac_array reduction_adds add", w["reduction_adds"], p.accumulator_bits),
      memory("accumulators accumulations sram_read", w["accumulations"]),
      memory("accumulators accumulations sram_write", w["accumulations"]),
      memory("accumulators reduction_reads sram_read", w["reduction_reads"]),
      activity("input_window window_reads register", w["window_reads"], p.activation_bits),
      memory("kv_store kv_reads sram_read", w["kv_reads"]),
      memory("kv_store results sram_write", w["kv_written"]),
      memory("global_buffer window_loads sram_read",
             accesses(w["window_loads"], c.window.load_width_elements_per_cycle)),
      memory("global_buffer results sram_write",
             accesses(w["buffer_written"], post.output_width_elements_per_cycle)),
      memory("global_buffer softmax_reads sram_read",
             accesses(3 * w["softmax_elements"], post.softmax_lanes)),
      memory("global_buffer softmax_writes sram_write",
             accesses(w["softmax_elements"], post.softmax_lanes)),
      memory("global_buffer norm_reads sram_read",
             accesses(3 * w["add_norm_elements"], post.norm_lanes)),
      memory("global_buffer norm_writes sram_write",
             accesses(2 * w["add_norm_elements"], post.norm_lanes)),
      memory("global_buffer embedded sram_write",
             accesses(w["embedder_elements"], post.output_width_elements_per_cycle)),
      activity("softmax elements softmax_element", w["softmax_elements"], p.activation_bits),
      activity("add_norm elements norm_element", w["add_norm_elements"], p.activation_bits),
  };
  const auto changes = [&](const std::string& what, std::uint64_t operations, std::uint64_t bits) {
    all.push_back(activity(what + " register_toggle", operations * bits / 2, 1) + " estimated\n");
  };
  changes("mac_array macs", macs, p.weight_bits + p.activation_bits + 2 * p.accumulator_bits);
  changes("softmax elements", w["softmax_elements"], lane_bits(p, post.softmax_latency_cycles));
  changes("add_norm elements", w["add_norm_elements"], lane_bits(p, post.norm_latency_cycles));
  changes("write_port elements", w["results"], p.accumulator_bits + p.activation_bits);
  all.push_back(activity("broadcast window_loads wire", w["window_loads"] * p.activation_bits, 1) +
                fmt::format(" to {} over weight_banks column_banks accumulators estimated\n",
                            c.mac_array.macs / c.mac_array.sparse.ways));
  if (c.memories.streamed()) all.push_back(activity("dram dram_bytes dram", w["dram_bytes"], 8));
  add_window(all, w, c);
  add_weights(all, w, c);
  return all;
}

std::size_t occurrences(const std::string& text, const std::string& of) {
  std::size_t count = 0;
  for (std::size_t at = text.find(of); at != std::string::npos; at = text.find(of, at + 1)) ++count;
  return count;
}

void expect_work(const std::string& text, const Work& work, const Config& config) {
  for (const char* name :
       {"sparse_macs", "dense_macs", "weight_reads", "weight_writes", "column_reads",
        "column_writes", "window_loads", "window_copies", "window_reads", "accumulations",
        "reduction_reads", "reduction_adds", "kv_reads", "results", "issue", "drain", "reduce"}) {
    const auto found = work.find(name);
    EXPECT_EQ(number_after(text, fmt::format("counter mac_array {}", name)),
              found == work.end() ? 0 : found->second)
        << name;
  }
  const std::vector<std::string> activities = activities_of(work, config);
  for (const std::string& line : activities) {
    EXPECT_EQ(occurrences(text, "\n" + line), std::ranges::count(activities, line)) << line;
  }
  EXPECT_EQ(occurrences(text, "\nactivity "),
            activities.size() + occurrences(text, "\nactivity dram table_bytes"));
  Work w = work;
  for (const std::string& line : registers_of(w, config, text)) {
    EXPECT_EQ(occurrences(text, "\n" + line), 1u) << line;
  }
}

/// Bits that can name `count` things.
std::uint64_t bits_for(std::uint64_t count) {
  std::uint64_t bits = 0;
  while ((std::uint64_t{1} << bits) < count) ++bits;
  return bits;
}

/// A MAC knows a word of its bank, a column and an accumulator that it may write; the sequencer
/// five numbers of each of four commands.
void expect_control(const std::string& text, const Program& program, const Config& c) {
  std::uint64_t columns = 0;
  for (const Layer& layer : program.layers) {
    if (layer.matrix) columns = std::max<std::uint64_t>(columns, layer.columns);
  }
  const std::string bank =
      fmt::format("\nstatic weight_banks 0 bits clocked 0 {} x", c.mac_array.macs);
  const std::uint64_t bytes = number_after(text, bank);
  const std::uint64_t width = number_after(text, fmt::format("{} {} B x", bank, bytes));
  const bool shared = c.mac_array.accumulators == Accumulators::kShared;
  const std::uint64_t bits =
      bits_for((8 * bytes + width - 1) / width) + bits_for(columns) +
      bits_for(c.mac_array.accumulators_per_mac * (shared ? c.mac_array.sparse.ways : 1));
  const std::uint64_t clocked = number_after(
      text,
      fmt::format("\nstatic mac_array {} bits clocked", number_after(text, "\nstatic mac_array")));
  EXPECT_EQ(occurrences(text, fmt::format("\nstatic control {} bits clocked {} estimated\n",
                                          c.mac_array.macs * bits + 4 * 5 * 16, clocked)),
            1u);
}

class RandomWork : public testing::TestWithParam<int> {};

TEST_P(RandomWork, IsWhatMasksLengthsAndSettingsAskFor) {
  base::Rng rng(static_cast<std::uint64_t>(GetParam()));
  for (int trial = 0; trial < 40; ++trial) {
    const std::string yaml = random_machine(rng);
    SCOPED_TRACE(yaml);
    const Config config = judged_machine(rng, yaml);
    const workload::Network model = model_of(random_shape(rng));
    const std::vector<SentenceLengths> sentences = {
        {0, static_cast<std::uint32_t>(1 + rng.below(12)),
         static_cast<std::uint32_t>(1 + rng.below(8))},
        {1, static_cast<std::uint32_t>(1 + rng.below(12)), 1}};
    const Program program = compile(model, config, sentences);
    const std::string text = simulate(model, config, {}, sentences);
    expect_work(text, work_of(program, config, sentences), config);
    expect_control(text, program, config);
    for (const std::string& bank : banks_of(program, config)) {
      EXPECT_EQ(occurrences(text, "\n" + bank), 1u) << bank;
    }
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomWork, testing::Range(1, 9));

/// Weights of a pass that come in one piece are waited for beside issue and load, and else nothing
/// is slower than with resident ones: a machine without matching does one thing at a time.
TEST(Work, WeightsThatComeAtOnceCostTheirLatencyBesideIssueAndLoad) {
  const workload::Network model = model_of({});
  const std::vector<SentenceLengths> sentences = {{0, 5, 3}};
  for (const std::uint32_t issue : {0u, 1u, 2u, 4u, 7u}) {
    for (const std::uint32_t latency : {0u, 1u, 6u, 7u, 50u}) {
      const auto run = [&](const std::string& memories) {
        const Config config =
            config_of(fmt::format("{{load_compute_matching: false, mac_array: {{macs: 16, "
                                  "issue_cycles: {}, tile_tokens: largest, tile_rows: 1}}, "
                                  "input_window: {{load_width_elements_per_cycle: 64}}, "
                                  "memories: {{{}}}}}",
                                  issue, memories));
        Work work = work_of(compile(model, config, sentences), config, sentences);
        return std::pair{headline(simulate(model, config, {}, sentences), "cycles"),
                         work["dram_wait_cycles"]};
      };
      const auto [cycles, waits] = run(fmt::format(
          "weight_store: streamed, dram_request_bytes: 65536, dram: {{port: {{bytes_per_cycle: "
          "65536}}, fixed: {{bytes_per_cycle: 65536, latency_cycles: {}}}}}",
          latency));
      EXPECT_EQ(cycles, run("").first + waits) << issue << " and " << latency;
    }
  }
}

/// 7 tokens of 8 bits; D columns for all sets, or for each of the N / m, or both.
TEST(Work, RegistersOfTheWindowAreThoseOfItsLevels) {
  const workload::Network model = model_of({});
  for (const auto& [window, columns] :
       {std::pair{"columns: 12", 12u}, std::pair{"scope: per_set, columns: 12", 8 * 12u},
        std::pair{"scope: two_level, columns: 12, local_columns: 3", 12u + 8 * 3}}) {
    const Config config =
        config_of(fmt::format("{{mac_array: {{macs: 32, tile_tokens: 7, sparse: {{ways: 4}}}}, "
                              "input_window: {{{}}}}}",
                              window));
    EXPECT_EQ(number_after(simulate(model, config, {}, {{0, 10, 2}}), "static input_window"),
              columns * 7 * 8)
        << window;
  }
}

/// Four weights in columns 0, 1, 1 and 3, rows 0 and 1 on a set each: three columns of two sets.
TEST(Work, ASetTakesTheColumnsOfItsOwnRows) {
  workload::Mask mask(2, 4);
  for (const auto& [row, column] : {std::pair{0u, 0u}, {0u, 1u}, {1u, 1u}, {1u, 3u}}) {
    mask.keep(row, column);
  }
  const Config config =
      config_of("{mac_array: {macs: 2, sparse: {format: csc}}, input_window: {scope: per_set}}");
  const workload::Mask* parts[] = {&mask};
  const EncodedMatrix matrix = encode(parts, EncodingConfig::of(config));
  const ArrayEvents events = PassEvents(config).of({.block = &matrix.blocks[0], .tokens = 5});
  EXPECT_EQ(events.window_loads, 4u * 5);
  EXPECT_EQ(events.window_copies, (2u + 2) * 5);
  EXPECT_EQ(events.window_reads, 4u * 5);
}

/// Two lists of three columns, of which the first holds entries of columns 0 and 2, the other one
/// of column 2: 3 columns each, a length of each or two pointers.
TEST(Work, MarksAreReadForEveryColumnOfEveryList) {
  workload::Mask mask(2, 3);
  for (const auto& [row, column] : {std::pair{0u, 0u}, {0u, 2u}, {1u, 2u}}) mask.keep(row, column);
  const workload::Mask* parts[] = {&mask};
  const auto events = [&](const char* mark) {
    const Config config = config_of(
        fmt::format("{{mac_array: {{macs: 3, sparse: {{format: csc, column_mark: {}}}}}, memories: "
                    "{{weight_store: streamed}}}}",
                    mark));
    const EncodedMatrix matrix = encode(parts, EncodingConfig::of(config));
    return PassEvents(config).of({.block = &matrix.blocks[0], .tokens = 4});
  };
  EXPECT_EQ(events("pointer").column_reads, 2u * 2 * 3);
  EXPECT_EQ(events("pointer").column_writes, 2u * (3 + 1));
  EXPECT_EQ(events("column_length").column_reads, 2u * 3);
  EXPECT_EQ(events("column_length").column_writes, 2u * 3);
  for (const char* mark : {"pointer", "column_length", "delta"}) {
    EXPECT_EQ(events(mark).weight_reads, 3u) << mark;  // without those that are not stored
    EXPECT_EQ(events(mark).weight_writes, 3u) << mark;
  }
  EXPECT_EQ(events("delta").column_reads, 0u);
}

/// Rows of 5, 4 and 1 entries, 4 a word: 2 + 1 + 1 words of 4 entries of 8 + 4 bits.
TEST(Work, AListIsReadInWholeWords) {
  workload::Mask mask(3, 9);
  for (std::uint32_t c = 0; c < 5; ++c) mask.keep(0, 2 * c);
  for (std::uint32_t c = 0; c < 4; ++c) mask.keep(1, c);
  mask.keep(2, 8);
  const Config config = config_of(
      "{mac_array: {macs: 3, sparse: {format: csc}}, memories: {weight_entries_per_fetch: 4, "
      "weight_access_cycles: 3}}");
  const workload::Mask* parts[] = {&mask};
  const auto matrix =
      std::make_shared<const EncodedMatrix>(encode(parts, EncodingConfig::of(config)));
  PassEvents events(config);
  EXPECT_EQ(events.of({.block = &matrix->blocks[0], .tokens = 1}).weight_reads, 4u);
  EXPECT_EQ(events.of({.block = &matrix->blocks[0], .tokens = 7}).weight_reads, 4u);
  Program program;
  program.layers.emplace_back().matrix = matrix;
  program.list_banks = list_banks(program, config);
  const energy::MemoryShape banks = weight_banks(program, config);
  EXPECT_EQ(banks.width_bits, 4u * 12);
  EXPECT_EQ(banks.bank_bytes, 2u * 4 * 12 / 8);
  EXPECT_EQ(banks.access_cycles, 3u);
}

TEST(Work, AHeadMoreForEachThatBeginsWithinASet) {
  EXPECT_EQ(heads_of_sets(8, 64, 128), 8u * 16);  // 4 rows a set
  EXPECT_EQ(heads_of_sets(3, 5, 5), 5u + 2);      // 3 rows a set: heads begin at rows 5 and 10
  EXPECT_EQ(heads_of_sets(1, 7, 4), 4u);
  EXPECT_EQ(heads_of_sets(4, 2, 1), 4u);
  EXPECT_EQ(heads_of_sets(2, 3, 100), 6u);
}

}  // namespace
}  // namespace sim::optimus::test
