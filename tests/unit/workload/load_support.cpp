#include "tests/unit/workload/load_support.h"

#include "sim/base/error.h"
#include "sim/workload/load.h"

namespace sim::workload::test {

const std::string kFolder = LOCKSTEP_SOURCE_DIR "/workloads/";

Workload load_text(const std::string& yaml) {
  auto reader = base::ConfigReader::text(yaml, kFolder + "w.yaml");
  return load(reader);
}

std::string refusal(const std::string& yaml) {
  try {
    load_text(yaml);
  } catch (const base::UserError& e) {
    const std::string message = e.what();
    return message.starts_with(kFolder) ? message.substr(kFolder.size()) : message;
  }
  return "no error";
}

const NetworkTask& task(const Workload& workload) {
  return only_task<NetworkTask>(workload, "test");
}

}  // namespace sim::workload::test
