#include "sim/accelerators/optimus/matrix_library.h"

#include <algorithm>

#include "sim/accelerators/optimus/matrix_memory.h"

namespace sim::optimus {
namespace {

constexpr std::size_t kCutsKept = 3;  // of a layer; more would take more memory than time is worth
constexpr std::uint64_t kTriedKept = 64
                                     << 20;  // bytes of all layers, for sweeps that compare again

std::vector<const workload::Mask*> pointers(const MaskParts& parts) {
  std::vector<const workload::Mask*> all;
  for (const auto& part : parts) all.push_back(part.get());
  return all;
}

}  // namespace

std::uint64_t MatrixLibrary::Mapped::bytes() const {
  std::uint64_t sum = matrix->bytes();
  for (const auto& block : occupancy) sum += block->bytes();
  return sum;
}

const RowLoads& MatrixLibrary::loads(std::uint32_t layer, const MaskParts& parts) const {
  const auto [found, is_new] = loads_.try_emplace(layer);
  if (is_new) {
    found->second = row_loads(pointers(parts), encoding_);
    tried_bytes_ += found->second.bytes();
  }
  return found->second;
}

const MatrixLibrary::Mapped* MatrixLibrary::find(Latest& kept, std::uint32_t layer,
                                                 std::uint32_t most_slots, std::uint32_t stride) {
  const auto found = std::find_if(kept.begin(), kept.end(),
                                  [&](const Kept& k) { return k.is(layer, most_slots, stride); });
  if (found == kept.end()) return nullptr;
  kept.splice(kept.begin(), kept, found);
  return &kept.front().mapped;
}

MatrixLibrary::Mapped MatrixLibrary::mapped(std::uint32_t layer, const MaskParts& parts,
                                            std::uint32_t most_slots, const Ask& ask) const {
  Latest& cuts = cuts_[layer];
  if (const Mapped* kept = find(cuts, layer, most_slots, 1)) return *kept;
  const Mapped* compared = find(tried_, layer, most_slots, 1);
  if (cuts.size() == kCutsKept) cuts.pop_back();
  cuts.push_front({layer, most_slots, 1,
                   compared != nullptr ? *compared : make(layer, parts, most_slots, 1, ask)});
  return cuts.front().mapped;
}

MatrixLibrary::Mapped MatrixLibrary::tried(std::uint32_t layer, const MaskParts& parts,
                                           std::uint32_t most_slots, std::uint32_t stride,
                                           const Ask& ask) const {
  if (const Mapped* kept = find(cuts_[layer], layer, most_slots, stride)) return *kept;
  if (const Mapped* kept = find(tried_, layer, most_slots, stride)) return *kept;
  tried_.push_front({layer, most_slots, stride, make(layer, parts, most_slots, stride, ask)});
  tried_bytes_ += tried_.front().mapped.bytes();
  while (tried_bytes_ > kTriedKept && tried_.size() > 1) {
    tried_bytes_ -= tried_.back().mapped.bytes();
    tried_.pop_back();
  }
  return tried_.front().mapped;
}

MatrixLibrary::Mapped MatrixLibrary::make(std::uint32_t layer, const MaskParts& parts,
                                          std::uint32_t most_slots, std::uint32_t stride,
                                          const Ask& ask) const {
  EncodingConfig encoding = encoding_;
  encoding.accumulators_per_mac = kFillerSlot;  // the cut says how many are used
  encoding.most_slots = most_slots;
  encoding.stride = stride;
  ask(mapping_bound(loads(layer, parts), parts[0]->columns(), encoding, occupancies_));
  Mapped mapped{std::make_shared<const EncodedMatrix>(encode(pointers(parts), encoding)), {}};
  if (!occupancies_) return mapped;
  for (const EncodedBlock& block : mapped.matrix->blocks) {
    mapped.occupancy.push_back(std::make_shared<const Occupancy>(block));
  }
  return mapped;
}

}  // namespace sim::optimus
