// Variant T: the Verilated fabric beside the model in every clock, under random sources and sinks.
#include <gtest/gtest.h>

#include "sim/accelerators/poetbin/fabric_tick.h"
#include "sim/accelerators/poetbin/lane_activity.h"
#include "sim/accelerators/poetbin/rtl/bench_files.h"
#include "sim/accelerators/poetbin/rtl/fabric_image.h"
#include "sim/base/rng.h"
#include "sim/reference/lut_cascade.h"
#include "tests/cosim/poetbin/expected.h"
#include "tests/cosim/poetbin/shapes.h"
#include "tests/cosim/poetbin/twins.h"

namespace sim::poetbin::test {
namespace {

using sim::test::bit;
using sim::test::Bits;
using sim::test::Twin;

/// Which slots the model issues, in order.
struct Issues final : Observer {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> all;

  void sample(std::uint64_t, const SampleTimes&) override {}
  void issue(std::uint64_t sample, std::uint32_t slot, std::uint64_t) override {
    all.emplace_back(sample, slot);
  }
};

class FabricTwin : public testing::TestWithParam<std::string> {
 protected:
  FabricTwin()
      : shape_(make_shape(GetParam())),
        inputs_(shape_.task.vectors.inputs),
        model_(std::get<FabricTiming>(shape_.program.timing), &issues_),
        twin_(sim::test::twins().at(GetParam())()),
        words_(inputs_, rtl::port_bits(shape_.program, shape_.config)),
        lanes_(shape_.config.fabric.luts) {}

  void configure() {
    const rtl::FabricImage image = rtl::fabric_image(shape_.program, shape_.config);
    std::size_t next = 0;
    for (int i = 0; next < image.words.size(); ++i) {
      ASSERT_LT(i, 1'000'000);
      twin_->drive_config(true, image.words[next]);
      EXPECT_FALSE(twin_->in_ready());
      if (twin_->config_ready()) ++next;
      twin_->clock();
    }
    twin_->drive_config(false, image.words[0]);
    twin_->clock();  // the last row is written at this edge
    EXPECT_FALSE(twin_->config_ready());
    before_ = twin_->probe();
  }

  /// One clock. The source keeps a word until it is taken.
  void clock(bool in_valid, bool out_ready) {
    twin_->drive(in_valid, words_.at(next_word_), out_ready);
    ASSERT_EQ(twin_->in_ready(), model_.in_ready(out_ready)) << "cycle " << cycle_;
    ASSERT_EQ(twin_->out_valid(), model_.out_valid()) << "cycle " << cycle_;
    if (twin_->out_valid()) {
      ASSERT_LT(taken_, inputs_.rows) << "a result of no sample";
      ASSERT_EQ(twin_->result(),
                expected_result(shape_.program.luts, inputs_, taken_, shape_.config.argmax))
          << "sample " << taken_;
      if (out_ready) ++taken_;
    }
    count();
    if (in_valid && twin_->in_ready()) ++next_word_;
    model_.clock(in_valid, out_ready);
    twin_->clock();
    ++cycle_;
  }

  void count() {
    const Bits now = twin_->probe();
    const bool gathers = bit(now, 3);
    const bool last = bit(now, 4);
    ++*causes_[now[0] & 7];
    ++(!gathers ? gather_.idle : last ? gather_.busy : gather_.bank_conflicts);
    ++(bit(now, 5) ? look_up_.busy : look_up_.idle);
    ++(bit(now, 6) ? write_back_.busy : write_back_.idle);
    for (std::size_t l = 0; l < lanes_; ++l) counted_.output_toggles += changed(now, 7 + l);
    for (std::size_t p = 0; p < lanes_ * shape_.program.fabric->fan_in; ++p) {
      counted_.pin_toggles += changed(now, 7 + lanes_ + p);
    }
    before_ = now;
  }

  std::uint64_t changed(const Bits& now, std::size_t index) const {
    return bit(now, index) != bit(before_, index) ? 1 : 0;
  }

  /// The model's count over the slots in the order in which it issued them.
  LaneCounts expected_counts() const {
    std::vector<std::uint64_t> planes(shape_.program.luts.signals());
    for (std::uint32_t row = 0; row < inputs_.rows; ++row) {
      const auto signals = reference::lut_signals(shape_.program.luts, inputs_, row);
      for (std::size_t s = 0; s < planes.size(); ++s) planes[s] |= std::uint64_t{signals[s]} << row;
    }
    LaneActivity activity(shape_.program.groups[0]);
    activity.load(
        0, [&](workload::Signal s) { return std::span(&planes[static_cast<std::size_t>(s)], 1); },
        0);
    for (const auto& [sample, slot] : issues_.all) activity.visit(sample, slot);
    return activity.counts();
  }

  const Shape shape_;
  const workload::BitRows& inputs_;
  Issues issues_;
  FabricTick model_;
  std::unique_ptr<Twin> twin_;
  const Words words_;
  const std::size_t lanes_;
  std::size_t next_word_ = 0;
  std::size_t taken_ = 0;
  std::uint64_t cycle_ = 0;
  Bits before_;
  LaneCounts counted_;
  StageCycles sequencer_, gather_, look_up_, write_back_;
  std::uint64_t* const causes_[5] = {&sequencer_.idle, &sequencer_.busy, &sequencer_.input_waits,
                                     &sequencer_.output_waits, &sequencer_.bank_conflicts};
};

TEST_P(FabricTwin, DoesInEveryClockWhatTheModelDoes) {
  ASSERT_LE(inputs_.rows, 64u);  // a word of each plane
  configure();
  base::Rng rng(12, GetParam());
  bool offering = false;
  while (taken_ < inputs_.rows) {
    // Stretches of back to back, of a slow source, of a slow sink.
    const std::uint64_t mood = cycle_ / 307 % 3;
    offering = next_word_ < words_.size() && (offering || mood != 1 || rng.below(12) == 0);
    const std::size_t word = next_word_;
    clock(offering, mood != 2 || rng.below(300) == 0);
    if (HasFatalFailure()) return;
    if (next_word_ != word) offering = false;
    ASSERT_LT(cycle_, 100'000u);
  }
  const StageCycles* const counted[] = {&sequencer_, &gather_, &look_up_, &write_back_};
  const auto stages = model_.stages();
  for (std::size_t i = 0; i < stages.size(); ++i) {
    EXPECT_TRUE(*counted[i] == stages[i].cycles) << stages[i].unit;
  }
  EXPECT_GT(sequencer_.output_waits, 0u);
  EXPECT_GT(sequencer_.input_waits, 0u);
  EXPECT_EQ(gather_.bank_conflicts > 0, shape_.config.fabric.banks > 0);
  EXPECT_EQ(counted_.output_toggles, expected_counts().output_toggles);
  EXPECT_EQ(counted_.pin_toggles, expected_counts().pin_toggles);
}

INSTANTIATE_TEST_SUITE_P(Shapes, FabricTwin,
                         testing::Values("fabric_crossbar", "fabric_banked", "fabric_ported",
                                         "fabric_trained"));

}  // namespace
}  // namespace sim::poetbin::test
