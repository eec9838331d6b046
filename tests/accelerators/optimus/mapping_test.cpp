#include <gtest/gtest.h>

#include <set>

#include "sim/accelerators/optimus/compiler.h"
#include "sim/base/config_reader.h"

namespace sim::optimus {
namespace {

std::string mapping_of(const std::string& yaml) {
  return MappingConfig::of(base::ConfigReader::text(yaml, "block").read<Config>()).text();
}

TEST(Mapping, ChangesWithEachKeyThatItDependsOn) {
  const char* different[] = {
      "{}",
      "mac_array: {macs: 512}",
      "mac_array: {sparse: {ways: 4}}",
      "mac_array: {sparse: {format: rcsc}}",
      "mac_array: {sparse: {format: csc}}",
      "mac_array: {sparse: {row_order: greedy_lpt}}",
      "mac_array: {sparse: {column_mark: pointer}}",
      "mac_array: {sparse: {delta_bits: 5}}",
      "mac_array: {sparse: {way_choice: runtime}}",
      "precision: {weight_bits: 16}",
      "fuse_shared_inputs: false",
  };
  std::set<std::string> texts;
  for (const char* yaml : different) EXPECT_TRUE(texts.insert(mapping_of(yaml)).second) << yaml;
}

TEST(Mapping, DoesNotDependOnWindowsMemoriesAndTiles) {
  EXPECT_EQ(mapping_of("input_window: {columns: 8, load_width_elements_per_cycle: 4}"),
            mapping_of("load_compute_matching: false"));
  EXPECT_EQ(mapping_of("mac_array: {accumulators_per_mac: 32, accumulators: shared}"),
            mapping_of("mac_array: {tile_rows: 3, tile_tokens: largest}"));
}

}  // namespace
}  // namespace sim::optimus
