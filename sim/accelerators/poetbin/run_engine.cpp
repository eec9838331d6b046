#include "sim/accelerators/poetbin/run_engine.h"

#include "sim/accelerators/poetbin/columns_tick.h"
#include "sim/accelerators/poetbin/fabric_skip.h"
#include "sim/accelerators/poetbin/fabric_tick.h"
#include "sim/accelerators/poetbin/rigid_skip.h"
#include "sim/accelerators/poetbin/run_tick.h"
#include "sim/accelerators/poetbin/spatial_tick.h"

namespace sim::poetbin {
namespace {

struct MakeTick {
  const StreamTiming& stream;
  Observer* observer;
  std::uint64_t max_cycles;

  std::unique_ptr<RunEngine> operator()(const SpatialTiming& core) const {
    return run(std::make_unique<SpatialTick>(core));
  }
  std::unique_ptr<RunEngine> operator()(const ColumnsTiming& core) const {
    return run(std::make_unique<ColumnsTick>(core));
  }
  std::unique_ptr<RunEngine> operator()(const FabricTiming& core) const {
    return run(std::make_unique<FabricTick>(core, observer));
  }
  std::unique_ptr<RunEngine> run(std::unique_ptr<CoreTick> core) const {
    return std::make_unique<RunTick>(std::move(core), stream, observer, max_cycles);
  }
};

struct MakeSkip {
  const StreamTiming& stream;
  Observer* observer;
  std::uint64_t max_cycles;

  std::unique_ptr<RunEngine> operator()(const SpatialTiming& core) const {
    return std::make_unique<RigidSkip>(core, stream, observer, max_cycles);
  }
  std::unique_ptr<RunEngine> operator()(const ColumnsTiming& core) const {
    return std::make_unique<RigidSkip>(core, stream, observer, max_cycles);
  }
  std::unique_ptr<RunEngine> operator()(const FabricTiming& core) const {
    return std::make_unique<FabricSkip>(core, stream, observer, max_cycles);
  }
};

}  // namespace

void RunSkip::run_to(std::uint64_t cycle) {
  if (cycle < next_) return;
  delivered_ = log_.samples;
  if (done()) return;
  pass();
  next_ = log_.last_delivered;
}

std::unique_ptr<RunEngine> make_run_engine(core::Engine engine, const CoreTiming& core,
                                           const StreamTiming& stream, Observer* observer,
                                           std::uint64_t max_cycles) {
  switch (engine) {
    case core::Engine::kTick:
      return std::visit(MakeTick{stream, observer, max_cycles}, core);
    case core::Engine::kSkip:
      break;
  }
  return std::visit(MakeSkip{stream, observer, max_cycles}, core);
}

}  // namespace sim::poetbin
