#pragma once

#include <cstdint>
#include <span>
#include <systemc>
#include <vector>

namespace sim::hw {

/// Which commands have delivered their results, wholly or in part. Units post to it and wait on it.
/// A result posted in a cycle is seen in the same cycle; waiting is only ever for something to
/// become true that stays true, so that results never depend on the order of processes within a
/// cycle.
class Scoreboard : public sc_core::sc_module {
 public:
  explicit Scoreboard(const sc_core::sc_module_name& name) : sc_module(name) {}

  /// Adds a command of `parts` parts; returns its number.
  std::uint32_t add(std::uint32_t parts);
  /// Forgets all commands. Nothing may be under way.
  void clear();

  void post_part(std::uint32_t command);

  std::uint32_t parts(std::uint32_t command) const { return entries_[command].parts; }
  std::uint32_t parts_done(std::uint32_t command) const {
    return static_cast<std::uint32_t>(entries_[command].posted.size());
  }
  bool complete(std::uint32_t command) const {
    return parts_done(command) == entries_[command].parts;
  }
  /// The cycle in which the first `count` parts of a command were done.
  std::uint64_t done_since(std::uint32_t command, std::uint32_t count) const {
    return entries_[command].posted[count - 1];
  }

  /// Blocks the calling thread until the commands are complete; until `count` parts of one are
  /// done.
  void wait_complete(std::span<const std::uint32_t> commands);
  void wait_parts(std::uint32_t command, std::uint32_t count);

 private:
  struct Entry {
    std::uint32_t parts = 0;
    std::vector<std::uint64_t> posted{};  // cycles
  };

  std::vector<Entry> entries_;
  sc_core::sc_event changed_{"changed"};
};

}  // namespace sim::hw
