#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/config_reader.h"
#include "sim/workload/lengths.h"
#include "sim/workload/luts_config.h"

namespace sim::workload {

enum class WorkloadKind { kTrace, kTransformer, kLuts };
enum class MaskKind { kIid, kSkewed, kMeasured, kDense };
enum class LengthKind { kFixed, kHistogram };

/// Which weights of a synthetic model are kept.
struct MaskConfig {
  MaskKind kind = MaskKind::kSkewed;
  double attention = 0;  // shares kept, in (0, 1]; 0 (measured only): as in the trace
  double feed_forward = 0;
  double projection = 0;
  double row_sigma = 0;
  double column_sigma = 0;
  std::string trace;  // measured: relative to the workload file

  static MaskConfig from(base::ConfigReader& in);
};

/// A Transformer of given shape without values.
struct TransformerConfig {
  std::uint32_t encoder_layers = 0;
  std::uint32_t decoder_layers = 0;
  std::uint32_t d_model = 0;
  std::uint32_t heads = 0;
  std::uint32_t d_ff = 0;
  std::uint32_t vocabulary = 0;  // 0: the output projection is left to the host
  MaskConfig mask;
};

/// Which sentences of a trace, or which lengths.
struct SentenceConfig {
  std::uint32_t first = 0;          // trace
  std::uint32_t count = 0;          // 0: all of the trace
  std::vector<std::uint64_t> list;  // trace: instead of first and count
  std::uint32_t max_target_tokens =
      0;  // trace; 0: 2 n + 10, at most what the model has positions for
  LengthKind lengths = LengthKind::kFixed;
  std::uint32_t source_tokens = 0;  // fixed
  std::uint32_t target_tokens = 0;
  std::string file;  // histogram: relative to the workload file
  Sampling sampling = Sampling::kRandom;
};

/// A workload file: every key of workloads/*.yaml.
struct WorkloadConfig {
  WorkloadKind kind = WorkloadKind::kTrace;
  std::string trace;  // relative to the workload file
  TransformerConfig transformer;
  SentenceConfig sentences;
  LutsConfig luts;
  std::uint64_t seed = 0;  // of everything that is drawn

  static WorkloadConfig from(base::ConfigReader& in);
};

/// Whether anything is drawn, so that a seed has a meaning. Reads no more keys than it must.
bool draws_at_random(base::ConfigReader& in);

}  // namespace sim::workload
