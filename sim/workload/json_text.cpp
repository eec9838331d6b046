#include "sim/workload/json_text.h"

#include <fmt/format.h>

#include <utility>

#include "sim/base/error.h"
#include "sim/base/printable.h"

namespace sim::workload {
namespace {

using base::printable;
using nlohmann::json;

constexpr std::size_t kMaxDepth = 8;
constexpr std::size_t kMaxValues = 1'000'000;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

/// The library's message without its "[json.exception...]" tag.
std::string reason(std::string_view what) {
  const std::size_t end = what.find("] ");
  return printable(end == std::string_view::npos ? what : what.substr(end + 2));
}

/// Builds the value from the parser's events (the interface is nlohmann::json_sax). The parser's
/// own callback would scan all siblings at the end of each object.
class Builder {
 public:
  explicit Builder(const std::string& where) : where_(where) {}

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(std::int64_t value) { return add(value); }
  bool number_unsigned(std::uint64_t value) { return add(value); }
  bool number_float(double value, const std::string&) { return add(value); }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(json::binary_t& value) { return add(json::binary(std::move(value))); }
  bool start_object(std::size_t) { return open(json::object()); }
  bool start_array(std::size_t) { return open(json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    const auto [place, is_new] = open_.back()->get_ref<json::object_t&>().emplace(name, nullptr);
    if (!is_new) fail(fmt::format("key '{}' is given twice in one object", printable(name)));
    if (open_.size() == 1) result_.keys.push_back(name);
    value_ = &place->second;
    return true;
  }

  [[noreturn]] bool parse_error(std::size_t, const std::string&, const json::exception& e) {
    fail(fmt::format("not valid JSON: {}", reason(e.what())));
  }

  OrderedJson take() { return std::move(result_); }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw base::WorkloadError(fmt::format("{}: {}", where_, message));
  }

  json& place(json value) {
    if (++values_ > kMaxValues) fail(fmt::format("more than {} values", kMaxValues));
    if (open_.empty()) return result_.object = std::move(value);
    if (!open_.back()->is_array()) return *value_ = std::move(value);
    auto& list = open_.back()->get_ref<json::array_t&>();
    return list.emplace_back(std::move(value));
  }

  bool add(json value) {
    place(std::move(value));
    return true;
  }

  bool open(json value) {
    if (open_.size() == kMaxDepth) fail(fmt::format("nested more than {} levels deep", kMaxDepth));
    open_.push_back(&place(std::move(value)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  const std::string& where_;
  OrderedJson result_;
  std::vector<json*> open_;  // objects and lists that are not closed; a list grows only at its end,
                             // when nothing inside it is open
  json* value_ = nullptr;    // of the key that was read last
  std::size_t values_ = 0;
};

}  // namespace

OrderedJson parse_ordered_json_object(std::string_view text, const std::string& where) {
  // The library takes a NUL for the end of the text, and skips a mark.
  if (text.find('\0') != std::string_view::npos || text.starts_with(kByteOrderMark)) {
    throw base::WorkloadError(fmt::format(
        "{}: not valid JSON: {}", where,
        text.starts_with(kByteOrderMark) ? "starts with a byte-order mark" : "holds a NUL byte"));
  }
  Builder builder(where);
  json::sax_parse(text.begin(), text.end(), &builder);
  OrderedJson result = builder.take();
  if (!result.object.is_object()) {
    throw base::WorkloadError(fmt::format("{}: must be a JSON object", where));
  }
  return result;
}

json parse_json_object(std::string_view text, const std::string& where) {
  return parse_ordered_json_object(text, where).object;
}

}  // namespace sim::workload
