#include "sim/accelerators/dnnguard/sdp_tick.h"

#include <algorithm>

namespace sim::dnnguard {

SdpTick::SdpTick(const SdpPlan& plan, const UnitMemory& memory)
    : plan_(plan), memory_(memory), last_(plan.streams.size() - 1) {
  for (const SdpStream& s : plan_.streams)
    streams_.push_back({.rule = &s, .unread = s.beats(), .left = s.items, .due = {}, .packs = {}});
  std::uint32_t to_last = 0;
  for (std::size_t s = plan_.stages.size(); s-- > 0;) {
    stages_.insert(stages_.begin(), {History(kPassedKept), to_last});
    to_last += plan_.stages[s].lead;
  }
}

void SdpTick::tick() {
  write();
  for (std::size_t s = 0; s < stages_.size(); ++s) {
    if (plan_.stages[s].stream < 0) continue;
    Stream& stream = streams_[static_cast<std::size_t>(plan_.stages[s].stream)];
    send_pack(stream, stages_[s].passed);
    pack_beat(stream);
  }
  for (std::size_t s = stages_.size(); s-- > 0;)
    if (may_pass(s)) pass(s);
  count_last_stage();
  read();
  ++now_;
  counts_.cycles = now_;
}

void SdpTick::write() {
  if (leaving_.empty() || leaving_.front() > now_ || now_ < next_write_) return;
  leaving_.pop_front();
  counts_.writes.add(now_);
  next_write_ = now_ + memory_.write_interval;
}

std::uint32_t SdpTick::pack_size(const Stream& stream) const {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(stream.left, stream.rule->pack_items()));
}

bool SdpTick::places_free(const Stream& stream, const History& passed) const {
  if (stream.packs.empty() && stream.before == 0) return true;
  const std::uint64_t end = stream.packs.empty() ? 0 : stream.packs.back().end;
  const std::uint64_t items = end - stream.before + std::min(stream.before, pack_size(stream));
  const std::uint64_t users = items * stream.rule->atoms_per_item;
  if (users < stream.rule->ahead) return true;
  const std::uint64_t atom = users - stream.rule->ahead;
  if (atom + kPassedKept < passed.size()) return true;  // long ago: an atom takes a cycle or more
  return atom < passed.size() && passed[atom] + stream.rule->release <= now_;
}

void SdpTick::send_pack(Stream& stream, const History& passed) {
  const std::uint32_t items = pack_size(stream);
  if (stream.beats == 0 || stream.beats < items * stream.rule->beats_per_item) return;
  if (!places_free(stream, passed)) return;
  const std::uint64_t end = stream.packs.empty() ? 0 : stream.packs.back().end;
  stream.packs.push_back({now_, end + items});
  stream.before = items;
  stream.left -= items;
  if (stream.left == 0) stream.left = stream.rule->items;
  stream.beats = 0;
}

void SdpTick::pack_beat(Stream& stream) {
  if (stream.due.empty() || stream.due.front() > now_) return;
  if (stream.beats == pack_size(stream) * stream.rule->beats_per_item) return;
  stream.due.pop_front();
  --stream.flight;
  ++stream.beats;
}

/// Has the atom's item been in the queue for `before` cycles?
bool SdpTick::item_there(const Stream& stream, std::uint64_t atom, std::uint64_t before) const {
  const std::uint64_t item = atom / stream.rule->atoms_per_item;
  const auto pack = std::find_if(stream.packs.begin(), stream.packs.end(),
                                 [&](const Pack& p) { return item < p.end; });
  return pack != stream.packs.end() && pack->sent + before <= now_;
}

bool SdpTick::may_pass(std::size_t s) const {
  const std::uint64_t atom = passed(s);
  const SdpPass& rule = plan_.stages[s];
  if (atom == plan_.atoms) return false;
  if (atom > 0 && now_ < stages_[s].passed.back() + rule.cycles) return false;
  if (s > 0 && (passed(s - 1) == atom || now_ < stages_[s - 1].passed[atom] + rule.lead))
    return false;
  if (rule.stream >= 0 && !item_there(streams_[static_cast<std::size_t>(rule.stream)], atom, 0))
    return false;
  if (s + 1 == stages_.size()) return leaving_.size() < plan_.queue;
  if (atom < rule.room) return true;
  const std::uint64_t ahead = atom - rule.room;
  return ahead < passed(s + 1) && stages_[s + 1].passed[ahead] + rule.after_room <= now_;
}

void SdpTick::pass(std::size_t s) {
  stages_[s].passed.push(now_);
  if (s + 1 == stages_.size()) leaving_.push_back(now_ + plan_.exit);
}

/// Have the atom's operands been there so long that it could be in the last stage?
bool SdpTick::operands_there(std::uint64_t atom) const {
  bool there = true;
  for (std::size_t s = 1; s < stages_.size(); ++s) {
    const int stream = plan_.stages[s].stream;
    if (stream < 0) continue;
    there &= item_there(streams_[static_cast<std::size_t>(stream)], atom, stages_[s].to_last);
  }
  return there;
}

void SdpTick::count_last_stage() {
  const std::size_t last = stages_.size() - 1;
  const std::uint64_t atom = passed(last);
  if (atom > 0 && now_ < stages_[last].passed.back() + plan_.stages[last].cycles) {
    ++counts_.busy;
  } else if (now_ < kFirstRead || atom == plan_.atoms) {
    ++counts_.idle;
  } else if (!item_there(streams_[0], atom, stages_[0].to_last)) {
    ++counts_.source_stalls;
  } else {
    const bool operands = operands_there(atom);
    ++(operands ? counts_.output_stalls : counts_.operand_stalls);
  }
  for (Stream& stream : streams_) {
    while (stream.packs.size() > 1 &&
           stream.packs.front().end * stream.rule->atoms_per_item <= atom)
      stream.packs.pop_front();
  }
}

void SdpTick::read() {
  if (waiting_) ask();
  if (waiting_ || now_ < kFirstRead) return;
  choose();
  ask();
}

/// The next stream that may read, if any, waits for the port.
void SdpTick::choose() {
  for (std::size_t n = 1; n <= streams_.size(); ++n) {
    const std::size_t index = (last_ + n) % streams_.size();
    Stream& stream = streams_[index];
    if (stream.unread == 0 || stream.flight == stream.rule->flight) continue;
    --stream.unread;
    ++stream.flight;
    last_ = index;
    waiting_ = true;
    return;
  }
}

/// The stream that waits asks for its beat, if the port takes it.
void SdpTick::ask() {
  if (!waiting_ || now_ < next_read_) return;
  waiting_ = false;
  streams_[last_].due.push_back(now_ + memory_.latency + SdpPlan::kBeatReturn);
  counts_.reads[static_cast<std::size_t>(plan_.names[last_])].add(now_);
  next_read_ = now_ + memory_.read_interval;
}

UnitCounters sdp_tick(const SdpPlan& plan, const UnitMemory& memory) {
  SdpTick unit(plan, memory);
  while (!unit.done()) unit.tick();
  return unit.counts();
}

}  // namespace sim::dnnguard
