#include "sim/accelerators/poetbin/timeline.h"

#include <fmt/format.h>

namespace sim::poetbin {

TimelineObserver::TimelineObserver(const Program& program, stats::Timeline& timeline)
    : program_(program),
      timeline_(timeline),
      words_(timeline.series("source", "words", "words/cycle")),
      delivered_(timeline.series("sink", "samples", "samples/cycle")) {}

void TimelineObserver::sample(std::uint64_t index, const SampleTimes& times) {
  const std::string name = fmt::format("sample {}", index);
  timeline_.span("source", name, times.first_word, times.accepted + 1);
  timeline_.span("machine", name, times.accepted + 1, times.valid);
  timeline_.span("sink", name, times.valid, times.delivered + 1);
  timeline_.add(words_, times.first_word, times.accepted + 1, program_.stream.load_words);
  timeline_.add(delivered_, times.delivered, times.delivered + 1, 1);
}

void TimelineObserver::issue(std::uint64_t sample, std::uint32_t slot, std::uint64_t cycle) {
  const Slot& s = program_.fabric->slots[slot];
  const std::string name = fmt::format("sample {}, {}", sample, program_.luts.levels[s.level].name);
  const std::uint64_t gathered = cycle + 1 + s.gather_cycles;
  timeline_.span("sequencer", name, cycle, cycle + 1);
  timeline_.span("gather", name, cycle + 1, gathered);
  timeline_.span("look_up", name, gathered, gathered + 1);
  timeline_.span("write_back", name, gathered + 1, gathered + 2);
}

}  // namespace sim::poetbin
