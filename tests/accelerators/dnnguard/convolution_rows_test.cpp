#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sim/accelerators/dnnguard/convolution_skip.h"
#include "tests/accelerators/dnnguard/convolution_rows.h"
#include "tests/accelerators/dnnguard/convolution_support.h"

namespace sim::dnnguard::test {
namespace {

/// The one row of the RTL that the model does not meet: at a latency of 400 and a read a cycle its
/// bench lengthened the latency as it ran.
bool is_missed(const ConvolutionRow& row) {
  return row.loose && row.memory.latency == 400 && row.name.starts_with("dc_4x1x8192");
}

struct Worst {
  std::size_t rows = 0;
  std::size_t exact = 0;
  double percent = 0;
  Cycle cycles = 0;

  void add(const Figure& figure) {
    ++rows;
    exact += figure.error() == 0;
    percent = std::max(percent, std::abs(figure.percent()));
    cycles = std::max(cycles, std::abs(figure.error()));
  }
};

/// Holds the last write of every row to `percent` or eight cycles, if that is more.
Worst hold(const std::string& kind, double percent) {
  Worst worst;
  for (const ConvolutionRow& row : convolution_rows(kind)) {
    const Figure last = compare(row).front();
    const double allowed = is_missed(row) ? 6 : row.loose ? std::max(percent, 1.0) : percent;
    const double cycles = std::max(8.0, static_cast<double>(last.rtl) * allowed / 100);
    EXPECT_LE(std::abs(static_cast<double>(last.error())), cycles)
        << row.configuration << ' ' << row.name << ": RTL " << last.rtl << ", model " << last.model;
    if (!is_missed(row)) worst.add(last);
  }
  fmt::print("{}: {} rows, {} exact, worst {:.3f} % and {} cycles\n", kind, worst.rows, worst.exact,
             worst.percent, worst.cycles);
  return worst;
}

TEST(ConvolutionRows, ConvolutionsEndWithinHalfAPercentAndMostToTheCycle) {
  const Worst worst = hold("convolution", 0.5);
  EXPECT_EQ(worst.rows, 115u);
  EXPECT_GE(worst.exact * 3, worst.rows);
}

TEST(ConvolutionRows, ImagesEndWithinOnePercent) { EXPECT_EQ(hold("image", 1).rows, 23u); }

TEST(ConvolutionRows, FusedOperandsAddTheirReadsWithinHalfAPercent) {
  EXPECT_EQ(hold("operands", 0.5).rows, 66u);
}

TEST(ConvolutionRows, PoolingOnTheFlyEndsWithinOnePercent) {
  EXPECT_EQ(hold("pooling", 1).rows, 45u);
}

TEST(ConvolutionRows, SecondLayersEndWithinOnePercent) {
  EXPECT_EQ(hold("two_layers", 1).rows, 106u);
}

TEST(ConvolutionRows, CountsOfReadsAndWritesAreThoseOfTheRtl) {
  for (const char* kind : {"convolution", "image", "operands", "pooling", "two_layers"})
    for (const ConvolutionRow& row : convolution_rows(kind))
      for (const Figure& figure : compare(row))
        if (figure.name.ends_with("reads") || figure.name == "writes" ||
            figure.name == "interrupt_gap") {
          EXPECT_EQ(figure.model, figure.rtl) << kind << ' ' << row.name << ' ' << figure.name;
        }
}

TEST(ConvolutionRows, FirstReadsAreWithinTwoSlotsAndFirstWritesWithinOnePercent) {
  for (const char* kind : {"convolution", "image", "operands", "pooling", "two_layers"})
    for (const ConvolutionRow& row : convolution_rows(kind)) {
      if (row.loose ||
          (kind == std::string("two_layers") && row.name.find("pool") != row.name.npos))
        continue;
      for (const Figure& figure : compare(row)) {
        const double error = std::abs(static_cast<double>(figure.error()));
        if (figure.name.ends_with("weight_first") || figure.name.ends_with("data_first")) {
          EXPECT_LE(error, 2 * row.memory.accept_interval) << kind << ' ' << row.name;
        }
        if (figure.name.ends_with("first_output")) {
          EXPECT_LE(error, std::max(8.0, 0.01 * static_cast<double>(figure.rtl)))
              << kind << ' ' << row.name;
        }
      }
    }
}

/// nv_small, 14x8x48 K16 3x3 pad 1, banks 12/12: 15057 cycles as a first layer; written and enabled
/// after the interrupt of another, 15051 from its own enable.
TEST(ConvolutionRows, ALayerEnabledOnAnIdleEngineStartsSixCyclesEarlier) {
  Layer layer;
  workload::nvdla::Convolution& c = layer.convolution.emplace();
  c.in = {14, 8, 48};
  c.kernel_width = c.kernel_height = 3;
  c.kernels = 16;
  c.pad_left = c.pad_top = 1;
  c.out_width = 14;
  c.out_height = 8;
  c.weight_bytes = 3 * 3 * 48 * 16;
  c.entries_per_line = 84;
  c.data_banks = c.weight_banks = 12;
  const ConvolutionWork work = convolution_work(kNvSmallConvolution, layer);
  const Cycle enabled = 20000;
  const auto counts = convolution_skip(kNvSmallConvolution, {}, {{work, 0}, {work, enabled}});
  EXPECT_EQ(counts[0].last_write, 15057);
  EXPECT_EQ(counts[1].last_write - enabled, 15051);
  EXPECT_EQ(counts[1].weights.first - enabled, 22);
  EXPECT_EQ(counts[1].data.first - enabled, 30);
}

}  // namespace
}  // namespace sim::dnnguard::test
