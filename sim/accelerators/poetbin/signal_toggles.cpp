#include "sim/accelerators/poetbin/signal_toggles.h"

#include <bit>
#include <utility>

#include "sim/base/check.h"
#include "sim/base/math.h"

namespace sim::poetbin {
namespace {

std::uint64_t ones(std::uint64_t count) {
  return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

}  // namespace

SignalToggles::SignalToggles(std::vector<workload::Signal> signals, std::uint32_t lag,
                             Before before)
    : signals_(std::move(signals)), lag_(lag), before_(before), last_word_(signals_.size()) {
  SIM_CHECK(lag >= 1 && lag <= 64, "a lag of {} samples", lag);
}

void SignalToggles::add(const PlaneOf& plane_of, std::uint64_t samples) {
  const std::uint64_t words = base::ceil_div(samples, 64);
  for (std::size_t i = 0; i < signals_.size(); ++i) {
    const auto plane = plane_of(signals_[i]);
    std::uint64_t before = last_word_[i];
    for (std::uint64_t w = 0; w < words; ++w) {
      const std::uint64_t late = lag_ == 64 ? before : plane[w] << lag_ | before >> (64 - lag_);
      std::uint64_t counted = ones(samples - 64 * w);
      if (before_ == Before::kUnknown && samples_ == 0 && w == 0) counted &= ~ones(lag_);
      count_ += static_cast<std::uint64_t>(std::popcount((plane[w] ^ late) & counted));
      before = plane[w];
    }
    last_word_[i] = before;
  }
  samples_ += samples;
}

}  // namespace sim::poetbin
