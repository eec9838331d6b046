#include <fmt/format.h>

#include <deque>
#include <vector>

#include "tests/unit/hw/coupled_case.h"

namespace sim::hw::coupled_test {
namespace {

using Cycle = std::uint64_t;

struct Item {
  std::uint64_t id;
  std::uint32_t beats;
};

/// What is in a queue at the beginning of a cycle, and what the cycle changes.
struct Line {
  std::uint32_t depth = 0;
  std::deque<Item> items;
  std::vector<Item> coming;
  bool leaving = false;

  bool sees_item() const { return !items.empty(); }
  bool sees_place() const { return items.size() < depth; }
  void clock() {
    if (leaving) items.pop_front();
    leaving = false;
    for (const Item& item : coming) items.push_back(item);
    coming.clear();
  }
};

struct Maker {
  std::vector<Made> list;
  std::uint64_t first_id = 0;
  std::size_t made = 0;
  std::uint64_t worked = 0;
  std::uint64_t busy = 0, pushes = 0, waits = 0, over = 0;

  void cycle(Line& out) {
    if (made == list.size()) {
      ++over;
    } else if (worked < list[made].work) {
      ++worked;
      ++busy;
    } else if (out.sees_place()) {
      out.coming.push_back({first_id + made, list[made].beats});
      ++made;
      worked = 0;
      ++pushes;
    } else {
      ++waits;
    }
  }
};

struct Taker {
  std::vector<std::uint64_t> services;
  std::size_t taken = 0;
  std::uint64_t left = 0;
  std::uint64_t busy = 0, waits = 0;
  std::string arrivals{};

  void cycle(Line& in, Cycle now) {
    if (left > 0) {
      --left;
      ++busy;
    } else if (in.sees_item()) {
      arrivals += fmt::format(" {}@{}", in.items.front().id, now);
      in.leaving = true;
      left = services[taken++ % services.size()];
    } else {
      ++waits;
    }
  }
};

struct Repeater {
  std::uint32_t cycles = 0;
  bool holds = false;
  Item item{};
  std::uint64_t left = 0;
  std::uint64_t busy = 0, takes = 0, gives = 0, input_waits = 0, output_waits = 0;

  void cycle(Line& in, Line& out) {
    if (left > 0) {
      --left;
      ++busy;
    } else if (holds && out.sees_place()) {
      out.coming.push_back(item);
      holds = false;
      ++gives;
    } else if (holds) {
      ++output_waits;
    } else if (in.sees_item()) {
      item = in.items.front();
      in.leaving = true;
      holds = true;
      left = cycles;
      ++takes;
    } else {
      ++input_waits;
    }
  }
};

/// Round robin as a list of turns that rotates: whoever is in front and does not want goes to the
/// back.
struct Meeting {
  struct Guest {
    std::uint32_t number, weight;
    Item item{};
    std::uint64_t left = 0;
    std::uint64_t bursts = 0, grants = 0, waits = 0, blocked = 0;
  };
  std::vector<Guest> guests;
  std::deque<std::uint32_t> turns;  // front: who may go on
  std::uint32_t budget = 0;         // of the front

  void cycle(const std::vector<Line*>& in, const std::vector<Line*>& out) {
    for (std::size_t i = 0; i < guests.size(); ++i) begin(guests[i], *in[i], *out[i]);
    bool any = false;
    for (const Guest& g : guests) any = any || g.left > 0;
    if (!any) {
      rotate_idle();
      return;
    }
    while (budget == 0 || guests[turns.front()].left == 0) next_turn();
    --budget;
    for (Guest& g : guests) {
      if (g.left > 0) ++(g.number == turns.front() ? g.grants : g.waits);
    }
    Guest& granted = guests[turns.front()];
    if (--granted.left == 0) out[granted.number]->coming.push_back(granted.item);
  }
  void begin(Guest& g, Line& in, const Line& out) {
    if (g.left > 0 || !in.sees_item()) return;
    if (!out.sees_place()) {
      ++g.blocked;
      return;
    }
    g.item = in.items.front();
    in.leaving = true;
    g.left = g.item.beats;
    ++g.bursts;
  }
  void next_turn() {
    turns.push_back(turns.front());
    turns.pop_front();
    budget = guests[turns.front()].weight;
  }
  /// A cycle without requests ends the turn.
  void rotate_idle() { budget = 0; }
};

struct Mesh {
  const Case& c;
  std::vector<std::vector<Line>> lines;  // [stage][lane]
  std::vector<Maker> makers;
  std::vector<std::vector<Repeater>> repeaters;  // [stage][place]
  std::vector<std::vector<Meeting>> meetings;    // [stage][group], also of groups of one (unused)
  std::vector<Taker> takers;

  explicit Mesh(const Case& chosen) : c(chosen) {
    for (const auto& depths : c.depths) {
      auto& row = lines.emplace_back(depths.size());
      for (std::size_t i = 0; i < depths.size(); ++i) row[i].depth = depths[i];
    }
    std::uint64_t id = 0;
    for (const auto& list : c.producers) {
      makers.push_back({.list = list, .first_id = id});
      id += list.size();
    }
    for (const auto& services : c.services) takers.push_back({.services = services});
    for (const Stage& stage : c.stages) add_stage(stage);
  }
  void add_stage(const Stage& stage) {
    auto& row = repeaters.emplace_back();
    for (const std::uint32_t cycles : stage.relay_cycles) row.push_back({.cycles = cycles});
    auto& groups = meetings.emplace_back();
    std::size_t place = 0;
    for (const std::uint32_t size : stage.groups) {
      Meeting& meeting = groups.emplace_back();
      for (std::uint32_t i = 0; i < size; ++i) {
        meeting.guests.push_back({.number = i, .weight = stage.weights[place++]});
        meeting.turns.push_back(i);
      }
      // Before the first cycle the turn is the last one's, and it is over.
      meeting.turns.push_front(meeting.turns.back());
      meeting.turns.pop_back();
    }
  }
  void cycle(Cycle now) {
    for (std::size_t i = 0; i < makers.size(); ++i) makers[i].cycle(lines[0][i]);
    for (std::size_t s = 0; s < c.stages.size(); ++s) cycle_stage(s);
    for (std::size_t i = 0; i < takers.size(); ++i) takers[i].cycle(lines.back()[i], now);
    for (auto& row : lines) {
      for (Line& line : row) line.clock();
    }
  }
  void cycle_stage(std::size_t s) {
    const Stage& stage = c.stages[s];
    std::size_t place = 0;
    for (std::size_t g = 0; g < stage.groups.size(); ++g) {
      std::vector<Line*> in, out;
      for (std::uint32_t i = 0; i < stage.groups[g]; ++i) {
        in.push_back(&lines[s][stage.order[place + i]]);
        out.push_back(&lines[s + 1][place + i]);
      }
      if (in.size() == 1) {
        repeaters[s][place].cycle(*in[0], *out[0]);
      } else {
        meetings[s][g].cycle(in, out);
      }
      place += stage.groups[g];
    }
  }
  std::uint64_t arrived() const {
    std::uint64_t sum = 0;
    for (const Taker& t : takers) sum += t.taken;
    return sum;
  }
  std::string text() const {
    std::string all;
    for (const Maker& m : makers) {
      all += fmt::format("producer {} {} {} {}\n", m.busy, m.pushes, m.waits, m.over);
    }
    for (std::size_t s = 0; s < c.stages.size(); ++s) all += stage_text(s);
    for (const Taker& t : takers)
      all += fmt::format("consumer {} {}{}\n", t.busy, t.waits, t.arrivals);
    return all;
  }
  std::string stage_text(std::size_t s) const {
    std::string all;
    std::size_t place = 0;
    for (std::size_t g = 0; g < meetings[s].size(); ++g) {
      const Meeting& meeting = meetings[s][g];
      if (meeting.guests.size() == 1) {
        const Repeater& r = repeaters[s][place];
        all += fmt::format("relay {} {} {} {} {}\n", r.busy, r.takes, r.gives, r.input_waits,
                           r.output_waits);
      } else {
        for (const auto& x : meeting.guests) {
          all += fmt::format("port {} {} {} {}\n", x.bursts, x.grants, x.waits, x.blocked);
        }
      }
      place += meeting.guests.size();
    }
    return all;
  }
};

}  // namespace

Outcome judge(const Case& c) {
  Mesh mesh(c);
  Cycle now = 0;
  while (true) {
    mesh.cycle(now);
    if (mesh.arrived() == c.bursts()) break;
    ++now;
  }
  return {.counters = mesh.text(), .last_cycle = now};
}

}  // namespace sim::hw::coupled_test
