#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sim::workload::transformer {

/// How often a pair of sentence lengths occurs.
struct LengthCount {
  std::uint32_t source_tokens = 0;
  std::uint32_t target_tokens = 0;
  std::uint64_t sentences = 0;
};

/// Reads a joint histogram of sentence lengths: CSV with the header
/// source_tokens,target_tokens,sentences. Pairs with an empty side are left out: there is nothing
/// to translate. Throws FileError or WorkloadError (with the line).
std::vector<LengthCount> read_length_histogram(const std::string& path);
/// The same from text; `name` stands for the file in messages.
std::vector<LengthCount> parse_length_histogram(const std::string& csv, const std::string& name);

enum class Sampling {
  kRandom,    // drawn from the seed, each sentence on its own
  kQuantiles  // evenly spaced over the histogram in ascending order: no seed, least scatter
};

/// `count` pairs of lengths (sentences = 1 each) from the histogram.
std::vector<LengthCount> sample_lengths(const std::vector<LengthCount>& histogram,
                                        std::uint32_t count, Sampling sampling, std::uint64_t seed);

}  // namespace sim::workload::transformer
