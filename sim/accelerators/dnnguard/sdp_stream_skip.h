#pragma once

#include <algorithm>
#include <deque>

#include "sim/accelerators/dnnguard/sdp_plan.h"
#include "sim/accelerators/dnnguard/unit_history.h"

namespace sim::dnnguard {

/// A time that depends on reads that are not chosen yet.
constexpr std::uint64_t kUnknown = ~std::uint64_t{0};

/// From reads to the cycle in which each pack goes to the queue of its stage.
class StreamTimes {
 public:
  StreamTimes(const SdpStream& stream, std::uint64_t latency)
      : stream_(stream),
        latency_(latency),
        read_(stream.flight + SdpStream::kPack),
        packed_(stream.flight + SdpStream::kPack) {
    left_ = stream.items;
  }

  bool all_read() const { return read_.size() == stream_.beats(); }
  /// The cycle from which the next read may be asked for, kUnknown if that depends on later reads.
  std::uint64_t ready() const {
    const std::uint64_t k = read_.size();
    if (k < stream_.flight) return kFirstRead;
    return k - stream_.flight < packed_.size() ? packed_[k - stream_.flight] : kUnknown;
  }
  void read(std::uint64_t now) { read_.push(now); }

  /// Packs what has been read and sends packs, as far as the times at which atoms passed the stage
  /// are known. True if anything became known.
  bool settle(const History& passed) {
    bool any = false;
    while (pack_beat() || send_pack(passed)) any = true;
    return any;
  }

  /// An atom passes the stage.
  void pass(std::uint64_t atom, std::uint64_t now) {
    if (freed_ == kUnknown && atom == watched_) freed_ = now + stream_.release;
  }

  /// When the item of an atom comes to the queue, kUnknown if it is not known. Atoms in order.
  std::uint64_t there(std::uint64_t atom) {
    const std::uint64_t item = atom / stream_.atoms_per_item;
    while (!packs_.empty() && packs_.front().end <= item) packs_.pop_front();
    return packs_.empty() ? kUnknown : packs_.front().time;
  }

 private:
  struct Pack {
    std::uint64_t end;  // first item behind it
    std::uint64_t time;
  };

  std::uint32_t pack_size() const {  // items
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(left_, stream_.pack_items()));
  }

  bool pack_beat() {
    const std::uint64_t k = packed_.size();
    if (k == read_.size() || in_pack_ == pack_size() * stream_.beats_per_item) return false;
    std::uint64_t time = read_[k] + latency_ + SdpPlan::kBeatReturn;
    if (k > 0) time = std::max(time, packed_.back() + 1);
    packed_.push(std::max(time, in_pack_ == 0 ? sent_ : 0));
    ++in_pack_;
    return true;
  }

  bool send_pack(const History& passed) {
    const std::uint32_t items = pack_size();
    if (in_pack_ == 0 || in_pack_ < items * stream_.beats_per_item || freed_ == kUnknown)
      return false;
    sent_ = std::max(packed_.back() + 1, freed_);
    end_ += items;
    packs_.push_back({end_, sent_});
    left_ -= items;
    if (left_ == 0) left_ = stream_.items;
    in_pack_ = 0;
    watch_places(passed, items);
    return true;
  }

  /// Finds the atom that frees the places of the next pack, behind one of so many items.
  void watch_places(const History& passed, std::uint32_t before) {
    const std::uint64_t items = end_ - before + std::min(before, pack_size());
    const std::uint64_t atoms = items * stream_.atoms_per_item;
    freed_ = atoms < stream_.ahead ? 0 : kUnknown;
    if (freed_ == 0) return;
    watched_ = atoms - stream_.ahead;
    if (watched_ < passed.size()) freed_ = passed[watched_] + stream_.release;
  }

  const SdpStream& stream_;
  const std::uint64_t latency_;
  History read_;
  History packed_;
  std::uint64_t left_ = 0;     // items of the command that are not in packs sent
  std::uint32_t in_pack_ = 0;  // beats of the pack that is being filled
  std::uint64_t sent_ = 0;     // when the last pack went
  std::uint64_t end_ = 0;      // items in packs sent
  std::uint64_t watched_ = 0;  // the atom that frees the places of the next pack
  std::uint64_t freed_ = 0;    // when they are free, kUnknown until it has passed
  std::deque<Pack> packs_;
};

}  // namespace sim::dnnguard
