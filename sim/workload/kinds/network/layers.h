#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/config_reader.h"
#include "sim/workload/network.h"

namespace sim::workload::network {

/// What an activation table computes, of a number that stands for 1/32 of it.
enum class Function { kGelu, kSilu, kSigmoid, kTanh, kLeakyRelu };

/// One operator as a workload file states it.
struct Layer {
  OperatorKind kind = OperatorKind::kConv2d;
  std::string name;
  std::string place;                               // in the file, for messages
  std::optional<std::vector<std::string>> inputs;  // none: the operator before
  nlohmann::json fields;                           // as in a trace, but tensors and constants

  // What a trace says by the shapes and contents of its tensors:
  std::uint32_t outputs = 0;
  std::uint32_t pieces = 0;
  std::uint32_t rotated = 0;  // features of a head in pairs; 0: all
  bool positions = false;
  bool bias = false;
  Pair kernel{1, 1};
  std::vector<std::uint64_t> shape;
  Function function = Function::kGelu;
};

/// Layers that come once, or several times one behind the other.
struct Block {
  std::vector<Layer> layers;
  std::optional<std::string> name;  // of a repeated one, before the names of its layers
  std::uint32_t repeat = 1;

  static Block from(base::ConfigReader& in);
};

}  // namespace sim::workload::network
