#include "sim/workload/tensor_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "sim/base/error.h"
#include "sim/base/printable.h"
#include "sim/workload/json_fields.h"
#include "sim/workload/text.h"

namespace sim::workload {
namespace {

using base::printable;

[[noreturn]] void fail(const std::string& file, const std::string& message) {
  throw base::WorkloadError(fmt::format("{}: __metadata__: {}", file, message));
}

}  // namespace

TensorFile::TensorFile(const std::string& path)
    : name_(path),
      read_(std::make_unique<base::FileBytes>(path)),
      content_(read_->bytes(), name_) {}

TensorFile::TensorFile(std::vector<std::byte> bytes, const std::string& name)
    : name_(name), bytes_(std::move(bytes)), content_(bytes_, name_) {}

std::string TensorFile::schema() const {
  const auto found = content_.metadata().find("schema");
  return found == content_.metadata().end() ? "" : found->second;
}

void TensorFile::check_metadata(std::string_view schema,
                                const std::vector<std::string>& keys) const {
  const auto& metadata = content_.metadata();
  std::vector<std::string> wanted = {"schema"};
  wanted.insert(wanted.end(), keys.begin(), keys.end());
  const auto found = metadata.find("schema");
  if (found != metadata.end() && found->second != schema) {
    fail(name_,
         fmt::format("schema is '{}'; wanted here is '{}'", printable(found->second), schema));
  }
  for (const std::string& key : wanted) {
    if (!metadata.contains(key)) {
      fail(name_, fmt::format("'{}' is missing; must hold {}", key, fmt::join(wanted, ", ")));
    }
  }
  for (const auto& [key, value] : metadata) {
    if (std::ranges::find(wanted, key) == wanted.end()) {
      fail(name_, fmt::format("unknown '{}'{}", printable(key), suggestion(key, wanted)));
    }
  }
}

std::string TensorFile::origin() const {
  const std::string where = name_ + ": origin";
  const nlohmann::json document = parse_json_object(content_.metadata().at("origin"), where);
  JsonFields fields(document, where);
  for (const char* field : {"framework", "exporter", "notes"}) fields.text(field);
  std::string line = fmt::format("{}; from {}; {}", fields.text("model"), fields.text("source"),
                                 fields.text("licence"));
  fields.finish();
  return line;
}

}  // namespace sim::workload
