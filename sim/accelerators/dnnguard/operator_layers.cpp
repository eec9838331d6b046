#include "sim/accelerators/dnnguard/operator_layers.h"

#include <algorithm>
#include <numeric>

#include "sim/accelerators/dnnguard/buffer_entries.h"
#include "sim/base/math.h"
#include "sim/workload/map_shapes.h"

namespace sim::dnnguard {

namespace nvdla = workload::nvdla;

namespace {

using Layer = nvdla::Layer;

// What the registers' fields hold (nvdla/hw, spec/manual).
constexpr std::uint32_t kLargestKernel = 32;
constexpr std::uint32_t kLargestPool = 8;
constexpr std::uint32_t kLargestPoolPadding = 7;
constexpr std::uint32_t kLargestPoolStride = 16;
constexpr std::uint32_t kReciprocalOne = 65536;

/// Groups of a convolution that one dense convolution computes.
std::uint32_t groups_together(const workload::Conv2d& conv, std::uint32_t channels,
                              std::uint32_t atom) {
  const std::uint32_t in = channels / conv.groups;
  const std::uint32_t out = conv.weights.outputs / conv.groups;
  const std::uint32_t together = std::lcm(atom / std::gcd(atom, in), atom / std::gcd(atom, out));
  return std::min(together, conv.groups);
}

constexpr std::uint32_t kPixelsR8 = 0;  // D_DATAIN_FORMAT.PIXEL_FORMAT
constexpr std::uint32_t kPixelsX8B8G8R8 = 16;

/// Pixels of signed bytes; what the windows read right of them is inserted while they are fetched.
nvdla::Image image_of(const nvdla::Convolution& c) {
  nvdla::Image image;
  image.pixel_format = c.in.channels == 1 ? kPixelsR8 : kPixelsX8B8G8R8;
  image.signed_pixels = true;
  const std::uint32_t read = (c.out_width - 1) * c.stride_x + c.kernel_width;
  const std::uint32_t there = c.pad_left + c.in.width;
  image.pad_right = read > there ? read - there : 0;
  return image;
}

nvdla::Convolution window_of(const workload::Conv2d& conv, const nvdla::Cube& out) {
  nvdla::Convolution c;
  c.kernel_height = conv.kernel[0];
  c.kernel_width = conv.kernel[1];
  c.stride_y = conv.stride[0];
  c.stride_x = conv.stride[1];
  c.dilation_y = conv.dilation[0];
  c.dilation_x = conv.dilation[1];
  c.pad_top = conv.padding.top;
  c.pad_left = conv.padding.left;
  c.out_width = out.width;
  c.out_height = out.height;
  return c;
}

/// The channels [first, first + count) of a cube.
void shift_channels(PlacedCube& cube, std::uint32_t first, std::uint32_t count,
                    std::uint32_t atom) {
  cube.cube.channels = count;
  cube.place.base += std::uint64_t{first / atom} * cube.place.surface_stride;
}

std::uint64_t bytes_of_weights(const nvdla::Convolution& c) {
  return weight_bytes(c.kernels, std::uint64_t{c.kernel_width} * c.kernel_height * c.in.channels);
}

void set_windows(nvdla::Pdp& pdp, const workload::Windows& windows) {
  pdp.kernel_height = windows.kernel[0];
  pdp.kernel_width = windows.kernel[1];
  pdp.stride_y = windows.stride[0];
  pdp.stride_x = windows.stride[1];
  pdp.pad_top = windows.padding.top;
  pdp.pad_left = windows.padding.left;
  pdp.pad_right = windows.padding.right;
  pdp.pad_bottom = windows.padding.bottom;
}

bool fits(const nvdla::Pdp& pdp) {
  return std::max(pdp.kernel_width, pdp.kernel_height) <= kLargestPool &&
         std::max({pdp.pad_left, pdp.pad_top, pdp.pad_right, pdp.pad_bottom}) <=
             kLargestPoolPadding &&
         std::max(pdp.stride_x, pdp.stride_y) <= kLargestPoolStride;
}

bool dilated(const workload::Windows& windows) {
  return windows.dilation[0] > 1 || windows.dilation[1] > 1;
}

/// Two bytes a channel for the sum, two for the factor: bias and multiplier of its kernel.
nvdla::SdpStage bias_and_scale(CubeMap& cubes, std::uint32_t channels, bool relu) {
  nvdla::SdpStage bs;
  bs.alu = nvdla::SdpStage::Alu{.op = nvdla::AluOp::kSum, .from_memory = true};
  bs.mul = nvdla::SdpStage::Mul{.from_memory = true};
  bs.relu = relu;
  bs.operands = nvdla::OperandStream{.place = {cubes.region(std::uint64_t{channels} * 4), 0, 0},
                                     .of_alu = true,
                                     .of_mul = true,
                                     .bytes = 2};
  return bs;
}

nvdla::OperandStream elements(const PlacedCube& cube, bool of_alu) {
  return {.place = cube.place, .of_alu = of_alu, .of_mul = !of_alu, .per_element = true};
}

nvdla::SdpStage sum_with(const PlacedCube& addend) {
  nvdla::SdpStage stage;
  stage.alu = nvdla::SdpStage::Alu{.op = nvdla::AluOp::kSum, .from_memory = true};
  stage.operands = elements(addend, true);
  return stage;
}

void set_look_up(nvdla::Sdp& sdp) {
  sdp.ew.emplace();
  sdp.ew->look_up = true;
  sdp.look_up.emplace();
}

}  // namespace

nvdla::Sdp OperatorLayers::after_convolution(const workload::Weights& weights,
                                             const PlacedCube& out, const Fused& fused) {
  nvdla::Sdp sdp;
  sdp.cube = out.cube;
  sdp.destination = out.place;
  sdp.bs = bias_and_scale(cubes_, out.cube.channels, weights.relu);
  if (fused.addend) {
    sdp.bn = sum_with(*fused.addend);
    sdp.bn->relu = fused.relu;
  }
  if (fused.look_up) set_look_up(sdp);
  return sdp;
}

OperatorLayers::Layers OperatorLayers::convolution(const workload::Operator& op,
                                                   const PlacedCube& in, const PlacedCube& out,
                                                   const Fused& fused) {
  const auto& conv = op.as<workload::Conv2d>();
  const std::uint32_t atom = atom_channels(array_, nvdla::Precision::kInt8);
  // Of one group, channels may hold what fills up atoms; of several they are those of the operator.
  const std::uint32_t in_each = in.cube.channels / conv.groups;
  const std::uint32_t out_each = conv.weights.outputs / conv.groups;
  const std::uint32_t together = groups_together(conv, in.cube.channels, atom);
  Layers layers;
  for (std::uint32_t group = 0; group < conv.groups; group += together) {
    const std::uint32_t groups = std::min(together, conv.groups - group);
    PlacedCube from = in;
    PlacedCube to = out;
    shift_channels(from, group * in_each, groups * in_each, atom);
    shift_channels(to, group * out_each, groups * out_each, atom);
    Fused with = fused;
    if (with.addend) shift_channels(*with.addend, group * out_each, groups * out_each, atom);
    nvdla::Convolution c = window_of(conv, out.cube);
    c.in = from.cube;
    c.source = from.place;
    if (in.image) c.image = image_of(c);
    c.kernels = to.cube.channels;
    c.weight_bytes = bytes_of_weights(c);
    c.weight_base = cubes_.region(c.weight_bytes);
    layers.push_back({.convolution = c, .sdp = after_convolution(conv.weights, to, with)});
  }
  return layers;
}

std::optional<nvdla::Convolution> linear_shape(const workload::Operator& op, const PlacedCube& in) {
  const bool one_token = op.shape.tokens == 1;
  nvdla::Convolution c;
  c.in = in.cube;
  c.source = in.place;
  c.kernel_width = one_token ? in.cube.width : 1;
  c.kernel_height = one_token ? in.cube.height : 1;
  if (std::max(c.kernel_width, c.kernel_height) > kLargestKernel) return std::nullopt;
  c.kernels = op.features();
  c.out_width = op.shape.tokens;
  return c;
}

Layer OperatorLayers::linear(const workload::Operator& op, const nvdla::Convolution& shape,
                             const PlacedCube& out, const Fused& fused) {
  nvdla::Convolution c = shape;
  c.weight_bytes = bytes_of_weights(c);
  c.weight_base = cubes_.region(c.weight_bytes);
  Layer layer{.convolution = c, .sdp = after_convolution(*op.weights(), out, fused)};
  layer.sdp->cube.channels = c.kernels;
  if (op.kind() == workload::OperatorKind::kLogits) {
    layer.sdp->out_precision = nvdla::Precision::kInt16;
  }
  return layer;
}

std::optional<Layer> OperatorLayers::pool(const workload::Operator& op, const PlacedCube& in,
                                          const PlacedCube& out) {
  nvdla::Pdp pdp;
  pdp.in = in.cube;
  pdp.out = out.cube;
  pdp.source = in.place;
  pdp.destination = out.place;
  if (const auto* max = std::get_if<workload::MaxPool2d>(&op.body)) {
    if (dilated(max->windows)) return std::nullopt;
    set_windows(pdp, max->windows);
  } else if (const auto* average = std::get_if<workload::AveragePool2d>(&op.body)) {
    pdp.method = nvdla::Pooling::kAverage;
    set_windows(pdp, average->windows);
  } else {
    pdp.method = nvdla::Pooling::kAverage;
    pdp.kernel_width = pdp.stride_x = in.cube.width;
    pdp.kernel_height = pdp.stride_y = in.cube.height;
  }
  if (!fits(pdp)) return std::nullopt;
  pdp.reciprocal_width = kReciprocalOne / pdp.kernel_width;
  pdp.reciprocal_height = kReciprocalOne / pdp.kernel_height;
  return Layer{.pdp = pdp};
}

std::optional<Layer> OperatorLayers::response_norm(const workload::Operator& op,
                                                   const PlacedCube& in, const PlacedCube& out) {
  nvdla::Cdp cdp;
  cdp.cube = in.cube;
  cdp.source = in.place;
  cdp.destination = out.place;
  cdp.length = op.as<workload::LocalResponseNorm>().size;
  if (cdp.length % 2 == 0 || cdp.length < 3 || cdp.length > 9) return std::nullopt;
  return Layer{.cdp = cdp};
}

nvdla::Sdp OperatorLayers::from_memory(const PlacedCube& in, const PlacedCube& out) const {
  nvdla::Sdp sdp;
  sdp.cube = in.cube;
  sdp.source = in.place;
  sdp.destination = out.place;
  return sdp;
}

std::optional<Layer> OperatorLayers::add(const workload::Operator& op, const PlacedCube& x,
                                         const PlacedCube& y, const PlacedCube& out) {
  if (!(x.cube == y.cube)) return std::nullopt;
  nvdla::Sdp sdp = from_memory(x, out);
  sdp.bs.emplace();
  sdp.bs->mul = nvdla::SdpStage::Mul{};
  sdp.bn = sum_with(y);
  sdp.bn->relu = op.as<workload::Add>().relu;
  return Layer{.sdp = sdp};
}

std::optional<Layer> OperatorLayers::multiply(const PlacedCube& x, const PlacedCube& y,
                                              const PlacedCube& out) {
  const bool per_channel = y.cube == nvdla::Cube{1, 1, x.cube.channels};
  if (!per_channel && !(x.cube == y.cube)) return std::nullopt;
  nvdla::Sdp sdp = from_memory(x, out);
  sdp.bs.emplace();
  sdp.bs->mul = nvdla::SdpStage::Mul{.from_memory = true};
  sdp.bs->operands = elements(y, false);
  sdp.bs->operands->per_element = !per_channel;
  return Layer{.sdp = sdp};
}

std::optional<Layer> OperatorLayers::look_up(const PlacedCube& in, const PlacedCube& out) {
  if (!array_.element_wise) return std::nullopt;
  nvdla::Sdp sdp = from_memory(in, out);
  set_look_up(sdp);
  return Layer{.sdp = sdp};
}

Layer OperatorLayers::copy(const PlacedCube& in, const PlacedCube& out) {
  return {.sdp = from_memory(in, out)};
}

}  // namespace sim::dnnguard
