#include "sim/accelerators/optimus/logic_parts.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "sim/accelerators/optimus/local_window.h"
#include "sim/accelerators/optimus/memory_shapes.h"
#include "sim/base/math.h"

namespace sim::optimus {
namespace {

using energy::LogicPart;
using energy::selection;

constexpr std::uint32_t kScaleBits = 32;           // of a row
constexpr std::uint32_t kShiftSteps = 6;           // powers of two that make up a shift below 64
constexpr std::uint32_t kEmbeddingScaleBits = 16;  // 8 x 24 bits are less than 16 x 16

class Parts {
 public:
  Parts(const Program& program, const Config& config, std::uint32_t tile_tokens)
      : program_(program), config_(config), tile_tokens_(tile_tokens) {}

  std::vector<LogicPart> list() {
    add_array();
    add_words();
    if (array().accumulators == Accumulators::kShared) add_shared_accumulators();
    if (array().sparse.way_choice == WayChoice::kRuntime) add_choice_of_ways();
    add_window();
    add_write_port();
    add_softmax();
    add_norm();
    if (config_.memories.embedding_store != EmbeddingStore::kHost) add_embedder();
    if (program_.uses(UnitId::kElementwise)) add_elementwise();
    return std::move(out_);
  }

 private:
  const MacArrayConfig& array() const { return config_.mac_array; }
  std::uint64_t ways() const { return array().sparse.ways; }
  std::uint64_t entries_of_word() const { return config_.memories.weight_entries_per_fetch; }
  std::uint64_t entry_bits() const {
    return weight_banks(program_, config_).width_bits / entries_of_word();
  }

  void add(LogicPart part) {
    if (part.memory || part.count > 0) out_.push_back(std::move(part));
  }
  void add(const std::string& unit, const char* purpose, const char* component, std::uint32_t bits,
           std::uint64_t count) {
    add(energy::logic(unit, purpose, component, bits, count));
  }

  void add_array() {
    const Precision& p = config_.precision;
    add("mac_array", "products", "multiply", std::max(p.weight_bits, p.activation_bits),
        array().macs);
    add("mac_array", "accumulation", "add", p.accumulator_bits, array().macs);
    add("mac_array", "m-way addition", "add", p.accumulator_bits, array().sets() * (ways() - 1));
    add(selection("mac_array", "weight or K/V element", 2,
                  std::max(p.weight_bits, p.activation_bits), array().macs));
  }

  /// SRAM holds the word that it has read.
  void add_words() {
    add(selection("mac_array", "entry of a word", entries_of_word(), entry_bits(), array().macs));
  }

  void add_shared_accumulators() {
    const std::uint64_t to_and_from = 2 * std::uint64_t{array().macs};
    add(selection("mac_array", "accumulators of other ways", ways(),
                  config_.precision.accumulator_bits, to_and_from));
  }

  void add_choice_of_ways() {
    add(selection("mac_array", "head of the queue", ways(), entry_bits(), array().macs));
  }

  void add_window() {
    const InputWindow& w = config_.window;
    const std::uint64_t bits = config_.precision.activation_bits;
    const std::uint64_t sets = array().sets();
    const std::uint64_t local = std::uint64_t{local_depth(w)} * sets;
    const std::uint64_t shared = shared_depth(w);
    const std::uint64_t loaded = shared > 0 ? shared : local;
    add(selection("input_window", "loading", w.load_width_elements_per_cycle, bits, loaded));
    if (w.scope == WindowScope::kTwoLevel)
      add(selection("input_window", "loading of local levels", shared, bits, local));
    add(selection("input_window", "token of the beat", tile_tokens_, bits, shared + local));
    const std::uint64_t seen = local > 0 ? local_depth(w) : shared;
    add(selection("input_window", "columns of MACs", seen, bits, array().macs));
  }

  void add_write_port() {
    const std::string unit = name_of(UnitId::kWritePort);
    const std::uint64_t lanes = config_.post.output_width_elements_per_cycle;
    const std::uint32_t sum_bits = config_.precision.accumulator_bits;
    const std::uint64_t multipliers = base::ceil_div(sum_bits, kScaleBits) * lanes;
    add(unit, "bias", "add", sum_bits, lanes);
    add(unit, "scale", "multiply", kScaleBits, multipliers);
    add(unit, "rounding", "add", 2 * kScaleBits, multipliers);
    add(selection(unit, "shift", 2, std::uint64_t{sum_bits + kScaleBits} * kShiftSteps, lanes));
    add(unit, "arg-max", "add", sum_bits, lanes);
    add(selection(unit, "arg-max", 2, sum_bits, lanes));
  }

  /// As softmax_element: maximum, difference, exponent (above 8 bits of the high and the low half,
  /// multiplied), sum, scaling, and a division of as many steps as the elements have bits.
  void add_softmax() {
    const std::string unit = name_of(UnitId::kSoftmax);
    const std::uint64_t lanes = config_.post.softmax_lanes;
    const bool wide = config_.precision.activation_bits > 8;
    const std::uint32_t bits = wide ? 16 : 8;
    add(unit, "maximum and difference", "add", bits, 2 * lanes);
    if (wide) add(unit, "exponent", "multiply", 16, lanes);
    add(unit, "sum, scaling, division", "add", 32, (2 + bits) * lanes);
    add({unit, "exponent tables", "", 0, 0,
         energy::MemoryShape{
             .bank_bytes = 512, .width_bits = 16, .banks = (wide ? 2 : 1) * lanes}});
  }

  /// As norm_element: two input scales, square, gamma; input sum, mean, difference, a division of
  /// 24 steps; variance, beta.
  void add_norm() {
    const std::string unit = name_of(UnitId::kAddNorm);
    const std::uint64_t lanes = config_.post.norm_lanes;
    const bool wide = config_.precision.activation_bits > 8;
    if (!wide) add(unit, "input scales and square", "multiply", 16, 3 * lanes);
    add(unit, wide ? "input scales, square, gamma" : "gamma", "multiply", 32,
        (wide ? 4 : 1) * lanes);
    add(unit, "sum, mean, difference, division", "add", 32, 27 * lanes);
    add(unit, "variance and beta", "add", 64, 2 * lanes);
  }

  void add_embedder() {
    const std::string unit = name_of(UnitId::kEmbedder);
    const std::uint64_t lanes = config_.post.output_width_elements_per_cycle;
    add(unit, "scales", "multiply", std::max(config_.precision.weight_bits, kEmbeddingScaleBits),
        2 * lanes);
    add(unit, "sum and rounding", "add", 32, 2 * lanes);
  }

  /// Two scales and a sum, a product of two activations with its scale, rounding, tables; of an
  /// average the sum and a division of a step a cycle.
  void add_elementwise() {
    const std::string unit = name_of(UnitId::kElementwise);
    const std::uint64_t lanes = config_.post.elementwise_lanes;
    const bool wide = config_.precision.activation_bits > 8;
    add(unit, "scales", "multiply", wide ? 32 : 16, 2 * lanes);
    add(unit, "product", "multiply", wide ? 16 : 8, lanes);
    add(unit, "scale of the product", "multiply", kScaleBits, lanes);
    add(unit, "sum, rounding, division", "add", 2 * kScaleBits, 3 * lanes);
    add(selection(unit, "shift", 2, std::uint64_t{2} * kScaleBits * kShiftSteps, lanes));
    if (!runs(workload::OperatorKind::kActivation)) return;
    add({unit, "activation tables", "", 0, 0, activation_tables(config_)});
  }

  bool runs(workload::OperatorKind kind) const {
    return std::ranges::count(program_.layers, kind, &Layer::kind) > 0;
  }

  const Program& program_;
  const Config& config_;
  const std::uint32_t tile_tokens_;
  std::vector<LogicPart> out_;
};

}  // namespace

std::vector<LogicPart> logic_parts(const Program& program, const Config& config,
                                   std::uint32_t tile_tokens) {
  return Parts(program, config, tile_tokens).list();
}

}  // namespace sim::optimus
