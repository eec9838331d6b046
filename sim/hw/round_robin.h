#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace sim::hw {

/// Weighted round robin: one grant a cycle. The requester whose turn it is gets up to its weight in
/// grants one after the other; then, or as soon as it does not request, the turn goes to the next
/// that does, in order of their numbers. What is left of a turn is not kept.
///
/// grant() is the rule itself, one cycle; the rest replays it over many cycles in which the set of
/// requesters stays the same.
class RoundRobin {
 public:
  /// Weights of the requesters, each at least 1.
  explicit RoundRobin(std::vector<std::uint32_t> weights);

  /// Who is granted in this cycle; nobody when nobody requests.
  std::optional<std::size_t> grant(const std::vector<bool>& requests);

  /// `cycles` grants among `requesters` (ascending numbers): adds to `grants`, which has a number
  /// for each of them.
  void replay(std::span<const std::size_t> requesters, std::uint64_t cycles,
              std::span<std::uint64_t> grants);

  /// Cycles until requesters[which] has had `grants` (>= 1) grants, counting the one of the last.
  std::uint64_t cycles_until(std::span<const std::size_t> requesters, std::size_t which,
                             std::uint64_t grants) const;

 private:
  /// Grants that are left of the turn under way, and the position in `requesters` of the one who
  /// has the turn after it.
  struct Start {
    std::uint64_t left;  // 0: no turn goes on
    std::size_t first;
  };
  Start start(std::span<const std::size_t> requesters) const;
  std::uint64_t round(std::span<const std::size_t> requesters) const;

  std::vector<std::uint32_t> weights_;
  std::size_t turn_;        // who was granted last
  std::uint32_t left_ = 0;  // of its turn
};

}  // namespace sim::hw
