#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>

#include "sim/accelerators/optimus/sampled_beats.h"
#include "sim/base/rng.h"
#include "tests/accelerators/optimus/machine_support.h"
#include "tests/accelerators/optimus/random_machine.h"

namespace sim::optimus::test {
namespace {

constexpr std::uint32_t kTokens = 3;

void no_limit(std::uint64_t /*bytes*/) {}

/// A matrix whose rows keep fewer weights the later they stand: no block is like the first.
std::shared_ptr<const workload::Mask> slanted(base::Rng& rng) {
  workload::Mask mask(3000, 192);
  for (std::uint32_t r = 0; r < mask.rows(); ++r) {
    const double density = 0.4 - 0.25 * r / mask.rows();
    for (std::uint32_t c = 0; c < mask.columns(); ++c) {
      if (rng.uniform() < density) mask.keep(r, c);
    }
  }
  return std::make_shared<const workload::Mask>(std::move(mask));
}

struct Totals {
  std::uint64_t fewest = 0;
  std::uint64_t at_least = 0;
  std::uint64_t beats = 0;
};

/// Of a matrix in one format and one window.
class Sampled {
 public:
  Sampled(base::Rng& rng, const Config& config)
      : parts_{slanted(rng)},
        config_(config),
        stream_(StreamConfig::of(config)),
        library_(EncodingConfig::of(config), true) {}

  Totals totals(std::uint32_t rows, std::uint32_t stride) const {
    const Cut cut = cut_rows(library_.loads(0, parts_), parts_[0]->columns(), rows,
                             config_.mac_array.sparse.ways, stream_);
    SampledBeats sampled(cut, library_.tried(0, parts_, rows, stride, no_limit), stride, config_);
    Totals sums;
    for (std::size_t b = 0; b < cut.blocks.size(); ++b) {
      sums.fewest += cut.fewest[b];
      sums.at_least += sampled.at_least(b, kTokens);
      sums.beats += sampled.beats(b, kTokens);
    }
    return sums;
  }

  std::uint64_t exact(std::uint32_t rows) const {
    const MatrixLibrary::Mapped all = library_.mapped(0, parts_, rows, no_limit);
    StreamBeats stream(*all.matrix, all.occupancy, config_);
    std::uint64_t sum = 0;
    for (std::size_t b = 0; b < all.matrix->blocks.size(); ++b) sum += stream.beats(b, kTokens);
    return sum;
  }

 private:
  MaskParts parts_;
  Config config_;
  StreamConfig stream_;
  MatrixLibrary library_;
};

TEST(SampledBeats, ScaledBlocksTakeAboutTheBeatsOfAll) {
  base::Rng rng(21);
  int stalled = 0;
  for (int trial = 0; trial < 8; ++trial) {
    const Sampled matrix(rng, config_of(fmt::format(
                                  "{{mac_array: {{macs: 64}}, input_window: {{columns: {}}}, "
                                  "memories: {{weight_store: {}}}}}",
                                  4 << rng.below(3), rng.below(2) == 0 ? "resident" : "streamed")));
    for (const std::uint32_t rows : {1U, 2U, 5U}) {
      const auto exact = static_cast<double>(matrix.exact(rows));
      EXPECT_EQ(matrix.totals(rows, 1).beats, matrix.exact(rows));
      for (const std::uint32_t stride : {2U, 7U, 16U}) {
        const Totals sums = matrix.totals(rows, stride);
        EXPECT_NEAR(static_cast<double>(sums.beats), exact, 0.06 * exact) << rows << " " << stride;
        EXPECT_LE(sums.at_least, sums.beats);
        stalled += static_cast<double>(sums.fewest) < 0.9 * exact;
      }
    }
  }
  EXPECT_GT(stalled, 20);  // the sample says more than the fewest beats do
}

}  // namespace
}  // namespace sim::optimus::test
