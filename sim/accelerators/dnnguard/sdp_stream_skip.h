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
    if (in_pack_ == 0 || in_pack_ < pack_size() * stream_.beats_per_item) return false;
    std::uint64_t time = packed_.back() + 1;
    const std::uint32_t places = std::min(pack_size(), pack_before_);
    const std::uint64_t freed = (end_ - pack_before_ + places) * stream_.atoms_per_item;
    if (freed >= stream_.ahead) {
      const std::uint64_t atom = freed - stream_.ahead;
      if (passed.size() <= atom) return false;
      time = std::max(time, passed[atom] + stream_.release);
    }
    pack_before_ = pack_size();
    sent_ = time;
    end_ += pack_size();
    packs_.push_back({end_, time});
    left_ -= pack_size();
    if (left_ == 0) left_ = stream_.items;
    in_pack_ = 0;
    return true;
  }

  const SdpStream& stream_;
  const std::uint64_t latency_;
  History read_;
  History packed_;
  std::uint64_t left_ = 0;         // items of the command that are not in packs sent
  std::uint32_t in_pack_ = 0;      // beats of the pack that is being filled
  std::uint32_t pack_before_ = 0;  // items of the last pack sent
  std::uint64_t sent_ = 0;         // when the last pack went
  std::uint64_t end_ = 0;          // items in packs sent
  std::deque<Pack> packs_;
};

}  // namespace sim::dnnguard
