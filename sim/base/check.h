#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

#include "sim/base/error.h"

/// A promise of our own code; breaking it is a bug of ours, never the user's mistake.
#define SIM_CHECK(condition, ...)                                                          \
  do {                                                                                     \
    if (!(condition))                                                                      \
      ::sim::base::check_failed(#condition, __FILE__, __LINE__, fmt::format(__VA_ARGS__)); \
  } while (false)

namespace sim::base {

[[noreturn]] inline void check_failed(std::string_view condition, std::string_view file, int line,
                                      const std::string& message) {
  throw SimulationError(
      fmt::format("internal check failed: {} ({}:{}): {}", condition, file, line, message));
}

/// Conversion between integer types that refuses to change the value.
template <class To, class From>
constexpr To narrow(From value) {
  SIM_CHECK(std::in_range<To>(value), "{} does not fit", value);
  return static_cast<To>(value);
}

/// a + b and a * b that refuse to wrap around.
inline std::uint64_t checked_add(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  SIM_CHECK(!__builtin_add_overflow(a, b, &sum), "{} + {} exceeds 64 bits", a, b);
  return sum;
}

inline std::uint64_t checked_mul(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  SIM_CHECK(!__builtin_mul_overflow(a, b, &product), "{} * {} exceeds 64 bits", a, b);
  return product;
}

}  // namespace sim::base
