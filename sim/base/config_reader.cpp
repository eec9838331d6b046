#include "sim/base/config_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "sim/base/file.h"
#include "sim/base/yaml_file.h"
#include "sim/base/yaml_scalar.h"

namespace sim::base {
namespace {

constexpr std::size_t kMaxFileBytes = 1 << 20;

YAML::Node parse_value(const std::string& path, const std::string& value) {
  try {
    return parse_yaml_value(value);
  } catch (const ConfigError& e) {
    throw ConfigError(fmt::format("--set {}={}: {}", path, value, e.what()));
  }
}

void apply_override(const YAML::Node& root, const std::string& path, const std::string& value) {
  YAML::Node node = root;
  std::size_t start = 0;
  for (std::size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.', start)) {
    YAML::Node next = node[path.substr(start, dot - start)];
    if (next.IsDefined() && !next.IsMap()) {
      throw ConfigError(fmt::format("--set {}={}: '{}' is a value, not a block of keys", path,
                                    value, path.substr(0, dot)));
    }
    node.reset(next);
    start = dot + 1;
  }
  const YAML::Node parsed = parse_value(path, value);
  if (!parsed.IsNull()) {
    node[path.substr(start)] = parsed;
  } else if (node.IsMap()) {
    node.remove(path.substr(start));
  }
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row[b.size()];
}

std::optional<std::uint64_t> whole_number(const YAML::Node& node) {
  const auto value = typed_scalar(node);
  if (!value.is_number_unsigned()) return std::nullopt;
  return value.get<std::uint64_t>();
}

std::optional<double> any_number(const YAML::Node& node) {
  const auto value = typed_scalar(node);
  if (!value.is_number()) return std::nullopt;
  return value.get<double>();
}

/// As it stands in the file.
std::string shown(const YAML::Node& node) {
  return node.Tag() == "!" ? fmt::format("\"{}\"", node.Scalar()) : node.Scalar();
}

std::string integer_range(std::uint64_t min, std::uint64_t max) {
  return max >= std::numeric_limits<std::uint32_t>::max() ? fmt::format("at least {}", min)
                                                          : fmt::format("{} … {}", min, max);
}

std::string number_range(double min, double max) {
  return max == std::numeric_limits<double>::max() ? fmt::format("at least {}", min)
                                                   : fmt::format("{} … {}", min, max);
}

}  // namespace

struct ConfigReader::Shared {
  std::string file;
  Overrides overrides;
  bool describing = false;
  std::vector<KeyDoc> docs;
  nlohmann::ordered_json resolved = nlohmann::ordered_json::object();
};

std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 2) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

ConfigReader::ConfigReader(std::shared_ptr<Shared> shared, const YAML::Node& node, std::string path)
    : shared_(std::move(shared)), node_(node), path_(std::move(path)) {}

ConfigReader ConfigReader::file(const std::string& path, const Overrides& overrides) {
  return text(read_text_file(path, kMaxFileBytes), path, overrides);
}

ConfigReader ConfigReader::text(const std::string& yaml, const std::string& name,
                                const Overrides& overrides) {
  auto shared = std::make_shared<Shared>();
  shared->file = name;
  shared->overrides = overrides;
  YAML::Node root = parse_yaml(yaml, name);
  for (const auto& [path, value] : overrides) apply_override(root, path, value);
  return ConfigReader(std::move(shared), root, "");
}

ConfigReader ConfigReader::describe() {
  auto shared = std::make_shared<Shared>();
  shared->describing = true;
  return ConfigReader(std::move(shared), YAML::Node(YAML::NodeType::Map), "");
}

std::string ConfigReader::full(std::string_view name) const {
  return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
}

std::string ConfigReader::where(std::string_view name) const {
  const std::string path = full(name);
  for (const auto& [key, value] : shared_->overrides) {
    if (key == path || key.starts_with(path + ".")) return fmt::format("--set {}={}", key, value);
  }
  int line = node_.Mark().line + 1;
  for (const auto& item : node_) {
    if (item.first.Scalar() == name) line = item.first.Mark().line + 1;
  }
  return line > 0 ? fmt::format("{}:{}", shared_->file, line) : shared_->file;
}

void ConfigReader::fail(std::string_view name, const std::string& message) const {
  throw ConfigError(fmt::format("{}: {}: {}", where(name), full(name), message));
}

bool ConfigReader::has(std::string_view name) const { return node_[std::string(name)].IsDefined(); }

std::optional<YAML::Node> ConfigReader::scalar(std::string_view name) {
  known_.emplace(name);
  const YAML::Node value = node_[std::string(name)];
  if (!value.IsDefined()) return std::nullopt;
  if (value.IsNull()) fail(name, "has no value");
  if (!value.IsScalar()) fail(name, "must be one value, not a block or a list");
  return value;
}

std::optional<std::string> ConfigReader::scalar_text(std::string_view name) {
  const auto value = scalar(name);
  return value ? std::optional(value->Scalar()) : std::nullopt;
}

void ConfigReader::document(std::string_view name, std::string type, std::string unit,
                            std::string range, std::string fallback, std::string_view meaning) {
  shared_->docs.push_back({full(name), std::move(type), std::move(unit), std::move(range),
                           std::move(fallback), std::string(meaning), condition_});
  condition_.clear();
}

void ConfigReader::record(std::string_view name, nlohmann::ordered_json value) {
  nlohmann::ordered_json* at = &shared_->resolved;
  std::size_t start = 0;
  for (std::size_t dot = path_.find('.'); !path_.empty(); dot = path_.find('.', start)) {
    at = &(*at)[path_.substr(start, dot - start)];
    if (dot == std::string::npos) break;
    start = dot + 1;
  }
  (*at)[std::string(name)] = std::move(value);
}

std::uint64_t ConfigReader::integer(const IntegerKey& key) {
  document(key.name, "integer", std::string(key.unit), integer_range(key.min, key.max),
           key.fallback ? fmt::to_string(*key.fallback) : "required", key.meaning);
  const auto given = scalar(key.name);
  std::uint64_t value = key.fallback.value_or(key.min);
  if (given) {
    const auto parsed = whole_number(*given);
    if (!parsed || *parsed < key.min || *parsed > key.max) {
      fail(key.name,
           fmt::format("'{}' is not a whole number {}{}{}", shown(*given),
                       integer_range(key.min, key.max), key.unit.empty() ? "" : " ", key.unit));
    }
    value = *parsed;
  } else if (!key.fallback && !describing()) {
    fail(key.name, fmt::format("is required: a whole number {} {}", integer_range(key.min, key.max),
                               key.unit));
  }
  record(key.name, value);
  return value;
}

std::uint32_t ConfigReader::integer32(const IntegerKey& key) {
  IntegerKey bounded = key;
  bounded.max = std::min<std::uint64_t>(key.max, std::numeric_limits<std::uint32_t>::max());
  return static_cast<std::uint32_t>(integer(bounded));
}

std::variant<std::size_t, std::uint32_t> ConfigReader::name_or_integer32(
    const IntegerKey& key, const std::vector<std::string_view>& names) {
  using Value = std::variant<std::size_t, std::uint32_t>;
  const std::string range = integer_range(key.min, key.max);
  document(key.name, fmt::format("{} | integer", fmt::join(names, " | ")), std::string(key.unit),
           range, std::string(names[0]), key.meaning);
  const auto given = scalar(key.name);
  const auto found = given ? std::find(names.begin(), names.end(), given->Scalar()) : names.begin();
  if (found != names.end()) {
    record(key.name, std::string(*found));
    return Value(std::in_place_index<0>, static_cast<std::size_t>(found - names.begin()));
  }
  const auto parsed = whole_number(*given);
  if (!parsed || *parsed < key.min || *parsed > key.max) {
    fail(key.name,
         fmt::format("'{}' is not one of {} or a whole number {}{}{}", shown(*given),
                     fmt::join(names, ", "), range, key.unit.empty() ? "" : " ", key.unit));
  }
  record(key.name, *parsed);
  return Value(std::in_place_index<1>, static_cast<std::uint32_t>(*parsed));
}

double ConfigReader::number(const NumberKey& key) {
  document(key.name, "number", std::string(key.unit), number_range(key.min, key.max),
           key.fallback ? fmt::to_string(*key.fallback) : "required", key.meaning);
  const auto given = scalar(key.name);
  double value = key.fallback.value_or(key.min);
  if (given) {
    const auto parsed = any_number(*given);
    if (!parsed || *parsed < key.min || *parsed > key.max) {
      fail(key.name,
           fmt::format("'{}' is not a number {}{}{}", shown(*given), number_range(key.min, key.max),
                       key.unit.empty() ? "" : " ", key.unit));
    }
    value = *parsed;
  } else if (!key.fallback && !describing()) {
    fail(key.name,
         fmt::format("is required: a number {} {}", number_range(key.min, key.max), key.unit));
  }
  record(key.name, value);
  return value;
}

bool ConfigReader::flag(std::string_view name, bool fallback, std::string_view meaning) {
  document(name, "flag", "", "true | false", fallback ? "true" : "false", meaning);
  const auto given = scalar(name);
  const auto typed = given ? typed_scalar(*given) : nlohmann::ordered_json(fallback);
  if (!typed.is_boolean()) fail(name, fmt::format("'{}' is not true or false", shown(*given)));
  const bool value = typed.get<bool>();
  record(name, value);
  return value;
}

std::string ConfigReader::text_value(std::string_view name, std::optional<std::string> fallback,
                                     std::string_view meaning) {
  document(name, "text", "", "", fallback ? *fallback : "required", meaning);
  auto text = scalar_text(name);
  if (!text) {
    if (!fallback && !describing()) fail(name, "is required");
    text = fallback.value_or("");
  }
  record(name, *text);
  return *text;
}

std::vector<std::string> ConfigReader::text_list(std::string_view name, std::string_view meaning) {
  document(name, "list of text", "", "", "required", meaning);
  known_.emplace(name);
  const YAML::Node node = node_[std::string(name)];
  std::vector<std::string> values;
  if (!node.IsDefined()) {
    if (!describing()) fail(name, "is required: a list, as [a, b]");
    return values;
  }
  if (!node.IsSequence()) fail(name, "must be a list, as [a, b]");
  for (const auto& item : node) {
    if (!item.IsScalar()) fail(name, "must be a list of plain values");
    values.push_back(item.Scalar());
  }
  record(name, values);
  return values;
}

std::vector<std::uint64_t> ConfigReader::integer_list(const IntegerKey& key) {
  document(key.name, "list of integers", std::string(key.unit), integer_range(key.min, key.max),
           "[]", key.meaning);
  known_.emplace(key.name);
  const YAML::Node node = node_[std::string(key.name)];
  std::vector<std::uint64_t> values;
  if (!node.IsDefined()) return values;
  if (!node.IsSequence()) fail(key.name, "must be a list, as [1, 2]");
  for (const auto& item : node) {
    const auto parsed = item.IsScalar() ? whole_number(item) : std::nullopt;
    if (!parsed || *parsed < key.min || *parsed > key.max) {
      fail(key.name, fmt::format("holds a value that is not a whole number {} {}",
                                 integer_range(key.min, key.max), key.unit));
    }
    values.push_back(*parsed);
  }
  record(key.name, values);
  return values;
}

std::size_t ConfigReader::choose(std::string_view name, const std::vector<std::string_view>& names,
                                 std::optional<std::size_t> fallback, std::string_view meaning) {
  document(name, fmt::format("one of {}", fmt::join(names, " | ")), "", "",
           fallback ? std::string(names[*fallback]) : "required", meaning);
  const auto text = scalar_text(name);
  if (!text && !fallback && !describing()) {
    fail(name, fmt::format("is required: one of {}", fmt::join(names, ", ")));
  }
  std::size_t index = fallback.value_or(0);
  if (text) {
    const auto found = std::find(names.begin(), names.end(), *text);
    if (found == names.end()) {
      fail(name, fmt::format("'{}' is not one of {}", *text, fmt::join(names, ", ")));
    }
    index = static_cast<std::size_t>(found - names.begin());
  }
  record(name, std::string(names[index]));
  return index;
}

ConfigReader ConfigReader::section(std::string_view name, std::string_view meaning) {
  document(name, "block", "", "", "", meaning);
  known_.emplace(name);
  YAML::Node node = node_[std::string(name)];
  if (!node.IsDefined()) node = YAML::Node(YAML::NodeType::Map);
  if (!node.IsMap()) fail(name, "must be a block of keys");
  return ConfigReader(shared_, node, full(name));
}

std::vector<ConfigReader> ConfigReader::blocks(std::string_view name, std::string_view meaning) {
  document(name, "list of blocks", "", "", "required", meaning);
  known_.emplace(name);
  std::vector<ConfigReader> readers;
  if (describing()) {
    const YAML::Node empty(YAML::NodeType::Map);
    readers.push_back(ConfigReader(shared_, empty, fmt::format("{}[]", full(name))));
    return readers;
  }
  const YAML::Node list = node_[std::string(name)];
  if (!list.IsDefined() || !list.IsSequence()) fail(name, "is required: a list of blocks of keys");
  for (const auto& item : list) {
    if (!item.IsMap()) fail(name, "must be a list of blocks of keys");
    readers.push_back(
        ConfigReader(shared_, item, fmt::format("{}[{}]", full(name), readers.size())));
  }
  return readers;
}

bool ConfigReader::applies(std::string_view name, bool condition,
                           std::string_view condition_in_words) {
  if (!condition && !describing()) {
    if (has(name)) {
      fail(name, fmt::format("is read only when {}; remove it", condition_in_words));
    }
    known_.emplace(name);
    return false;
  }
  condition_ = condition_in_words;
  return true;
}

void ConfigReader::finish() const {
  for (const auto& item : node_) refuse_unknown(item.first.Scalar());
  for (const auto& [path, value] : shared_->overrides) {  // a removed key leaves nothing in node_
    if (path.starts_with(full(""))) {
      const std::string below = path.substr(full("").size());
      refuse_unknown(below.substr(0, below.find('.')));
    }
  }
}

void ConfigReader::refuse_unknown(const std::string& key) const {
  if (known_.contains(key)) return;
  const std::vector<std::string> names(known_.begin(), known_.end());
  const auto near = nearest(key, names);
  fail(key, near ? fmt::format("unknown key; did you mean '{}'?", full(*near))
                 : fmt::format("unknown key; known here: {}", fmt::join(names, ", ")));
}

bool ConfigReader::describing() const { return shared_->describing; }
const std::string& ConfigReader::file_name() const { return shared_->file; }
const std::vector<KeyDoc>& ConfigReader::docs() const { return shared_->docs; }
const nlohmann::ordered_json& ConfigReader::resolved() const { return shared_->resolved; }

}  // namespace sim::base
