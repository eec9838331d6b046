// Variant S: the Verilated netlist beside the model in every clock, under random sources and sinks.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "sim/accelerators/poetbin/rtl/bench_files.h"
#include "sim/accelerators/poetbin/spatial_tick.h"
#include "sim/base/rng.h"
#include "sim/values/lut_activity.h"
#include "tests/cosim/poetbin/expected.h"
#include "tests/cosim/poetbin/shapes.h"
#include "tests/cosim/poetbin/twins.h"

namespace sim::poetbin::test {
namespace {

using sim::test::Bits;
using sim::test::Twin;
using workload::LutProgram;

class SpatialTwin : public testing::TestWithParam<std::string> {
 protected:
  SpatialTwin()
      : shape_(make_shape(GetParam())),
        program_(shape_.task.program),
        timing_(std::get<SpatialTiming>(shape_.program.timing)),
        model_(timing_),
        twin_(sim::test::twins().at(GetParam())()),
        words_(shape_.task.vectors.inputs, rtl::port_bits(shape_.program, shape_.config),
               shape_.config.spatial.serial_entry) {
    for (std::size_t l = 0; l <= program_.levels.size(); ++l) {
      begins_.push_back(static_cast<std::size_t>(l == 0 ? 0 : program_.first_signal(l - 1)));
    }
    begins_.push_back(program_.signals());
    begins_.push_back(program_.signals() + program_.outputs.size());
    toggles_.resize(begins_.back());
  }

  /// One clock. The source keeps a word until it is taken.
  void clock(bool in_valid, bool out_ready) {
    twin_->drive(in_valid, words_.at(next_word_), out_ready);
    ASSERT_EQ(twin_->in_ready(), model_.in_ready(out_ready)) << "cycle " << cycle_;
    ASSERT_EQ(twin_->out_valid(), model_.out_valid()) << "cycle " << cycle_;
    const bool taken = in_valid && twin_->in_ready();
    if (twin_->out_valid()) check_result(out_ready);
    const bool enabled = twin_->in_ready();
    count_toggles();
    model_.clock(in_valid, out_ready);
    twin_->clock();
    if (enabled) ++edges_;
    if (taken && ++next_word_ == timing_.load_words) first_sample_edge_ = edges_;
    ++cycle_;
  }

  void check_result(bool out_ready) {
    ASSERT_LT(taken_, shape_.task.vectors.inputs.rows) << "a result of no sample";
    const Bits expected =
        expected_result(program_, shape_.task.vectors.inputs, taken_, shape_.config.argmax);
    ASSERT_EQ(twin_->result(), expected) << "sample " << taken_;
    if (out_ready) ++taken_;
  }

  /// A group counts from the clock on in which the first sample stands there, which is known by the
  /// edges with enable since it was in the feature register.
  void count_toggles() {
    const Bits now = twin_->probe();
    for (std::size_t g = 0; g + 1 < begins_.size(); ++g) {
      if (first_sample_edge_ == 0 || edges_ <= first_sample_edge_ + stage(g)) continue;
      for (std::size_t b = begins_[g]; b < begins_[g + 1]; ++b) {
        toggles_[b] += sim::test::bit(now, b) != sim::test::bit(before_, b) ? 1 : 0;
      }
    }
    before_ = now;
  }

  /// Registers between the features and the group.
  std::uint32_t stage(std::size_t group) const {
    const auto levels = shape_.config.spatial.register_levels();
    if (group == begins_.size() - 2) return static_cast<std::uint32_t>(levels.size()) + 1;
    return static_cast<std::uint32_t>(
        std::ranges::count_if(levels, [&](std::uint32_t level) { return level < group; }));
  }

  std::vector<std::uint64_t> group_toggles() const {
    std::vector<std::uint64_t> sums;
    for (std::size_t g = 0; g + 1 < begins_.size(); ++g) {
      sums.push_back(std::accumulate(toggles_.begin() + static_cast<std::ptrdiff_t>(begins_[g]),
                                     toggles_.begin() + static_cast<std::ptrdiff_t>(begins_[g + 1]),
                                     std::uint64_t{0}));
    }
    return sums;
  }

  /// Of the wires that a level's pins hang on.
  std::uint64_t pin_toggles(const workload::LutLevel& level) const {
    std::uint64_t sum = 0;
    for (const workload::Signal s : level.sources) {
      if (s >= 0) sum += toggles_[static_cast<std::size_t>(s)];
    }
    return sum;
  }

  /// The counts from which a run's energy comes.
  void expect_activity(const values::NetlistActivity& activity) const {
    std::vector<std::uint64_t> outputs{activity.input_toggles};
    for (std::size_t l = 0; l < program_.levels.size(); ++l) {
      outputs.push_back(activity.levels[l].output_toggles);
      EXPECT_EQ(pin_toggles(program_.levels[l]), activity.levels[l].pin_toggles) << "level " << l;
    }
    outputs.push_back(activity.score_toggles);
    EXPECT_EQ(group_toggles(), outputs);
  }

  bool all_words_taken() const { return next_word_ == words_.size(); }

  const Shape shape_;
  const LutProgram& program_;
  const SpatialTiming timing_;
  SpatialTick model_;
  std::unique_ptr<Twin> twin_;
  const Words words_;
  std::vector<std::size_t> begins_;  // of the groups in the probe
  std::size_t next_word_ = 0;
  std::size_t taken_ = 0;
  std::uint64_t cycle_ = 0;
  std::uint64_t edges_ = 0;              // with enable
  std::uint64_t first_sample_edge_ = 0;  // edges_ when the first sample was in the feature register
  Bits before_;
  std::vector<std::uint64_t> toggles_;  // of each bit of the probe
};

TEST_P(SpatialTwin, DoesInEveryClockWhatTheModelDoes) {
  base::Rng rng(11, GetParam());
  bool offering = false;
  while (taken_ < shape_.task.vectors.inputs.rows) {
    // Stretches of back to back, of a slow source, of a slow sink.
    const std::uint64_t mood = cycle_ / 37 % 3;
    offering = !all_words_taken() && (offering || mood == 0 || rng.below(3) == 0);
    const std::size_t word = next_word_;
    clock(offering, mood != 2 || rng.below(4) == 0);
    if (HasFatalFailure()) return;
    if (next_word_ != word) offering = false;
    ASSERT_LT(cycle_, 100'000u);
  }
  EXPECT_TRUE(all_words_taken());
  for (int i = 0; i < 20; ++i) clock(false, true);  // what the last words change behind them
  EXPECT_EQ(group_toggles(), expected_toggles(program_, words_.windows()));
  expect_activity(values::lut_activity(program_, words_.windows()));
}

INSTANTIATE_TEST_SUITE_P(Shapes, SpatialTwin,
                         testing::Values("spatial_plain", "spatial_piped", "spatial_serial",
                                         "spatial_bitwise", "spatial_trained", "spatial_deep",
                                         "spatial_upward", "spatial_upward_bitwise",
                                         "spatial_digits"));

}  // namespace
}  // namespace sim::poetbin::test
