#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include "tests/unit/hw/dma_case.h"

namespace sim::hw::dma_test {
namespace {

constexpr std::uint64_t kNot = UINT64_MAX;

/// A burst, and the cycles from which on it is in a state.
struct Judged {
  std::size_t descriptor;
  std::uint64_t bytes;
  bool last;
  std::uint64_t sent = kNot, taken = kNot, whole = kNot, first = kNot, done = kNot, given = kNot;
  std::uint64_t delivered = kNot, consumed = kNot;
  std::uint64_t brought = 0, moved = 0, shown = 0;  // beats in, bytes, beats out
};
/// Something in a queue.
struct Queued {
  std::uint64_t pushed = kNot, popped = kNot;
};

std::uint64_t places_taken(const std::vector<Queued>& queue, std::uint64_t now) {
  std::uint64_t sum = 0;
  for (const Queued& q : queue) {
    sum += q.pushed != kNot && (q.popped == kNot || q.popped == now);
  }
  return sum;
}

std::size_t in_front(const std::vector<Queued>& queue, std::uint64_t now) {
  for (std::size_t i = 0; i < queue.size(); ++i) {
    if (queue[i].popped == kNot) return queue[i].pushed < now ? i : kNot;
  }
  return kNot;
}

/// All bursts of all descriptors are listed before the first cycle.
class Judge {
 public:
  explicit Judge(const Case& c) : c_(c), descriptors_(c.descriptors.size()), data_(c.data.size()) {
    for (std::size_t i = 0; i < c.descriptors.size(); ++i) list_bursts(i);
  }

  Outcome run(std::uint64_t tail) {
    std::uint64_t end = kNot;
    for (now_ = 0; now_ != end; ++now_) {
      memory();
      dma();
      neighbours();
      if (end == kNot && bursts_.back().consumed != kNot) end = now_ + tail + 2;
    }
    return {.bursts = consumed_, .counters = counters(), .cycles = end};
  }

 private:
  bool writes(const Judged& b) const { return c_.descriptors[b.descriptor].descriptor.write; }
  void list_bursts(std::size_t number) {
    const DmaDescriptor& d = c_.descriptors[number].descriptor;
    for (std::uint64_t line = 0; line < d.lines; ++line) {
      std::uint64_t left = d.line_bytes;
      while (left > 0) {
        const std::uint64_t bytes = left < c_.dma.burst_bytes ? left : c_.dma.burst_bytes;
        left -= bytes;
        bursts_.push_back({number, bytes, left == 0 && line + 1 == d.lines});
      }
    }
  }

  // The memory: one request in, one burst's data, one response out.
  void memory() {
    take_request();
    move_data();
    give_response();
  }
  std::uint64_t beats(const Judged& b) const {
    return (b.bytes + c_.port.bytes_per_cycle - 1) / c_.port.bytes_per_cycle;
  }
  void take_request() {
    for (Judged& b : bursts_) {
      if (b.taken == kNot) {
        if (b.sent >= now_ || now_ < next_take_) return;
        b.taken = now_;
        next_take_ = now_ + c_.memory.accept_interval_cycles;
      } else if (b.whole != kNot) {
        continue;
      }
      if (!writes(b) || ++b.brought == beats(b)) b.whole = now_;
      return;
    }
  }
  void move_data() {
    for (Judged& b : bursts_) {
      if (b.done != kNot) continue;
      if (b.whole == kNot || now_ < b.whole + c_.memory.latency_cycles) return;
      if (b.moved == 0) b.first = now_;
      b.moved += c_.memory.bytes_per_cycle;
      if (b.moved >= b.bytes) b.done = now_;
      return;
    }
  }
  void give_response() {
    for (Judged& b : bursts_) {
      if (b.given != kNot) continue;
      if (b.first > now_) return;
      ++b.shown;
      if (b.shown >= (writes(b) ? 1 : beats(b)) && b.done <= now_) b.given = now_;
      return;
    }
  }

  // The DMA.
  void dma() {
    bool moved = false;
    const Judged* next = unsent();
    if (next == nullptr || next->descriptor == begun_) take_descriptor();
    const bool blocked = deliver(moved);
    next = unsent();
    const bool has_burst = next != nullptr && next->descriptor < begun_;
    if (has_burst && writes(*next) && held_ < next->bytes) take_data();
    const bool lacks_data = has_burst && writes(*next) && held_ < next->bytes;
    if (has_burst && !lacks_data && flying() < c_.dma.outstanding &&
        flying() < c_.port.outstanding) {
      send(*unsent());
      moved = true;
    }
    count(moved, blocked, has_burst, lacks_data);
  }
  void count(bool moved, bool blocked, bool has_burst, bool lacks_data) {
    if (moved) {
      ++counts_["busy_cycles"];
    } else if (blocked) {
      ++counts_["credit_wait_cycles"];
    } else if (lacks_data) {
      ++counts_["data_wait_cycles"];
    } else if (has_burst) {
      ++counts_["outstanding_wait_cycles"];
    } else {
      ++counts_[flying() > 0 ? "memory_wait_cycles" : "idle_cycles"];
    }
  }
  Judged* unsent() {
    for (Judged& b : bursts_) {
      if (b.sent == kNot) return &b;
    }
    return nullptr;
  }
  std::uint64_t flying() const {
    std::uint64_t sum = 0;
    for (const Judged& b : bursts_) sum += b.sent != kNot && b.delivered == kNot;
    return sum;
  }
  void take_descriptor() {
    const std::size_t front = in_front(descriptors_, now_);
    if (front == kNot) return;
    descriptors_[front].popped = now_;
    begun_ = front + 1;
    ++counts_["descriptors"];
  }
  /// Whether a burst has come and has no place.
  bool deliver(bool& moved) {
    std::uint64_t waiting = 0;
    for (Judged& b : bursts_) {
      waiting += b.delivered != kNot && (b.consumed == kNot || b.consumed == now_);
      if (b.delivered != kNot) continue;
      if (b.given >= now_) return false;
      if (waiting >= c_.done_depth) return true;
      b.delivered = now_;
      counts_[writes(b) ? "write_bytes" : "read_bytes"] += b.bytes;
      moved = true;
      return false;
    }
    return false;
  }
  void take_data() {
    const std::size_t front = in_front(data_, now_);
    if (front == kNot) return;
    data_[front].popped = now_;
    held_ += c_.data[front].bytes;
  }
  void send(Judged& b) {
    b.sent = now_;
    if (writes(b)) held_ -= b.bytes;
    ++counts_["bursts"];
  }

  void neighbours() {
    give(descriptors_, c_.descriptors, c_.descriptor_depth);
    give(data_, c_.data, c_.data_depth);
    for (std::size_t i = 0; i < bursts_.size(); ++i) {
      Judged& b = bursts_[i];
      if (b.consumed != kNot) continue;
      if (b.delivered >= now_ || now_ < consumer_free_) return;
      b.consumed = now_;
      consumer_free_ = now_ + 1 + c_.services[i % c_.services.size()];
      consumed_ += fmt::format(" {}:{}:{:d}@{}", c_.descriptors[b.descriptor].descriptor.id,
                               b.bytes, b.last, now_);
      return;
    }
  }
  template <class List>
  void give(std::vector<Queued>& queue, const List& list, std::uint32_t depth) const {
    for (std::size_t i = 0; i < queue.size(); ++i) {
      if (queue[i].pushed != kNot) continue;
      if (list[i].cycle <= now_ && places_taken(queue, now_) < depth) queue[i].pushed = now_;
      return;
    }
  }

  std::string counters() {
    std::string all;
    for (const auto& f : dma_fields()) {
      all += fmt::format("{} {}\n", f.name, counts_[std::string(f.name)]);
    }
    return all;
  }

  const Case& c_;
  std::vector<Queued> descriptors_;
  std::vector<Queued> data_;
  std::vector<Judged> bursts_;
  std::size_t begun_ = 0;  // descriptors
  std::uint64_t held_ = 0;
  std::uint64_t next_take_ = 0;
  std::uint64_t consumer_free_ = 0;
  std::string consumed_{};
  std::map<std::string, std::uint64_t> counts_;
  std::uint64_t now_ = 0;
};

}  // namespace

Outcome judge(const Case& c, std::uint64_t tail) { return Judge(c).run(tail); }

}  // namespace sim::hw::dma_test
