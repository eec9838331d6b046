#include "sim/base/key_doc.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>

namespace sim::base {

std::string integer_range(std::uint64_t min, std::uint64_t max) {
  return fmt::format("{} … {}", min, max);
}

std::string number_range(double min, double max) {
  return max == std::numeric_limits<double>::max() ? fmt::format("at least {}", min)
                                                   : fmt::format("{} … {}", min, max);
}

std::string KeyDoc::type_text() const {
  if (choices.empty()) return type;
  const bool or_integer = !minimum.is_null();
  return fmt::format("{}{}{}", or_integer ? "" : "one of ", fmt::join(choices, " | "),
                     or_integer ? " | integer" : "");
}

std::string KeyDoc::range_text() const {
  if (type == "flag") return "true | false";
  if (type == "number") {
    return number_range(minimum.get<double>(), maximum.is_null()
                                                   ? std::numeric_limits<double>::max()
                                                   : maximum.get<double>());
  }
  return minimum.is_null()
             ? ""
             : integer_range(minimum.get<std::uint64_t>(), maximum.get<std::uint64_t>());
}

std::string KeyDoc::fallback_text() const {
  if (required) return "required";
  if (fallback.is_null()) return "";
  if (fallback.is_string()) return fallback.get<std::string>();
  return fallback.is_number_float() ? fmt::to_string(fallback.get<double>()) : fallback.dump();
}

}  // namespace sim::base
