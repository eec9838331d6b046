#include "sim/workload/kinds/transformer/lengths.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <tuple>

#include "sim/base/error.h"
#include "sim/base/file.h"
#include "sim/base/printable.h"
#include "sim/base/rng.h"
#include "sim/workload/text.h"

namespace sim::workload::transformer {
namespace {

using base::printable;

constexpr std::string_view kHeader = "source_tokens,target_tokens,sentences";
constexpr std::size_t kMaxBytes = 16 << 20;
constexpr std::uint64_t kMaxLength = 65536;
constexpr std::uint64_t kMaxSentences = 1'000'000'000;

[[noreturn]] void fail(const std::string& name, std::size_t line, const std::string& message) {
  throw base::WorkloadError(fmt::format("{}:{}: {}", name, line, message));
}

/// The three whole numbers of a line; false when it does not hold exactly these.
bool parse_line(std::string_view line, std::array<std::uint64_t, 3>& numbers) {
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), numbers[i]);
    if (error != std::errc()) return false;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    if (i + 1 < numbers.size()) {
      if (!line.starts_with(',')) return false;
      line.remove_prefix(1);
    }
  }
  return line.empty();
}

LengthCount parse_count(std::string_view line, const std::string& name, std::size_t number) {
  std::array<std::uint64_t, 3> values{};
  if (!parse_line(line, values)) {
    fail(name, number,
         fmt::format("'{}'; must be three whole numbers, as 20,19,7", printable(line)));
  }
  if (std::max(values[0], values[1]) > kMaxLength || values[2] > kMaxSentences) {
    fail(name, number,
         fmt::format("'{}'; lengths must be at most {}, numbers of sentences {}", printable(line),
                     kMaxLength, kMaxSentences));
  }
  return {.source_tokens = static_cast<std::uint32_t>(values[0]),
          .target_tokens = static_cast<std::uint32_t>(values[1]),
          .sentences = values[2]};
}

}  // namespace

std::vector<LengthCount> parse_length_histogram(const std::string& csv, const std::string& name) {
  std::vector<LengthCount> histogram;
  std::string_view rest = csv;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (number == 1) {
      if (line != kHeader) {
        fail(name, number,
             fmt::format("'{}'; the first line must be '{}'", printable(line), kHeader));
      }
      continue;
    }
    const LengthCount entry = parse_count(line, name, number);
    const bool counts = entry.source_tokens > 0 && entry.target_tokens > 0 && entry.sentences > 0;
    if (counts) histogram.push_back(entry);
  }
  if (histogram.empty()) {
    throw base::WorkloadError(
        fmt::format("{}: no sentences; must hold at least one line with "
                    "lengths and a number above 0",
                    name));
  }
  return histogram;
}

std::vector<LengthCount> read_length_histogram(const std::string& path) {
  return parse_length_histogram(base::read_text_file(path, kMaxBytes), path);
}

std::vector<LengthCount> sample_lengths(const std::vector<LengthCount>& histogram,
                                        std::uint32_t count, Sampling sampling,
                                        std::uint64_t seed) {
  std::vector<LengthCount> sorted = histogram;
  std::ranges::sort(
      sorted, {}, [](const LengthCount& c) { return std::tie(c.source_tokens, c.target_tokens); });
  std::vector<std::uint64_t> ends;  // sentences up to and with each entry
  ends.reserve(sorted.size());
  for (const LengthCount& entry : sorted) {
    ends.push_back((ends.empty() ? 0 : ends.back()) + entry.sentences);
  }
  base::Rng rng(seed, "sentences");
  std::vector<LengthCount> sample;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto place = static_cast<std::uint64_t>((base::uint128{2} * i + 1) * ends.back() /
                                                  (base::uint128{2} * count));
    const std::uint64_t chosen = sampling == Sampling::kRandom ? rng.below(ends.back()) : place;
    const auto at = std::ranges::upper_bound(ends, chosen) - ends.begin();
    sample.push_back(sorted[static_cast<std::size_t>(at)]);
    sample.back().sentences = 1;
  }
  return sample;
}

}  // namespace sim::workload::transformer
