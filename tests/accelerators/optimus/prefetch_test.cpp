#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "sim/accelerators/optimus/compiler.h"
#include "sim/accelerators/optimus/schedule.h"
#include "sim/accelerators/optimus/stream_tick.h"
#include "tests/accelerators/optimus/dram_judge.h"
#include "tests/accelerators/optimus/machine_support.h"

namespace sim::optimus::test {
namespace {

constexpr std::uint64_t kIssueCycles = 2;
constexpr std::uint32_t kSteps = 2;  // a timeline of 100 spans holds them

/// When the array began each of its commands, in order.
std::vector<std::uint64_t> begins_of_array(const std::string& text) {
  std::vector<std::uint64_t> begins;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("span mac_array ")) continue;
    const std::size_t end = line.rfind(' ');
    begins.push_back(std::stoull(line.substr(line.rfind(' ', end - 1))));
  }
  return begins;
}

/// A command of the array; null: a dense product.
struct ArrayCommand {
  const EncodedBlock* block;
  bool last;  // of those that are issued together
};

/// Commands of one block and one token each, so that a command is a pass.
void add_commands(const Program& program, const std::vector<Command>& issued,
                  std::vector<ArrayCommand>& out) {
  for (const Command& command : issued) {
    const Layer& layer = program.layers[command.layer];
    if (layer.unit != UnitId::kMacArray) continue;
    ASSERT_EQ(command.tokens, 1u);
    if (layer.matrix) {
      ASSERT_EQ(layer.matrix->blocks.size(), 1u);
    }
    out.push_back({layer.matrix ? &layer.matrix->blocks[0] : nullptr, false});
  }
  out.back().last = true;
}

std::vector<ArrayCommand> commands_of(const Program& program, const Config& config) {
  TileChooser tiles(program, config);
  Schedule schedule(program, config, tiles, 1);
  std::vector<ArrayCommand> all;
  add_commands(program, schedule.start(), all);
  for (std::uint32_t t = 1; t <= kSteps; ++t) add_commands(program, schedule.step(t), all);
  return all;
}

std::uint64_t bytes_of(const EncodedBlock& block) {
  std::uint64_t bytes = 0;
  for (const std::uint32_t b : block.column_bytes()) bytes += b;
  return bytes;
}

/// Who asks for what and when: a command for its own weights, unless those were asked for ahead,
/// and behind them for those of the next one in the queue, if that is a matrix.
class Asks {
 public:
  Asks(const std::vector<ArrayCommand>& commands, const std::vector<std::uint64_t>& begins,
       bool ahead) {
    for (std::size_t i = 0; i < commands.size(); ++i) {
      runs_of_.emplace_back();
    }
    for (std::size_t i = 0; i < commands.size(); ++i) {
      if (commands[i].block == nullptr) continue;
      if (!runs_of_[i]) ask(i, *commands[i].block, begins[i]);
      if (!ahead || commands[i].last || commands[i + 1].block == nullptr) continue;
      ask(i + 1, *commands[i + 1].block, begins[i]);
      ++asked_ahead_;
    }
  }

  std::size_t run_of(std::size_t command) const { return *runs_of_[command]; }
  const std::vector<PlainRun>& runs() const { return runs_; }
  std::size_t asked_ahead() const { return asked_ahead_; }

 private:
  void ask(std::size_t command, const EncodedBlock& block, std::uint64_t cycle) {
    runs_of_[command] = runs_.size();
    runs_.push_back({cycle, bytes_of(block)});
  }

  std::vector<std::optional<std::size_t>> runs_of_;
  std::vector<PlainRun> runs_;
  std::size_t asked_ahead_ = 0;
};

/// For each column, the cycle of the stream from which on it is here.
ColumnArrivals in_stream(const EncodedBlock& block, const std::vector<PlainArrival>& arrivals,
                         std::size_t run, std::uint64_t first) {
  ColumnArrivals columns;
  std::uint64_t bytes = 0;
  for (const std::uint32_t b : block.column_bytes()) {
    bytes += b;
    const auto here = std::ranges::find_if(
        arrivals, [&](const PlainArrival& a) { return a.run == run && a.bytes >= bytes; });
    columns.push_back(here->cycle - std::min(here->cycle, first));
  }
  return columns;
}

/// Stalls for weights of all passes, from when each began.
std::uint64_t stalls(const std::vector<ArrayCommand>& commands, const Asks& asks,
                     const std::vector<std::uint64_t>& begins, const PlainDram& dram,
                     const Config& config) {
  const std::vector<PlainArrival> arrivals = plain_arrivals(dram, asks.runs());
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (commands[i].block == nullptr) continue;
    const ColumnArrivals columns =
        in_stream(*commands[i].block, arrivals, asks.run_of(i), begins[i] + kIssueCycles);
    StreamTick stream(*commands[i].block, StreamConfig::of(config), 1, columns_here(columns));
    while (!stream.done()) stream.tick();
    sum += stream.counts().weight_stalls;
  }
  return sum;
}

/// Returns how many commands had their weights asked for ahead.
std::size_t expect_stalls(const PlainDram& dram, bool ahead, core::Engine engine) {
  const Config config = config_of(fmt::format(
      "mac_array: {{macs: 16, accumulators_per_mac: 256, tile_rows: largest, issue_cycles: {}}}\n"
      "memories: {{weight_store: streamed, prefetch_weights: {}, dram_request_bytes: {}, dram: "
      "{{fixed: {{bytes_per_cycle: {}, latency_cycles: {}}}}}}}",
      kIssueCycles, ahead, dram.request_bytes, dram.bytes_per_cycle, dram.latency));
  const workload::Network model = model_of({.d_model = 32, .d_ff = 48});
  const std::vector<SentenceLengths> sentences = {{0, 1, kSteps}};
  const Program program = compile(model, config, sentences);
  const std::string text = simulate(model, config, {.engine = engine}, sentences);
  const std::vector<std::uint64_t> begins = begins_of_array(text);
  const std::vector<ArrayCommand> commands = commands_of(program, config);
  EXPECT_EQ(begins.size(), commands.size());
  const Asks asks(commands, begins, ahead);
  EXPECT_EQ(number_after(text, "counter mac_array weight_stalls"),
            stalls(commands, asks, begins, dram, config));
  return asks.asked_ahead();
}

TEST(Prefetch, ACommandAsksForTheFirstBlockOfTheNextOneBehindItsOwn) {
  for (const std::uint64_t width : {1, 16, 64}) {
    for (const std::uint64_t latency : {0, 40, 700}) {
      for (const core::Engine engine : {core::Engine::kSkip, core::Engine::kTick}) {
        SCOPED_TRACE(
            fmt::format("{} bytes a cycle, latency {}, {}", width, latency, core::name_of(engine)));
        const PlainDram dram{.bytes_per_cycle = width, .latency = latency};
        EXPECT_EQ(expect_stalls(dram, false, engine), 0u);
        // Three of each decoding step and those of the encoder.
        EXPECT_GT(expect_stalls(dram, true, engine), 3 * kSteps);
      }
    }
  }
}

}  // namespace
}  // namespace sim::optimus::test
