#include "tests/unit/hw/judged_port.h"

#include <fmt/format.h>

namespace sim::hw::memory_test {

Outcome JudgedPort::run(std::uint64_t tail) {
  Outcome outcome;
  std::uint64_t end = kNot;
  for (now_ = 0; now_ != end; ++now_) {
    memory();
    receive(outcome);
    send();
    if (end == kNot && outcome.received.size() == lives_.size()) end = now_ + tail + 2;
  }
  outcome.cycles = end;
  return outcome;
}

void JudgedPort::receive(Outcome& outcome) {
  for (std::size_t i = 0; i < lives_.size() && now_ >= next_receive_; ++i) {
    if (lives_[i].given >= now_ || lives_[i].received != kNot) continue;
    lives_[i].received = now_;
    next_receive_ = now_ + stream_.receive_interval;
    outcome.received.push_back(now_);
    outcome.ids.push_back(i);
  }
}

void JudgedPort::send() {
  std::size_t flying = 0;
  for (const Life& l : lives_) flying += l.sent != kNot && l.received == kNot;
  for (std::size_t i = 0; i < lives_.size(); ++i) {
    if (lives_[i].sent != kNot) continue;
    if (flying < port_.outstanding && stream_.requests[i].cycle <= now_) lives_[i].sent = now_;
    break;
  }
}

bool JudgedPort::bring_data() {
  bool busy = false;
  for (std::size_t i = 0; i < lives_.size(); ++i) {
    Life& l = lives_[i];
    if (l.taken == kNot || l.whole != kNot) continue;
    busy = true;
    if (++l.brought == beats(stream_.requests[i].bytes)) l.whole = now_;
  }
  return busy;
}

std::size_t JudgedPort::waiting() const {
  for (std::size_t i = 0; i < lives_.size(); ++i) {
    if (lives_[i].taken == kNot) return lives_[i].sent < now_ ? i : kNot;
  }
  return kNot;
}

void JudgedPort::take(std::size_t request) {
  Life& l = lives_[request];
  const StreamRequest& r = stream_.requests[request];
  l.taken = now_;
  l.brought = 1;
  if (!r.write || beats(r.bytes) == 1) l.whole = now_;
  ++counts_[r.write ? "write_requests" : "read_requests"];
  counts_[r.write ? "write_bytes" : "read_bytes"] += r.bytes;
}

void JudgedPort::count_waiting_request() {
  if (waiting() != kNot) ++counts_["request_wait_cycles"];
}

void JudgedPort::give_response() {
  for (std::size_t i = 0; i < lives_.size(); ++i) {
    Life& l = lives_[i];
    if (l.given != kNot) continue;
    if (l.first > now_) return;
    const std::uint64_t last = stream_.requests[i].write ? 1 : beats(stream_.requests[i].bytes);
    if (++l.shown < last || l.done > now_) return;
    l.given = now_;
    ++counts_["responses"];
    return;
  }
}

std::string text(std::map<std::string, std::uint64_t> counts) {
  std::string all;
  for (const auto& f : dram_fields()) {
    all += fmt::format("{} {}\n", f.name, counts[std::string(f.name)]);
  }
  return all;
}

}  // namespace sim::hw::memory_test
