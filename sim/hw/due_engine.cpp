#include "sim/hw/due_engine.h"

#include <algorithm>

namespace sim::hw {

void DueEngine::wake() { woken_ = std::min(woken_, now_ + 1); }

std::uint64_t DueEngine::due() const { return std::min(own_, woken_); }

void DueEngine::run(std::uint64_t cycle) {
  if (woken_ <= cycle) woken_ = kNever;
  engine_.run_to(cycle);
  own_ = engine_.next_event();
  until_ = cycle + 1;
  ++events_;
}

void DueEngine::settle(std::uint64_t end) {
  if (until_ < end) run(end - 1);
}

}  // namespace sim::hw
