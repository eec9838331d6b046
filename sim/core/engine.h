#pragma once

#include <string_view>
#include <utility>

namespace sim::core {

/// How the time of units is worked out. Numbers do not depend on it.
enum class Engine {
  kSkip,  // straight to the next visible event
  kTick,  // one clock at a time
};

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
