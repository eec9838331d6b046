#include "sim/accelerators/optimus/capacity.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "sim/accelerators/optimus/dram_layout.h"
#include "sim/accelerators/optimus/embedding_store.h"
#include "sim/accelerators/optimus/memory_shapes.h"
#include "sim/accelerators/optimus/moment.h"
#include "sim/base/error.h"
#include "sim/base/math.h"

namespace sim::optimus {
namespace {

using workload::OperatorKind;
using workload::OutputShape;
using workload::Phase;

void require(std::string_view key, std::uint64_t kib, std::uint64_t bytes, std::string_view what) {
  if (bytes <= kib * 1024) return;
  throw base::ConfigError(fmt::format("optimus.memories.{} is {} KiB, but {} need {} KiB", key, kib,
                                      what, base::ceil_div(bytes, 1024)));
}

std::uint64_t bytes_of(std::uint64_t elements, std::uint64_t bits) {
  return elements / 8 * bits + elements % 8 * bits / 8;  // the product may pass 64 bits
}

/// Elements that a memory holds at the same time, layer by layer in the order of a sentence.
class Occupation {
 public:
  explicit Occupation(std::size_t moments) : from_(moments), after_(moments) {}

  void hold(std::size_t first, std::size_t last, std::uint64_t elements) {
    from_[first] += elements;
    after_[last] += elements;
  }
  std::uint64_t most() const {
    std::uint64_t most = 0;
    std::uint64_t now = 0;
    for (std::size_t i = 0; i < from_.size(); ++i) {
      now += from_[i];
      most = std::max(most, now);
      now -= after_[i];
    }
    return most;
  }

 private:
  std::vector<std::uint64_t> from_;
  std::vector<std::uint64_t> after_;
};

/// How long outputs stay in the global buffer and in the K/V store. A sentence runs the encoder's
/// layers, then those of the cross phase, then the decoder's, step by step.
class Lifetimes {
 public:
  /// In decoding step `step`.
  Lifetimes(const Program& program, const Config& config, std::uint32_t source_tokens,
            std::uint32_t step)
      : program_(program),
        config_(config),
        moment_of_step_(Moment::of(program, source_tokens, step)),
        moment_(program.layers.size()) {
    std::size_t next = 0;
    for (const Phase phase : {Phase::kEncoder, Phase::kCross, Phase::kDecoder}) {
      if (phase == Phase::kDecoder) first_step_ = next;
      for (std::size_t i = 0; i < moment_.size(); ++i) {
        if (program.layers[i].phase == phase) moment_[i] = next++;
      }
    }
  }

  /// A position of the decoder is gone when its step ends.
  std::uint64_t activations() const {
    Occupation buffer(moment_.size());
    for (const Output& output : program_.outputs) {
      if (!output.in_global_buffer) continue;
      buffer.hold(moment_[output.layer], last(output, output.buffer_readers),
                  rows_at_once(program_.layers[output.layer]) * features(output));
    }
    return buffer.most();
  }

  /// K and V of the decoder's positions stay from step to step.
  std::uint64_t keys_and_values() const {
    Occupation store(moment_.size());
    for (const Output& output : program_.outputs) {
      if (output.kv_readers.empty()) continue;
      const Layer& layer = program_.layers[output.layer];
      const bool stays = layer.phase == Phase::kDecoder;
      store.hold(stays ? first_step_ : moment_[output.layer], last(output, output.kv_readers),
                 std::uint64_t{moment_of_step_.rows(layer.shape)} * output.features);
    }
    return store.most();
  }

 private:
  std::size_t end() const { return moment_.size() - 1; }

  /// The moment up to which the output is needed: the end when a later step comes back to it.
  std::size_t last(const Output& output, const std::vector<std::uint32_t>& readers) const {
    const bool again = !config_.skipping.redundant_decoding && !config_.skipping.cross_kv_once;
    const Phase made = program_.layers[output.layer].phase;
    const bool never_changes =
        program_.layers[output.layer].shape.rows == OutputShape::Rows::kFixed;
    const bool kept = &readers == &output.kv_readers || never_changes;
    std::size_t moment = moment_[output.layer];
    for (const std::uint32_t reader : readers) {
      const Phase read = program_.layers[reader].phase;
      const bool in_steps = read == Phase::kDecoder && (kept || made != Phase::kDecoder);
      const bool again_in_steps = again && read == Phase::kCross && made == Phase::kEncoder;
      if (in_steps || again_in_steps) return end();
      moment = std::max(moment, moment_[reader]);
    }
    return moment;
  }

  std::uint64_t rows_at_once(const Layer& layer) const {
    const bool newest =
        layer.shape.rows == OutputShape::Rows::kTarget && config_.skipping.redundant_decoding;
    return newest ? moment_of_step_.added : moment_of_step_.rows(layer.shape);
  }

  /// Features a position; of scores and probabilities, one a key and head.
  std::uint64_t features(const Output& output) const {
    const Layer& layer = program_.layers[output.layer];
    if (layer.kind == OperatorKind::kSoftmax) return layer.heads * keys(layer.inputs[0]);
    if (layer.kind == OperatorKind::kAttentionScores) return layer.heads * keys(output.layer);
    return output.features;
  }

  std::uint64_t keys(std::uint32_t scores) const {
    return moment_of_step_.rows(program_.layers[program_.layers[scores].inputs[1]].shape);
  }

  const Program& program_;
  const Config& config_;
  Moment moment_of_step_;
  std::vector<std::size_t> moment_;  // of each layer
  std::size_t first_step_ = 0;       // the decoder's first layer
};

std::uint64_t largest_product(const Program& program) {
  std::uint64_t most = 0;
  for (const Layer& layer : program.layers) {
    const std::uint64_t of_vector = std::uint64_t{layer.columns} + layer.outputs;
    most = std::max(most, of_vector * layer.vectors);
  }
  return most;
}

void check_embedding(const Program& program, const Config& config) {
  if (config.memories.embedding_store != EmbeddingStore::kOnChip) return;
  for (const EmbeddingTable& table : program.embedding_tables) {
    if (table.rows > 0) continue;
    throw base::ConfigError(
        "optimus.memories.embedding_store is on_chip, but the workload does not say how large its "
        "token table is: give it a vocabulary, or leave the embedding to the host");
  }
  if (config.memories.embedding_kib == 0) return;
  require("embedding_kib", config.memories.embedding_kib, embedding_bytes(program, config),
          "the token and position tables");
}

void check_weight_banks(const Program& program, const Config& config) {
  const Memories& m = config.memories;
  if (m.weight_bank_kib == 0) return;
  const char* of_passes = m.prefetch_weights ? " for two passes" : " for a pass";
  require("weight_bank_kib", m.weight_bank_kib, program.list_banks.weight_bytes,
          fmt::format("the weights of the fullest bank{}", m.streamed() ? of_passes : ""));
}

void check_column_banks(const Program& program, const Config& config) {
  const Memories& m = config.memories;
  if (m.column_bank_kib == 0) return;
  require("column_bank_kib", m.column_bank_kib, program.list_banks.column_bytes,
          "the column marks of the fullest bank");
}

void check_dram(const Program& program, const Config& config) {
  const Memories& m = config.memories;
  if (!m.uses_dram() || m.dram.kind != hw::DramKind::kBanked) return;
  const std::uint64_t need = DramLayout(program, config).bytes();
  const std::uint64_t bytes = m.dram.banked.capacity_bytes();
  if (need <= bytes) return;
  throw base::ConfigError(
      fmt::format("optimus.memories.dram.banked.rows is {}, with which the DRAM holds {} KiB, but "
                  "what is read from it needs {} KiB",
                  m.dram.banked.rows, bytes / 1024, base::ceil_div(need, 1024)));
}

/// "8 source and 9 target tokens", as far as there are any.
std::string lengths_in_words(const Program& program, std::uint32_t source_tokens,
                             std::uint32_t target_tokens) {
  const char* const source = program.prompts ? "prompt" : "source";
  if (source_tokens == 0) return "one set of input tensors";
  if (target_tokens == 0) return fmt::format("{} {} tokens", source_tokens, source);
  return fmt::format("{} {} and {} target tokens", source_tokens, source, target_tokens);
}

}  // namespace

StoreNeeds store_needs(const Program& program, const Config& config, std::uint32_t source_tokens,
                       std::uint32_t target_tokens) {
  const std::uint64_t bits = config.precision.activation_bits;
  if (program.products) return {.global_buffer = bytes_of(largest_product(program), bits)};
  // The first step has the most rows at once, the last the most keys.
  std::uint64_t activations = 0;
  for (const std::uint32_t step : {std::min(target_tokens, 1u), target_tokens}) {
    activations =
        std::max(activations, Lifetimes(program, config, source_tokens, step).activations());
  }
  const Lifetimes at_end(program, config, source_tokens, target_tokens);
  return {.global_buffer = bytes_of(activations, bits),
          .kv_store = bytes_of(at_end.keys_and_values(), bits)};
}

void check_capacity(const Program& program, const Config& config, std::uint32_t source_tokens,
                    std::uint32_t target_tokens) {
  const std::string lengths = lengths_in_words(program, source_tokens, target_tokens);
  const StoreNeeds needs = store_needs(program, config, source_tokens, target_tokens);
  require("global_buffer_kib", config.memories.global_buffer_kib, needs.global_buffer,
          program.products ? "inputs and outputs of the largest product"
                           : fmt::format("the activations of {}", lengths));
  require("kv_store_kib", config.memories.kv_store_kib, needs.kv_store,
          fmt::format("K and V of {}", lengths));
  check_embedding(program, config);
  check_weight_banks(program, config);
  check_column_banks(program, config);
  check_dram(program, config);
}

}  // namespace sim::optimus
