#include "sim/base/config_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "sim/base/file.h"
#include "sim/base/printable.h"
#include "sim/base/yaml_file.h"
#include "sim/base/yaml_scalar.h"

namespace sim::base {
namespace {

constexpr std::size_t kMaxFileBytes = 1 << 20;

/// A --set option, for a message.
std::string setting(const std::string& path, const std::string& value) {
  return fmt::format("--set {}={}", printable(path), printable(value));
}

/// A safetensors file begins with the 8-byte length of the JSON object that follows.
void refuse_tensors(const std::string& path) {
  char start[9] = {};
  std::ifstream(path, std::ios::binary).read(start, sizeof start);
  if (start[8] != '{' || start[7] != 0) return;
  throw ConfigError(
      fmt::format("{}: holds tensors (safetensors), no keys; name it in a workload file, as trace: "
                  "or program:",
                  printable(path)));
}

YAML::Node parse_value(const std::string& value, const std::string& option) {
  try {
    return parse_yaml_value(value);
  } catch (const ConfigError& e) {
    throw ConfigError(fmt::format("{}: {}", option, e.what()));
  }
}

/// `option` stands for it in messages.
void apply_override(const YAML::Node& root, const std::string& path, const std::string& value,
                    const std::string& option) {
  YAML::Node node = root;
  std::size_t start = 0;
  for (std::size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.', start)) {
    YAML::Node next = node[path.substr(start, dot - start)];
    if (next.IsDefined() && !next.IsMap()) {
      throw ConfigError(fmt::format("{}: '{}' is a value, not a block of keys", option,
                                    printable(path.substr(0, dot))));
    }
    node.reset(next);
    start = dot + 1;
  }
  const YAML::Node parsed = parse_value(value, option);
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

/// As it stands in the file, for a message.
std::string shown(const YAML::Node& node) {
  const std::string text = printable(node.Scalar());
  return node.Tag() == "!" ? fmt::format("\"{}\"", text) : text;
}

}  // namespace

struct ConfigReader::Shared {
  std::string file;
  Overrides overrides;  // keys as --set names them
  std::optional<std::string> prefix;
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

ConfigReader ConfigReader::file(const std::string& path, const Overrides& overrides,
                                std::optional<std::string> prefix) {
  std::error_code unknown;
  if (std::filesystem::is_regular_file(path, unknown)) refuse_tensors(path);
  return text(read_text_file(path, kMaxFileBytes), path, overrides, std::move(prefix));
}

ConfigReader ConfigReader::text(const std::string& yaml, const std::string& name,
                                const Overrides& overrides, std::optional<std::string> prefix) {
  auto shared = std::make_shared<Shared>();
  shared->file = name;
  shared->overrides = overrides;
  shared->prefix = std::move(prefix);
  YAML::Node root = parse_yaml(yaml, name);
  for (const auto& [path, value] : overrides) {
    apply_override(root, path, value, setting(shared->prefix.value_or("") + path, value));
  }
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
    if (key == path || key.starts_with(path + ".")) {
      return setting(shared_->prefix.value_or("") + key, value);
    }
  }
  int line = node_.Mark().line + 1;
  YAML::Node block = node_;
  for (std::size_t start = 0; start <= name.size() && block.IsMap();) {  // a key may be "a.b"
    const std::size_t end = std::min(name.find('.', start), name.size());
    YAML::Node found;
    for (const auto& item : block) {
      if (item.first.Scalar() != name.substr(start, end - start)) continue;
      line = item.first.Mark().line + 1;
      found.reset(item.second);
    }
    block.reset(found);
    start = end + 1;
  }
  return line > 0 ? fmt::format("{}:{}", shared_->file, line) : shared_->file;
}

void ConfigReader::fail(std::string_view name, const std::string& message) const {
  throw ConfigError(place(name) + message);
}

std::string ConfigReader::place(std::string_view name) const {
  return fmt::format("{}: {}: ", where(name), printable(full(name)));
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

void ConfigReader::document(KeyDoc key) {
  key.path = full(key.path);
  key.applies = std::exchange(condition_, {});
  shared_->docs.push_back(std::move(key));
}

template <class Key>
void ConfigReader::document_number(const Key& key, std::string_view type) {
  KeyDoc doc{.path = std::string(key.name),
             .type = std::string(type),
             .unit = std::string(key.unit),
             .minimum = key.min,
             .maximum = key.max,
             .required = !key.fallback,
             .meaning = std::string(key.meaning)};
  if (doc.maximum == std::numeric_limits<double>::max()) doc.maximum = nullptr;
  if (key.fallback) doc.fallback = *key.fallback;
  document(std::move(doc));
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
  document_number(key, "integer");
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
  document({.path = std::string(key.name),
            .type = "choice or integer",
            .unit = std::string(key.unit),
            .minimum = key.min,
            .maximum = key.max,
            .choices = {names.begin(), names.end()},
            .fallback = names[0],
            .meaning = std::string(key.meaning)});
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
  document_number(key, "number");
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
  document({.path = std::string(name),
            .type = "flag",
            .fallback = fallback,
            .meaning = std::string(meaning)});
  const auto given = scalar(name);
  const auto typed = given ? typed_scalar(*given) : nlohmann::ordered_json(fallback);
  if (!typed.is_boolean()) fail(name, fmt::format("'{}' is not true or false", shown(*given)));
  const bool value = typed.get<bool>();
  record(name, value);
  return value;
}

std::string ConfigReader::text_value(std::string_view name, std::optional<std::string> fallback,
                                     std::string_view meaning) {
  KeyDoc doc{.path = std::string(name), .type = "text", .meaning = std::string(meaning)};
  doc.required = !fallback;
  if (fallback) doc.fallback = *fallback;
  document(std::move(doc));
  auto text = scalar_text(name);
  if (!text) {
    if (!fallback && !describing()) fail(name, "is required");
    text = fallback.value_or("");
  }
  record(name, *text);
  return *text;
}

std::vector<std::string> ConfigReader::text_list(std::string_view name, std::string_view meaning) {
  document({.path = std::string(name),
            .type = "list of text",
            .required = true,
            .meaning = std::string(meaning)});
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
  document({.path = std::string(key.name),
            .type = "list of integers",
            .unit = std::string(key.unit),
            .minimum = key.min,
            .maximum = key.max,
            .fallback = nlohmann::ordered_json::array(),
            .meaning = std::string(key.meaning)});
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
  KeyDoc doc{.path = std::string(name), .type = "choice", .meaning = std::string(meaning)};
  doc.choices.assign(names.begin(), names.end());
  doc.required = !fallback;
  if (fallback) doc.fallback = std::string(names[*fallback]);
  document(std::move(doc));
  const auto text = scalar_text(name);
  if (!text && !fallback && !describing()) {
    fail(name, fmt::format("is required: one of {}", fmt::join(names, ", ")));
  }
  std::size_t index = fallback.value_or(0);
  if (text) {
    const auto found = std::find(names.begin(), names.end(), *text);
    if (found == names.end()) {
      fail(name, fmt::format("'{}' is not one of {}", printable(*text), fmt::join(names, ", ")));
    }
    index = static_cast<std::size_t>(found - names.begin());
  }
  record(name, std::string(names[index]));
  return index;
}

ConfigReader ConfigReader::section(std::string_view name, std::string_view meaning) {
  document({.path = std::string(name), .type = "block", .meaning = std::string(meaning)});
  known_.emplace(name);
  YAML::Node node = node_[std::string(name)];
  if (!node.IsDefined()) node = YAML::Node(YAML::NodeType::Map);
  if (!node.IsMap()) fail(name, "must be a block of keys");
  return ConfigReader(shared_, node, full(name));
}

std::vector<ConfigReader> ConfigReader::blocks(std::string_view name, std::string_view meaning) {
  document({.path = std::string(name),
            .type = "list of blocks",
            .required = true,
            .meaning = std::string(meaning)});
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
      fail(name, fmt::format("is read only when {}; remove it{}", condition_in_words,
                             shared_->prefix
                                 ? fmt::format(", or add --set {}{}=", *shared_->prefix, full(name))
                                 : ""));
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
