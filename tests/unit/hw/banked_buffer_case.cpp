#include "tests/unit/hw/banked_buffer_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "sim/base/rng.h"
#include "sim/hw/banked_buffer_skip.h"
#include "tests/unit/hw/looped_engine.h"
#include "tests/unit/hw/memory_stream.h"

namespace sim::hw::buffer_test {
namespace {

using memory_test::between;

std::vector<std::uint64_t> random_services(base::Rng& rng) {
  std::vector<std::uint64_t> services(between(rng, 1, 6));
  for (std::uint64_t& s : services) s = rng.below(3) == 0 ? between(rng, 1, 60) : rng.below(3);
  return services;
}

std::uint64_t pause(base::Rng& rng) { return rng.below(5) == 0 ? rng.below(120) : rng.below(3); }

PortCase random_port(base::Rng& rng, const BankedBufferConfig& config, std::uint32_t owners) {
  PortCase p{.owner = static_cast<std::uint32_t>(rng.below(owners)),
             .request_depth = between(rng, 1, 6),
             .response_depth = between(rng, 1, 8),
             .requests = {},
             .services = random_services(rng)};
  const auto most =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(config.words(), between(rng, 1, 40)));
  std::uint64_t cycle = 0;
  for (std::uint32_t left = between(rng, 0, 30); left > 0; --left) {
    cycle += pause(rng);
    const std::uint32_t words = between(rng, 1, most);
    p.requests.push_back({cycle, rng.below(config.words() - words + 1), words, rng.below(2) == 0});
  }
  return p;
}

template <class Cycles>
void stretch(std::vector<Cycles>& cycles, std::uint32_t factor) {
  for (Cycles& c : cycles) c *= factor;
}

/// Sends and receives on the other side of a port.
template <class Port>
class Requester {
 public:
  Requester(Port& port, const std::vector<std::uint64_t>& services)
      : port_(port), services_(services) {}

  template <class Show>
  void receive(std::uint64_t cycle, const Show& show) {
    if (cycle < free_ || !port_.can_receive(cycle)) return;
    responses_ += fmt::format(" {}@{}", show(port_.receive(cycle)), cycle);
    free_ = cycle + 1 + services_[received_++ % services_.size()];
  }
  template <class List, class Make>
  void send(std::uint64_t cycle, const List& list, const Make& make) {
    if (sent_ == list.size() || list[sent_].cycle > cycle || !port_.can_send(cycle)) return;
    port_.send(cycle, make(sent_));
    ++sent_;
  }
  std::size_t received() const { return received_; }
  const std::string& responses() const { return responses_; }

 private:
  Port& port_;
  const std::vector<std::uint64_t>& services_;
  std::size_t sent_ = 0;
  std::size_t received_ = 0;
  std::uint64_t free_ = 0;
  std::string responses_{};
};

template <class Counts>
std::string text(const Counts& counts, std::span<const stats::Field<Counts>> fields) {
  std::string all;
  for (const auto& f : fields) all += fmt::format("{} {} ", f.name, counts.*f.member);
  return all + "\n";
}

/// A case around an engine.
template <class Engine>
class Loop {
 public:
  explicit Loop(const Case& c)
      : c_(c),
        commands_(c.command_depth, c.command_response_depth),
        ports_(make_ports(c)),
        engine_(c.config, engine_ports(), c.owners, commands_),
        looped_(engine_),
        commander_(commands_, c.command_services) {
    for (std::size_t i = 0; i < ports_.size(); ++i) {
      ports_[i]->connect(watchful_, looped_);
      requesters_.emplace_back(*ports_[i], c.ports[i].services);
    }
    commands_.connect(watchful_, looped_);
  }

  Engine& engine() { return engine_; }

  Outcome run(std::uint64_t tail, bool disturb) {
    constexpr std::uint64_t kTooLong = 10'000'000;
    base::Rng rng(tail, "order");
    std::uint64_t last = kTooLong;
    for (std::uint64_t cycle = 0; cycle <= last; ++cycle) {
      looped_.begin_cycle();
      const bool anyway = cycle == last || (disturb && rng.below(5) == 0);
      const bool engine_first = rng.below(2) == 0;
      if (engine_first) looped_.run(cycle, anyway);
      step_requesters(cycle);
      if (!engine_first) looped_.run(cycle, anyway);
      if (last == kTooLong && answered() == c_.answers()) last = cycle + 1 + tail;
      if (cycle + 1 == kTooLong) throw std::runtime_error("the buffer is stuck");
    }
    return outcome(last + 1);
  }

 private:
  static std::vector<std::unique_ptr<BufferPort>> make_ports(const Case& c) {
    std::vector<std::unique_ptr<BufferPort>> ports;
    for (const PortCase& p : c.ports) {
      ports.push_back(std::make_unique<BufferPort>(p.request_depth, p.response_depth));
    }
    return ports;
  }
  std::vector<BankedBuffer::Port> engine_ports() const {
    std::vector<BankedBuffer::Port> ports;
    for (std::size_t i = 0; i < ports_.size(); ++i) {
      ports.push_back({ports_[i].get(), c_.ports[i].owner});
    }
    return ports;
  }
  void step_requesters(std::uint64_t cycle) {
    for (std::size_t i = 0; i < requesters_.size(); ++i) {
      const std::vector<Asked>& list = c_.ports[i].requests;
      requesters_[i].receive(cycle, [](const BufferResponse& r) {
        return fmt::format("{}:{}", r.id, r.refused_words);
      });
      requesters_[i].send(cycle, list, [&](std::size_t k) {
        return BufferRequest{i * 1000 + k, list[k].address, list[k].words, list[k].write};
      });
    }
    commander_.receive(cycle,
                       [](const BankCommand& b) { return fmt::format("{}:{}", b.bank, b.owner); });
    commander_.send(cycle, c_.commands, [&](std::size_t k) { return c_.commands[k].command; });
  }
  std::uint64_t answered() const {
    std::uint64_t sum = commander_.received();
    for (const auto& r : requesters_) sum += r.received();
    return sum;
  }
  Outcome outcome(std::uint64_t cycles) const {
    Outcome o{.cycles = cycles, .events = looped_.events()};
    for (const auto& r : requesters_) o.responses += r.responses() + "\n";
    o.responses += commander_.responses() + "\n";
    for (std::size_t i = 0; i < ports_.size(); ++i) {
      o.counters += text(engine_.port_counts(i), buffer_port_fields());
    }
    for (std::size_t i = 0; i < c_.config.banks; ++i) {
      o.counters += text(engine_.bank_counts(i), bank_fields());
    }
    return o;
  }

  const Case& c_;
  test::Watchful watchful_;
  BankCommandPort commands_;
  std::vector<std::unique_ptr<BufferPort>> ports_;
  Engine engine_;
  test::LoopedEngine looped_;
  std::vector<Requester<BufferPort>> requesters_;
  Requester<BankCommandPort> commander_;
};

}  // namespace

std::uint64_t Case::answers() const {
  std::uint64_t sum = commands.size();
  for (const PortCase& p : ports) sum += p.requests.size();
  return sum;
}

Case random_case(std::uint64_t seed) {
  base::Rng rng(seed, "buffer");
  Case c{};
  c.config = {.banks = between(rng, 1, 8),
              .rows = between(rng, 1, 24),
              .mapping = rng.below(2) == 0 ? BankMapping::kInterleaved : BankMapping::kBlocked,
              .latency_cycles = rng.below(4) == 0 ? 0 : between(rng, 1, 6)};
  const std::uint32_t owners = between(rng, 1, 3);
  for (std::uint32_t i = 0; i < c.config.banks; ++i) {
    c.owners.push_back(static_cast<std::uint32_t>(rng.below(owners)));
  }
  for (std::uint32_t left = between(rng, 1, 6); left > 0; --left) {
    c.ports.push_back(random_port(rng, c.config, owners));
  }
  c.command_depth = between(rng, 1, 4);
  c.command_response_depth = between(rng, 1, 4);
  c.command_services = random_services(rng);
  std::uint64_t cycle = 0;
  for (std::uint32_t left = between(rng, 0, 20); left > 0; --left) {
    cycle += pause(rng);
    c.commands.push_back({cycle,
                          {static_cast<std::uint32_t>(rng.below(c.config.banks)),
                           static_cast<std::uint32_t>(rng.below(owners))}});
  }
  return c;
}

Case with_longer_stalls(const Case& original, std::uint32_t factor) {
  Case c = original;
  for (PortCase& p : c.ports) {
    stretch(p.services, factor);
    for (Asked& a : p.requests) a.cycle *= factor;
  }
  stretch(c.command_services, factor);
  for (Given& g : c.commands) g.cycle *= factor;
  return c;
}

Case stretched(const Case& original, std::uint32_t factor) {
  Case c = with_longer_stalls(original, factor);
  c.config.rows *= factor;
  for (PortCase& p : c.ports) {
    for (Asked& a : p.requests) {
      a.words *= factor;
      a.address *= factor;
    }
  }
  return c;
}

template <class Engine>
Outcome run(const Case& c, std::uint64_t tail, bool disturb) {
  return Loop<Engine>(c).run(tail, disturb);
}

Outcome run_traced(const Case& c, std::vector<BankAccess>& accesses) {
  Loop<BankedBufferTick> loop(c);
  loop.engine().trace_accesses(accesses);
  return loop.run(0, false);
}

template Outcome run<BankedBufferTick>(const Case&, std::uint64_t, bool);
template Outcome run<BankedBufferSkip>(const Case&, std::uint64_t, bool);

}  // namespace sim::hw::buffer_test
