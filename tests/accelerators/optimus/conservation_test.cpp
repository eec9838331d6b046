#include "sim/accelerators/optimus/conservation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/accelerators/optimus/compiler.h"
#include "sim/accelerators/optimus/machine.h"
#include "tests/accelerators/optimus/machine_support.h"

namespace sim::optimus::test {
namespace {

/// A run of one short sentence.
class ConservationTest : public testing::Test {
 protected:
  void SetUp() override {
    Machine machine(
        "optimus", program, config, {}, {{0, 4, 3}}, [](std::size_t, std::uint64_t) {}, nullptr);
    machine.simulate(std::nullopt);
    record = machine.record();
  }

  std::string broken(const Config& as_if) const {
    try {
      check_conservation(record, program, as_if);
    } catch (const base::SimulationError& e) {
      return e.what();
    }
    return "holds";
  }

  Config config = config_of("{mac_array: {macs: 64}}");
  workload::Network model = model_of({});
  Program program = compile(model, config, {});
  RunRecord record;
};

TEST_F(ConservationTest, HoldsAfterARun) { EXPECT_EQ(broken(config), "holds"); }

TEST_F(ConservationTest, ALostCycleIsNoticedAndItsUnitNamed) {
  ++record.units[index_of(UnitId::kAddNorm)].cycles.idle;
  EXPECT_THAT(broken(config), testing::HasSubstr("add_norm: "));
}

TEST_F(ConservationTest, LostMacCyclesAreNoticedAndTheirLayerNamed) {
  EXPECT_THAT(broken(config_of("{mac_array: {macs: 72}}")),
              testing::HasSubstr("encoder.layers.0.self_attn.q+k+v: "));
}

TEST_F(ConservationTest, LostMultiplicationsAreNoticed) {
  ++program.layers[1].kept_weights;
  EXPECT_THAT(broken(config), testing::HasSubstr("kept weights * 4 positions"));
}

TEST_F(ConservationTest, InputsReadForNothingAreNoticed) {
  ++record.layers[1].events.window_reads;
  EXPECT_THAT(broken(config), testing::HasSubstr("input elements read"));
}

TEST_F(ConservationTest, ElementsTakenWithoutAWindowAreNoticed) {
  ++record.layers[1].events.window_copies;
  EXPECT_THAT(broken(config), testing::HasSubstr("0 sets took 1"));
}

TEST_F(ConservationTest, WeightsThatNobodyStreamedAreNoticed) {
  ++record.layers[1].events.weight_writes;
  EXPECT_THAT(broken(config), testing::HasSubstr("1 words of weights were written, 0 to be read"));
}

TEST_F(ConservationTest, ResultsTakenForScoresAreNoticed) {
  const auto softmax = std::find_if(program.layers.begin(), program.layers.end(), [](auto& l) {
    return l.kind == workload::OperatorKind::kSoftmax;
  });
  ASSERT_NE(softmax, program.layers.end());
  softmax->inputs[0] = 1;  // a matrix
  EXPECT_THAT(broken(config), testing::HasSubstr("scores, soft-max took"));
}

/// The same with weights and tables from DRAM.
class DramConservationTest : public ConservationTest {
 protected:
  DramConservationTest() {
    config = config_of(
        "{mac_array: {macs: 64}, memories: {weight_store: streamed, embedding_store: dram, dram: "
        "{kind: banked}}}");
  }
};

TEST_F(DramConservationTest, HoldsAfterARun) { EXPECT_EQ(broken(config), "holds"); }

TEST_F(DramConservationTest, LostBytesAreNoticed) {
  ++record.dram->dma.read_bytes;
  EXPECT_THAT(broken(config), testing::HasSubstr("bytes were asked of DRAM, the DMA received"));
}

TEST_F(DramConservationTest, ALostCycleOfTheDmaIsNoticed) {
  ++record.dram->dma.idle;
  EXPECT_THAT(broken(config), testing::HasSubstr("dma: "));
}

TEST_F(DramConservationTest, ALostClockOfTheDramIsNoticed) {
  ++record.dram->dram.idle_clocks;
  EXPECT_THAT(broken(config), testing::HasSubstr("dram: "));
}

}  // namespace
}  // namespace sim::optimus::test
