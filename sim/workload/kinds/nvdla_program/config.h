#pragma once

#include <string>

#include "sim/base/config_reader.h"
#include "sim/workload/nvdla_program.h"

namespace sim::workload::nvdla_program {

struct Config {
  std::string program;  // relative to the workload file
  nvdla::Configuration configuration;

  static Config from(base::ConfigReader& in);
};

}  // namespace sim::workload::nvdla_program
