#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace sim::base {

/// One row of the key reference: what `lockstep keys` prints.
struct KeyDoc {
  std::string path{};  // "optimus.input_window.columns"
  std::string type{};  // "integer", "number", "flag", "text", "choice", "choice or integer", …
  std::string unit{};  // "columns", "MHz", "" for none
  nlohmann::ordered_json minimum{};    // of a number, or of each in a list of them; else null
  nlohmann::ordered_json maximum{};    // null: no limit
  std::vector<std::string> choices{};  // of a choice
  nlohmann::ordered_json fallback{};   // the default; null when there is none
  bool required = false;
  std::string meaning{};
  std::string applies{};  // condition on other keys under which it is read, "" for always

  // As words for people, "" when there is nothing to say.
  std::string type_text() const;      // "integer", "one of a | b", "a | integer"
  std::string range_text() const;     // "1 … 128"
  std::string fallback_text() const;  // the default, or "required"
};

/// Which values are right, as messages and the key reference say it: "1 … 128", "at least 0.5".
std::string integer_range(std::uint64_t min, std::uint64_t max);
std::string number_range(double min, double max);

}  // namespace sim::base
