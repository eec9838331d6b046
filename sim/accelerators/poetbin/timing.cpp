#include "sim/accelerators/poetbin/timing.h"

namespace sim::poetbin {

std::vector<std::uint32_t> FabricTiming::level_begins() const {
  std::vector<std::uint32_t> begins(slots.size());
  for (std::uint32_t s = 1; s < slots.size(); ++s) {
    begins[s] = slots[s].level == slots[s - 1].level ? begins[s - 1] : s;
  }
  return begins;
}

std::uint32_t load_words(const CoreTiming& core) {
  if (const auto* s = std::get_if<SpatialTiming>(&core)) return s->load_words;
  if (const auto* t = std::get_if<FabricTiming>(&core)) return t->load_words;
  return 1;
}

}  // namespace sim::poetbin
