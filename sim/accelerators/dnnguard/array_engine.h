#pragma once

#include <memory>
#include <vector>

#include "sim/accelerators/dnnguard/config.h"
#include "sim/accelerators/dnnguard/program.h"
#include "sim/accelerators/dnnguard/run_record.h"
#include "sim/hw/engine_kind.h"
#include "sim/hw/job_engine.h"

namespace sim::dnnguard {

/// Does one job: convolutions in a row, or one layer of another unit. Its first cycle is that in
/// which the last enable of the first layer is written, its last that of the interrupt.
class ArrayEngine : public hw::JobEngine {
 public:
  /// The layers must outlive the engine and not change.
  virtual void start(const std::vector<workload::nvdla::Layer>& layers, std::uint64_t cycle) = 0;
  /// Of the job's layers, once it is done.
  virtual std::vector<LayerRecord> records() const = 0;
};

/// Refuses a job that the units cannot do, as starting it would. base::UserError.
void check_job(const std::vector<workload::nvdla::Layer>& layers, const Config& config);

std::unique_ptr<ArrayEngine> make_array_engine(hw::EngineKind kind, const Config& config);

}  // namespace sim::dnnguard
