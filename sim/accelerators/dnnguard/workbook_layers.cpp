#include "sim/accelerators/dnnguard/workbook_layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/base/error.h"

namespace sim::dnnguard::workbook {
namespace {

using workload::Network;
using workload::Operator;
using workload::OperatorKind;

/// For each operator.
struct Graph {
  std::vector<std::vector<std::uint32_t>> readers{};
  std::vector<std::uint32_t> depths{};  // operators on the longest way to it
};

Graph graph_of(const Network& network) {
  Graph graph;
  graph.readers.resize(network.operators.size());
  graph.depths.resize(network.operators.size());
  for (std::uint32_t i = 0; i < network.operators.size(); ++i) {
    for (const std::uint32_t input : network.operators[i].inputs) {
      graph.readers.at(input).push_back(i);
      graph.depths[i] = std::max(graph.depths[i], graph.depths[input] + 1);
    }
  }
  return graph;
}

/// Shortcuts are made first, so the operand behind the longer way is there last.
std::uint32_t last_operand(const Operator& addition, const Graph& graph) {
  return std::ranges::max(addition.inputs, {},
                          [&](std::uint32_t input) { return graph.depths[input]; });
}

bool pools(OperatorKind kind) {
  return kind == OperatorKind::kMaxPool2d || kind == OperatorKind::kAveragePool2d ||
         kind == OperatorKind::kGlobalAverage;
}

/// Done on what a layer makes before it is stored, without changing its size.
bool on_the_fly(OperatorKind kind) {
  return kind == OperatorKind::kActivation || kind == OperatorKind::kLocalResponseNorm ||
         kind == OperatorKind::kConcat || kind == OperatorKind::kAdd;
}

MapSize size_of(const workload::OutputShape& shape) {
  return {shape.features, std::max(shape.height, 1U), std::max(shape.width, 1U)};
}

/// Follows what the layer makes for as long as one operator alone reads it.
void follow(const Network& network, const Graph& graph, std::uint32_t maker, LayerSize& layer) {
  for (std::uint32_t at = maker; graph.readers[at].size() == 1;) {
    const std::uint32_t next = graph.readers[at].front();
    const Operator& op = network.operators[next];
    if (pools(op.kind())) {
      layer.stored.height = std::max(op.shape.height, 1U);
      layer.stored.width = std::max(op.shape.width, 1U);
    }
    if (!on_the_fly(op.kind())) return;
    if (op.kind() == OperatorKind::kAdd) {
      if (at != last_operand(op, graph)) return;
      layer.adds = true;
    }
    at = next;
  }
}

/// One group of it.
void shape(const Operator& op, LayerSize& layer) {
  if (op.kind() != OperatorKind::kConv2d) {
    layer.fully_connected = true;
    layer.in = {op.weights()->inputs, 1, 1};
    return;
  }
  const auto& conv = op.as<workload::Conv2d>();
  layer.groups = conv.groups;
  layer.in.channels /= conv.groups;
  layer.out.channels /= conv.groups;
  layer.kernel_height = conv.kernel[0];
  layer.kernel_width = conv.kernel[1];
  layer.stride_y = conv.stride[0];
  layer.stride_x = conv.stride[1];
  const workload::Padding& p = conv.padding;
  layer.padded = p.top + p.left + p.bottom + p.right > 0;
}

}  // namespace

std::vector<LayerSize> layer_sizes(const Network& network) {
  if (network.kind != workload::NetworkKind::kFeedForward) {
    throw base::WorkloadError(
        fmt::format("{}: NVDLA's workbook has rules for networks that are fed with tensors only",
                    network.name));
  }
  const Graph graph = graph_of(network);
  std::vector<LayerSize> layers;
  for (std::uint32_t i = 0; i < network.operators.size(); ++i) {
    const Operator& op = network.operators[i];
    if (op.kind() != OperatorKind::kConv2d && op.kind() != OperatorKind::kLinear &&
        op.kind() != OperatorKind::kLogits) {
      continue;
    }
    LayerSize layer{.name = op.name,
                    .in = size_of(network.operators[op.inputs.front()].shape),
                    .out = size_of(op.shape)};
    shape(op, layer);
    layer.stored = layer.out;
    follow(network, graph, i, layer);
    layers.push_back(std::move(layer));
  }
  return layers;
}

}  // namespace sim::dnnguard::workbook
