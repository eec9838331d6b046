#pragma once

#include <cstdint>
#include <string_view>

namespace sim::base {

__extension__ using uint128 = unsigned __int128;

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
/// The same seed gives the same numbers on every platform, which the standard distributions do not
/// promise.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}

  /// A generator of its own for a named part: adding a part never changes the numbers of another.
  Rng(std::uint64_t seed, std::string_view part);

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  /// Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<uint128>(next()) * bound) >> 64);
  }

  /// Uniform in [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  /// Standard normal (Box-Muller).
  double normal();

 private:
  std::uint64_t state_;
};

}  // namespace sim::base
