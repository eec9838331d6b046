#include "sim/accelerators/dnnguard/workbook.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/accelerators/dnnguard/workbook_layers.h"
#include "sim/base/error.h"

namespace sim::dnnguard::workbook {
namespace {

constexpr std::uint64_t kChannelMultiple = 16;  // of channels, after folding strides into them
constexpr std::uint64_t kGroupKernels = 32;     // whose weights stay while an input passes
constexpr double kWinogradSpeedup = 2.25;       // 3 x 3 windows: 16 products in place of 36
constexpr double kWinogradWeights = 16.0 / 9;   // 16 transformed ones in place of 9

std::uint64_t round_up(std::uint64_t value, std::uint64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// What a layer moves, in KiB.
struct Traffic {
  double input = 0;          // X
  double lines = 0;          // Y: the fewest of the input that windows can work on
  double output = 0;         // Z
  double weights = 0;        // A
  double group_weights = 0;  // M
};

bool winograd(const LayerSize& layer) {
  return layer.kernel_height == 3 && layer.kernel_width == 3 && layer.stride_y == 1 &&
         layer.stride_x == 1;
}

/// A stride is folded into the channels, which are rounded up as that many times more of them.
double channels_of(const LayerSize& layer) {
  const std::uint64_t fold = std::uint64_t{layer.stride_y} * layer.stride_x;
  return static_cast<double>(round_up(layer.in.channels * fold, kChannelMultiple)) /
         static_cast<double>(fold);
}

/// The AlexNet sheet lets windows of strided layers lie inside the input only: 54 x 54 of them in
/// conv1, whose products it counts elsewhere for 55 x 55.
double outputs_of(const LayerSize& layer, Sheet sheet) {
  std::uint64_t height = layer.out.height;
  std::uint64_t width = layer.out.width;
  const bool cut = sheet == Sheet::kAlexNet && layer.padded && layer.stride_y > 1 &&
                   layer.in.height >= layer.kernel_height && layer.in.width >= layer.kernel_width;
  if (cut) {
    height = (layer.in.height - layer.kernel_height) / layer.stride_y + 1;
    width = (layer.in.width - layer.kernel_width) / layer.stride_x + 1;
  }
  return static_cast<double>(height * width);
}

double mac_cycles(const LayerSize& layer, Sheet sheet, const Point& point) {
  const std::uint64_t multiple = sheet == Sheet::kResNet50 ? 128 : 16;
  const std::uint64_t kernels =
      layer.fully_connected ? layer.out.channels : round_up(layer.out.channels, multiple);
  const double window = double{1} * layer.kernel_height * layer.kernel_width;
  const double products = outputs_of(layer, sheet) * static_cast<double>(kernels) * window *
                          channels_of(layer) / (winograd(layer) ? kWinogradSpeedup : 1);
  return products / point.macs;
}

double weight_bytes(const LayerSize& layer, Sheet sheet, const Point& point) {
  double bytes = double{1} * layer.out.channels * layer.kernel_height * layer.kernel_width *
                 channels_of(layer);
  if (winograd(layer)) bytes *= kWinogradWeights;
  // A stride that is folded into the channels leaves the other pixels' weights zero, but fetched.
  if (layer.kernel_height == 1 && layer.kernel_width == 1) bytes *= layer.stride_y * layer.stride_x;
  if (layer.fully_connected && sheet == Sheet::kAlexNet) bytes /= point.fc_batch;
  return bytes;
}

Traffic traffic_of(const LayerSize& layer, Sheet sheet, const Point& point) {
  constexpr double kKib = 1024;
  const double line = layer.in.width * channels_of(layer) / kKib;
  const std::uint64_t multiple = layer.fully_connected ? point.fc_batch : kChannelMultiple;
  Traffic t;
  t.input = layer.in.height * line;
  t.lines = (layer.kernel_height + 1) * line;
  t.output = double{1} * layer.stored.height * layer.stored.width *
             static_cast<double>(round_up(layer.out.channels, multiple)) / kKib;
  t.weights = weight_bytes(layer, sheet, point) / kKib;
  t.group_weights = t.weights * kGroupKernels / layer.out.channels;
  if (t.group_weights >= point.buffer_kib) t.group_weights = point.buffer_kib / 2;
  return t;
}

/// Reads of input and weights. Where neither fits, the one that stays is in the buffer part by
/// part, and the other passes once for each part.
double read_kib(const LayerSize& layer, const Traffic& t, Sheet sheet, const Point& point) {
  if (sheet == Sheet::kAlexNet) return t.input + t.weights;
  const bool input_stays = t.input < (sheet == Sheet::kResNet50 ? t.weights : t.group_weights);
  if (input_stays) {
    return t.input +
           t.weights * std::max(1.0, std::ceil(t.input / (point.buffer_kib - t.group_weights)));
  }
  const double room = point.buffer_kib - t.lines;
  if (room <= 0) {
    throw base::WorkloadError(fmt::format(
        "{}: {} lines of its input take {} KiB, which have to be less than the buffer's {} KiB",
        layer.name, layer.kernel_height + 1, t.lines, point.buffer_kib));
  }
  return t.weights + t.input * std::max(1.0, std::ceil(t.weights / room));
}

double cycles_for(double kib, double gb_per_second, double mhz) {
  return std::ceil(kib / gb_per_second * mhz);
}

double memory_cycles(const LayerSize& layer, const Traffic& t, Sheet sheet, const Point& point) {
  const double read = read_kib(layer, t, sheet, point);
  return cycles_for(read + t.output * (layer.adds ? 2 : 1), point.gb_per_second, point.mhz);
}

/// With all weights of convolutions on the chip.
double memory_cycles_with_sram(const LayerSize& layer, const Traffic& t, const Point& point) {
  const double written = cycles_for(t.output, point.sram->write_gb_per_second, point.mhz);
  if (layer.fully_connected) {
    return std::max(written, cycles_for(t.input + t.weights, point.gb_per_second, point.mhz));
  }
  const double read = t.input + (layer.adds ? t.output : 0);
  return std::max(written, cycles_for(read, point.sram->read_gb_per_second, point.mhz));
}

bool weights_fit(const std::vector<LayerSize>& layers, Sheet sheet, const Point& point) {
  if (!point.sram) return false;
  double kib = 0;
  for (const LayerSize& layer : layers) {
    if (!layer.fully_connected) kib += layer.groups * weight_bytes(layer, sheet, point) / 1024;
  }
  return kib <= point.sram->kib;
}

}  // namespace

Estimate estimate(const workload::Network& network, Sheet sheet, const Point& point) {
  const std::vector<LayerSize> layers = layer_sizes(network);
  const bool on_chip = weights_fit(layers, sheet, point);
  Estimate estimate;
  for (const LayerSize& layer : layers) {
    const Traffic traffic = traffic_of(layer, sheet, point);
    estimate.layers.push_back({.name = layer.name,
                               .groups = layer.groups,
                               .mac = mac_cycles(layer, sheet, point),
                               .memory = on_chip ? memory_cycles_with_sram(layer, traffic, point)
                                                 : memory_cycles(layer, traffic, sheet, point)});
    estimate.cycles += estimate.layers.back().cycles();
  }
  if (estimate.cycles > 0) estimate.frames_per_second = point.mhz * 1e6 / estimate.cycles;
  return estimate;
}

}  // namespace sim::dnnguard::workbook
