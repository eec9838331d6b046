#include "sim/accelerators/optimus/compiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sim/accelerators/optimus/embedding_store.h"
#include "sim/accelerators/optimus/memory_shapes.h"
#include "sim/accelerators/optimus/moment.h"
#include "sim/accelerators/optimus/position_tables.h"
#include "sim/accelerators/optimus/row_choice.h"
#include "sim/accelerators/optimus/shared_inputs.h"
#include "sim/base/error.h"

namespace sim::optimus {
namespace {

using workload::Operator;
using workload::OperatorKind;

bool is_sparse(OperatorKind kind) {
  return kind == OperatorKind::kLinear || kind == OperatorKind::kLogits;
}

bool is_product(OperatorKind kind) {
  return kind == OperatorKind::kAttentionScores || kind == OperatorKind::kAttentionValues;
}

/// Operators that one reads. Add+norm reads two: a norm of one input reads that twice.
std::vector<std::uint32_t> reads_of(const Operator& op) {
  if (op.kind() == OperatorKind::kEmbedding) return {};
  if (op.kind() != OperatorKind::kNorm || op.inputs.size() == 2) return op.inputs;
  return {op.inputs[0], op.inputs[0]};
}

/// The array and the elementwise unit write what nothing but attention reads as K or V into the K/V
/// store alone; the others have no way to it but through the buffer.
bool may_write_store_alone(OperatorKind kind) {
  return unit_of(kind) == UnitId::kMacArray || unit_of(kind) == UnitId::kElementwise;
}

/// What attention products read as K or V lives in the K/V store, everything else in the global
/// buffer. An output can be in both.
struct Places {
  explicit Places(const workload::Network& model)
      : kv(model.operators.size(), false), buffer(model.operators.size(), false) {
    for (const Operator& op : model.operators) {
      const std::vector<std::uint32_t> inputs = reads_of(op);
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        (i == 1 && is_product(op.kind()) ? kv : buffer)[inputs[i]] = true;
      }
    }
    for (std::size_t i = 0; i < model.operators.size(); ++i) {
      const OperatorKind kind = model.operators[i].kind();
      if (!kv[i] || !may_write_store_alone(kind)) buffer[i] = kind != OperatorKind::kLogits;
    }
  }

  std::vector<bool> kv;
  std::vector<bool> buffer;
};

/// How often the sentences run a layer with how many tokens.
TokenCounts token_counts(const Layer& layer, const Program& program, const Skipping& skipping,
                         std::span<const SentenceLengths> lengths) {
  if (layer.vectors > 0) return {{layer.vectors, 1}};
  const bool cross_again = !skipping.redundant_decoding && !skipping.cross_kv_once;
  const bool each_step = layer.phase == workload::Phase::kDecoder ||
                         (layer.phase == workload::Phase::kCross && cross_again);
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> sentences;  // of equal lengths
  for (const SentenceLengths& s : lengths) ++sentences[{s.source_tokens, s.target_tokens}];
  TokenCounts counts;
  for (const auto& [length, times] : sentences) {
    for (std::uint32_t t = 1; t <= (each_step ? length.second : 1); ++t) {
      const Moment moment = Moment::of(program, length.first, t);
      if (const auto tokens = positions(layer, skipping, moment)) counts[tokens] += times;
    }
  }
  return counts;
}

class Compiler {
 public:
  Compiler(const workload::Network& model, const Config& config, const MatrixLibrary& library,
           const core::MemoryCheck& check)
      : model_(model), config_(config), library_(library), check_(check), places_(model) {}

  /// `vectors`: of each operator, when they are products by themselves.
  Program compile(std::span<const SentenceLengths> lengths,
                  std::span<const std::uint32_t> vectors = {}) {
    program_.products = !vectors.empty();
    program_.prompts = model_.kind == workload::NetworkKind::kDecoder;
    vectors_ = vectors;
    add_layers();
    for (const Operator& op : model_.operators) add_readers(op);
    program_.embedding_tables = embedding_tables(model_, lengths);
    program_.position_tables = position_tables(model_);
    link_tables();
    const std::vector<Consumer> consumer = consumers(program_, config_);
    RowChooser rows(config_, library_);
    for (const auto& [index, parts] : weights_) {
      const Layer& layer = program_.layers[index];
      const TokenCounts tokens = token_counts(layer, program_, config_.skipping, lengths);
      const MatrixLibrary::Ask ask = [&](std::uint64_t bytes) { ask_for(layer, bytes); };
      map(index, parts, rows.choose(index, layer, parts, consumer[index], tokens, ask), ask);
    }
    program_.list_banks = list_banks(program_, config_);
    return std::move(program_);
  }

 private:
  void add_layers() {
    const bool fuses = config_.fuse_shared_inputs && !program_.products;
    const auto groups = fuses ? groups_of_shared_inputs(model_) : single_operators(model_);
    const std::vector<std::string> names = names_of(groups, model_);
    program_.outputs.resize(model_.operators.size());
    for (std::size_t i = 0; i < groups.size(); ++i) add_layer(names[i], groups[i]);
  }

  void add_layer(const std::string& name, const std::vector<std::uint32_t>& group) {
    const std::uint32_t first = group[0];
    const Operator& op = model_.operators[first];
    Layer layer;
    layer.name = name;
    layer.kind = op.kind();
    layer.phase = op.phase;
    layer.unit = unit_of(op.kind());
    layer.columns = op.columns();
    layer.shape = op.shape;
    layer.heads = op.heads();
    layer.kv_heads = op.kv_heads();
    layer.head_size = head_size(op);
    layer.mask = op.mask_of_keys();
    const auto* scores = std::get_if<workload::AttentionScores>(&op.body);
    layer.has_bias = scores != nullptr && scores->has_bias;
    layer.inputs = inputs_of(op);
    layer.vectors = program_.products ? vectors_[first] : 0;
    layer.relu = relu_before(op);
    for (const std::uint32_t i : group) add_operator(layer, i);
    if (is_sparse(op.kind())) take_weights(layer, group);
    program_.layers.push_back(std::move(layer));
  }

  void add_operator(Layer& layer, std::uint32_t index) {
    const Operator& op = model_.operators[index];
    layer.outputs += op.features();
    if (places_.kv[index]) layer.kv_outputs += op.features();
    if (places_.kv[index] && !places_.buffer[index]) layer.kv_only_outputs += op.features();
    layer_of_[index] = static_cast<std::uint32_t>(program_.layers.size());
    program_.outputs[index] = {.layer = layer_of_[index],
                               .features = op.features(),
                               .in_global_buffer = places_.buffer[index],
                               .buffer_readers = {},
                               .kv_readers = {}};
  }

  void add_readers(const Operator& op) {
    const std::uint32_t reader =
        layer_of_.at(static_cast<std::uint32_t>(&op - &model_.operators[0]));
    const std::vector<std::uint32_t> inputs = reads_of(op);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      Output& output = program_.outputs[inputs[i]];
      (i == 1 && is_product(op.kind()) ? output.kv_readers : output.buffer_readers)
          .push_back(reader);
    }
  }

  /// The operator behind whose ReLU `op` reads, position by position.
  std::optional<std::uint32_t> relu_before(const Operator& op) const {
    if (!is_sparse(op.kind()) || op.inputs.empty()) return std::nullopt;
    const Operator& input = model_.operators.at(op.inputs[0]);
    const bool same_positions = input.shape.rows == op.shape.rows;
    if (!input.relu() || !same_positions) return std::nullopt;
    return op.inputs[0];
  }

  /// Of the keys or of the values, which need not be alike.
  std::uint32_t head_size(const Operator& op) const {
    if (!is_product(op.kind())) return 0;
    return model_.operators[op.inputs[1]].features() / op.kv_heads();
  }

  std::vector<std::uint32_t> inputs_of(const Operator& op) const {
    std::vector<std::uint32_t> layers;
    for (const std::uint32_t input : reads_of(op)) layers.push_back(layer_of_.at(input));
    return layers;
  }

  void link_tables() {
    const std::vector<std::vector<TableRead>> tables = tables_of_embeddings(model_);
    std::size_t next = 0;  // each is a layer of its own, in the order of operators
    for (Layer& layer : program_.layers) {
      if (layer.unit == UnitId::kEmbedder) layer.tables = tables.at(next++);
    }
  }

  static void check_columns(const Operator& op) {
    if (op.columns() <= kMaxColumns) return;
    throw base::WorkloadError(fmt::format("operator '{}' has {} inputs; OPTIMUS takes at most {}",
                                          op.name, op.columns(), kMaxColumns));
  }

  void take_weights(Layer& layer, const std::vector<std::uint32_t>& group) {
    MaskParts parts;
    for (const std::uint32_t i : group) {
      check_columns(model_.operators[i]);
      parts.push_back(model_.operators[i].mask);
      layer.dense_weights += std::uint64_t{parts.back()->rows()} * parts.back()->columns();
    }
    layer.masks = parts;
    weights_.emplace(static_cast<std::uint32_t>(program_.layers.size()), std::move(parts));
  }

  std::string part(const Layer& layer) const {
    return fmt::format("layer '{}': its weights as lists of {} MACs", layer.name,
                       config_.mac_array.macs);
  }

  void ask_for(const Layer& layer, std::uint64_t bytes) const {
    base::MemoryNeed need = made_;
    need.add("cuts of matrices that are compared", library_.tried_bytes());
    need.add(part(layer), bytes);
    check_(need);
  }

  void map(std::uint32_t index, const MaskParts& parts, std::uint32_t rows,
           const MatrixLibrary::Ask& ask) {
    Layer& layer = program_.layers[index];
    MatrixLibrary::Mapped mapped = library_.mapped(index, parts, rows, ask);
    made_.add(part(layer), mapped.bytes());
    layer.matrix = std::move(mapped.matrix);
    layer.occupancy = std::move(mapped.occupancy);
    layer.kept_weights = layer.matrix->useful();
  }

  const workload::Network& model_;
  const Config& config_;
  const MatrixLibrary& library_;
  const core::MemoryCheck& check_;
  base::MemoryNeed made_;
  std::span<const std::uint32_t> vectors_;
  Places places_;
  std::map<std::uint32_t, std::uint32_t> layer_of_;  // operator -> layer
  std::map<std::uint32_t, MaskParts> weights_;       // of each sparse layer
  Program program_;
};

/// Products as operators that read nothing of each other.
workload::Network as_model(const workload::SparseProducts& task) {
  workload::Network model;
  for (const workload::SparseProduct& product : task.products) {
    model.operators.push_back(
        {.name = product.name,
         .shape = {.features = product.rows},
         .body = workload::Linear{{.outputs = product.rows, .inputs = product.columns}},
         .mask = product.mask,
         .expected_weights = product.expected_weights});
  }
  return model;
}

}  // namespace

std::string MappingConfig::text() const {
  const SparseFormat& f = encoding.sparse;
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {}", static_cast<int>(f.format),
                     static_cast<int>(f.row_order), f.ways, static_cast<int>(f.column_mark),
                     f.delta_bits, static_cast<int>(f.row_mark), f.row_bits,
                     static_cast<int>(f.way_choice), encoding.macs, encoding.weight_bits,
                     fuse_shared_inputs);
}

Program compile(const workload::Network& model, const Config& config,
                std::span<const SentenceLengths> lengths, const MatrixLibrary& library,
                const core::MemoryCheck& check) {
  return Compiler(model, config, library, check).compile(lengths);
}

Program compile(const workload::Network& model, const Config& config,
                std::span<const SentenceLengths> lengths) {
  return compile(model, config, lengths, MatrixLibrary(EncodingConfig::of(config), false),
                 [](const base::MemoryNeed&) {});
}

Program compile(const workload::SparseProducts& task, const Config& config,
                const MatrixLibrary& library, const core::MemoryCheck& check) {
  const workload::Network model = as_model(task);
  std::vector<std::uint32_t> vectors;
  for (const workload::SparseProduct& product : task.products) vectors.push_back(product.vectors);
  return Compiler(model, config, library, check).compile({}, vectors);
}

Program compile(const workload::SparseProducts& task, const Config& config) {
  return compile(task, config, MatrixLibrary(EncodingConfig::of(config), false),
                 [](const base::MemoryNeed&) {});
}

}  // namespace sim::optimus
