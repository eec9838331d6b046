#pragma once

#include <cstdint>
#include <string>

#include "sim/base/config_reader.h"
#include "sim/workload/kinds/transformer/lengths.h"

namespace sim::workload::transformer {

enum class MaskKind { kIid, kSkewed, kMeasured, kDense };
enum class LengthKind { kFixed, kHistogram };

/// Which weights of a model are kept.
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
struct ModelConfig {
  std::uint32_t encoder_layers = 0;
  std::uint32_t decoder_layers = 0;
  std::uint32_t d_model = 0;
  std::uint32_t heads = 0;
  std::uint32_t d_ff = 0;
  std::uint32_t vocabulary = 0;  // 0: the output projection is left to the host
  MaskConfig mask;

  static ModelConfig from(base::ConfigReader& in);
};

/// How many sentences of which lengths.
struct SentenceConfig {
  std::uint32_t count = 0;  // 0: one
  LengthKind lengths = LengthKind::kFixed;
  std::uint32_t source_tokens = 0;  // fixed
  std::uint32_t target_tokens = 0;
  std::string file;  // histogram: relative to the workload file
  Sampling sampling = Sampling::kRandom;

  static SentenceConfig from(base::ConfigReader& in);
};

struct Config {
  ModelConfig model;
  double relu_density = 1;  // of outputs of ReLU
  std::uint64_t seed = 0;   // of everything that is drawn
  SentenceConfig sentences;

  static Config from(base::ConfigReader& in);
};

}  // namespace sim::workload::transformer
