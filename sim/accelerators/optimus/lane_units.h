#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "sim/accelerators/optimus/command_unit.h"
#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/embedding_store.h"
#include "sim/hw/lane_pipeline.h"

namespace sim::optimus {

/// A unit that passes elements through lanes: embedder, soft-max, add+norm.
class LaneUnit : public CommandUnit {
 public:
  LaneUnit(const sc_core::sc_module_name& name, Context& context,
           std::unique_ptr<hw::LanePipeline> engine);

  /// Elements: those that entered, each counted once whatever the passes.
  UnitTotals totals() const override;

 protected:
  void pass(const Command& command, const hw::LaneWork& part);

 private:
  std::unique_ptr<hw::LanePipeline> engine_;
  std::uint64_t elements_ = 0;
};

/// Token and position vectors from their tables, added: ceil(L * d / B_out) cycles; with tables in
/// DRAM its latency and max(ceil(bytes / B_dram), ceil(L * d / B_out)). Two vectors a token come.
class Embedder final : public LaneUnit {
 public:
  Embedder(const sc_core::sc_module_name& name, Context& context,
           std::unique_ptr<hw::LanePipeline> engine, const Config& config)
      : LaneUnit(name, context, std::move(engine)), config_(config) {}

  const EmbeddingEvents& events() const { return events_; }

 private:
  void run(const Command& command) override;

  const Config& config_;
  EmbeddingEvents events_;
};

/// Maximum, exponentials with their sum, normalisation: 3 * ceil(e / P_sm) + latency cycles for e
/// scores. With parts it starts on those of a head (decoding step) or query position while the
/// array computes the next.
class SoftmaxUnit final : public LaneUnit {
 public:
  SoftmaxUnit(const sc_core::sc_module_name& name, Context& context,
              std::unique_ptr<hw::LanePipeline> engine, std::uint32_t latency_cycles)
      : LaneUnit(name, context, std::move(engine)), latency_cycles_(latency_cycles) {}

 private:
  void run(const Command& command) override;

  std::uint32_t latency_cycles_;
};

/// Residual addition with the statistics, then normalisation: 2 * ceil(d / P_ln) + latency cycles a
/// token.
class AddNormUnit final : public LaneUnit {
 public:
  AddNormUnit(const sc_core::sc_module_name& name, Context& context,
              std::unique_ptr<hw::LanePipeline> engine, std::uint32_t latency_cycles)
      : LaneUnit(name, context, std::move(engine)), latency_cycles_(latency_cycles) {}

 private:
  void run(const Command& command) override;
  void normalise(const Command& command, std::uint32_t tokens);

  std::uint32_t latency_cycles_;
};

/// Scores of a soft-max command, in the parts in which the array delivers them (one part when it
/// does not).
std::vector<std::uint64_t> softmax_parts(const Command& command, const Layer& layer);

}  // namespace sim::optimus
