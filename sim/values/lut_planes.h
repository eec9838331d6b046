#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace sim::values {

// Small functions of planes. They are part of functions that are compiled for several processors,
// so they must be inlined.
#define SIM_PLANE_INLINE [[gnu::always_inline]] inline

constexpr std::uint32_t kPlaneWords = 8;
constexpr std::uint32_t kPlaneSamples = kPlaneWords * 64;

/// One bit of each of 512 samples: sample s is bit s mod 64 of word s / 64. The compiler makes of
/// it what the processor has: one, two or four registers.
struct Plane {
  using Words = std::uint64_t __attribute__((vector_size(64), aligned(64)));
  Words words;

  SIM_PLANE_INLINE friend Plane operator&(const Plane& a, const Plane& b) {
    return {a.words & b.words};
  }
  SIM_PLANE_INLINE friend Plane operator|(const Plane& a, const Plane& b) {
    return {a.words | b.words};
  }
  SIM_PLANE_INLINE friend Plane operator^(const Plane& a, const Plane& b) {
    return {a.words ^ b.words};
  }
  SIM_PLANE_INLINE friend Plane operator~(const Plane& a) { return {~a.words}; }
  SIM_PLANE_INLINE std::uint64_t operator[](std::size_t word) const { return words[word]; }
};

/// Ones in the first `count` samples.
SIM_PLANE_INLINE Plane first_samples(std::uint32_t count) {
  Plane mask{};
  for (std::uint32_t w = 0; w < kPlaneWords; ++w) {
    const std::uint32_t bits = count <= w * 64 ? 0 : count - w * 64;
    mask.words[w] = bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
  }
  return mask;
}

SIM_PLANE_INLINE bool sample(const Plane& plane, std::uint32_t s) {
  return (plane[s / 64] >> (s % 64) & 1) != 0;
}

SIM_PLANE_INLINE std::uint32_t count_ones(const Plane& plane) {
  std::uint32_t ones = 0;
  for (std::uint32_t w = 0; w < kPlaneWords; ++w) {
    ones += static_cast<std::uint32_t>(std::popcount(plane[w]));
  }
  return ones;
}

/// Where selected `one`, else `zero`.
SIM_PLANE_INLINE Plane select(const Plane& selector, const Plane& one, const Plane& zero) {
  return (selector & one) | (~selector & zero);
}

/// Ones where a sample differs from the one before it; `before` (0 or 1) comes before the first.
SIM_PLANE_INLINE Plane toggles(const Plane& plane, std::uint64_t before) {
  const Plane::Words high = plane.words >> 63;
  Plane::Words carry = __builtin_shufflevector(high, high, 7, 0, 1, 2, 3, 4, 5, 6);
  carry[0] = before;
  return {plane.words ^ (plane.words << 1 | carry)};
}

/// Sums the ones of many planes without counting each: a plane is a digit of 512 binary numbers,
/// three planes of one weight become one of this weight and one of twice as much, and only planes
/// of weight 8 are counted (Harley and Seal's method, as in Warren, "Hacker's Delight", 5-1).
class OnesCounter {
 public:
  SIM_PLANE_INLINE void add(const Plane& plane) {
    pending_[pending_count_++] = plane;
    if (pending_count_ == 8) fold();
  }

  /// All ones so far.
  SIM_PLANE_INLINE std::uint64_t total() const {
    std::uint64_t sum = 8 * eights_ + 4 * std::uint64_t{count_ones(fours_)} +
                        2 * std::uint64_t{count_ones(twos_)} + count_ones(ones_);
    for (std::uint32_t i = 0; i < pending_count_; ++i) sum += count_ones(pending_[i]);
    return sum;
  }

 private:
  SIM_PLANE_INLINE static void full_add(Plane& low, const Plane& a, const Plane& b, Plane& high) {
    const Plane either = low ^ a;
    high = (low & a) | (either & b);
    low = either ^ b;
  }

  SIM_PLANE_INLINE void fold() {
    Plane twos_a, twos_b, fours_a, fours_b, eight;
    full_add(ones_, pending_[0], pending_[1], twos_a);
    full_add(ones_, pending_[2], pending_[3], twos_b);
    full_add(twos_, twos_a, twos_b, fours_a);
    full_add(ones_, pending_[4], pending_[5], twos_a);
    full_add(ones_, pending_[6], pending_[7], twos_b);
    full_add(twos_, twos_a, twos_b, fours_b);
    full_add(fours_, fours_a, fours_b, eight);
    eights_ += count_ones(eight);
    pending_count_ = 0;
  }

  std::array<Plane, 8> pending_{};
  std::uint32_t pending_count_ = 0;
  Plane ones_{}, twos_{}, fours_{};
  std::uint64_t eights_ = 0;
};

}  // namespace sim::values
