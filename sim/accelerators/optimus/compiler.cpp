#include "sim/accelerators/optimus/compiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sim/accelerators/optimus/occupancy.h"
#include "sim/base/error.h"

namespace sim::optimus {
namespace {

using workload::Operator;
using workload::OperatorKind;

bool is_sparse(OperatorKind kind) {
  return kind == OperatorKind::kLinear || kind == OperatorKind::kLogits;
}

UnitId unit_of(OperatorKind kind) {
  switch (kind) {
    case OperatorKind::kEmbedding:
      return UnitId::kEmbedder;
    case OperatorKind::kSoftmax:
      return UnitId::kSoftmax;
    case OperatorKind::kAddNorm:
      return UnitId::kAddNorm;
    default:
      return UnitId::kMacArray;
  }
}

std::string module_of(const std::string& name) { return name.substr(0, name.rfind('.')); }

/// "a.b.q" and "a.b.k" become "a.b.q+k".
std::string fused_name(const std::string& name, const std::string& other) {
  return name + "+" + other.substr(other.rfind('.') + 1);
}

bool is_product(OperatorKind kind) {
  return kind == OperatorKind::kAttentionScores || kind == OperatorKind::kAttentionValues;
}

/// What attention products read as K or V lives in the K/V store, everything else in the global
/// buffer. An output can be in both; units other than the array always write the buffer.
struct Places {
  explicit Places(const workload::Model& model)
      : kv(model.operators.size(), false), buffer(model.operators.size(), false) {
    for (const Operator& op : model.operators) {
      for (std::size_t i = 0; i < op.inputs.size(); ++i) {
        if (op.kind == OperatorKind::kEmbedding) continue;
        (i == 1 && is_product(op.kind) ? kv : buffer)[op.inputs[i]] = true;
      }
    }
    for (std::size_t i = 0; i < model.operators.size(); ++i) {
      const OperatorKind kind = model.operators[i].kind;
      if (!kv[i] || unit_of(kind) != UnitId::kMacArray) buffer[i] = kind != OperatorKind::kLogits;
    }
  }

  std::vector<bool> kv;
  std::vector<bool> buffer;
};

class Compiler {
 public:
  Compiler(const workload::Model& model, const MappingConfig& config)
      : model_(model), config_(config), places_(model) {}

  Program compile() {
    for (std::uint32_t i = 0; i < model_.operators.size();) i += add_layer(i);
    for (const Operator& op : model_.operators) add_readers(op);
    return std::move(program_);
  }

 private:
  /// Operators from `first` on that run as one layer.
  std::uint32_t group_size(std::uint32_t first) const {
    const Operator& op = model_.operators[first];
    if (op.kind != OperatorKind::kLinear || !config_.fuse_shared_inputs) return 1;
    std::uint32_t n = 1;
    while (first + n < model_.operators.size()) {
      const Operator& next = model_.operators[first + n];
      const bool same = next.kind == op.kind && next.phase == op.phase &&
                        next.inputs == op.inputs && next.relu == op.relu &&
                        module_of(next.name) == module_of(op.name);
      if (!same) break;
      ++n;
    }
    return n;
  }

  std::uint32_t add_layer(std::uint32_t first) {
    const Operator& op = model_.operators[first];
    const std::uint32_t n = group_size(first);
    Layer layer;
    layer.name = op.name;
    layer.kind = op.kind;
    layer.phase = op.phase;
    layer.unit = unit_of(op.kind);
    layer.columns = op.columns;
    layer.heads = op.heads;
    layer.head_size = head_size(op);
    layer.causal = op.causal;
    layer.inputs = inputs_of(op);
    for (std::uint32_t i = first; i < first + n; ++i) add_operator(layer, i, i > first);
    if (is_sparse(op.kind)) encode(layer, first, n);
    program_.layers.push_back(std::move(layer));
    return n;
  }

  void add_operator(Layer& layer, std::uint32_t index, bool joins) {
    const Operator& op = model_.operators[index];
    if (joins) layer.name = fused_name(layer.name, op.name);
    layer.outputs += op.rows;
    if (places_.kv[index]) layer.kv_outputs += op.rows;
    if (places_.kv[index] && !places_.buffer[index]) layer.kv_only_outputs += op.rows;
    layer_of_[index] = static_cast<std::uint32_t>(program_.layers.size());
    program_.outputs.push_back({.layer = layer_of_[index],
                                .features = op.rows,
                                .in_global_buffer = places_.buffer[index],
                                .buffer_readers = {},
                                .kv_readers = {}});
  }

  void add_readers(const Operator& op) {
    if (op.kind == OperatorKind::kEmbedding) return;
    const std::uint32_t reader =
        layer_of_.at(static_cast<std::uint32_t>(&op - &model_.operators[0]));
    for (std::size_t i = 0; i < op.inputs.size(); ++i) {
      Output& output = program_.outputs[op.inputs[i]];
      (i == 1 && is_product(op.kind) ? output.kv_readers : output.buffer_readers).push_back(reader);
    }
  }

  /// Of the keys or of the values, which need not be alike.
  std::uint32_t head_size(const Operator& op) const {
    if (!is_product(op.kind)) return 0;
    return model_.operators[op.inputs[1]].rows / op.heads;
  }

  std::vector<std::uint32_t> inputs_of(const Operator& op) const {
    std::vector<std::uint32_t> layers;
    for (const std::uint32_t input : op.inputs) {
      if (input == workload::kSourceTokens || input == workload::kTargetTokens) continue;
      layers.push_back(layer_of_.at(input));
    }
    return layers;
  }

  void encode(Layer& layer, std::uint32_t first, std::uint32_t n) {
    std::vector<const workload::Mask*> parts;
    for (std::uint32_t i = first; i < first + n; ++i) {
      parts.push_back(model_.operators[i].mask.get());
      layer.dense_weights += std::uint64_t{parts.back()->rows()} * parts.back()->columns();
    }
    layer.matrix = std::make_shared<EncodedMatrix>(optimus::encode(parts, config_.encoding));
    layer.kept_weights = layer.matrix->useful();
  }

  const workload::Model& model_;
  const MappingConfig& config_;
  Places places_;
  std::map<std::uint32_t, std::uint32_t> layer_of_;  // operator -> layer
  Program program_;
};

}  // namespace

std::string MappingConfig::text() const {
  const auto& [sparse, macs, accumulators_per_mac, accumulators, weight_bits] = encoding;
  const auto& [format, row_order, ways, column_mark, delta_bits, way_choice] = sparse;
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {}", static_cast<int>(format),
                     static_cast<int>(row_order), ways, static_cast<int>(column_mark), delta_bits,
                     static_cast<int>(way_choice), macs, accumulators_per_mac,
                     static_cast<int>(accumulators), weight_bits, fuse_shared_inputs);
}

Program compile(const workload::Model& model, const MappingConfig& config) {
  return Compiler(model, config).compile();
}

Program compile(const workload::Model& model, const Config& config) {
  return compile(model, MappingConfig::of(config));
}

void add_occupancy(Program& program) {
  for (Layer& layer : program.layers) {
    if (!layer.matrix) continue;
    for (const EncodedBlock& block : layer.matrix->blocks) {
      layer.occupancy.push_back(std::make_shared<const Occupancy>(block));
    }
  }
}

}  // namespace sim::optimus
