#include "sim/accelerators/dnnguard/convolution_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <utility>

#include "sim/accelerators/dnnguard/buffer_entries.h"

namespace sim::dnnguard {
namespace {

namespace nvdla = workload::nvdla;

using Random = std::mt19937;

std::uint32_t draw(Random& random, std::uint32_t least, std::uint32_t most) {
  return std::uniform_int_distribution<std::uint32_t>(least, most)(random);
}

constexpr std::uint32_t kLineStride = 1 << 16;
constexpr std::uint64_t kSurfaceStride = 1 << 24;

/// A convolution of a cube whose lines and surfaces lie so far apart that addresses tell them.
nvdla::Layer whole(const nvdla::Convolution& shape) {
  nvdla::Layer layer;
  layer.convolution = shape;
  layer.convolution->source = {0, kLineStride, kSurfaceStride};
  layer.convolution->weight_base = 0;
  layer.sdp.emplace();
  layer.sdp->cube = {shape.out_width, shape.out_height, shape.kernels};
  layer.sdp->destination = nvdla::CubePlace{0, kLineStride, kSurfaceStride};
  return layer;
}

nvdla::Convolution random_shape(Random& random) {
  nvdla::Convolution c;
  c.in = {draw(random, 1, 60), draw(random, 1, 60), draw(random, 1, 150)};
  c.kernel_width = draw(random, 1, std::min(5U, c.in.width));
  c.kernel_height = draw(random, 1, std::min(5U, c.in.height));
  c.kernels = draw(random, 1, 200);
  c.stride_x = draw(random, 1, 3);
  c.stride_y = draw(random, 1, 3);
  c.dilation_y = draw(random, 1, 2);
  c.pad_left = draw(random, 0, c.kernel_width - 1);
  c.pad_top = draw(random, 0, c.kernel_height - 1);
  const std::uint32_t reach = (c.kernel_height - 1) * c.dilation_y;
  const std::uint32_t room = c.in.height + 2 * c.pad_top;
  c.out_height = room > reach ? (room - reach - 1) / c.stride_y + 1 : 1;
  c.out_width = (c.in.width + 2 * c.pad_left - c.kernel_width) / c.stride_x + 1;
  return c;
}

/// Small buffers, so that most convolutions have to be cut.
ArrayGeometry random_array(Random& random) {
  ArrayGeometry array = random() % 2 == 0 ? kNvSmall : kNvLarge;
  if (random() % 3 == 0) array = kNvSmall256;
  array.banks = draw(random, 2, 12);
  array.bank_entries = 1U << draw(random, 5, 8);
  return array;
}

std::uint64_t line_bytes(const ArrayGeometry& array, const nvdla::Convolution& c) {
  return std::uint64_t{c.in.width} * ((c.in.channels + array.atom_bytes - 1) / array.atom_bytes) *
         array.atom_bytes;
}

std::uint64_t bytes_of(const nvdla::Convolution& c, std::uint32_t kernels) {
  const std::uint64_t bytes =
      std::uint64_t{kernels} * c.kernel_width * c.kernel_height * c.in.channels;
  return (bytes + 127) / 128 * 128;
}

bool fits(const ArrayGeometry& array, const nvdla::Convolution& c, std::uint32_t lines,
          std::uint32_t kernels, std::uint32_t data_banks, std::uint32_t weight_banks) {
  const std::uint64_t entries =
      std::uint64_t{lines} * entries_per_line(array, c.precision, c.in.width, c.in.channels);
  return entries <= std::uint64_t{data_banks} * array.bank_entries &&
         bytes_of(c, kernels) <= weight_banks * array.bank_bytes();
}

/// Every kernel of every output line is made once, from the lines that it reads in the whole.
void expect_whole(const ArrayGeometry& array, const nvdla::Layer& asked,
                  const ConvolutionPlan& plan) {
  const nvdla::Convolution& c = *asked.convolution;
  std::map<std::pair<std::uint32_t, std::uint32_t>, int> made;  // output line, kernel
  for (const nvdla::Layer& layer : plan.layers) {
    const nvdla::Convolution& part = *layer.convolution;
    const auto first_line = static_cast<std::int64_t>(part.source.base / kLineStride);
    const auto y0 =
        static_cast<std::uint32_t>(layer.sdp->destination->base % kSurfaceStride / kLineStride);
    const auto k0 = static_cast<std::uint32_t>(layer.sdp->destination->base / kSurfaceStride *
                                               array.atom_bytes);
    ASSERT_EQ(part.weight_base,
              std::uint64_t{k0} * c.kernel_width * c.kernel_height * c.in.channels);
    ASSERT_EQ(layer.sdp->cube, (nvdla::Cube{c.out_width, part.out_height, part.kernels}));
    for (std::uint32_t y = 0; y < part.out_height; ++y) {
      for (std::uint32_t k = 0; k < part.kernels; ++k) ++made[{y0 + y, k0 + k}];
      for (std::uint32_t r = 0; r < c.kernel_height; ++r) {
        const std::int64_t right = std::int64_t{y0 + y} * c.stride_y + r * c.dilation_y - c.pad_top;
        const std::int64_t read = std::int64_t{y} * c.stride_y + r * c.dilation_y - part.pad_top;
        ASSERT_EQ(first_line + read, right);
        const bool inside = right >= 0 && right < c.in.height;
        ASSERT_EQ(inside, read >= 0 && read < part.in.height);
      }
    }
  }
  ASSERT_EQ(made.size(), std::size_t{c.out_height} * c.kernels);
  for (const auto& [place, times] : made) ASSERT_EQ(times, 1);
}

/// What hardware layers read, one after the other, is what the plan says; each fits.
void expect_bytes(const ArrayGeometry& array, const ConvolutionPlan& plan) {
  std::uint64_t data = 0;
  std::uint64_t weights = 0;
  std::uint64_t kept = 0;  // base of the weights that the layer before left
  bool keeps = false;
  for (const nvdla::Layer& layer : plan.layers) {
    const nvdla::Convolution& c = *layer.convolution;
    const std::uint32_t held =
        c.keep_weights || c.reuse_weights ? c.kernels : std::min(array.rows, c.kernels);
    ASSERT_TRUE(fits(array, c, c.in.height, held, c.data_banks, c.weight_banks));
    ASSERT_LE(c.data_banks + c.weight_banks, array.banks);
    data += c.in.height * line_bytes(array, c);
    if (c.reuse_weights) {
      ASSERT_TRUE(keeps);
      ASSERT_EQ(kept, c.weight_base);
    } else {
      weights += bytes_of(c, c.kernels);
    }
    keeps = c.keep_weights;
    kept = c.weight_base;
  }
  ASSERT_FALSE(keeps);
  EXPECT_EQ(data, plan.data_bytes);
  EXPECT_EQ(weights, plan.weight_bytes);
}

/// Lines of the input that strips of `height` output lines read, and the most that one reads.
std::pair<std::uint64_t, std::uint32_t> lines_read(const nvdla::Convolution& c,
                                                   std::uint32_t height) {
  std::uint64_t sum = 0;
  std::uint32_t most = 0;
  for (std::uint32_t y = 0; y < c.out_height; y += height) {
    const std::uint32_t last = std::min(y + height, c.out_height) - 1;
    std::int64_t from = std::int64_t{y} * c.stride_y - c.pad_top;
    std::int64_t to = std::int64_t{last} * c.stride_y - c.pad_top +
                      std::int64_t{c.kernel_height - 1} * c.dilation_y;
    from = std::max<std::int64_t>(from, 0);
    to = std::min<std::int64_t>(to, c.in.height - 1);
    sum += static_cast<std::uint64_t>(to - from + 1);
    most = std::max(most, static_cast<std::uint32_t>(to - from + 1));
  }
  return {sum, most};
}

/// The fewest bytes of all splits of banks, equal strips and chunks of kernels; none: nothing fits.
std::uint64_t fewest_bytes(const ArrayGeometry& array, const nvdla::Convolution& c) {
  std::uint64_t best = UINT64_MAX;
  for (std::uint32_t banks = 1; banks < array.banks; ++banks) {
    for (std::uint32_t height = 1; height <= c.out_height; ++height) {
      const auto [lines, most] = lines_read(c, height);
      const std::uint32_t strips = (c.out_height + height - 1) / height;
      const std::uint64_t data = lines * line_bytes(array, c);
      const auto room = [&](std::uint32_t kernels) {
        return fits(array, c, most, kernels, banks, array.banks - banks);
      };
      if (!room(std::min(array.rows, c.kernels))) continue;
      best = std::min(best, data + strips * bytes_of(c, c.kernels));
      for (std::uint32_t chunk = 1; chunk <= c.kernels; ++chunk) {
        const bool whole_groups = chunk % array.rows == 0 && chunk % array.atom_bytes == 0;
        if (!(whole_groups || chunk == c.kernels) || !room(chunk)) continue;
        std::uint64_t weights = 0;
        std::uint32_t passes = 0;
        for (std::uint32_t k = 0; k < c.kernels; k += chunk, ++passes) {
          weights += bytes_of(c, std::min(chunk, c.kernels - k));
        }
        best = std::min(best, data * (strips == 1 ? 1 : passes) + weights);
      }
    }
  }
  return best;
}

TEST(ConvolutionPlan, MakesEachOutputOnceFromItsLinesWithTheFewestBytes) {
  Random random(1);
  std::map<bool, int> cut;
  int refused = 0;
  int kept = 0;
  for (int round = 0; round < 400; ++round) {
    const ArrayGeometry array = random_array(random);
    const nvdla::Layer layer = whole(random_shape(random));
    const auto plan = plan_convolution(array, layer);
    const std::uint64_t fewest = fewest_bytes(array, *layer.convolution);
    ASSERT_EQ(plan.has_value(), fewest != UINT64_MAX);
    if (!plan) {
      ++refused;
      continue;
    }
    ++cut[plan->layers.size() > 1];
    if (plan->layers[0].convolution->keep_weights) ++kept;
    ASSERT_NO_FATAL_FAILURE(expect_whole(array, layer, *plan));
    ASSERT_NO_FATAL_FAILURE(expect_bytes(array, *plan));
    // Where no lines lie between windows: a strip reads those too.
    const nvdla::Convolution& c = *layer.convolution;
    if (c.stride_y > (c.kernel_height - 1) * c.dilation_y + 1) continue;
    const std::uint64_t rounding = 128 * plan->layers.size();  // of a chunk's weights
    EXPECT_LE(plan->data_bytes + plan->weight_bytes, fewest + rounding);
  }
  EXPECT_GT(refused, 20);
  EXPECT_GT(cut[false], 50);
  EXPECT_GT(cut[true], 50);
  EXPECT_GT(kept, 20);
}

TEST(ConvolutionPlan, OperandsOfSdpMoveWithTheirOutputs) {
  nvdla::Convolution c;
  c.in = {16, 64, 8};
  c.kernel_width = c.kernel_height = 1;
  c.kernels = 64;
  c.out_width = 16;
  c.out_height = 64;
  nvdla::Layer layer = whole(c);
  layer.sdp->bs.emplace();
  layer.sdp->bs->operands = {.place = {1 << 30, 0, 0}, .of_alu = true, .bytes = 2};
  layer.sdp->bn.emplace();
  layer.sdp->bn->operands = {
      .place = {0, kLineStride, kSurfaceStride}, .of_mul = true, .per_element = true};
  ArrayGeometry array = kNvSmall;
  array.banks = 2;
  array.bank_entries = 128;
  const auto plan = plan_convolution(array, layer);
  ASSERT_TRUE(plan.has_value());
  ASSERT_GT(plan->layers.size(), 1U);
  for (const nvdla::Layer& part : plan->layers) {
    const std::uint64_t place = part.sdp->destination->base;
    const std::uint64_t kernel = place / kSurfaceStride * array.atom_bytes;
    EXPECT_EQ(part.sdp->bn->operands->place.base, place);
    EXPECT_EQ(part.sdp->bs->operands->place.base, (1U << 30) + 2 * kernel);
  }
}

/// Of the register programs in nvdla/hw (verif/tests/trace_tests, master 1a65f1f5).
TEST(BufferEntries, AreThoseOfPublishedPrograms) {
  const auto entries = [](const ArrayGeometry& array, std::uint32_t width, std::uint32_t channels) {
    return entries_per_line(array, nvdla::Precision::kInt8, width, channels);
  };
  EXPECT_EQ(entries(kNvSmall, 28, 8), 28U);
  EXPECT_EQ(entries(kNvSmall, 12, 128), 192U);
  EXPECT_EQ(entries(kNvSmall, 28, 64), 224U);
  EXPECT_EQ(entries(kNvSmall256, 18, 32), 18U);
  EXPECT_EQ(entries(kNvSmall256, 56, 8), 14U);
  EXPECT_EQ(entries(kNvSmall256, 9, 40), 12U);
  EXPECT_EQ(entries(kNvSmall256, 14, 48), 21U);
}

}  // namespace
}  // namespace sim::dnnguard
