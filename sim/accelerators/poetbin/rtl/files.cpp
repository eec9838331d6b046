#include "sim/accelerators/poetbin/rtl/files.h"

#include "sim/base/error.h"

namespace sim::poetbin::rtl {

std::vector<core::SourceFile> source_files(const Replay& replay) {
  switch (replay.config.variant) {
    case Variant::kSpatial:
      return spatial_files(replay);
    case Variant::kFabric:
      return fabric_files(replay);
    case Variant::kColumns:
      break;
  }
  throw base::ConfigError("poetbin.variant: columns has no SystemVerilog; spatial and fabric have");
}

}  // namespace sim::poetbin::rtl
