#include "sim/report/written_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>

#include "sim/report/result.h"

namespace sim::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxBytes = std::size_t{1} << 32;
constexpr std::size_t kMaxListBytes = 64 << 20;

/// Names in results that were written before files were listed.
constexpr std::array<std::string_view, 10> kEarlierRun = {
    "summary.json", "layers.csv",       "units.csv",  "stalls.csv",  "sentences.csv",
    "levels.csv",   "translations.csv", "energy.csv", "samples.csv", "timeline.json"};
constexpr std::array<std::string_view, 16> kEarlierRtl = {
    "tb.sv",     "inputs.hex",          "expected.hex",       "stream_bench.sv",
    "lint.vlt",  "config.hex",          "poetbin_fabric.sv",  "fabric_config.sv",
    "lut.sv",    "fabric_sequencer.sv", "fabric_gather.sv",   "argmax.sv",
    "README.md", "config_bench.sv",     "poetbin_spatial.sv", "feature_register.sv"};

/// Nothing when it is not a regular file of at most `max_bytes` that can be read.
std::optional<std::string> content_of(int folder, const std::string& name, std::size_t max_bytes) {
  const int file = ::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  struct stat info {};
  std::optional<std::string> text;
  if (::fstat(file, &info) == 0 && S_ISREG(info.st_mode) &&
      static_cast<std::size_t>(info.st_size) <= max_bytes) {
    text.emplace();
    char piece[1 << 16];
    ssize_t got = 0;
    while ((got = ::read(file, piece, sizeof piece)) > 0 && text->size() <= max_bytes) {
      text->append(piece, static_cast<std::size_t>(got));
    }
    if (got != 0) text.reset();
  }
  ::close(file);
  return text;
}

Json object_in(int folder, std::string_view name) {
  const auto text = content_of(folder, std::string(name), kMaxListBytes);
  Json json = text ? Json::parse(*text, nullptr, false) : Json();
  return json.is_object() ? json : Json::object();
}

/// Letters, digits, '_', '-' and '.', no '.' first: no path and no hidden file.
bool is_plain_name(const std::string& name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  return !name.empty() && name.size() <= 128 && name[0] != '.' && std::ranges::all_of(name, fits);
}

}  // namespace

WrittenFiles::Print WrittenFiles::print_of(std::string_view content) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : content) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return {content.size(), hash};
}

void WrittenFiles::add(std::string name, std::string_view content) {
  files_[std::move(name)] = print_of(content);
}

Json WrittenFiles::json() const {
  Json json = Json::object();
  for (const auto& [name, print] : files_) {
    json[name] = {{"bytes", print->bytes}, {"fnv1a", fmt::format("{:016x}", print->hash)}};
  }
  return json;
}

std::optional<WrittenFiles> WrittenFiles::listed(const Json& files) {
  WrittenFiles written;
  if (!files.is_object()) return std::nullopt;
  for (const auto& [name, print] : files.items()) {
    const bool whole = print.is_object() && print.contains("bytes") && print.contains("fnv1a") &&
                       print["bytes"].is_number_unsigned() && print["fnv1a"].is_string();
    if (!is_plain_name(name) || !whole) return std::nullopt;
    const auto hash = std::strtoull(print["fnv1a"].get<std::string>().c_str(), nullptr, 16);
    written.files_[name] = Print{print["bytes"].get<std::uint64_t>(), hash};
  }
  return written;
}

std::optional<WrittenFiles> WrittenFiles::of_earlier_folder(int folder, const Json& list_file,
                                                            bool rtl) {
  const Json summary = rtl ? Json() : object_in(folder, "summary.json");
  const bool ours = rtl ? list_file.contains("tool")
                        : summary.contains("schema") && summary["schema"] == kResultSchema;
  if (!ours) return std::nullopt;
  WrittenFiles written;
  for (const auto name : rtl ? std::span<const std::string_view>(kEarlierRtl) : kEarlierRun) {
    written.files_[std::string(name)] = std::nullopt;
  }
  return written;
}

std::optional<WrittenFiles> WrittenFiles::of_folder(int folder, const std::string& list) {
  const Json json = object_in(folder, list);
  const bool rtl = list == "rtl.json";
  auto written =
      json.contains("files") ? listed(json["files"]) : of_earlier_folder(folder, json, rtl);
  if (written && (rtl || json.contains("files") || json.contains("host_seconds"))) {
    written->list_ = list;
    written->files_[list] = std::nullopt;
  }
  return written;
}

bool WrittenFiles::holds(int folder, const std::string& name) const {
  const auto file = files_.find(name);
  if (file == files_.end()) return false;
  struct stat info {};
  if (::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return false;
  if (!S_ISREG(info.st_mode)) return false;
  if (!file->second) return true;
  if (static_cast<std::uint64_t>(info.st_size) != file->second->bytes) return false;
  const auto content = content_of(folder, name, kMaxBytes);
  return content && print_of(*content) == file->second;
}

}  // namespace sim::report
