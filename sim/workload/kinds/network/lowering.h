#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "sim/workload/kinds/network/config.h"
#include "sim/workload/network.h"
#include "sim/workload/safetensors.h"

namespace sim::workload::network {

/// Fills a tensor.
using Fill = std::function<void(std::span<std::byte>)>;

/// Writes layers as a trace states operators: JSON, and tensors that it names, which have shapes
/// and a way to draw them, but no bytes.
class Lowering {
 public:
  /// `network`: the operators that are read already.
  Lowering(const Config& config, const Network& network, std::uint32_t vocabulary)
      : config_(config), network_(network), vocabulary_(vocabulary) {}

  nlohmann::json operator_of(const Layer& layer);

  const std::map<std::string, Tensor>& tensors() const { return tensors_; }
  const std::map<std::string, Fill>& fills() const { return fills_; }

 private:
  using Json = nlohmann::json;

  void lower(const Layer& layer, Json& op);
  void weights(const Layer& layer, const Shape& shape, bool relu, Json& op);
  void convolution(const Layer& layer, Json& op);
  void embedding(const Layer& layer, Json& op);
  void norm(const Layer& layer, Json& op);
  void scores(const Layer& layer, Json& op);
  void rotary(const Layer& layer, Json& op);
  void even(Json& op, std::string_view field, const Shape& shape, std::int32_t most);
  /// A tensor of this field.
  void tensor(Json& op, std::string_view field, Dtype dtype, Shape shape, Fill fill);
  /// The shape of an input; of one that is not there, nothing that would be right.
  OutputShape input(const Layer& layer, std::size_t i);
  /// Rows of tables of positions.
  std::uint64_t positions(const OutputShape& shape) const;
  /// A stream of its own for each tensor.
  std::string stream(const Json& op, std::string_view field) const;

  const Config& config_;
  const Network& network_;
  const std::uint32_t vocabulary_;
  std::map<std::string, std::uint32_t> indices_;  // of the network's operators
  std::map<std::string, Tensor> tensors_;
  std::map<std::string, Fill> fills_;
};

/// Which weights of the operator of that name are kept.
Mask drawn_mask(const Config& config, const std::string& name, std::uint32_t rows,
                std::uint32_t columns);

}  // namespace sim::workload::network
