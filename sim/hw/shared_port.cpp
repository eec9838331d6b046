#include "sim/hw/shared_port.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace sim::hw {
namespace {

constexpr stats::Field<RequesterCounts> kFields[] = {
    {"bursts", "bursts", "bursts that the port began to carry", &RequesterCounts::bursts},
    {"grants", "beats", "beats carried", &RequesterCounts::grants},
    {"grant_wait_cycles", "cycles", "cycles in which another requester's beat was carried",
     &RequesterCounts::grant_waits},
    {"output_wait_cycles", "cycles", "cycles in which a burst waited for a place behind the port",
     &RequesterCounts::output_waits},
};

std::vector<std::uint32_t> weights_of(const std::vector<SharedPort::Requester>& requesters) {
  std::vector<std::uint32_t> weights;
  weights.reserve(requesters.size());
  for (const SharedPort::Requester& r : requesters) weights.push_back(r.weight);
  return weights;
}

}  // namespace

std::span<const stats::Field<RequesterCounts>> requester_fields() { return kFields; }

SharedPort::SharedPort(std::vector<Requester> requesters)
    : requesters_(std::move(requesters)),
      under_way_(requesters_.size()),
      counts_(requesters_.size()),
      arbiter_(weights_of(requesters_)) {}

void SharedPort::begin_bursts(std::uint64_t cycle) {
  for (std::size_t i = 0; i < requesters_.size(); ++i) {
    auto& [in, out, weight] = requesters_[i];
    if (under_way_[i].beats_left > 0 || !in->can_pop(cycle) || !out->can_push(cycle)) continue;
    const Burst burst = in->pop(cycle);
    SIM_CHECK(burst.beats > 0, "burst {} has no beats", burst.id);
    under_way_[i] = {burst, burst.beats};
    ++counts_[i].bursts;
  }
}

void SharedPort::end_burst(std::size_t requester, std::uint64_t cycle) {
  requesters_[requester].out->push(cycle, under_way_[requester].burst);
}

bool SharedPort::blocked(std::size_t requester, std::uint64_t cycle) const {
  const auto& [in, out, weight] = requesters_[requester];
  return under_way_[requester].beats_left == 0 && in->can_pop(cycle) && !out->can_push(cycle);
}

void SharedPortTick::run_to(std::uint64_t cycle) {
  std::vector<bool> requests;
  for (std::size_t i = 0; i < requesters_.size(); ++i) {
    if (blocked(i, cycle)) ++counts_[i].output_waits;
  }
  begin_bursts(cycle);
  for (const UnderWay& u : under_way_) requests.push_back(u.beats_left > 0);
  const std::optional<std::size_t> granted = arbiter_.grant(requests);
  for (std::size_t i = 0; i < requesters_.size(); ++i) {
    if (requests[i]) ++(i == granted ? counts_[i].grants : counts_[i].grant_waits);
  }
  if (granted && --under_way_[*granted].beats_left == 0) end_burst(*granted, cycle);
  next_ = cycle + 1;
}

void SharedPortSkip::pass(std::uint64_t cycles) {
  std::vector<std::uint64_t> grants(active_.size());
  arbiter_.replay(active_, cycles, grants);
  for (std::size_t i = 0; i < active_.size(); ++i) {
    const std::size_t requester = active_[i];
    under_way_[requester].beats_left -= grants[i];
    counts_[requester].grants += grants[i];
    counts_[requester].grant_waits += cycles - grants[i];
  }
  for (const std::size_t requester : blocked_) counts_[requester].output_waits += cycles;
}

void SharedPortSkip::run_to(std::uint64_t cycle) {
  pass(cycle - until_);
  blocked_.clear();
  for (std::size_t i = 0; i < requesters_.size(); ++i) {
    if (blocked(i, cycle)) blocked_.push_back(i);
  }
  begin_bursts(cycle);
  active_.clear();
  for (std::size_t i = 0; i < requesters_.size(); ++i) {
    if (under_way_[i].beats_left > 0) active_.push_back(i);
  }
  pass(1);
  until_ = cycle + 1;
  bool ended = false;
  for (const std::size_t requester : active_) {
    if (under_way_[requester].beats_left > 0) continue;
    end_burst(requester, cycle);
    ended = true;
  }
  if (ended) std::erase_if(active_, [&](auto i) { return under_way_[i].beats_left == 0; });
  next_ = ended ? until_ : first_end();
}

std::uint64_t SharedPortSkip::first_end() const {
  std::uint64_t first = kNever;
  for (std::size_t i = 0; i < active_.size(); ++i) {
    const std::uint64_t left = under_way_[active_[i]].beats_left;
    first = std::min(first, until_ - 1 + arbiter_.cycles_until(active_, i, left));
  }
  return first;
}

}  // namespace sim::hw
