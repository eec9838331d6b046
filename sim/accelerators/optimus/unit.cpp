#include "sim/accelerators/optimus/unit.h"

#include "sim/hw/clock.h"

namespace sim::optimus {

Unit::Unit(const sc_core::sc_module_name& name, Context& context, const std::string& queued)
    : sc_module(name),
      context_(context),
      book_(context.timeline, basename()),
      waiting_(context.timeline, basename(), queued) {
  context.units[index_of(id())] = this;
}

std::uint64_t Unit::book(std::uint64_t UnitCycles::*field) {
  return book_.book_until(field, hw::now());
}

void Unit::draw_job(const Layer& layer, std::uint64_t begin) {
  if (context_.timeline == nullptr) return;
  context_.timeline->span(basename(), layer.name, begin, hw::now());
}

}  // namespace sim::optimus
