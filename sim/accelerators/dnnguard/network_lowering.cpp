#include "sim/accelerators/dnnguard/network_lowering.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "sim/accelerators/dnnguard/buffer_entries.h"
#include "sim/accelerators/dnnguard/convolution_plan.h"
#include "sim/accelerators/dnnguard/operator_layers.h"
#include "sim/base/check.h"
#include "sim/base/math.h"

namespace sim::dnnguard {

namespace {

namespace nvdla = workload::nvdla;
using workload::OperatorKind;
using Layers = std::vector<nvdla::Layer>;

/// The last operator that is computed with a convolution, and what it adds to SDP.
struct Chain {
  std::uint32_t last = 0;
  Fused fused{};
};

class NetworkLowering {
 public:
  NetworkLowering(const workload::Network& network, const ArrayGeometry& array)
      : network_(network), array_(array), cubes_(network, array), layers_(array, cubes_) {}

  LoweredNetwork run();

 private:
  void visit(std::uint32_t op);
  bool is_image(std::uint32_t op) const;
  /// Operators that move nothing: true where this is one.
  bool alias(std::uint32_t op);
  bool convolve(std::uint32_t op);
  std::optional<Layers> convolution(std::uint32_t op, const Chain& chain);
  /// Shortens the chain to the operator itself where it takes several layers.
  std::optional<Layers> linear(std::uint32_t op, Chain& chain);
  /// With so few kernels a layer that a group fits the buffer; outputs of each begin an atom.
  std::optional<Layers> narrow_linear(std::uint32_t op, nvdla::Convolution shape);
  std::optional<nvdla::Layer> from_memory(std::uint32_t op);
  bool join(std::uint32_t op);
  Chain chain(std::uint32_t op) const;
  bool is_output(std::uint32_t op) const {
    return std::ranges::find(network_.outputs, op) != network_.outputs.end();
  }
  /// The one that alone reads it; nothing of a network's output.
  std::optional<std::uint32_t> only_reader(std::uint32_t op) const;
  std::optional<Layers> planned(const Layers& whole) const;
  const workload::Operator& at(std::uint32_t op) const { return network_.operators[op]; }
  const PlacedCube& input(std::uint32_t op, std::size_t i = 0) const {
    return cubes_.of(at(op).inputs[i]);
  }
  /// Where its output lies, whose channels are those of its input.
  PlacedCube output_like(std::uint32_t op, const PlacedCube& in);
  void add_step(std::uint32_t op, Layers layers) {
    lowered_.steps.push_back({op, std::move(layers)});
  }

  const workload::Network& network_;
  const ArrayGeometry& array_;
  CubeMap cubes_;
  OperatorLayers layers_;
  std::vector<bool> fused_{};  // computed with an operator before it
  LoweredNetwork lowered_;
};

std::optional<std::uint32_t> NetworkLowering::only_reader(std::uint32_t op) const {
  if (is_output(op) || cubes_.readers(op).size() != 1) return std::nullopt;
  return cubes_.readers(op).front();
}

Chain NetworkLowering::chain(std::uint32_t op) const {
  Chain chain{op};
  if (at(op).kind() == OperatorKind::kLogits) return chain;
  auto reader = only_reader(op);
  if (reader && at(*reader).kind() == OperatorKind::kAdd) {
    const auto& inputs = at(*reader).inputs;
    const std::uint32_t other = inputs[0] == op ? inputs[1] : inputs[0];
    const bool here = other < op && cubes_.of(other).cube == cube_of(at(op).shape);
    if (!here) return chain;
    chain.fused.addend = cubes_.of(other);
    chain.fused.relu = at(*reader).as<workload::Add>().relu;
    chain.last = *reader;
    reader = only_reader(*reader);
  }
  if (array_.element_wise && reader && at(*reader).kind() == OperatorKind::kActivation) {
    chain.fused.look_up = true;
    chain.last = *reader;
  }
  return chain;
}

PlacedCube NetworkLowering::output_like(std::uint32_t op, const PlacedCube& in) {
  const bool filled = in.cube.channels != at(op).features();
  return filled ? cubes_.make(op, in.cube.channels) : cubes_.make(op);
}

/// Pixels that only convolutions read can be packed, which a cube of so few channels wastes.
bool NetworkLowering::is_image(std::uint32_t op) const {
  const std::uint32_t channels = at(op).features();
  const bool pixels = at(op).shape.is_map() && (channels == 1 || channels == 3 || channels == 4);
  return pixels && std::ranges::all_of(cubes_.readers(op), [&](std::uint32_t reader) {
           const auto* conv = std::get_if<workload::Conv2d>(&at(reader).body);
           return conv != nullptr && conv->groups == 1 && conv->dilation == workload::Pair{1, 1};
         });
}

bool NetworkLowering::alias(std::uint32_t op) {
  const OperatorKind kind = at(op).kind();
  if (kind == OperatorKind::kInput && is_image(op)) {
    cubes_.make_image(op);
    return true;
  }
  if (kind == OperatorKind::kInput || kind == OperatorKind::kConstant) {
    cubes_.make(op);
    return true;
  }
  if (kind == OperatorKind::kFlatten) {
    cubes_.alias(op, input(op));
    return true;
  }
  if (kind != OperatorKind::kSplit) return false;
  const auto& split = at(op).as<workload::Split>();
  const std::uint32_t atom = atom_channels(array_, nvdla::Precision::kInt8);
  PlacedCube part = input(op);
  const bool plain = part.cube.channels == at(at(op).inputs[0]).features();
  if (split.axis != workload::Axis::kFeatures || split.begin % atom != 0 || !plain) return false;
  part.cube.channels = split.size;
  part.place.base += std::uint64_t{split.begin / atom} * part.place.surface_stride;
  cubes_.alias(op, part);
  return true;
}

std::optional<Layers> NetworkLowering::planned(const Layers& whole) const {
  Layers layers;
  for (const nvdla::Layer& layer : whole) {
    auto plan = plan_convolution(array_, layer);
    if (!plan) return std::nullopt;
    std::ranges::move(plan->layers, std::back_inserter(layers));
  }
  return layers;
}

std::optional<Layers> NetworkLowering::linear(std::uint32_t op, Chain& chain) {
  const auto shape = linear_shape(at(op), input(op));
  if (!shape) return std::nullopt;
  if (!has_plan(array_, *shape)) {
    if (at(op).kind() == OperatorKind::kLogits) return std::nullopt;
    chain = {op};
    return narrow_linear(op, *shape);
  }
  const bool wide = at(op).kind() == OperatorKind::kLogits;
  const PlacedCube out = wide ? cubes_.make(op, 2 * shape->kernels) : cubes_.make(chain.last);
  return planned({layers_.linear(at(op), *shape, out, chain.fused)});
}

std::optional<Layers> NetworkLowering::narrow_linear(std::uint32_t op, nvdla::Convolution shape) {
  shape.kernels = std::min(array_.rows, shape.kernels);
  while (shape.kernels > 0 && !has_plan(array_, shape)) shape.kernels /= 2;
  if (shape.kernels == 0) return std::nullopt;
  const std::uint32_t atom = atom_channels(array_, shape.precision);
  const std::uint32_t features = at(op).features();
  const auto parts = static_cast<std::uint32_t>(base::ceil_div(features, shape.kernels));
  const PlacedCube whole = cubes_.make(op, parts * atom);
  Layers layers;
  for (std::uint32_t part = 0; part < parts; ++part) {
    PlacedCube out = whole;
    nvdla::Convolution narrow = shape;
    narrow.kernels = std::min(shape.kernels, features - part * shape.kernels);
    out.place.base += std::uint64_t{part} * out.place.surface_stride;
    layers.push_back(layers_.linear(at(op), narrow, out, {}));
  }
  return planned(layers);
}

std::optional<Layers> NetworkLowering::convolution(std::uint32_t op, const Chain& chain) {
  const PlacedCube& in = input(op);
  const bool filled = !in.image && in.cube.channels != at(at(op).inputs[0]).features();
  if (filled && at(op).as<workload::Conv2d>().groups > 1) return std::nullopt;
  return planned(layers_.convolution(at(op), in, cubes_.make(chain.last), chain.fused));
}

bool NetworkLowering::convolve(std::uint32_t op) {
  const OperatorKind kind = at(op).kind();
  const bool linear = kind == OperatorKind::kLinear || kind == OperatorKind::kLogits;
  if (kind != OperatorKind::kConv2d && !linear) return false;
  Chain chain = this->chain(op);
  auto layers = linear ? this->linear(op, chain) : convolution(op, chain);
  if (!layers) return false;
  for (std::uint32_t done = op; done != chain.last; done = cubes_.readers(done).front()) {
    fused_[cubes_.readers(done).front()] = true;
  }
  add_step(chain.last, std::move(*layers));
  return true;
}

std::optional<nvdla::Layer> NetworkLowering::from_memory(std::uint32_t op) {
  switch (at(op).kind()) {
    case OperatorKind::kMaxPool2d:
    case OperatorKind::kAveragePool2d:
    case OperatorKind::kGlobalAverage:
      return layers_.pool(at(op), input(op), output_like(op, input(op)));
    case OperatorKind::kLocalResponseNorm:
      if (input(op).cube.channels != at(op).features()) return std::nullopt;
      return layers_.response_norm(at(op), input(op), cubes_.make(op));
    case OperatorKind::kAdd:
      return layers_.add(at(op), input(op), input(op, 1), output_like(op, input(op)));
    case OperatorKind::kMultiply:
      return layers_.multiply(input(op), input(op, 1), output_like(op, input(op)));
    case OperatorKind::kActivation:
      return layers_.look_up(input(op), output_like(op, input(op)));
    default:
      return std::nullopt;
  }
}

/// Copies into a concatenation what could not be written there.
bool NetworkLowering::join(std::uint32_t op) {
  if (at(op).kind() != OperatorKind::kConcat ||
      at(op).as<workload::Concat>().axis != workload::Axis::kFeatures) {
    return false;
  }
  Layers copies;
  for (std::size_t i = 0; i < at(op).inputs.size(); ++i) {
    const PlacedCube part = cubes_.part(op, i);
    if (!(input(op, i).cube == part.cube)) return false;
    if (input(op, i).place.base == part.place.base) continue;
    copies.push_back(layers_.copy(input(op, i), part));
  }
  if (!copies.empty()) add_step(op, std::move(copies));
  return true;
}

void NetworkLowering::visit(std::uint32_t op) {
  if (fused_[op] || alias(op) || join(op) || convolve(op)) return;
  Layers layers;
  if (auto layer = from_memory(op)) layers.push_back(*layer);
  cubes_.make(op);
  add_step(op, std::move(layers));
}

LoweredNetwork NetworkLowering::run() {
  SIM_CHECK(network_.kind == workload::NetworkKind::kFeedForward, "{} reads tokens", network_.name);
  fused_.resize(network_.operators.size());
  for (std::uint32_t op = 0; op < network_.operators.size(); ++op) visit(op);
  lowered_.cubes = cubes_.all();
  lowered_.memory_bytes = cubes_.bytes();
  return std::move(lowered_);
}

}  // namespace

LoweredNetwork lower(const workload::Network& network, const ArrayGeometry& array) {
  return NetworkLowering(network, array).run();
}

}  // namespace sim::dnnguard
