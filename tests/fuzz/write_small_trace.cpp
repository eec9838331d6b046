#include <string>
#include <string_view>
#include <utility>

#include "sim/base/file.h"
#include "tests/unit/workload/network_builder.h"

/// write_small_trace FOLDER: seeds for the fuzzer of the trace reader, one of each kind and schema.
int main(int argc, char** argv) {
  using sim::workload::TraceParts;
  if (argc != 2) return 1;
  const std::pair<const char*, TraceParts (*)()> seeds[] = {
      {"schema_1", sim::workload::valid_trace},
      {"encoder_decoder", sim::workload::valid_encoder_decoder},
      {"decoder", sim::workload::valid_decoder},
      {"encoder", sim::workload::valid_encoder},
      {"feed_forward", sim::workload::valid_feed_forward}};
  for (const auto& [name, make] : seeds) {
    const auto bytes = make().bytes();
    sim::base::write_file_atomically(
        std::string(argv[1]) + "/" + name + ".safetensors",
        std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }
  return 0;
}
