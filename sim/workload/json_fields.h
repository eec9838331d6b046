#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/workload/json_text.h"

namespace sim::workload {

/// A JSON value for a message, shortened.
std::string shown(const nlohmann::json& value);

/// Reads the fields of one object by name; each must be there, of its type and in its range, and
/// finish() refuses all others. Throws WorkloadError starting with `where`.
class JsonFields {
 public:
  /// Refuses a value that is no object.
  JsonFields(const nlohmann::json& object, std::string where);

  std::uint64_t integer(const char* name, std::uint64_t least, std::uint64_t most);
  std::uint32_t integer32(const char* name, std::uint32_t least, std::uint32_t most);
  /// A list of so many whole numbers.
  std::vector<std::uint32_t> integers(const char* name, std::size_t count, std::uint32_t least,
                                      std::uint32_t most);
  bool flag(const char* name);
  /// One of these words; which of them.
  std::size_t choice(const char* name, std::initializer_list<std::string_view> words);
  const std::string& text(const char* name);
  /// One to 256 printable ASCII characters.
  const std::string& name(const char* name);
  const nlohmann::json& list(const char* name);
  const nlohmann::json& object(const char* name);
  bool has(const char* name) const { return object_.contains(name); }

  void finish() const;
  const std::string& where() const { return where_; }
  [[noreturn]] void fail(const std::string& message) const;

 private:
  const nlohmann::json& field(const char* name, const char* expected);

  const nlohmann::json& object_;
  std::string where_;
  std::set<std::string> known_;
};

}  // namespace sim::workload
