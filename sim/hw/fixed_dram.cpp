#include "sim/hw/fixed_dram.h"

#include <algorithm>

namespace sim::hw {

void FixedDramTick::accept_request(std::uint64_t cycle) {
  if (interval_left_ > 0) --interval_left_;
  if (interval_left_ == 0 && can_accept(cycle)) {
    const auto [request, slot, whole] = accept(cycle);
    inside_.push_back({.slot = slot,
                       .wait_cycles = whole - cycle + config_.latency_cycles,
                       .bytes = request.bytes});
    interval_left_ = config_.accept_interval_cycles;
  }
  count_waiting_request(cycle, cycle + 1);
}

void FixedDramTick::transfer(std::uint64_t cycle) {
  Inside& front = inside_.front();
  if (front.moved == 0) front.first = cycle;
  front.moved += config_.bytes_per_cycle;
  ++counts_.data_clocks;
  if (front.moved < front.bytes) return;
  server_.finish(front.slot, front.first, cycle);
  ++counts_.bursts;
  counts_.moved_bytes += front.bytes;
  inside_.pop_front();
}

void FixedDramTick::run_to(std::uint64_t cycle) {
  accept_request(cycle);
  counts_.queued_clocks += inside_.size();
  if (inside_.empty()) {
    ++counts_.idle_clocks;
  } else if (inside_.front().wait_cycles == 0) {
    transfer(cycle);
  } else {
    ++counts_.timing_wait_clocks;
  }
  for (Inside& i : inside_) i.wait_cycles -= std::min<std::uint64_t>(i.wait_cycles, 1);
  respond(cycle);
  next_ = cycle + 1;
}

void FixedDramSkip::accept_request(std::uint64_t cycle) {
  const auto [request, slot, whole] = accept_waiting(cycle);
  accept_free_ = cycle + config_.accept_interval_cycles;
  const std::uint64_t first = std::max(whole + config_.latency_cycles, data_free_);
  data_free_ = first + base::ceil_div(request.bytes, config_.bytes_per_cycle);
  server_.finish(slot, first, data_free_ - 1);
  inside_.push_back({request.bytes, cycle, first, data_free_});
}

void FixedDramSkip::pass(std::uint64_t end) {
  const std::uint64_t begin = until_;
  const auto overlap = [&](std::uint64_t from, std::uint64_t to) {
    from = std::max(from, begin);
    to = std::min(to, end);
    return from < to ? to - from : 0;
  };
  std::uint64_t data = 0;
  std::uint64_t busy = 0;
  std::uint64_t covered = begin;  // a request came before the one before it had ended
  for (const Inside& i : inside_) {
    data += overlap(i.first, i.end);
    busy += overlap(std::max(i.accepted, covered), i.end);
    counts_.queued_clocks += overlap(i.accepted, i.end);
    covered = std::max(covered, i.end);
  }
  counts_.data_clocks += data;
  counts_.timing_wait_clocks += busy - data;
  counts_.idle_clocks += end - begin - busy;
  while (!inside_.empty() && inside_.front().end <= end) {
    ++counts_.bursts;
    counts_.moved_bytes += inside_.front().bytes;
    inside_.pop_front();
  }
  until_ = end;
}

void FixedDramSkip::run_to(std::uint64_t cycle) {
  while (true) {
    const std::uint64_t next = next_accept(accept_free_, cycle);
    if (next > cycle || !can_accept(next)) break;
    accept_request(next);
  }
  count_waiting_until(cycle);
  pass(cycle + 1);
  respond(cycle);
}

std::uint64_t FixedDramSkip::next_event() const {
  if (!server_.empty()) return server_.next_response();
  return server_.request_waits(until_) ? next_accept(accept_free_, until_) : kNever;
}

}  // namespace sim::hw
