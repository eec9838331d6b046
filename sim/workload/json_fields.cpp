#include "sim/workload/json_fields.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>
#include <vector>

#include "sim/base/error.h"
#include "sim/workload/text.h"

namespace sim::workload {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 8;
constexpr std::size_t kMaxValues = 1'000'000;

/// Watches the parser: stops it before a hostile text costs memory, and finds repeated keys.
class ParseGuard {
 public:
  explicit ParseGuard(const std::string& where) : where_(where) {}

  bool operator()(int depth, json::parse_event_t event, json& parsed) {
    using Event = json::parse_event_t;
    if (depth > kMaxDepth) {
      throw base::WorkloadError(
          fmt::format("{}: nested more than {} levels deep", where_, kMaxDepth));
    }
    if (event == Event::object_start) keys_.emplace_back();
    if (event == Event::object_end) keys_.pop_back();
    if (event == Event::key) check_key(parsed.get_ref<const std::string&>());
    if (++events_ > 2 * kMaxValues) {
      throw base::WorkloadError(fmt::format("{}: more than {} values", where_, kMaxValues));
    }
    return true;
  }

 private:
  void check_key(const std::string& key) {
    if (keys_.back().insert(key).second) return;
    throw base::WorkloadError(
        fmt::format("{}: key '{}' is given twice in one object", where_, printable(key)));
  }

  const std::string& where_;
  std::vector<std::set<std::string>> keys_;  // of the objects that are open
  std::size_t events_ = 0;
};

/// The library's message without its "[json.exception...]" tag.
std::string reason(const json::exception& e) {
  const std::string_view what = e.what();
  const std::size_t end = what.find("] ");
  return printable(end == std::string_view::npos ? what : what.substr(end + 2), 200);
}

}  // namespace

json parse_json_object(std::string_view text, const std::string& where) {
  json value;
  ParseGuard guard(where);
  try {
    value = json::parse(text.begin(), text.end(), std::ref(guard));
  } catch (const json::exception& e) {
    throw base::WorkloadError(fmt::format("{}: not valid JSON: {}", where, reason(e)));
  }
  if (!value.is_object()) {
    throw base::WorkloadError(fmt::format("{}: must be a JSON object", where));
  }
  return value;
}

std::string shown(const json& value) {
  return printable(value.dump(-1, ' ', true, json::error_handler_t::replace));
}

JsonFields::JsonFields(const json& object, std::string where)
    : object_(object), where_(std::move(where)) {
  if (!object.is_object()) fail(fmt::format("is {}; must be a JSON object", shown(object)));
}

void JsonFields::fail(const std::string& message) const {
  throw base::WorkloadError(fmt::format("{}: {}", where_, message));
}

const json& JsonFields::field(const char* name, const char* expected) {
  known_.insert(name);
  const auto found = object_.find(name);
  if (found == object_.end()) {
    fail(fmt::format("field '{}' is missing; must be {}", name, expected));
  }
  return *found;
}

std::uint64_t JsonFields::integer(const char* name, std::uint64_t least, std::uint64_t most) {
  const json& value = field(name, "a whole number");
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() < least ||
      value.get<std::uint64_t>() > most) {
    fail(fmt::format("{} is {}; must be a whole number from {} to {}", name, shown(value), least,
                     most));
  }
  return value.get<std::uint64_t>();
}

std::uint32_t JsonFields::integer32(const char* name, std::uint32_t least, std::uint32_t most) {
  return static_cast<std::uint32_t>(integer(name, least, most));
}

bool JsonFields::flag(const char* name) {
  const json& value = field(name, "true or false");
  if (!value.is_boolean()) {
    fail(fmt::format("{} is {}; must be true or false", name, shown(value)));
  }
  return value.get<bool>();
}

const std::string& JsonFields::text(const char* name) {
  const json& value = field(name, "a text");
  if (!value.is_string()) fail(fmt::format("{} is {}; must be a text", name, shown(value)));
  return value.get_ref<const std::string&>();
}

const std::string& JsonFields::name(const char* name) {
  const std::string& value = text(name);
  if (!is_plain_name(value)) {
    fail(fmt::format("{} is '{}'; must be 1 to 256 printable ASCII characters", name,
                     printable(value)));
  }
  return value;
}

const json& JsonFields::list(const char* name) {
  const json& value = field(name, "a list");
  if (!value.is_array()) fail(fmt::format("{} is {}; must be a list", name, shown(value)));
  return value;
}

const json& JsonFields::object(const char* name) {
  const json& value = field(name, "a JSON object");
  if (!value.is_object()) fail(fmt::format("{} is {}; must be a JSON object", name, shown(value)));
  return value;
}

void JsonFields::finish() const {
  for (const auto& [key, value] : object_.items()) {
    if (known_.contains(key)) continue;
    fail(fmt::format("unknown field '{}'{}; known here: {}", printable(key),
                     suggestion(key, {known_.begin(), known_.end()}), fmt::join(known_, ", ")));
  }
}

}  // namespace sim::workload
