#pragma once

#include <cstdint>
#include <deque>
#include <utility>

#include "sim/base/check.h"

namespace sim::hw {

/// Somebody who must run again when what he sees of a neighbour changes.
class Wakeable {
 public:
  virtual ~Wakeable() = default;
  /// What he will see in the next cycle has changed.
  virtual void wake() = 0;
};

/// Bounded queue between two units, with a credit for each free place. A word pushed in cycle n can
/// be popped from cycle n+1 on; the place of a word popped in cycle n can be filled from cycle n+1
/// on. So what both sides see in a cycle does not depend on which of them runs first. Each side
/// asks with cycles that never fall.
template <class T>
class CreditQueue {
 public:
  explicit CreditQueue(std::uint32_t depth) : depth_(depth) {
    SIM_CHECK(depth > 0, "a queue without a place never takes a word");
  }

  /// Who is woken by a pop and by a push.
  void connect(Wakeable& producer, Wakeable& consumer) {
    producer_ = &producer;
    consumer_ = &consumer;
  }

  bool can_push(std::uint64_t cycle) const { return places_taken(cycle) < depth_; }
  bool can_pop(std::uint64_t cycle) const {
    return !words_.empty() && words_.front().pushed < cycle;
  }
  const T& front() const { return words_.front().word; }

  void push(std::uint64_t cycle, T word) {
    SIM_CHECK(can_push(cycle), "a word is pushed in cycle {} without a credit", cycle);
    words_.push_back({std::move(word), cycle});
    if (consumer_ != nullptr) consumer_->wake();
  }

  T pop(std::uint64_t cycle) {
    SIM_CHECK(can_pop(cycle), "nothing can be popped in cycle {}", cycle);
    T word = std::move(words_.front().word);
    words_.pop_front();
    if (last_pop_ != cycle) popped_ = 0;
    last_pop_ = cycle;
    ++popped_;
    if (producer_ != nullptr) producer_->wake();
    return word;
  }

  std::uint32_t depth() const { return depth_; }

 private:
  struct Waiting {
    T word;
    std::uint64_t pushed;
  };

  /// Words in the queue, and words popped in this very cycle, whose places are still taken.
  std::uint64_t places_taken(std::uint64_t cycle) const {
    return words_.size() + (popped_ > 0 && last_pop_ == cycle ? popped_ : 0);
  }

  const std::uint32_t depth_;
  Wakeable* producer_ = nullptr;
  Wakeable* consumer_ = nullptr;
  std::deque<Waiting> words_;
  std::uint64_t last_pop_ = 0;
  std::uint32_t popped_ = 0;  // in cycle last_pop_
};

}  // namespace sim::hw
