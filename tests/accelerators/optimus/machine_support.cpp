#include "tests/accelerators/optimus/machine_support.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "sim/accelerators/optimus/compiler.h"
#include "sim/accelerators/optimus/results.h"
#include "sim/workload/synthetic.h"
#include "tests/support/in_child.h"

namespace sim::optimus::test {
namespace {

std::string text_of(const core::Cell& cell) {
  return std::visit([](const auto& value) { return fmt::format("{}", value); }, cell);
}

std::string shape_of(const std::optional<energy::MemoryShape>& m) {
  return m ? fmt::format(" {} x {} B x {} bits", m->banks, m->bank_bytes, m->width_bits) : "";
}

std::string text_of(const core::RunResult& result) {
  std::string text;
  for (const auto& h : result.headlines) {
    text += fmt::format("headline {} {}\n", h.metric.name, text_of(h.value));
  }
  for (const auto& table : result.tables) {
    for (const auto& row : table.rows) {
      text += table.name;
      for (const auto& cell : row) text += fmt::format(" {}", text_of(cell));
      text += "\n";
    }
  }
  for (const auto& a : result.activities) {
    text += fmt::format("activity {} {} {} {} of {} bits{}\n", a.unit, a.counter, a.event, a.count,
                        a.width_bits, shape_of(a.memory));
  }
  for (const auto& p : result.static_parts) {
    text += fmt::format("static {} {} bits clocked {}{}\n", p.unit, p.register_bits,
                        p.clocked_cycles, shape_of(p.memory));
  }
  return text;
}

/// The counter that a series is named after; 0 for series that are no counter's.
const stats::CounterValue* counter_of(const stats::Series& series, const stats::Tree& tree) {
  const auto& counters = tree.unit(series.unit).counters;
  const auto found = std::find_if(counters.begin(), counters.end(),
                                  [&](const auto& c) { return c.name == series.name; });
  return found == counters.end() ? nullptr : &*found;
}

std::string text_of(const stats::TimelineData& timeline, const stats::Tree& tree) {
  std::string text = fmt::format("timeline {} cycles a step, {} spans from cycle {} left out\n",
                                 timeline.step, timeline.spans_left_out, timeline.spans_before);
  for (const stats::Span& s : timeline.spans) {
    text += fmt::format("span {} {} {} {}\n", s.unit, s.name, s.begin, s.end);
  }
  for (const stats::Series& s : timeline.series) {
    text += fmt::format("series {} {} {}\n", s.unit, s.name, fmt::join(s.amounts, " "));
    const auto sum = std::accumulate(s.amounts.begin(), s.amounts.end(), std::uint64_t{0});
    const auto* counter = counter_of(s, tree);
    if (counter != nullptr && counter->value != sum) {
      text += fmt::format("{} {} {} != {}\n", kBrokenSum, s.unit, s.name, counter->value);
    }
  }
  return text;
}

}  // namespace

Config config_of(const std::string& yaml) {
  return base::ConfigReader::text(yaml, "test.yaml").read<Config>();
}

workload::Model model_of(const Shape& shape) {
  workload::TransformerConfig config;
  config.encoder_layers = shape.layers;
  config.decoder_layers = shape.layers;
  config.d_model = shape.d_model;
  config.heads = shape.heads;
  config.d_ff = shape.d_ff;
  config.vocabulary = shape.vocabulary;
  config.mask.kind = workload::MaskKind::kIid;
  config.mask.attention = shape.density;
  config.mask.feed_forward = shape.density;
  config.mask.projection = shape.density;
  return workload::build_transformer(config, workload::MaskMaker(config.mask, shape.seed));
}

std::string simulate(const workload::Model& model, const Config& config,
                     const MachineOptions& options, const std::vector<SentenceLengths>& sentences) {
  return test_support::in_child([&] {
    const Program program = compile(model, config);
    stats::Timeline timeline({0, std::numeric_limits<std::uint64_t>::max()},
                             {.spans = 100, .steps = 32});
    Machine machine(
        "optimus", program, config, options, sentences, [](std::size_t, std::uint64_t) {},
        &timeline);
    machine.simulate(std::nullopt);
    const core::RunResult result = collect(machine, config);
    return text_of(result) + text_of(timeline.take(result.cycles), result.stats);
  });
}

std::uint64_t headline(const std::string& text, const std::string& name) {
  const std::string key = fmt::format("headline {} ", name);
  const std::size_t at = text.find(key);
  if (at == std::string::npos) {
    ADD_FAILURE() << "no headline " << name;
    return 0;
  }
  return std::stoull(text.substr(at + key.size()));
}

}  // namespace sim::optimus::test
