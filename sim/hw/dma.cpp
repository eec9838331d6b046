#include "sim/hw/dma.h"

#include <algorithm>

#include "sim/base/check.h"

namespace sim::hw {
namespace {

constexpr stats::Field<DmaCounts> kFields[] = {
    {"descriptors", "descriptors", "descriptors begun", &DmaCounts::descriptors},
    {"bursts", "bursts", "requests sent to the memory", &DmaCounts::bursts},
    {"read_bytes", "bytes", "bytes read and delivered", &DmaCounts::read_bytes},
    {"write_bytes", "bytes", "bytes that the memory has taken", &DmaCounts::write_bytes},
    {"busy_cycles", "cycles", "cycles in which a burst was sent or received", &DmaCounts::busy},
    {"credit_wait_cycles", "cycles", "cycles in which a burst waited for a place at its consumer",
     &DmaCounts::credit_waits},
    {"data_wait_cycles", "cycles", "cycles in which a write waited for its data",
     &DmaCounts::data_waits},
    {"outstanding_wait_cycles", "cycles",
     "cycles in which a burst was not sent as too many were under way",
     &DmaCounts::outstanding_waits},
    {"memory_wait_cycles", "cycles", "cycles in which all was sent and not all received",
     &DmaCounts::memory_waits},
    {"idle_cycles", "cycles", "cycles in which nothing was under way", &DmaCounts::idle},
};

}  // namespace

std::span<const stats::Field<DmaCounts>> dma_fields() { return kFields; }

std::span<const stats::Field<DmaCounts>> dma_cycle_fields() {
  return {std::ranges::find(kFields, &DmaCounts::busy, &stats::Field<DmaCounts>::member),
          std::end(kFields)};
}

Dma::Dma(const DmaConfig& config, const Ends& ends) : config_(config), ends_(ends) {
  SIM_CHECK(config.burst_bytes > 0, "bursts without bytes");
  SIM_CHECK(config.outstanding > 0, "no burst may be under way");
}

std::uint32_t Dma::next_bytes() const {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(config_.burst_bytes, descriptor_.line_bytes - offset_));
}

bool Dma::can_take_descriptor(std::uint64_t cycle) const {
  return !has_burst() && ends_.descriptors->can_pop(cycle);
}

bool Dma::can_receive(std::uint64_t cycle) const {
  return ends_.memory->can_receive(cycle) && ends_.done->can_push(cycle);
}

bool Dma::may_send() const {
  return under_way_.size() < config_.outstanding && ends_.memory->can_send();
}

void Dma::take_descriptor(std::uint64_t cycle) {
  descriptor_ = ends_.descriptors->pop(cycle);
  SIM_CHECK(descriptor_.line_bytes > 0 && descriptor_.lines > 0, "descriptor {} moves nothing",
            descriptor_.id);
  SIM_CHECK(!descriptor_.write || ends_.data != nullptr, "descriptor {} writes without data",
            descriptor_.id);
  lines_left_ = descriptor_.lines;
  offset_ = 0;
  ++counts_.descriptors;
}

void Dma::receive(std::uint64_t cycle) {
  ends_.memory->receive(cycle);
  const auto [burst, write] = under_way_.front();
  under_way_.pop_front();
  (write ? counts_.write_bytes : counts_.read_bytes) += burst.bytes;
  ends_.done->push(cycle, burst);
}

void Dma::send(std::uint64_t cycle) {
  const std::uint32_t bytes = next_bytes();
  const std::uint64_t line = descriptor_.lines - lines_left_;
  ends_.memory->send(cycle,
                     {.id = counts_.bursts++,
                      .address = descriptor_.address + line * descriptor_.line_stride + offset_,
                      .bytes = bytes,
                      .write = descriptor_.write});
  if (descriptor_.write) held_ -= bytes;
  offset_ += bytes;
  if (offset_ == descriptor_.line_bytes) {
    --lines_left_;
    offset_ = 0;
  }
  under_way_.push_back({{descriptor_.id, bytes, !has_burst()}, descriptor_.write});
}

Dma::Cycles Dma::act(std::uint64_t cycle) {
  if (can_take_descriptor(cycle)) take_descriptor(cycle);
  const bool receives = can_receive(cycle);
  if (receives) receive(cycle);
  if (wants_data() && ends_.data->can_pop(cycle)) held_ += ends_.data->pop(cycle).bytes;
  const bool sends = has_burst() && !wants_data() && may_send();
  if (sends) send(cycle);
  return receives || sends ? &DmaCounts::busy : waits_for(cycle);
}

bool Dma::can_act(std::uint64_t cycle) const {
  if (can_take_descriptor(cycle) || can_receive(cycle)) return true;
  return wants_data() ? ends_.data->can_pop(cycle) : has_burst() && may_send();
}

Dma::Cycles Dma::waits_for(std::uint64_t cycle) const {
  if (ends_.memory->can_receive(cycle)) return &DmaCounts::credit_waits;
  if (wants_data()) return &DmaCounts::data_waits;
  if (has_burst()) return &DmaCounts::outstanding_waits;
  return under_way_.empty() ? &DmaCounts::idle : &DmaCounts::memory_waits;
}

void DmaTick::run_to(std::uint64_t cycle) {
  ++(counts_.*act(cycle));
  next_ = cycle + 1;
}

void DmaSkip::run_to(std::uint64_t cycle) {
  SIM_CHECK(cycle <= next_, "it is run to cycle {} beyond its event in {}", cycle, next_);
  counts_.*waiting_ += cycle - until_;
  ++(counts_.*act(cycle));
  until_ = cycle + 1;
  waiting_ = waits_for(until_);
  next_ = can_act(until_) ? until_ : kNever;
}

}  // namespace sim::hw
