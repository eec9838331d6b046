#include "sim/hw/scoreboard.h"

#include <algorithm>

#include "sim/base/check.h"
#include "sim/hw/clock.h"

namespace sim::hw {

std::uint32_t Scoreboard::add(std::uint32_t parts) {
  SIM_CHECK(parts > 0, "a command without parts never completes");
  entries_.push_back({parts});
  return static_cast<std::uint32_t>(entries_.size() - 1);
}

void Scoreboard::clear() {
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    SIM_CHECK(complete(i), "command {} is forgotten with {} of {} parts done", i, parts_done(i),
              entries_[i].parts);
  }
  entries_.clear();
}

void Scoreboard::post_part(std::uint32_t command) {
  SIM_CHECK(!complete(command), "command {} delivers more than its {} parts", command,
            entries_[command].parts);
  entries_[command].posted.push_back(now());
  changed_.notify(sc_core::SC_ZERO_TIME);
}

void Scoreboard::wait_complete(std::span<const std::uint32_t> commands) {
  const auto all_complete = [&] {
    return std::all_of(commands.begin(), commands.end(), [&](auto c) { return complete(c); });
  };
  while (!all_complete()) sc_core::wait(changed_);
}

void Scoreboard::wait_parts(std::uint32_t command, std::uint32_t count) {
  while (parts_done(command) < count) sc_core::wait(changed_);
}

}  // namespace sim::hw
