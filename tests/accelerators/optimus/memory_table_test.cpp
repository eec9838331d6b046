#include "sim/accelerators/optimus/memory_table.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

#include "tests/accelerators/optimus/machine_support.h"

namespace sim::optimus::test {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A layer of 16 features each side on 64 MACs in sets of 8, 4 source and 3 target tokens.
std::string run(const std::string& more) {
  return simulate(model_of({}),
                  config_of("mac_array: {macs: 64, tile_tokens: 3, tile_rows: 1}\n" + more), {},
                  {{0, 4, 3}});
}

/// The first cells of a memory's row, from banks on.
std::string row(const std::string& text, const std::string& memory) {
  const std::string start = "\nmemories " + memory + " ";
  const std::size_t at = text.find(start);
  if (at == std::string::npos) return "none";
  return text.substr(at + start.size(), text.find('\n', at + 1) - at - start.size());
}

/// "unit shape" of what leaks and of what is accessed.
std::set<std::string> shapes(const std::string& text, const std::string& kind,
                             const std::string& before_shape) {
  std::set<std::string> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.find(before_shape);
    if (!line.starts_with(kind + " ") || !line.ends_with("cycles") || at == line.npos) continue;
    const std::size_t unit = kind.size() + 1;
    found.insert(line.substr(unit, line.find(' ', unit) - unit) +
                 line.substr(at + before_shape.size()));
  }
  return found;
}

TEST(MemoryTable, MemoryHasOneShapeInAllOfItsPrices) {
  for (const char* more :
       {"", "post_processing: {output_width_elements_per_cycle: 33}",
        "post_processing: {softmax_lanes: 5, norm_lanes: 40}",
        "input_window: {columns: 64, load_width_elements_per_cycle: 50}",
        "memories: {embedding_store: on_chip, weight_entries_per_fetch: 3, "
        "kv_port_elements_per_cycle: 7}\npost_processing: {output_width_elements_per_cycle: 3}"}) {
    const std::string text = run(more);
    const auto leaking = shapes(text, "static", "clocked 0");
    EXPECT_GE(leaking.size(), 4u) << more;
    EXPECT_EQ(shapes(text, "activity", "of 0 bits"), leaking) << more;
  }
}

TEST(MemoryTable, GlobalBufferIsAsWideAsTheWidestOfItsPorts) {
  const auto bits = [](const std::string& more) {
    return number_after(run(more), "static global_buffer 0 bits clocked 0 1 x 524288 B x");
  };
  EXPECT_EQ(bits("post_processing: {output_width_elements_per_cycle: 33}"), 33u * 8);
  EXPECT_EQ(bits("post_processing: {softmax_lanes: 34}"), 34u * 8);
  EXPECT_EQ(bits("post_processing: {norm_lanes: 35}"), 35u * 8);
  EXPECT_EQ(bits("input_window: {columns: 64, load_width_elements_per_cycle: 36}"), 36u * 8);
}

TEST(MemoryTable, AutomaticBanksAreThoseThatArePriced) {
  const std::string text = run("");
  const std::uint64_t bytes = number_after(text, "static weight_banks 0 bits clocked 0 64 x");
  const double kib = static_cast<double>(bytes) / 1024;
  EXPECT_THAT(text, HasSubstr(fmt::format("\nheadline weight_bank_kib {}\n", kib)));
  // Entries of 8 bits and 4 of distance: one row of a set in a pass takes no slot.
  EXPECT_EQ(row(text, "weight_banks"),
            fmt::format("64 {} {} 12 1 {} the weights of the fullest bank", kib, 64 * kib, kib));
}

TEST(MemoryTable, ConfiguredBanksSayWhatOfThemIsNeeded) {
  const std::string automatic = run("");
  const std::uint64_t bytes = number_after(automatic, "static weight_banks 0 bits clocked 0 64 x");
  const std::string text = run("memories: {weight_bank_kib: 2}");
  EXPECT_THAT(text, HasSubstr("\nheadline weight_bank_kib 2\n"));
  EXPECT_EQ(row(text, "weight_banks"),
            fmt::format("64 2 128 12 1 {} optimus.memories.weight_bank_kib",
                        static_cast<double>(bytes) / 1024));
}

TEST(MemoryTable, KAndVNeedTheirFeaturesOfEveryToken) {
  // K and V of 16 features each: of 4 source tokens for the cross-attention and of 3 target tokens.
  const double needed = (4 + 3) * 2 * 16 / 32.0 / 1024;
  EXPECT_EQ(row(run("memories: {kv_store_kib: 16, kv_port_elements_per_cycle: 32}"), "kv_store"),
            fmt::format("32 0.5 16 8 1 {} optimus.memories.kv_store_kib", needed));
}

TEST(MemoryTable, WidthOfTheKvPortIsANumber) {
  EXPECT_THAT(run(""), HasSubstr("\nheadline kv_port_elements_per_cycle 64\n"));
  EXPECT_THAT(run("memories: {kv_port_elements_per_cycle: 7}"),
              HasSubstr("\nheadline kv_port_elements_per_cycle 7\n"));
}

TEST(MemoryTable, TablesOnChipAreAsLargeAsTheyAre) {
  const std::string text = run("memories: {embedding_store: on_chip}");
  // 50 token rows and 4 position rows of 16 bytes.
  const double kib = 54 * 16 / 1024.0;
  EXPECT_THAT(text, HasSubstr(fmt::format("\nheadline embedding_store_kib {}\n", kib)));
  EXPECT_EQ(row(text, "embedding_store"),
            fmt::format("1 {} {} 128 1 {} the token and position tables", kib, kib, kib));
  EXPECT_THAT(run(""), HasSubstr("\nheadline embedding_store_kib 0\n"));
  EXPECT_EQ(row(run(""), "embedding_store"), "none");
}

TEST(MemoryTable, WindowsHoldTheTokensOfTheLargestTile) {
  const std::string text = run("input_window: {scope: two_level, columns: 12, local_columns: 2}");
  const double shared = 12 * 3 / 1024.0;
  const double local = 2 * 3 / 1024.0;
  EXPECT_EQ(row(text, "input_window"),
            fmt::format("1 {} {} 8 1  optimus.input_window.columns x 3 tokens of the largest tile",
                        shared, shared));
  EXPECT_EQ(
      row(text, "set_windows"),
      fmt::format("8 {} {} 8 1  optimus.input_window.local_columns x 3 tokens of the largest tile",
                  local, 8 * local));
  EXPECT_EQ(row(run(""), "set_windows"), "none");
  EXPECT_EQ(row(run("input_window: {scope: per_set}"), "input_window"), "none");
}

TEST(MemoryTable, ColumnMarksHaveBanksOfTheirOwn) {
  EXPECT_EQ(row(run(""), "column_banks"), "none");
  const std::string text =
      simulate(model_of({}), config_of("mac_array: {macs: 64, sparse: {column_mark: pointer}}"), {},
               {{0, 4, 3}});
  EXPECT_THAT(row(text, "column_banks"), testing::StartsWith("128 "));
  EXPECT_THAT(text, Not(HasSubstr("\nmemories column_banks 64 ")));
}

/// The last two cells of a layer: rows of a pass, tokens of its largest tile.
TEST(MemoryTable, LayersSayHowLargeTheirPassesAre) {
  std::size_t sparse = 0;
  const std::string text = run("");
  for (std::size_t at = text.find("\nlayers "); at != std::string::npos;
       at = text.find("\nlayers ", at + 1)) {
    const std::string line = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
    const bool matrix =
        line.find("q+k+v") != std::string::npos || line.find(".linear") != std::string::npos;
    if (!matrix) continue;
    ++sparse;
    const bool decoder = line.find(" decoder mac_array ") != std::string::npos;
    EXPECT_THAT(line, testing::EndsWith(decoder ? " 1 1" : " 1 3"));
  }
  EXPECT_GT(sparse, 3u);
}

}  // namespace
}  // namespace sim::optimus::test
