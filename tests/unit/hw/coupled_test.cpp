// Chains and meshes of units that interrupt each other: the same cycles and counters stepped,
// skipped and by a judge.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <vector>

#include "sim/hw/clock.h"
#include "sim/hw/coupled_unit.h"
#include "tests/support/in_child.h"
#include "tests/unit/hw/coupled_engines.h"
#include "tests/unit/hw/effort.h"

namespace sim::hw::coupled_test {
namespace {

/// A case on the kernel.
class Mesh {
 public:
  Mesh(const Case& c, bool skip) : c_(c), skip_(skip) {
    for (const auto& depths : c.depths) {
      auto& row = queues_.emplace_back();
      for (const std::uint32_t depth : depths) row.push_back(std::make_unique<BurstQueue>(depth));
    }
    add_producers();
    for (std::size_t s = 0; s < c.stages.size(); ++s) add_stage(s);
    for (std::size_t i = 0; i < c.lanes(); ++i) {
      add_engine<ConsumerTick, ConsumerSkip>(c.services[i], *queues_.back()[i],
                                             [this] { taken(); });
      consumer_of(*queues_.back()[i]);
    }
    for (Ends& e : ends_) e.queue->connect(*units_[e.producer], *units_[e.consumer]);
  }

  Outcome run() {
    sc_core::sc_start();
    if (failure_) std::rethrow_exception(failure_);
    if (arrived_ != c_.bursts()) throw std::runtime_error("the mesh is stuck");
    Outcome outcome{.last_cycle = last_cycle_};
    for (auto& unit : units_) {
      outcome.events += unit->events();
      unit->finish(last_cycle_);
    }
    for (std::size_t i = 0; i < units_.size(); ++i) outcome.counters += texts_[i]();
    return outcome;
  }

 private:
  struct Ends {
    BurstQueue* queue;
    std::size_t producer;
    std::size_t consumer;
  };

  template <class Engine>
  void add_unit(std::unique_ptr<Engine> engine, std::function<std::string()> text) {
    units_.push_back(std::make_unique<CoupledUnit>(fmt::format("unit{}", units_.size()).c_str(),
                                                   *engine, failure_));
    engines_.push_back(std::move(engine));
    texts_.push_back(std::move(text));
  }
  template <class Tick, class Skip, class... Arguments>
  void add_engine(Arguments&&... arguments) {
    std::unique_ptr<MeshEngine> engine;
    if (skip_) {
      engine = std::make_unique<Skip>(std::forward<Arguments>(arguments)...);
    } else {
      engine = std::make_unique<Tick>(std::forward<Arguments>(arguments)...);
    }
    const MeshEngine* made = engine.get();
    add_unit(std::move(engine), [made] { return made->text(); });
  }
  void producer_of(BurstQueue& queue) { ends_.push_back({&queue, units_.size() - 1, 0}); }
  void consumer_of(BurstQueue& queue) {
    for (Ends& e : ends_) {
      if (e.queue == &queue) e.consumer = units_.size() - 1;
    }
  }

  void add_producers() {
    std::uint64_t id = 0;
    for (std::size_t i = 0; i < c_.lanes(); ++i) {
      add_engine<ProducerTick, ProducerSkip>(c_.producers[i], id, *queues_[0][i]);
      producer_of(*queues_[0][i]);
      id += c_.producers[i].size();
    }
  }
  void add_stage(std::size_t s) {
    const Stage& stage = c_.stages[s];
    std::size_t place = 0;
    for (const std::uint32_t size : stage.groups) {
      if (size == 1) {
        add_engine<RelayTick, RelaySkip>(stage.relay_cycles[place], in(s, place), out(s, place));
      } else {
        add_port(s, place, size);
      }
      for (std::size_t i = place; i < place + size; ++i) {
        producer_of(out(s, i));
        consumer_of(in(s, i));
      }
      place += size;
    }
  }
  void add_port(std::size_t s, std::size_t place, std::uint32_t size) {
    std::vector<SharedPort::Requester> requesters;
    for (std::size_t i = place; i < place + size; ++i) {
      requesters.push_back({&in(s, i), &out(s, i), c_.stages[s].weights[i]});
    }
    std::unique_ptr<SharedPort> port;
    if (skip_) {
      port = std::make_unique<SharedPortSkip>(std::move(requesters));
    } else {
      port = std::make_unique<SharedPortTick>(std::move(requesters));
    }
    const SharedPort* made = port.get();
    add_unit(std::move(port), [made, size] {
      std::string text;
      for (std::size_t i = 0; i < size; ++i) {
        const RequesterCounts& n = made->counts(i);
        text +=
            fmt::format("port {} {} {} {}\n", n.bursts, n.grants, n.grant_waits, n.output_waits);
      }
      return text;
    });
  }
  BurstQueue& in(std::size_t stage, std::size_t place) {
    return *queues_[stage][c_.stages[stage].order[place]];
  }
  BurstQueue& out(std::size_t stage, std::size_t place) { return *queues_[stage + 1][place]; }

  void taken() {
    if (++arrived_ < c_.bursts()) return;
    last_cycle_ = now();
    sc_core::sc_stop();
  }

  const Case& c_;
  const bool skip_;
  std::vector<std::vector<std::unique_ptr<BurstQueue>>> queues_;
  std::vector<Ends> ends_;
  std::vector<std::unique_ptr<Engine>> engines_;
  std::vector<std::unique_ptr<CoupledUnit>> units_;
  std::vector<std::function<std::string()>> texts_;
  std::uint64_t arrived_ = 0;
  std::uint64_t last_cycle_ = 0;
  std::exception_ptr failure_;
};

Outcome simulate(const Case& c, bool skip) {
  std::istringstream text(test_support::in_child([&] {
    sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
    const Outcome outcome = Mesh(c, skip).run();
    return fmt::format("{} {}\n{}", outcome.last_cycle, outcome.events, outcome.counters);
  }));
  Outcome outcome;
  text >> outcome.last_cycle >> outcome.events;
  text.get();
  outcome.counters.assign(std::istreambuf_iterator<char>(text), {});
  return outcome;
}

TEST(CoupledUnits, StepSkipAndJudgeAgreeInEveryCounter) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const Case c = random_case(seed);
    const Outcome expected = judge(c);
    for (const bool skip : {false, true}) {
      const Outcome outcome = simulate(c, skip);
      ASSERT_EQ(outcome.last_cycle, expected.last_cycle) << "seed " << seed << " skip " << skip;
      ASSERT_EQ(outcome.counters, expected.counters) << "seed " << seed << " skip " << skip;
    }
  }
}

test::Effort effort_of(const Case& c) {
  const Outcome outcome = simulate(c, true);
  return {outcome.events, outcome.last_cycle};
}

/// From 200 meshes as drawn, with times of a few cycles, to times ten times as long: 7.1 % more
/// events, in 9.8 times the cycles. From there to a hundred times as long: 0.3 % more. The first
/// step cannot be held to 5 %: what a queue or a port hands on is seen one cycle later, whatever
/// the times, so that with times of 1 to 3 cycles changes of a unit that have nothing to do with
/// each other fall into one cycle and are one event; longer times take them apart. That this is all
/// of the 7.1 % is argued, not measured.
TEST(CoupledUnits, EventsGrowWithWhatChangesAndNotWithCycles) {
  test::Effort drawn, longer, longest;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Case c = random_case(seed);
    drawn += effort_of(c);
    longer += effort_of(stretched(c, 10));
    longest += effort_of(stretched(c, 100));
  }
  test::expect_events_of_changes(drawn, longer, 9, 8);
  test::expect_events_of_changes(longer, longest, 9, 1);
}

}  // namespace
}  // namespace sim::hw::coupled_test
