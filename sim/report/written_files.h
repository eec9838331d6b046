#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace sim::report {

/// The files that a run wrote into its folder. The list stands under the key `files` of one of
/// them (its "list file"): size and FNV-1a hash of each of the others. It says what a later run
/// may replace, so it is read as untrusted: names are those of plain files beside it.
class WrittenFiles {
 public:
  void add(std::string name, std::string_view content);

  /// name -> {"bytes": size, "fnv1a": 16 hexadecimal digits}, sorted by name.
  nlohmann::ordered_json json() const;

  /// What the list file `list` in the open folder says; of a result from before there were such
  /// lists, the names that such results have. Nothing when the folder is no result.
  static std::optional<WrittenFiles> of_folder(int folder, const std::string& list);

  /// Whether `name` in the open folder is a regular file as the run left it.
  bool holds(int folder, const std::string& name) const;

  /// The file to remove last; empty when there is none.
  const std::string& list() const { return list_; }

 private:
  struct Print {
    std::uint64_t bytes;
    std::uint64_t hash;
    bool operator==(const Print&) const = default;
  };
  static Print print_of(std::string_view content);
  static std::optional<WrittenFiles> listed(const nlohmann::ordered_json& files);
  static std::optional<WrittenFiles> of_earlier_folder(int folder,
                                                       const nlohmann::ordered_json& list_file,
                                                       bool rtl);

  std::map<std::string, std::optional<Print>> files_;  // no print: known by its name alone
  std::string list_;
};

}  // namespace sim::report
