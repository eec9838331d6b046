#include "sim/workload/kinds/transformer/lengths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "sim/base/error.h"

namespace sim::workload::transformer {
namespace {

const std::string kHeader = "source_tokens,target_tokens,sentences\n";

std::string refusal(const std::string& csv) {
  try {
    parse_length_histogram(csv, "l.csv");
  } catch (const base::WorkloadError& e) {
    return e.what();
  }
  return "no error";
}

TEST(Lengths, PairsWithAnEmptySideAreLeftOut) {
  const auto histogram =
      parse_length_histogram(kHeader + "0,3,9\n3,0,9\n4,5,0\n6,7,8\r\n", "l.csv");
  ASSERT_EQ(histogram.size(), 1u);
  EXPECT_EQ(histogram[0].source_tokens, 6u);
  EXPECT_EQ(histogram[0].target_tokens, 7u);
  EXPECT_EQ(histogram[0].sentences, 8u);
}

TEST(Lengths, WrongLinesAreNamed) {
  EXPECT_EQ(refusal("a,b\n1,2,3\n"),
            "l.csv:1: 'a,b'; the first line must be 'source_tokens,target_tokens,sentences'");
  for (const char* line :
       {"1,2", "1,2,3,4", "1,-2,3", "1,2,x", "1;2;3", "", "1,2,99999999999999999999"}) {
    EXPECT_EQ(refusal(kHeader + "1,2,3\n" + line + "\n4,4,4"),
              std::string("l.csv:3: '") + line + "'; must be three whole numbers, as 20,19,7");
  }
  EXPECT_EQ(refusal(kHeader + "65537,2,3\n"),
            "l.csv:2: '65537,2,3'; lengths must be at most 65536, numbers of sentences 1000000000");
  EXPECT_THAT(refusal(kHeader), testing::StartsWith("l.csv: no sentences; "));
  EXPECT_THAT(refusal(""), testing::StartsWith("l.csv: no sentences; "));
}

TEST(Lengths, RandomSampleFollowsTheCounts) {
  const auto histogram = parse_length_histogram(kHeader + "1,1,100\n2,2,300\n3,3,600\n", "l.csv");
  std::map<std::uint32_t, int> seen;
  for (const LengthCount& l : sample_lengths(histogram, 10000, Sampling::kRandom, 7)) {
    ++seen[l.source_tokens];
  }
  EXPECT_NEAR(seen[1], 1000, 150);
  EXPECT_NEAR(seen[2], 3000, 250);
  EXPECT_NEAR(seen[3], 6000, 250);
}

TEST(Lengths, RandomSampleDependsOnTheSeedAlone) {
  const auto histogram = read_length_histogram(LOCKSTEP_SOURCE_DIR "/workloads/lengths/en-de.csv");
  const auto lengths = [&](std::uint64_t seed) {
    std::vector<std::uint32_t> result;
    for (const LengthCount& l : sample_lengths(histogram, 50, Sampling::kRandom, seed)) {
      result.push_back(l.source_tokens);
    }
    return result;
  };
  EXPECT_EQ(lengths(1), lengths(1));
  EXPECT_NE(lengths(1), lengths(2));
}

TEST(Lengths, QuantilesAreEvenlySpacedWhateverTheOrderOfTheFile) {
  const auto histogram = parse_length_histogram(kHeader + "30,1,1\n10,1,1\n20,1,2\n", "l.csv");
  std::vector<std::uint32_t> lengths;
  for (const LengthCount& l : sample_lengths(histogram, 4, Sampling::kQuantiles, 0)) {
    lengths.push_back(l.source_tokens);
  }
  EXPECT_EQ(lengths, (std::vector<std::uint32_t>{10, 20, 20, 30}));
}

TEST(Lengths, QuantilesOfThePublicSampleHaveItsMean) {
  const auto histogram = read_length_histogram(LOCKSTEP_SOURCE_DIR "/workloads/lengths/en-de.csv");
  double source = 0;
  double target = 0;
  for (const LengthCount& l : sample_lengths(histogram, 100, Sampling::kQuantiles, 0)) {
    source += l.source_tokens;
    target += l.target_tokens;
  }
  EXPECT_NEAR(source / 100, 22.5, 0.3);
  EXPECT_NEAR(target / 100, 21.4, 1);
}

}  // namespace
}  // namespace sim::workload::transformer
