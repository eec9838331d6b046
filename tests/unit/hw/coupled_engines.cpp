#include "tests/unit/hw/coupled_engines.h"

#include <fmt/format.h>

#include <algorithm>

namespace sim::hw::coupled_test {
namespace {

/// How many of the cycles [from, to) lie before `limit`.
std::uint64_t before(std::uint64_t limit, std::uint64_t from, std::uint64_t to) {
  return std::clamp(limit, from, to) - from;
}

}  // namespace

std::string Producer::text() const {
  return fmt::format("producer {} {} {} {}\n", busy_, pushes_, waits_, over_);
}

bool Producer::push_if_possible(std::uint64_t cycle) {
  if (!out_.can_push(cycle)) return false;
  out_.push(cycle, {.id = first_id_ + made_, .beats = list_[made_].beats});
  ++made_;
  ++pushes_;
  return true;
}

void ProducerTick::run_to(std::uint64_t cycle) {
  if (made_ == list_.size()) {
    ++over_;
  } else if (worked_ < list_[made_].work) {
    ++worked_;
    ++busy_;
  } else if (push_if_possible(cycle)) {
    worked_ = 0;
  } else {
    ++waits_;
  }
  next_ = cycle + 1;
}

void ProducerSkip::run_to(std::uint64_t cycle) {
  if (made_ == list_.size()) {
    over_ += cycle + 1 - until_;
  } else {
    const std::uint64_t work = before(ready(), until_, cycle + 1);
    busy_ += work;
    waits_ += cycle + 1 - until_ - work;
    if (cycle >= ready() && push_if_possible(cycle)) {
      --waits_;
      begun_ = cycle + 1;
    }
  }
  until_ = cycle + 1;
}

std::uint64_t ProducerSkip::next_event() const {
  if (made_ == list_.size()) return kNever;
  if (ready() >= until_) return ready();
  return out_.can_push(until_) ? until_ : kNever;
}

std::string Consumer::text() const {
  return fmt::format("consumer {} {}{}\n", busy_, waits_, arrivals_);
}

std::uint64_t Consumer::take(std::uint64_t cycle) {
  arrivals_ += fmt::format(" {}@{}", in_.pop(cycle).id, cycle);
  const std::uint64_t service = services_[taken_++ % services_.size()];
  told_();
  return service;
}

void ConsumerTick::run_to(std::uint64_t cycle) {
  if (left_ > 0) {
    --left_;
    ++busy_;
  } else if (in_.can_pop(cycle)) {
    left_ = take(cycle);
  } else {
    ++waits_;
  }
  next_ = cycle + 1;
}

void ConsumerSkip::run_to(std::uint64_t cycle) {
  const std::uint64_t work = before(free_, until_, cycle + 1);
  busy_ += work;
  waits_ += cycle + 1 - until_ - work;
  if (cycle >= free_ && in_.can_pop(cycle)) {
    --waits_;
    free_ = cycle + 1 + take(cycle);
  }
  until_ = cycle + 1;
}

std::uint64_t ConsumerSkip::next_event() const {
  if (free_ > until_) return free_;
  return in_.can_pop(until_) ? until_ : kNever;
}

std::string Relay::text() const {
  return fmt::format("relay {} {} {} {} {}\n", busy_, takes_, gives_, input_waits_, output_waits_);
}

void Relay::take(std::uint64_t cycle) {
  burst_ = in_.pop(cycle);
  holds_ = true;
  ++takes_;
}

void Relay::give(std::uint64_t cycle) {
  out_.push(cycle, burst_);
  holds_ = false;
  ++gives_;
}

void RelayTick::run_to(std::uint64_t cycle) {
  if (left_ > 0) {
    --left_;
    ++busy_;
  } else if (holds_ && out_.can_push(cycle)) {
    give(cycle);
  } else if (holds_) {
    ++output_waits_;
  } else if (in_.can_pop(cycle)) {
    take(cycle);
    left_ = cycles_;
  } else {
    ++input_waits_;
  }
  next_ = cycle + 1;
}

void RelaySkip::run_to(std::uint64_t cycle) {
  const std::uint64_t passed = cycle - until_;
  if (holds_) {
    const std::uint64_t work = before(ready_, until_, cycle);
    busy_ += work;
    output_waits_ += passed - work;
  } else {
    input_waits_ += passed;
  }
  if (holds_ && cycle < ready_) {
    ++busy_;
  } else if (holds_) {
    out_.can_push(cycle) ? give(cycle) : void(++output_waits_);
  } else if (in_.can_pop(cycle)) {
    take(cycle);
    ready_ = cycle + 1 + cycles_;
  } else {
    ++input_waits_;
  }
  until_ = cycle + 1;
}

std::uint64_t RelaySkip::next_event() const {
  if (holds_ && ready_ > until_) return ready_;
  const bool acts = holds_ ? out_.can_push(until_) : in_.can_pop(until_);
  return acts ? until_ : kNever;
}

}  // namespace sim::hw::coupled_test
