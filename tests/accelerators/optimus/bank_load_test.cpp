#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/accelerators/optimus/bank_load.h"
#include "sim/accelerators/optimus/compiler.h"
#include "tests/accelerators/optimus/machine_support.h"

namespace sim::optimus::test {
namespace {

LayerRecord layer(std::uint64_t busy, std::uint64_t waits, std::uint64_t reads) {
  LayerRecord record;
  record.cycles.busy = busy;
  record.cycles.output_waits = waits;
  record.events.weight_reads = reads;
  return record;
}

/// 4 banks, reads of 3 cycles: 40 * 3 of 4 * 100, 70 * 3 of 4 * 100 cycles; a layer of other units
/// has none.
TEST(BankLoad, IsThatOfTheLayerThatReadsMost) {
  RunRecord record;
  record.layers = {layer(100, 0, 40), layer(90, 10, 70), layer(0, 0, 0)};
  const BankLoad most = heaviest_load(record, &ArrayEvents::weight_reads, 3, 4);
  EXPECT_EQ(most.layer, 1u);
  EXPECT_DOUBLE_EQ(most.percent, 52.5);
}

TEST(BankLoad, IsSaidWhereNothingElseGuaranteesIt) {
  const auto notes = [](const std::string& columns, const std::string& memories) {
    const Config config =
        config_of("mac_array: {macs: 16, " + columns + "}\nmemories: {" + memories + "}");
    const Program program = compile(model_of({}), config, {});
    RunRecord record;
    record.layers.resize(program.layers.size());
    record.layers[0] = layer(100, 0, 1600);
    record.layers[0].events.column_reads = 320;
    return bank_notes(record, program, config);
  };
  const std::string skips = "skip_zero_inputs: true, sparse: {column_mark: pointer}";
  const std::string slow = "weight_entries_per_fetch: 8, weight_access_cycles: 2";
  EXPECT_THAT(notes("issue_cycles: 2", slow), testing::IsEmpty());  // words last long enough
  EXPECT_THAT(notes(skips, "weight_entries_per_fetch: 8"), testing::IsEmpty());
  EXPECT_THAT(notes(skips, slow), testing::ElementsAre(testing::AllOf(
                                      testing::HasSubstr("weight banks busy for up to 200.0 %"),
                                      testing::HasSubstr("more than they can do"))));
  EXPECT_THAT(notes(skips, "column_access_cycles: 3"),
              testing::ElementsAre(
                  testing::AllOf(testing::HasSubstr("column banks busy for up to 30.0 %"),
                                 testing::Not(testing::HasSubstr("more than they can do")))));
}

}  // namespace
}  // namespace sim::optimus::test
