#include "sim/base/config_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "sim/base/file.h"
#include "sim/base/key_doc.h"
#include "sim/base/nearest.h"
#include "sim/base/printable.h"
#include "sim/base/yaml_file.h"

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

}  // namespace

struct ConfigReader::Shared {
  std::string file;
  Overrides overrides;  // keys as --set names them
  std::optional<std::string> prefix;
  std::map<std::string, std::string> conditions;
  bool describing = false;
  std::vector<KeyDoc> docs;
  nlohmann::ordered_json resolved = nlohmann::ordered_json::object();
};

ConfigReader::ConfigReader(std::shared_ptr<Shared> shared, const YAML::Node& node, std::string path)
    : shared_(std::move(shared)),
      node_(std::make_shared<YAML::Node>(node)),
      path_(std::move(path)) {}

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
  int line = node_->Mark().line + 1;
  YAML::Node block = *node_;
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

std::string ConfigReader::place() const {
  return fmt::format("{}: {}", where(""), printable(path_));
}

bool ConfigReader::has(std::string_view name) const {
  return (*node_)[std::string(name)].IsDefined();
}

void ConfigReader::document(KeyDoc key) {
  key.path = full(key.path);
  key.applies = std::exchange(condition_, {});
  shared_->docs.push_back(std::move(key));
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

ConfigReader ConfigReader::section(std::string_view name, std::string_view meaning) {
  document({.path = std::string(name), .type = "block", .meaning = std::string(meaning)});
  known_.emplace(name);
  YAML::Node node = (*node_)[std::string(name)];
  if (!node.IsDefined()) node = YAML::Node(YAML::NodeType::Map);
  if (!node.IsMap()) fail(name, "must be a block of keys");
  return ConfigReader(shared_, node, full(name));
}

std::vector<ConfigReader> ConfigReader::blocks(std::string_view name, std::string_view meaning,
                                               bool required) {
  document({.path = std::string(name),
            .type = "list of blocks",
            .required = required,
            .meaning = std::string(meaning)});
  known_.emplace(name);
  std::vector<ConfigReader> readers;
  if (describing()) {
    const YAML::Node empty(YAML::NodeType::Map);
    readers.push_back(ConfigReader(shared_, empty, fmt::format("{}[]", full(name))));
    return readers;
  }
  if (!required && !has(name)) return readers;
  const YAML::Node list = (*node_)[std::string(name)];
  if (!list.IsDefined()) fail(name, "is required: a list of blocks of keys");
  if (!list.IsSequence()) fail(name, "must be a list of blocks of keys");
  for (const auto& item : list) {
    if (!item.IsMap()) fail(name, "must be a list of blocks of keys");
    readers.push_back(
        ConfigReader(shared_, item, fmt::format("{}[{}]", full(name), readers.size())));
  }
  return readers;
}

bool ConfigReader::applies(std::string_view name, bool condition,
                           std::string_view condition_in_words) {
  known_.emplace(name);
  if (!condition && !describing()) {
    const auto whole = shared_->conditions.find(full(name));
    refuse_unread(name, whole == shared_->conditions.end() ? condition_in_words : whole->second);
    return false;
  }
  condition_ = condition_in_words;
  return true;
}

void ConfigReader::set_conditions(std::map<std::string, std::string> conditions) {
  shared_->conditions = std::move(conditions);
}

void ConfigReader::refuse_unread(std::string_view name, std::string_view condition_in_words) const {
  if (!has(name)) return;
  const std::string unset =
      shared_->prefix ? fmt::format(", or add --set {}{}=", *shared_->prefix, full(name)) : "";
  fail(name, fmt::format("is read only when {}; remove it{}", condition_in_words, unset));
}

void ConfigReader::finish() const {
  for (const auto& item : *node_) refuse_unknown(item.first.Scalar());
  for (const auto& [path, value] : shared_->overrides) {  // a removed key leaves nothing in node_
    if (path.starts_with(full(""))) {
      const std::string below = path.substr(full("").size());
      refuse_unknown(below.substr(0, below.find('.')));
    }
  }
}

void ConfigReader::refuse_unknown(const std::string& key) const {
  if (known_.contains(key)) return;
  if (const auto found = shared_->conditions.find(full(key)); found != shared_->conditions.end()) {
    return refuse_unread(key, found->second);
  }
  const std::vector<std::string> names = known_names();
  const auto near = nearest(key, names);
  fail(key, near ? fmt::format("unknown key; did you mean '{}'?", full(*near))
                 : fmt::format("unknown key; known here: {}", fmt::join(names, ", ")));
}

std::vector<std::string> ConfigReader::known_names() const {
  std::set<std::string, std::less<>> names = known_;
  const std::string block = full("");
  for (const auto& [path, condition] : shared_->conditions) {
    if (!path.starts_with(block)) continue;
    const std::string name = path.substr(block.size());
    if (name.find('.') == std::string::npos) names.insert(name);
  }
  return {names.begin(), names.end()};
}

bool ConfigReader::describing() const { return shared_->describing; }
const std::string& ConfigReader::file_name() const { return shared_->file; }
const std::vector<KeyDoc>& ConfigReader::docs() const { return shared_->docs; }
const nlohmann::ordered_json& ConfigReader::resolved() const { return shared_->resolved; }

}  // namespace sim::base
