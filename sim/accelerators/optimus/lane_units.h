#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sim/accelerators/optimus/command_unit.h"
#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/dram_fetch.h"
#include "sim/accelerators/optimus/dram_layout.h"
#include "sim/accelerators/optimus/embedding_store.h"
#include "sim/hw/lane_pipeline.h"

namespace sim::optimus {

/// A unit that passes elements through lanes: embedder, soft-max, add+norm, elementwise.
class LaneUnit : public CommandUnit {
 public:
  LaneUnit(const sc_core::sc_module_name& name, Context& context,
           std::unique_ptr<hw::LanePipeline> engine);

  /// Elements: those that entered, each counted once whatever the passes.
  UnitTotals totals() const override;
  void add_to(std::vector<LayerRecord>& layers) const override;

 protected:
  void pass(const Command& command, const hw::LaneWork& part);

 private:
  std::unique_ptr<hw::LanePipeline> engine_;
  std::vector<std::uint64_t> elements_;  // of each layer
};

/// Token and position vectors from their tables, added: ceil(L * d / B_out) cycles. With tables in
/// DRAM the rows of all tokens are asked for in the command's first cycle, one a table and token,
/// and a token passes the lanes when its rows are here; cycles without one are input waits.
/// Constants come likewise, from a table of their own.
class Embedder final : public LaneUnit {
 public:
  /// `layout` and `dram`: where tables are in DRAM; else null.
  Embedder(const sc_core::sc_module_name& name, Context& context,
           std::unique_ptr<hw::LanePipeline> engine, const Config& config, const DramLayout* layout,
           DramFetch* dram)
      : LaneUnit(name, context, std::move(engine)), config_(config), layout_(layout), dram_(dram) {}

  const EmbeddingEvents& events() const { return events_; }

 private:
  void run(const Command& command) override;
  void pass_as_rows_come(const Command& command);
  std::vector<std::uint64_t> ask_for_rows(const Command& command);
  std::uint64_t wait_for_rows(const Command& command, std::uint64_t fetch);

  const Config& config_;
  const DramLayout* layout_;
  DramFetch* dram_;
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

/// What changes elements without mixing features: ceil(L * d / P_ew) + latency cycles for L rows of
/// d elements, of an average those that go in. It takes the tiles that the array makes one by one.
class ElementwiseUnit final : public LaneUnit {
 public:
  ElementwiseUnit(const sc_core::sc_module_name& name, Context& context,
                  std::unique_ptr<hw::LanePipeline> engine, std::uint32_t latency_cycles)
      : LaneUnit(name, context, std::move(engine)), latency_cycles_(latency_cycles) {}

 private:
  void run(const Command& command) override;
  void pass_tiles(const Command& command, std::uint64_t row);

  std::uint32_t latency_cycles_;
};

/// Elements that pass the elementwise unit for a command.
std::uint64_t elementwise_elements(const Command& command, const Layer& layer);

/// Scores of a soft-max command, in the parts in which the array delivers them (one part when it
/// does not).
std::vector<std::uint64_t> softmax_parts(const Command& command, const Layer& layer);

}  // namespace sim::optimus
