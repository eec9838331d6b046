#pragma once

namespace sim::hw {

/// How the time of a part is worked out. Numbers do not depend on it. Whoever chooses by it does so
/// in a switch over all kinds without a default, so that the compiler names the places that a new
/// kind has to be added to.
enum class EngineKind {
  kSkip,  // straight to the next visible event
  kTick,  // one clock at a time
};

}  // namespace sim::hw
