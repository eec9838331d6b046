#include "sim/workload/kinds/network/graph.h"

#include <fmt/format.h>

#include <utility>

#include "sim/workload/graph_reader.h"
#include "sim/workload/json_fields.h"
#include "sim/workload/kinds/network/expand.h"
#include "sim/workload/tensor_reader.h"

namespace sim::workload::network {
namespace {

std::uint64_t bytes_of(const Tensor& tensor) {
  std::uint64_t bytes = tensor.dtype == Dtype::kI32 ? 4 : tensor.dtype == Dtype::kU16 ? 2 : 1;
  for (const std::uint64_t side : tensor.shape) bytes = base::product({bytes, side});
  return bytes;
}

/// What an embedding reads, or else the first layer.
std::string first_input(NetworkKind model) {
  if (model == NetworkKind::kFeedForward) return "input";
  return model == NetworkKind::kDecoder ? "prompt" : "source";
}

/// A decoder chooses among the outputs of its last layer.
std::uint32_t vocabulary_of(const Config& config) {
  const Layer& last = config.blocks.back().layers.back();
  const bool chooses = config.model == NetworkKind::kDecoder && last.kind == OperatorKind::kLogits;
  return chooses ? last.outputs : 0;
}

}  // namespace

Graph::Graph(const Config& config, const std::string& file)
    : config_(config),
      file_(file),
      vocabulary_(vocabulary_of(config)),
      shapes_(begun()),
      lowering_(config, shapes_, vocabulary_) {
  TensorReader tensors(lowering_.tensors(), file, false);
  GraphReader reader(shapes_, TraceSchema::k2, tensors, file);
  for (const Layer& layer : expanded(config.blocks, first_input(config.model), file)) {
    stated_.push_back({lowering_.operator_of(layer), layer.place});
    reader.read(stated_.back().op, layer.place);
  }
  reader.finish(outputs());
  for (Operator& op : shapes_.operators) {
    op.expected_weights =
        static_cast<std::uint64_t>(static_cast<double>(op.expected_weights) * config.density);
  }
}

Network Graph::begun() const {
  Network network{.name = config_.name, .kind = config_.model, .limits = {}, .operators = {}};
  network.limits.vocabulary = vocabulary_;
  network.limits.max_tokens = config_.max_tokens;
  if (config_.model == NetworkKind::kFeedForward) {
    Operator input;
    input.name = "input";
    input.body = Input{0};
    const nlohmann::json stated = {{"input", config_.input}};
    JsonFields fields(stated, file_ + ": input");
    input.shape = read_fixed_shape(fields, "input");
    network.operators.push_back(std::move(input));
  }
  return network;
}

std::vector<std::string> Graph::outputs() const {
  if (config_.model == NetworkKind::kDecoder) return {};
  if (!config_.outputs.empty()) return config_.outputs;
  return {shapes_.operators.back().name};
}

std::uint64_t Graph::bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [name, tensor] : lowering_.tensors()) bytes += bytes_of(tensor);
  return bytes;
}

Network Graph::with_values(Drawn& drawn) const {
  std::map<std::string, Tensor> tensors = lowering_.tensors();
  for (auto& [name, tensor] : tensors) {
    auto& bytes = drawn.emplace_back(bytes_of(tensor));
    lowering_.fills().at(name)(bytes);
    tensor.bytes = bytes;
  }
  Network network = begun();
  network.has_values = true;
  TensorReader values(tensors, file_, true);
  GraphReader reader(network, TraceSchema::k2, values, file_);
  for (const Stated& stated : stated_) reader.read(stated.op, stated.place);
  reader.finish(outputs());
  return network;
}

}  // namespace sim::workload::network
