#include "tests/accelerators/poetbin/design_support.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <exception>
#include <utility>

#include "sim/reference/lut_cascade.h"
#include "tests/support/in_child.h"
#include "tests/support/random_luts.h"

namespace sim::poetbin::test {
namespace {

class Silent final : public core::Progress {
 public:
  void update(std::string_view, std::uint64_t, std::uint64_t, std::uint64_t) override {}
};

std::string shown(const core::Cell& cell) {
  return std::visit([](const auto& value) { return fmt::format("{}", value); }, cell);
}

std::string text_of(const core::RunResult& result) {
  std::string text = fmt::format("cycles {}\n", result.cycles);
  for (const auto& h : result.headlines) {
    text += fmt::format("headline {} {}\n", h.metric.name, shown(h.value));
  }
  for (const auto& table : result.tables) {
    for (const auto& row : table.rows) {
      text += table.name;
      for (std::size_t i = 0; i < row.size(); ++i) {
        text += fmt::format(" {}={}", table.columns.at(i).name, shown(row[i]));
      }
      text += "\n";
    }
  }
  for (const auto& unit : result.stats.units) {
    for (const auto& c : unit.counters) {
      text += fmt::format("counter {}.{} {}\n", unit.unit, c.name, c.value);
    }
  }
  for (const auto& a : result.activities) {
    text +=
        fmt::format("activity {} {} {} {} {}\n", a.unit, a.counter, a.event, a.width_bits, a.count);
  }
  for (const auto& p : result.static_parts) {
    text += fmt::format("static {} {} {} {}\n", p.unit, p.register_bits, p.clocked_cycles,
                        p.memory ? p.memory->bank_bytes * p.memory->banks : 0);
  }
  for (const auto& span : result.timeline.spans) {
    text += fmt::format("span {} {} {} {}\n", span.unit, span.name, span.begin, span.end);
  }
  for (const std::string& note : result.notes) text += fmt::format("note {}\n", note);
  return text;
}

std::string run(const std::string& yaml, const workload::Workload& workload,
                const core::RunOptions& options) {
  auto reader = base::ConfigReader::text(yaml, "poetbin");
  const auto design = accelerator().configure(reader, 100);
  design->check(workload);
  Silent progress;
  return text_of(design->run(workload, options, progress));
}

}  // namespace

workload::LutTask task_of(workload::LutProgram program, std::uint32_t samples, std::uint64_t seed) {
  base::Rng rng(seed);
  workload::LutTask task;
  task.vectors.stimulus = "random bits";
  task.vectors.inputs = sim::test::random_bits(rng, samples, program.inputs);
  for (const auto& level : program.levels) {
    task.vectors.levels.emplace_back(samples, level.luts);
  }
  for (std::uint32_t s = 0; s < samples; ++s) {
    const auto signals = reference::lut_signals(program, task.vectors.inputs, s);
    for (const std::int32_t score : reference::lut_scores(program, signals)) {
      task.vectors.scores.push_back(score);
    }
    for (std::size_t l = 0; l < program.levels.size(); ++l) {
      const auto first = static_cast<std::size_t>(program.first_signal(l));
      for (std::uint32_t i = 0; i < program.levels[l].luts; ++i) {
        task.vectors.levels[l].set(s, i, signals[first + i] != 0);
      }
    }
    task.vectors.labels.push_back(static_cast<std::uint16_t>(rng.below(program.classes)));
  }
  task.program = std::move(program);
  return task;
}

workload::Workload workload_of(workload::LutTask task) {
  return {"random", "", {{"", std::make_shared<workload::LutTask>(std::move(task))}}};
}

workload::Workload workload_of(workload::LutProgram program, std::uint32_t samples,
                               std::uint64_t seed) {
  return workload_of(task_of(std::move(program), samples, seed));
}

std::string simulate(const std::string& yaml, const workload::Workload& workload,
                     const core::RunOptions& options) {
  return test_support::in_child([&] { return run(yaml, workload, options); });
}

std::string failure(const std::string& yaml, const workload::Workload& workload,
                    const core::RunOptions& options) {
  return test_support::in_child([&]() -> std::string {
    try {
      run(yaml, workload, options);
    } catch (const std::exception& e) {
      return e.what();
    }
    return "";
  });
}

double headline(const std::string& text, const std::string& name) {
  const std::string key = "headline " + name + " ";
  const std::size_t at = text.find(key);
  EXPECT_NE(at, std::string::npos) << name;
  return at == std::string::npos ? -1 : std::stod(text.substr(at + key.size()));
}

}  // namespace sim::poetbin::test
