#pragma once

#include <cstdint>
#include <vector>

#include "sim/accelerators/poetbin/config.h"
#include "sim/accelerators/poetbin/program.h"
#include "sim/accelerators/poetbin/run_record.h"
#include "sim/accelerators/poetbin/value_pass.h"
#include "sim/core/accelerator.h"
#include "sim/energy/activity.h"

namespace sim::poetbin {

/// What changed in a level of the spatial variant; zero in the others.
values::LevelActivity level_activity(const ValuePass& values, std::size_t level);

/// The same with drawn delays where these were simulated, else without: what is priced.
values::LevelGlitches delayed_toggles(const ValuePass& values, std::size_t level);

struct ActivitySums {
  std::uint64_t output_toggles = 0;
  std::uint64_t pin_toggles = 0;
  std::uint64_t register_toggles = 0;
};
ActivitySums activity_sums(const ValuePass& values);

/// What the energy table prices, by unit.
///   Spatial: lut_pin_toggle and lut_wire_toggle for each pin that changes, lut_toggle for each
///   output, lut6_inner_toggle inside wide LUTs, each of the width that a LUT has in live pins;
///   register_toggle.
///   Columns and fabric, whose tables are memories: sram_read of a table bit for each evaluation
///   and of a route for each routed one, lut_wire_toggle for each pin that changes, one pin wide as
///   it is one address line, register_toggle for the pins of routed LUTs and for the looked-up
///   bits. The bit file of the fabric: sram_read and sram_write of a bit with banks,
///   register_toggle without.
std::vector<energy::Activity> activities(const Program& program, const ValuePass& values,
                                         const Config& config);

/// The same events and parts without counts; without values only the parts are priced.
core::Priced priced(const Program& program, const Config& config, bool values);

/// What leaks and is clocked: configuration cells of the tables in space; memories of tables,
/// routes and bits; registers, clocked in every cycle that is not lost to the sink.
std::vector<energy::StaticPart> static_parts(const Program& program, const RunRecord& record,
                                             const Config& config);

}  // namespace sim::poetbin
