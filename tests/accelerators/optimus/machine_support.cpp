#include "tests/accelerators/optimus/machine_support.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "sim/accelerators/optimus/compiler.h"
#include "sim/accelerators/optimus/job.h"
#include "sim/accelerators/optimus/results.h"
#include "sim/workload/kinds/transformer/synthetic.h"
#include "tests/support/in_child.h"

namespace sim::optimus::test {
namespace {

std::string text_of(const core::Cell& cell) {
  return std::visit([](const auto& value) { return fmt::format("{}", value); }, cell);
}

std::string shape_of(const std::optional<energy::MemoryShape>& m) {
  if (!m) return "";
  return fmt::format(" {} x {} B x {} bits in {} cycles", m->banks, m->bank_bytes, m->width_bits,
                     m->access_cycles);
}

std::string wires_of(const std::optional<energy::WireTree>& wires) {
  if (!wires) return "";
  return fmt::format(" to {} over {}", wires->ends, fmt::join(wires->over, " "));
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
    text += fmt::format("activity {} {} {} {} of {} bits{}{}{}\n", a.unit, a.counter, a.event,
                        a.count, a.width_bits, shape_of(a.memory), wires_of(a.wires),
                        a.estimated ? " estimated" : "");
  }
  for (const auto& unit : result.stats.units) {
    for (const auto& c : unit.counters) {
      text += fmt::format("counter {} {} {}\n", unit.unit, c.name, c.value);
    }
  }
  for (const auto& p : result.static_parts) {
    text += fmt::format("static {} {} bits clocked {}{}{}\n", p.unit, p.register_bits,
                        p.clocked_cycles, shape_of(p.memory), p.estimated ? " estimated" : "");
  }
  if (result.roofline) {
    for (const core::Link& link : result.roofline->links) {
      text += fmt::format("link {} {} {}\n", link.name, link.amount, link.peak_per_cycle);
    }
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

std::string text_of_run(const Program& program, const Config& config, const MachineOptions& options,
                        const std::vector<SentenceLengths>& sentences) {
  stats::Timeline timeline({0, std::numeric_limits<std::uint64_t>::max()},
                           {.spans = 100, .steps = 32});
  Machine machine(
      "optimus", program, config, options, sentences, [](std::size_t, std::uint64_t) {}, &timeline);
  machine.simulate(std::nullopt);
  const core::RunResult result = collect(machine.record(), program, config);
  return text_of(result) + text_of(timeline.take(result.cycles), result.stats);
}

/// Any memory that the paths to DRAM can have, some of them too slow for the array.
std::string random_dram(base::Rng& rng, RandomMemory memory) {
  constexpr const char* kStandards[] = {"ddr4_2400", "lpddr4_3200", "hbm2", "gddr6"};
  std::string y = fmt::format("dram_request_bytes: {}, dram: {{port: {{outstanding: {}, ",
                              1 + rng.below(300), 1 + rng.below(20));
  y += fmt::format("bytes_per_cycle: {}}}, ", 1 + rng.below(80));
  const std::uint64_t kind = rng.below(memory == RandomMemory::kAny ? 3 : 2);
  if (kind == 0) return y + "kind: ideal}";
  if (kind == 1) {
    const std::uint64_t interval = memory == RandomMemory::kAny ? 1 + rng.below(3) * 9 : 1;
    return y + fmt::format(
                   "kind: fixed, fixed: {{bytes_per_cycle: {}, latency_cycles: {}, "
                   "accept_interval_cycles: {}}}}}",
                   1 + rng.below(40), rng.below(60), interval);
  }
  return y + fmt::format("kind: banked, banked: {{standard: {}, queue_depth: {}}}}}",
                         kStandards[rng.below(4)], 1 + rng.below(32));
}

std::string random_stores(base::Rng& rng, RandomMemory memory) {
  const bool streamed = rng.below(2) == 0;
  const bool tables = memory == RandomMemory::kAny && rng.below(3) == 0;
  std::string y = streamed ? "weight_store: streamed" : "weight_store: resident";
  if (tables) y += ", embedding_store: dram";
  if (streamed || tables) y += ", " + random_dram(rng, memory);
  if (streamed && memory == RandomMemory::kAny) {
    y += fmt::format(", prefetch_weights: {}", rng.below(2) == 0);
  }
  return y;
}

}  // namespace

Config config_of(const std::string& yaml) {
  auto config = base::ConfigReader::text(yaml, "test.yaml").read<Config>();
  config.clock_mhz = 200;
  return config;
}

workload::Network model_of(const Shape& shape) {
  workload::transformer::ModelConfig config;
  config.encoder_layers = shape.layers;
  config.decoder_layers = shape.layers;
  config.d_model = shape.d_model;
  config.heads = shape.heads;
  config.d_ff = shape.d_ff;
  config.vocabulary = shape.vocabulary;
  config.mask.kind = workload::transformer::MaskKind::kIid;
  config.mask.attention = shape.density;
  config.mask.feed_forward = shape.density;
  config.mask.projection = shape.density;
  return build_transformer(config, workload::transformer::MaskMaker(config.mask, shape.seed));
}

std::string simulate(const workload::Network& model, const Config& config,
                     const MachineOptions& options, const std::vector<SentenceLengths>& sentences) {
  return test_support::in_child(
      [&] { return text_of_run(compile(model, config, sentences), config, options, sentences); });
}

std::string simulate(const Program& program, const Config& config, const MachineOptions& options,
                     const std::vector<SentenceLengths>& sentences) {
  return test_support::in_child([&] { return text_of_run(program, config, options, sentences); });
}

std::string simulate(const workload::SparseProducts& task, const Config& config,
                     core::Engine engine) {
  const auto workload = std::make_shared<workload::SparseProducts>(task);
  const Job job = Job::of({"test", "", {{"", workload}}});
  return test_support::in_child([&] {
    const Program program = job.compiled(config);
    const MachineOptions options{.engine = engine,
                                 .nonzero = job.nonzero_inputs(config, program, nullptr)};
    return text_of_run(program, config, options, job.lengths());
  });
}

std::string random_machine(base::Rng& rng, RandomMemory memory) {
  constexpr std::uint32_t kWays[] = {1, 2, 4, 8};
  const std::uint32_t ways = kWays[rng.below(4)];
  const auto pick = [&](auto... names) {
    const char* all[] = {names...};
    return all[rng.below(sizeof...(names))];
  };
  const auto rule = [&] {
    const std::uint64_t kind = rng.below(3);
    if (kind == 2) return std::to_string(1 + rng.below(6));
    return std::string(kind == 0 ? "auto" : "largest");
  };
  const std::uint64_t hold = rng.below(4);
  std::string y =
      fmt::format("mac_array: {{macs: {}, accumulators_per_mac: {}, {}, tile_rows: {}, ",
                  ways * (1 + rng.below(24)), 1 + rng.below(40),
                  hold == 0 ? "weight_hold: false" : "tile_tokens: " + rule(), rule());
  y += fmt::format("accumulators: {}, pipeline_depth_cycles: {}, issue_cycles: {}, ",
                   pick("private", "private", "shared"), 1 + rng.below(6), rng.below(4));
  y += fmt::format("sparse: {{format: sa_rcsc, ways: {}, column_mark: {}, way_choice: {}}}}}\n",
                   ways, pick("delta", "pointer", "column_length"),
                   pick("offline", "offline", "runtime"));
  y += fmt::format("input_window: {{scope: {}, columns: {}, load_width_elements_per_cycle: {}}}\n",
                   pick("global", "per_set", "two_level"), 1 + rng.below(40), 1 + rng.below(24));
  y += fmt::format("load_compute_matching: {}\nfuse_shared_inputs: {}\n", rng.below(3) != 0,
                   rng.below(3) != 0);
  const bool skip = rng.below(2) != 0;
  y += fmt::format("skipping: {{redundant_decoding: {}", skip);
  if (!skip) {
    y += fmt::format(", cross_kv_once: {}, project_all_positions: {}, masked_scores: {}",
                     rng.below(2) != 0, rng.below(2) != 0, rng.below(2) != 0);
  }
  y += fmt::format(
      "}}\npost_processing: {{softmax_lanes: {}, norm_lanes: {}, softmax_overlap: {}, "
      "output_width_elements_per_cycle: {}}}\n",
      1 + rng.below(20), 1 + rng.below(20), rng.below(3) != 0, 1 + rng.below(24));
  y += fmt::format("memories: {{kv_port_elements_per_cycle: {}, {}}}\n", rng.below(70),
                   random_stores(rng, memory));
  return y;
}

Shape random_shape(base::Rng& rng) {
  const auto heads = static_cast<std::uint32_t>(1 + rng.below(4));
  return {.layers = static_cast<std::uint32_t>(1 + rng.below(2)),
          .d_model = heads * static_cast<std::uint32_t>(1 + rng.below(12)),
          .heads = heads,
          .d_ff = static_cast<std::uint32_t>(1 + rng.below(80)),
          .vocabulary = static_cast<std::uint32_t>(rng.below(120)),
          .density = 0.05 + 0.95 * rng.uniform(),
          .seed = rng.next()};
}

std::uint64_t number_after(const std::string& text, const std::string& key) {
  const std::size_t at = text.find(key + " ");
  if (at == std::string::npos) {
    ADD_FAILURE() << "no " << key;
    return 0;
  }
  return std::stoull(text.substr(at + key.size()));
}

std::uint64_t headline(const std::string& text, const std::string& name) {
  return number_after(text, "headline " + name);
}

}  // namespace sim::optimus::test
