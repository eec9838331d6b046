#include "tests/accelerators/optimus/machine_support.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

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
  config.seed = shape.seed;
  return workload::build_transformer(config, workload::MaskMaker(config.mask, shape.seed));
}

std::string simulate(const workload::Model& model, const Config& config,
                     const MachineOptions& options, const std::vector<SentenceLengths>& sentences) {
  return test_support::in_child([&] {
    const Program program = compile(model, config);
    Machine machine(
        "optimus", program, config, options, sentences, [](std::size_t, std::uint64_t) {}, nullptr);
    machine.simulate(std::nullopt);
    return text_of(collect(machine, config));
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
