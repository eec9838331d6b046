#include "sim/hw/dram_address.h"

#include "sim/base/check.h"

namespace sim::hw {
namespace {

std::uint32_t& part(DramPlace& place, AddressField field) {
  switch (field) {
    case AddressField::kRow:
      return place.row;
    case AddressField::kRank:
      return place.rank;
    case AddressField::kGroup:
      return place.group;
    case AddressField::kBank:
      return place.bank;
    case AddressField::kColumn:
      return place.column;
    case AddressField::kChannel:
      break;
  }
  return place.channel;
}

}  // namespace

DramPlace dram_place(const BankedDramConfig& config, std::uint64_t address) {
  SIM_CHECK(address < config.capacity_bytes(), "address {} is beyond the DRAM's {} bytes", address,
            config.capacity_bytes());
  DramPlace place;
  std::uint64_t rest = address / config.burst_bytes();
  for (auto field = config.mapping.rbegin(); field != config.mapping.rend(); ++field) {
    part(place, *field) = static_cast<std::uint32_t>(rest % config.size(*field));
    rest /= config.size(*field);
  }
  return place;
}

}  // namespace sim::hw
