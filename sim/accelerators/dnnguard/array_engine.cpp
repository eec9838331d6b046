#include "sim/accelerators/dnnguard/array_engine.h"

#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "sim/accelerators/dnnguard/cdp_skip.h"
#include "sim/accelerators/dnnguard/cdp_tick.h"
#include "sim/accelerators/dnnguard/convolution_sequence.h"
#include "sim/accelerators/dnnguard/convolution_skip.h"
#include "sim/accelerators/dnnguard/convolution_tick.h"
#include "sim/accelerators/dnnguard/pdp_skip.h"
#include "sim/accelerators/dnnguard/pdp_tick.h"
#include "sim/accelerators/dnnguard/sdp_skip.h"
#include "sim/accelerators/dnnguard/sdp_tick.h"

namespace sim::dnnguard {

namespace {

using workload::nvdla::Layer;

std::uint64_t count(Cycle cycles) { return static_cast<std::uint64_t>(cycles); }

LayerCycles cycles_of(const ConvolutionCounts& c) {
  return {.busy = count(c.busy),
          .weight_port_waits = count(c.weight_port),
          .input_waits = count(c.data_stalls),
          .weight_waits = count(c.weight_stalls),
          .output_waits = count(c.credit_stalls),
          .idle = count(c.idle)};
}

LayerBeats beats_of(const ConvolutionCounts& c) {
  return {.inputs = c.data.beats,
          .weights = c.weights.beats,
          .operands = c.operands[0].beats + c.operands[1].beats + c.operands[2].beats,
          .outputs = c.writes};
}

std::vector<LayerRecord> records_of(const std::vector<ConvolutionCounts>& layers,
                                    std::uint64_t begin) {
  std::vector<LayerRecord> records;
  for (const ConvolutionCounts& c : layers) {
    const std::uint64_t end = begin + count(c.cycles());
    records.push_back({Unit::kConvolution, begin, end, cycles_of(c), beats_of(c)});
    begin = end;
  }
  return records;
}

LayerRecord record_of(Unit unit, const UnitCounters& c, std::uint64_t begin) {
  return {.unit = unit,
          .begin = begin,
          .end = begin + c.cycles,
          .cycles = {.busy = c.busy,
                     .input_waits = c.source_stalls,
                     .operand_waits = c.operand_stalls,
                     .output_waits = c.output_stalls,
                     .idle = c.idle},
          .beats = {.inputs = c.reads[0].beats,
                    .operands = c.reads[1].beats + c.reads[2].beats + c.reads[3].beats,
                    .outputs = c.writes.beats}};
}

std::vector<ConvolutionStep> steps_of(const std::vector<Layer>& layers,
                                      const ConvolutionMachine& machine) {
  std::vector<ConvolutionStep> steps;
  steps.reserve(layers.size());
  for (const Layer& layer : layers) steps.push_back({convolution_work(machine, layer)});
  return steps;
}

Unit unit_of(const Layer& layer) {
  if (layer.convolution) return Unit::kConvolution;
  if (layer.sdp) return Unit::kSdp;
  return layer.pdp ? Unit::kPdp : Unit::kCdp;
}

/// Works the whole job out at its start. A job takes the same whenever it begins, so one that comes
/// again, with the next sample, is not worked out again.
class ArraySkip final : public hw::Jumping<ArrayEngine> {
 public:
  explicit ArraySkip(const Config& config) : config_(config) {}

  void start(const std::vector<Layer>& layers, std::uint64_t cycle) override {
    const auto [found, is_new] = known_.try_emplace(&layers);
    if (is_new) found->second = worked_out(layers, 0);
    records_ = found->second;
    for (LayerRecord& record : records_) {
      record.begin += cycle;
      record.end += cycle;
    }
    begin(cycle, records_.back().end - cycle);
  }
  std::vector<LayerRecord> records() const override { return records_; }

 private:
  std::vector<LayerRecord> worked_out(const std::vector<Layer>& layers, std::uint64_t cycle) const {
    const Layer& first = layers.front();
    const Unit unit = unit_of(first);
    if (unit == Unit::kConvolution) {
      const ConvolutionMachine machine = config_.convolution();
      return records_of(convolution_skip(machine, config_.read_memory(), steps_of(layers, machine)),
                        cycle);
    }
    return {record_of(unit, unit_alone(first), cycle)};
  }

  UnitCounters unit_alone(const Layer& layer) const {
    const UnitMemory memory = config_.unit_memory();
    if (layer.sdp) return sdp_skip(plan_sdp(*layer.sdp, config_.array, config_.rates), memory);
    if (layer.pdp) return pdp_skip(plan_pdp(*layer.pdp, config_.array, config_.rates), memory);
    return cdp_skip(plan_cdp(*layer.cdp, config_.array, config_.rates), memory);
  }

  const Config& config_;
  std::map<const std::vector<Layer>*, std::vector<LayerRecord>> known_;
  std::vector<LayerRecord> records_;
};

/// Has the units' engines take a clock each cycle.
class ArrayTick final : public hw::Stepping<ArrayEngine> {
 public:
  explicit ArrayTick(const Config& config) : config_(config) {}

  void start(const std::vector<Layer>& layers, std::uint64_t cycle) override {
    begin(cycle);
    begin_ = cycle;
    unit_ = unit_of(layers.front());
    make_engine(layers);
    if (auto* convolution = std::get_if<ConvolutionTick>(&*engine_)) {
      // What comes before the enable: operands that are fetched while registers are written.
      for (Cycle before = times::kOperands; before < 0; ++before) convolution->tick();
    }
  }
  bool done() const override {
    return !engine_ || std::visit([](const auto& engine) { return engine.done(); }, *engine_);
  }
  std::vector<LayerRecord> records() const override {
    if (const auto* convolution = std::get_if<ConvolutionTick>(&*engine_)) {
      return records_of(convolution->counts(), begin_);
    }
    return {record_of(
        unit_, std::visit([](const auto& engine) { return counters(engine); }, *engine_), begin_)};
  }

 protected:
  void tick() override {
    std::visit([](auto& engine) { engine.tick(); }, *engine_);
  }

 private:
  using Engines = std::variant<ConvolutionTick, SdpTick, PdpTick, CdpTick>;

  static UnitCounters counters(const ConvolutionTick&) { return {}; }
  template <class Engine>
  static UnitCounters counters(const Engine& engine) {
    return engine.counts();
  }

  /// Made in their place: they point into themselves.
  void make_engine(const std::vector<Layer>& layers) {
    const Layer& first = layers.front();
    const UnitMemory memory = config_.unit_memory();
    const ArrayGeometry& array = config_.array;
    switch (unit_) {
      case Unit::kConvolution: {
        const ConvolutionMachine machine = config_.convolution();
        engine_.emplace(std::in_place_type<ConvolutionTick>, machine, config_.read_memory(),
                        steps_of(layers, machine));
        return;
      }
      case Unit::kSdp:
        engine_.emplace(std::in_place_type<SdpTick>, plan_sdp(*first.sdp, array, config_.rates),
                        memory);
        return;
      case Unit::kPdp:
        engine_.emplace(std::in_place_type<PdpTick>, plan_pdp(*first.pdp, array, config_.rates),
                        memory);
        return;
      case Unit::kCdp:
        break;
    }
    engine_.emplace(std::in_place_type<CdpTick>, plan_cdp(*first.cdp, array, config_.rates),
                    memory);
  }

  const Config& config_;
  Unit unit_ = Unit::kConvolution;
  std::uint64_t begin_ = 0;
  std::optional<Engines> engine_;
};

}  // namespace

void check_job(const std::vector<Layer>& layers, const Config& config) {
  const Layer& first = layers.front();
  switch (unit_of(first)) {
    case Unit::kConvolution:
      linked(steps_of(layers, config.convolution()));
      return;
    case Unit::kSdp:
      plan_sdp(*first.sdp, config.array, config.rates);
      return;
    case Unit::kPdp:
      plan_pdp(*first.pdp, config.array, config.rates);
      return;
    case Unit::kCdp:
      break;
  }
  plan_cdp(*first.cdp, config.array, config.rates);
}

std::unique_ptr<ArrayEngine> make_array_engine(hw::EngineKind kind, const Config& config) {
  switch (kind) {
    case hw::EngineKind::kSkip:
      return std::make_unique<ArraySkip>(config);
    case hw::EngineKind::kTick:
      break;
  }
  return std::make_unique<ArrayTick>(config);
}

}  // namespace sim::dnnguard
