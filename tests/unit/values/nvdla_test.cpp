#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string_view>

#include "sim/base/error.h"
#include "sim/values/nvdla/convolution.h"
#include "sim/values/nvdla/crc32.h"
#include "sim/values/nvdla/machine.h"
#include "sim/values/nvdla/rounding.h"

namespace sim::values::nvdla {
namespace {

TEST(Crc32Test, IsThatOfItsCheckValue) {
  constexpr std::string_view kDigits = "123456789";
  const std::vector<std::uint8_t> bytes(kDigits.begin(), kDigits.end());
  EXPECT_EQ(crc32(bytes), 0xcbf43926U);
  EXPECT_EQ(crc32(std::vector<std::uint8_t>(2048)), 0xf1e8ba9eU);
}

TEST(RoundingTest, TiesGoAwayFromZero) {
  EXPECT_EQ(rounded(5, 1), 3);
  EXPECT_EQ(rounded(-5, 1), -3);
  EXPECT_EQ(rounded(-4, 3), -1);
  EXPECT_EQ(rounded(-3, 3), 0);
  EXPECT_EQ(rounded(7, 0), 7);
}

TEST(RoundingTest, ShiftsBeyondTheValueGiveZero) {
  const std::int64_t most = std::int64_t{1} << 62;
  EXPECT_EQ(rounded(most, 63), 1);  // a half
  EXPECT_EQ(rounded(most - 1, 63), 0);
  EXPECT_EQ(rounded(-most, 64), 0);
  EXPECT_EQ(rounded(-most, 1000), 0);
}

TEST(MemoryTest, WhatNothingWroteReadsAsZeroAndIsCounted) {
  Memory memory;
  const std::uint64_t end_of_page = Memory::kPageBytes - 2;
  memory.write(end_of_page, std::array<std::uint8_t, 4>{1, 2, 3, 4});
  std::array<std::uint8_t, 6> read{9, 9, 9, 9, 9, 9};
  memory.read(end_of_page - 1, read);
  EXPECT_EQ(read, (std::array<std::uint8_t, 6>{0, 1, 2, 3, 4, 0}));
  EXPECT_EQ(memory.unset_reads(), 2U);
}

/// One pixel, many channels, all values at their limit: more columns than one sum of 32 bits holds.
TEST(ConvolutionTest, LongestKernelsAreSummedExactly) {
  workload::nvdla::Convolution layer;
  layer.in = {.width = 32, .height = 1, .channels = 8192};
  layer.kernel_width = 32;
  layer.clip_truncate = 4;
  layer.kernels = 2;
  const std::uint32_t values = 32 * 8192;  // 2^18: as many as BYTE_PER_KERNEL can state
  const FeatureMap in{layer.in, std::vector<std::int16_t>(values, -128)};
  const std::vector<std::uint8_t> weights(std::size_t{2} * values, 0x80);
  const Surfaces out = convolve(layer, {}, in, weights);
  EXPECT_EQ(out.values[0], (std::int64_t{1} << 32) >> 4);
  EXPECT_EQ(out.values[1], out.values[0]);
  EXPECT_EQ(out.values[2], 0);  // a surplus lane
}

/// One layer, enabled on line 7.
workload::nvdla::Program program_of(const workload::nvdla::Layer& layer) {
  workload::nvdla::Program program;
  program.file = "test";
  program.steps.emplace_back(
      workload::nvdla::LayerStep{std::make_shared<const workload::nvdla::Layer>(layer), 7});
  return program;
}

TEST(MachineNeedTest, LinesThatLieFarApartTakePagesOfTheirOwn) {
  workload::nvdla::Pdp pool;
  pool.in = pool.out = {.width = 1, .height = 1000, .channels = 1};
  pool.source = workload::nvdla::CubePlace{};
  pool.destination.line_stride = 1 << 20;
  workload::nvdla::Layer layer;
  layer.pdp = pool;
  EXPECT_GE(machine_need(program_of(layer)).bytes(), 1000 * Memory::kPageBytes);
  layer.pdp->destination.line_stride = 8;
  EXPECT_LT(machine_need(program_of(layer)).bytes(), 100'000U);
}

TEST(MachineTest, ReuseOfWhatNoLayerLeftIsRefused) {
  workload::nvdla::Layer layer;
  layer.convolution.emplace().reuse_weights = true;
  layer.sdp.emplace();
  const auto program = program_of(layer);
  try {
    Machine(program).run();
    FAIL();
  } catch (const base::WorkloadError& e) {
    EXPECT_EQ(std::string(e.what()),
              "test:7: the convolution reuses weights in the buffer, but the layer before left "
              "none that fit");
  }
}

}  // namespace
}  // namespace sim::values::nvdla
