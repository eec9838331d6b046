#pragma once

#include <string_view>
#include <utility>

#include "sim/hw/engine_kind.h"

namespace sim::core {

/// Of all units of a run.
using Engine = hw::EngineKind;

/// As `--engine` names them, the default first.
constexpr std::pair<std::string_view, Engine> kEngines[] = {{"skip", Engine::kSkip},
                                                            {"tick", Engine::kTick}};

constexpr std::string_view name_of(Engine engine) {
  switch (engine) {
    case Engine::kSkip:
      return "skip";
    case Engine::kTick:
      break;
  }
  return "tick";
}

}  // namespace sim::core
