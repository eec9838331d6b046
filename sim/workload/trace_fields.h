#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "sim/workload/json_fields.h"
#include "sim/workload/network_operators.h"

namespace sim::workload {

constexpr std::uint32_t kMaxMultiplier = std::numeric_limits<std::int32_t>::max();
constexpr std::uint32_t kMax24Bits = (1 << 24) - 1;
constexpr std::uint32_t kMax16Bits = (1 << 16) - 1;

/// Fields that operators of several kinds have.
inline std::uint32_t read_shift(JsonFields& fields) { return fields.integer32("shift", 1, 62); }

inline std::int32_t read_multiplier(JsonFields& fields, const char* name, std::uint32_t most) {
  return static_cast<std::int32_t>(fields.integer32(name, 0, most));
}

inline Average read_average(JsonFields& fields) {
  return {.multiplier = read_multiplier(fields, "multiplier", kMax24Bits),
          .shift = fields.integer32("shift", 0, 31)};
}

inline Pair read_pair(JsonFields& fields, const char* name, std::uint32_t least,
                      std::uint32_t most) {
  const auto values = fields.integers(name, 2, least, most);
  return {values[0], values[1]};
}

inline Padding read_padding(JsonFields& fields) {
  const auto values = fields.integers("padding", 4, 0, 255);
  return {.top = values[0], .left = values[1], .bottom = values[2], .right = values[3]};
}

/// Where a message about a tensor begins.
inline std::string at(const JsonFields& fields, const char* field) {
  return fields.where() + ": " + field;
}

}  // namespace sim::workload
