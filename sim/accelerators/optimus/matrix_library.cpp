#include "sim/accelerators/optimus/matrix_library.h"

#include <algorithm>

namespace sim::optimus {
namespace {

constexpr std::size_t kCutsKept = 3;  // of a layer; more would take more memory than time is worth

std::vector<const workload::Mask*> pointers(const MaskParts& parts) {
  std::vector<const workload::Mask*> all;
  for (const auto& part : parts) all.push_back(part.get());
  return all;
}

}  // namespace

const RowLoads& MatrixLibrary::loads(std::uint32_t layer, const MaskParts& parts) const {
  const auto [found, is_new] = loads_.try_emplace(layer);
  if (is_new) found->second = row_loads(pointers(parts), encoding_);
  return found->second;
}

MatrixLibrary::Mapped MatrixLibrary::mapped(std::uint32_t layer, const MaskParts& parts,
                                            std::uint32_t most_slots, std::uint32_t stride) const {
  if (stride > 1) {
    const auto [found, is_new] = samples_.try_emplace({layer, most_slots, stride});
    if (is_new) found->second = make(parts, most_slots, stride);
    return found->second;
  }
  std::vector<Kept>& cuts = cuts_[layer];
  const auto found = std::find_if(cuts.begin(), cuts.end(),
                                  [&](const Kept& cut) { return cut.most_slots == most_slots; });
  if (found != cuts.end()) {
    std::rotate(cuts.begin(), found, found + 1);
    return cuts.front().mapped;
  }
  if (cuts.size() == kCutsKept) cuts.pop_back();
  cuts.insert(cuts.begin(), {most_slots, make(parts, most_slots, 1)});
  return cuts.front().mapped;
}

MatrixLibrary::Mapped MatrixLibrary::make(const MaskParts& parts, std::uint32_t most_slots,
                                          std::uint32_t stride) const {
  EncodingConfig encoding = encoding_;
  encoding.accumulators_per_mac = kFillerSlot;  // the cut says how many are used
  encoding.most_slots = most_slots;
  encoding.stride = stride;
  Mapped mapped{std::make_shared<const EncodedMatrix>(encode(pointers(parts), encoding)), {}};
  if (!occupancies_) return mapped;
  for (const EncodedBlock& block : mapped.matrix->blocks) {
    mapped.occupancy.push_back(std::make_shared<const Occupancy>(block));
  }
  return mapped;
}

}  // namespace sim::optimus
