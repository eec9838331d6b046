#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sim/base/error.h"

// Nearly every source reads keys, few read YAML or JSON: their headers stay out of this one.
namespace YAML {
class Node;
}

namespace sim::base {

struct KeyDoc;

struct IntegerKey {
  std::string_view name;
  std::string_view unit{};
  std::uint64_t min = 0;
  std::uint64_t max = std::numeric_limits<std::uint64_t>::max();  // integer32: of 32 bits
  std::optional<std::uint64_t> fallback{};
  std::string_view meaning{};
};

struct NumberKey {
  std::string_view name;
  std::string_view unit{};
  double min = 0;
  double max = std::numeric_limits<double>::max();
  std::optional<double> fallback{};
  std::string_view meaning{};
};

/// A YAML file whose every key is read once, by name, with type, unit and range. What is read is
/// also what is documented (docs()) and what the run records (resolved()). Errors are ConfigError
/// and name file, line, key and what would be right.
class ConfigReader {
 public:
  /// A `--set a.b=v` override: replaces or adds a key. An empty value or `null` removes it, so that
  /// its default holds, or none where it does not apply.
  using Overrides = std::vector<std::pair<std::string, std::string>>;

  /// Reads and parses a file of at most 1 MiB; throws ConfigError or FileError. `prefix` stands
  /// before a key of the file in a --set option, as "workload."; none: no option reaches the file.
  static ConfigReader file(const std::string& path, const Overrides& overrides = {},
                           std::optional<std::string> prefix = {});
  /// The same for text; `name` stands for the file in messages.
  static ConfigReader text(const std::string& yaml, const std::string& name,
                           const Overrides& overrides = {}, std::optional<std::string> prefix = {});
  /// A reader without a file that answers every key with its default: fills docs().
  static ConfigReader describe();

  std::uint64_t integer(const IntegerKey& key);
  std::uint32_t integer32(const IntegerKey& key);
  /// One of `names` (nothing given: the first), as its index, or else a whole number in the key's
  /// range.
  std::variant<std::size_t, std::uint32_t> name_or_integer32(
      const IntegerKey& key, const std::vector<std::string_view>& names);
  double number(const NumberKey& key);
  bool flag(std::string_view name, bool fallback, std::string_view meaning);
  std::string text_value(std::string_view name, std::optional<std::string> fallback,
                         std::string_view meaning);
  /// When it need not be there and is not: none.
  std::vector<std::string> text_list(std::string_view name, std::string_view meaning,
                                     bool required = true);
  /// A list of whole numbers, each within the key's range (the fallback is not used: absent =
  /// empty).
  std::vector<std::uint64_t> integer_list(const IntegerKey& key);
  /// A list of `count` whole numbers of 32 bits, or one that stands for all of them.
  std::vector<std::uint32_t> integers32(const IntegerKey& key, std::size_t count);

  /// One of the named values.
  template <class E>
  E choice(std::string_view name, const std::vector<std::pair<std::string_view, E>>& values,
           std::optional<E> fallback, std::string_view meaning) {
    std::vector<std::string_view> names;
    std::optional<std::size_t> index;
    for (std::size_t i = 0; i < values.size(); ++i) {
      names.push_back(values[i].first);
      if (fallback && values[i].second == *fallback) index = i;
    }
    return values[choose(name, names, index, meaning)].second;
  }

  /// The block under `name` (empty when absent: all its keys then take their defaults).
  ConfigReader section(std::string_view name, std::string_view meaning);
  /// The blocks of the list under `name`; none when it need not be there and is not.
  std::vector<ConfigReader> blocks(std::string_view name, std::string_view meaning,
                                   bool required = true);
  /// Reads a whole struct with T::from(ConfigReader&) and refuses keys that it did not read.
  template <class T>
  T read() {
    T value = T::from(*this);
    finish();
    return value;
  }
  template <class T>
  T read_section(std::string_view name, std::string_view meaning) {
    return section(name, meaning).template read<T>();
  }

  /// True when a conditional key is to be read: the condition holds, or the keys are being
  /// described. A key that is given although the condition is false is refused, with the condition
  /// in words.
  bool applies(std::string_view name, bool condition, std::string_view condition_in_words);

  /// The conditions in words of keys, by path, where more is to be said than what reads a key
  /// knows: they replace what applies() is told, and a given key that nothing has read is refused
  /// with its condition instead of as an unknown one.
  void set_conditions(std::map<std::string, std::string> conditions);

  bool has(std::string_view name) const;
  /// "file:line: block", the place of this block for messages.
  std::string place() const;
  /// Refuses every key that nothing has read, with the nearest name that would be right.
  void finish() const;
  /// A wrong value that only a comparison of keys shows.
  [[noreturn]] void fail(std::string_view name, const std::string& message) const;
  /// Runs `open`, which opens a file that the key names; a FileError then says file, line and key.
  template <class Open>
  auto opened_for(std::string_view name, const Open& open) const {
    try {
      return open();
    } catch (const FileError& e) {
      throw FileError(place(name) + e.what());
    }
  }

  bool describing() const;
  const std::string& file_name() const;
  const std::vector<KeyDoc>& docs() const;
  /// Every key read so far with the value in use, nested as in the file.
  const nlohmann::ordered_json& resolved() const;

 private:
  struct Shared;
  ConfigReader(std::shared_ptr<Shared> shared, const YAML::Node& node, std::string path);

  std::optional<YAML::Node> scalar(std::string_view name);
  std::optional<std::string> scalar_text(std::string_view name);
  std::size_t choose(std::string_view name, const std::vector<std::string_view>& names,
                     std::optional<std::size_t> fallback, std::string_view meaning);
  /// Adds it to docs(), with its name made a path and the condition under which it is read.
  void document(KeyDoc key);
  template <class Key>
  void document_number(const Key& key, std::string_view type);
  void record(std::string_view name, nlohmann::ordered_json value);
  void refuse_unknown(const std::string& key) const;
  /// Refuses the key, if it is given, since its condition does not hold.
  void refuse_unread(std::string_view name, std::string_view condition_in_words) const;
  /// Names of keys in this block that may be given, some of them under conditions only.
  std::vector<std::string> known_names() const;
  std::string full(std::string_view name) const;
  std::string where(std::string_view name) const;
  /// "file:line: key: ", what every message begins with.
  std::string place(std::string_view name) const;

  std::shared_ptr<Shared> shared_;
  std::shared_ptr<YAML::Node> node_;
  std::string path_;
  std::string condition_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace sim::base
