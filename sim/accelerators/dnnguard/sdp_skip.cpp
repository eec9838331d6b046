#include "sim/accelerators/dnnguard/sdp_skip.h"

#include <algorithm>
#include <deque>

#include "sim/accelerators/dnnguard/sdp_stream_skip.h"

namespace sim::dnnguard {

namespace {

class SdpSkip {
 public:
  SdpSkip(const SdpPlan& plan, const UnitMemory& memory, const AtomTaker& taker)
      : plan_(plan),
        memory_(memory),
        taker_(taker),
        writes_(plan.queue),
        last_(plan.streams.size() - 1) {
    for (const SdpStream& s : plan.streams) streams_.emplace_back(s, memory.latency);
    // A pack is four atoms, and its third last atom is asked for.
    const std::size_t kept = std::size_t{4} * SdpStream::kPack;
    stages_.assign(plan.stages.size(), {History(kept), History(kept), History(kept)});
  }

  UnitCounters run() {
    settle();
    while (read_next()) settle();
    counts_.cycles = counts_.writes.last + kInterrupt;
    counts_.idle = counts_.cycles - counts_.busy - counts_.source_stalls - counts_.operand_stalls -
                   counts_.output_stalls;
    return counts_;
  }

 private:
  struct Stage {
    History passed;
    History source;   // when the atom could pass if only its source counted
    History operand;  // and its operands
  };

  void settle() {
    for (bool any = true; any;) {
      any = false;
      for (std::size_t s = 0; s < stages_.size(); ++s) {
        if (const int stream = plan_.stages[s].stream; stream >= 0)
          any |= streams_[static_cast<std::size_t>(stream)].settle(stages_[s].passed);
        while (pass(s)) any = true;
      }
    }
  }

  bool read_next() {
    std::uint64_t soonest = kUnknown;
    for (const StreamTimes& s : streams_)
      if (!s.all_read()) soonest = std::min(soonest, s.ready());
    if (soonest == kUnknown) return false;
    const std::uint64_t chosen = std::max(soonest, choice_free_);
    do last_ = (last_ + 1) % streams_.size();
    while (streams_[last_].all_read() || streams_[last_].ready() > chosen);
    const std::uint64_t now = std::max(chosen, port_free_);
    streams_[last_].read(now);
    counts_.reads[static_cast<std::size_t>(plan_.names[last_])].add(now);
    port_free_ = now + memory_.read_interval;
    choice_free_ = std::max(chosen + 1, now);
    return true;
  }

  bool pass(std::size_t s) {
    Stage& stage = stages_[s];
    const SdpPass& rule = plan_.stages[s];
    const std::uint64_t atom = stage.passed.size();
    if (atom == plan_.atoms) return false;
    std::uint64_t time = atom == 0 ? 0 : stage.passed.back() + rule.cycles;
    std::uint64_t source = 0, operand = 0;
    if (s > 0) {
      const Stage& before = stages_[s - 1];
      if (before.passed.size() <= atom) return false;
      time = std::max(time, before.passed[atom] + rule.lead);
      source = before.source[atom] + rule.lead;
      operand = before.operand[atom] + rule.lead;
    }
    if (rule.stream >= 0) {
      const std::uint64_t there = streams_[static_cast<std::size_t>(rule.stream)].there(atom);
      if (there == kUnknown) return false;
      time = std::max(time, there);
      (s == 0 ? source : operand) = std::max(s == 0 ? source : operand, there);
    }
    const std::uint64_t room = room_behind(s, atom);
    if (room == kUnknown) return false;
    time = std::max(time, room);
    if (s + 1 == stages_.size()) leave(atom, time, source, operand);
    stage.passed.push(time);
    if (rule.stream >= 0) streams_[static_cast<std::size_t>(rule.stream)].pass(atom, time);
    stage.source.push(source);
    stage.operand.push(operand);
    return true;
  }

  std::uint64_t room_behind(std::size_t s, std::uint64_t atom) const {
    if (s + 1 == stages_.size()) return atom < plan_.queue ? 0 : writes_[atom - plan_.queue];
    const History& behind = stages_[s + 1].passed;
    const std::uint32_t room = plan_.stages[s].room;
    if (atom < room) return 0;
    return behind.size() <= atom - room ? kUnknown
                                        : behind[atom - room] + plan_.stages[s].after_room;
  }

  void leave(std::uint64_t atom, std::uint64_t time, std::uint64_t source, std::uint64_t operand) {
    const std::uint64_t cycles = plan_.stages.back().cycles;
    const std::uint64_t from = atom == 0 ? kFirstRead : stages_.back().passed.back() + cycles;
    const std::uint64_t with_source = std::clamp(source, from, time);
    const std::uint64_t with_all = std::clamp(operand, with_source, time);
    counts_.source_stalls += with_source - from;
    counts_.operand_stalls += with_all - with_source;
    counts_.output_stalls += time - with_all;
    counts_.busy += cycles;
    std::uint64_t write = time + plan_.exit;
    if (atom > 0 && !taker_) write = std::max(write, writes_.back() + memory_.write_interval);
    if (taker_) write = taker_(write);
    writes_.push(write);
    counts_.writes.add(write);
  }

  const SdpPlan& plan_;
  const UnitMemory& memory_;
  const AtomTaker& taker_;
  std::deque<StreamTimes> streams_;
  std::vector<Stage> stages_;
  History writes_;
  std::uint64_t port_free_ = kFirstRead;
  std::uint64_t choice_free_ = kFirstRead;
  std::size_t last_;  // the stream that was chosen last
  UnitCounters counts_;
};

}  // namespace

UnitCounters sdp_skip(const SdpPlan& plan, const UnitMemory& memory, const AtomTaker& taker) {
  return SdpSkip(plan, memory, taker).run();
}

}  // namespace sim::dnnguard
