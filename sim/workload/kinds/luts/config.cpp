#include "sim/workload/kinds/luts/config.h"

#include "sim/workload/shared_keys.h"

namespace sim::workload::luts {
namespace {

using base::ConfigReader;

constexpr std::uint64_t kMaxSamples = 1 << 24;
constexpr std::string_view kIfRandom = "stimulus is random";

void read_samples(ConfigReader in, Config& c) {
  if (in.applies("first", c.stimulus == StimulusKind::kVectors, "stimulus is vectors")) {
    c.first = in.integer32({.name = "first",
                            .unit = "samples",
                            .max = kMaxSamples - 1,
                            .fallback = 0,
                            .meaning = "number of the first vector"});
  }
  c.count = in.integer32({.name = "count",
                          .unit = "samples",
                          .max = kMaxSamples,
                          .fallback = 0,
                          .meaning = "how many; 0: all vectors from the first on, or 1000 random "
                                     "samples"});
  in.finish();
}

}  // namespace

StimulusKind read_stimulus(ConfigReader& in) {
  return in.choice<StimulusKind>(
      "stimulus", {{"vectors", StimulusKind::kVectors}, {"random", StimulusKind::kRandom}},
      StimulusKind::kVectors,
      "what the program is run on; vectors: those in its file, in their order; random: bits that "
      "are drawn, for which no reference exists");
}

Config Config::from(ConfigReader& in) {
  Config c;
  c.program = read_program_path(in);
  c.stimulus = read_stimulus(in);
  const bool random = c.stimulus == StimulusKind::kRandom;
  if (in.applies("ones_percent", random, kIfRandom)) {
    c.ones_percent = in.number({.name = "ones_percent",
                                .unit = "%",
                                .max = 100,
                                .fallback = 50,
                                .meaning = "probability that a drawn bit is 1"});
  }
  read_samples(in.section("samples", "which inputs, or how many"), c);
  if (in.applies("seed", random, kIfRandom)) c.seed = read_seed(in);
  return c;
}

}  // namespace sim::workload::luts
