#include "sim/workload/workload_kind.h"

#include <filesystem>

namespace sim::workload {

std::string beside(const base::ConfigReader& in, const std::string& path) {
  return (std::filesystem::path(in.file_name()).parent_path() / path).lexically_normal().string();
}

}  // namespace sim::workload
