#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include "tests/unit/hw/banked_buffer_case.h"

namespace sim::hw::buffer_test {
namespace {

constexpr std::uint64_t kNot = UINT64_MAX;

/// The life of a request or command, in cycles.
struct Life {
  std::uint64_t sent = kNot, taken = kNot, ended = kNot, given = kNot, received = kNot;
};

/// One side sends and receives, the other takes and gives; both look at stamps only.
struct Line {
  std::vector<Life> lives;
  std::uint64_t requests_deep, responses_deep;
  std::vector<std::uint64_t> services;
  std::uint64_t receive_free = 0;
  std::size_t received = 0;
  std::string arrivals{};

  std::size_t waiting(std::uint64_t now) const {
    for (std::size_t i = 0; i < lives.size(); ++i) {
      if (lives[i].taken == kNot) return lives[i].sent < now ? i : kNot;
    }
    return kNot;
  }
  bool has_place() const {
    std::uint64_t reserved = 0;
    for (const Life& l : lives) reserved += l.taken != kNot && l.received == kNot;
    return reserved < responses_deep;
  }
  std::size_t receive(std::uint64_t now) {
    if (received == lives.size() || now < receive_free) return kNot;
    Life& l = lives[received];
    if (l.given == kNot || l.given >= now) return kNot;
    l.received = now;
    receive_free = now + 1 + services[received % services.size()];
    return received++;
  }
  void send(std::uint64_t now, std::uint64_t not_before, std::size_t i) {
    std::uint64_t inside = 0;
    for (const Life& l : lives) {
      inside += l.sent != kNot && (l.taken == kNot || l.taken == now);
    }
    if (not_before <= now && inside < requests_deep) lives[i].sent = now;
  }
  std::size_t unsent() const {
    for (std::size_t i = 0; i < lives.size(); ++i) {
      if (lives[i].sent == kNot) return i;
    }
    return kNot;
  }
};

struct JudgedBank {
  std::uint32_t owner;
  std::uint64_t rows_to_clear = 0;
  std::size_t command = 0;  // whose rows these are
  std::size_t served_last;
  std::map<std::string, std::uint64_t> counts{};
};

struct JudgedPort {
  Line line;
  std::size_t request = kNot;  // under way
  std::uint32_t words = 0;     // of it, done
  std::vector<std::uint32_t> refused;
  std::map<std::string, std::uint64_t> counts{};
};

class Judge {
 public:
  explicit Judge(const Case& c)
      : c_(c),
        commands_{std::vector<Life>(c.commands.size()), c.command_depth, c.command_response_depth,
                  c.command_services} {
    for (const PortCase& p : c.ports) {
      ports_.push_back({.line = {std::vector<Life>(p.requests.size()), p.request_depth,
                                 p.response_depth, p.services},
                        .refused = std::vector<std::uint32_t>(p.requests.size())});
    }
    for (const std::uint32_t owner : c.owners) {
      banks_.push_back({.owner = owner, .served_last = c.ports.size() - 1});
    }
  }

  Outcome run(std::uint64_t tail) {
    std::uint64_t end = kNot;
    for (now_ = 0; now_ != end; ++now_) {
      buffer();
      others();
      if (end == kNot && answered() == c_.answers()) end = now_ + tail + 2;
    }
    return {.responses = responses(), .counters = counters(), .cycles = end};
  }

 private:
  void buffer() {
    take_command();
    for (std::size_t p = 0; p < ports_.size(); ++p) begin(p);
    std::vector<std::vector<bool>> asks(banks_.size(), std::vector<bool>(ports_.size()));
    for (std::size_t p = 0; p < ports_.size(); ++p) look(p, asks);
    for (std::size_t b = 0; b < banks_.size(); ++b) serve(b, asks[b]);
    for (std::size_t p = 0; p < ports_.size(); ++p) end_and_give(p);
  }

  void take_command() {
    const std::size_t next = commands_.waiting(now_);
    if (next == kNot || !commands_.has_place()) return;
    const auto [number, owner] = c_.commands[next].command;
    JudgedBank& bank = banks_[number];
    if (bank.rows_to_clear > 0) return;
    commands_.lives[next].taken = now_;
    bank.owner = owner;
    bank.rows_to_clear = c_.config.rows;
    bank.command = next;
    ++bank.counts["owner_commands"];
  }

  void begin(std::size_t number) {
    JudgedPort& p = ports_[number];
    if (p.request != kNot) return;
    const std::size_t next = p.line.waiting(now_);
    if (next == kNot) {
      ++p.counts["idle_cycles"];
    } else if (!p.line.has_place()) {
      ++p.counts["output_wait_cycles"];
    } else {
      p.line.lives[next].taken = now_;
      p.request = next;
      p.words = 0;
      ++p.counts["requests"];
    }
  }

  void look(std::size_t number, std::vector<std::vector<bool>>& asks) {
    JudgedPort& p = ports_[number];
    if (p.request == kNot) return;
    const std::uint64_t address = c_.ports[number].requests[p.request].address + p.words;
    const std::uint64_t b = c_.config.mapping == BankMapping::kInterleaved
                                ? address % c_.config.banks
                                : address / c_.config.rows;
    if (banks_[b].owner != c_.ports[number].owner) {
      ++p.words;
      ++p.counts["refused_words"];
      ++p.refused[p.request];
    } else if (banks_[b].rows_to_clear > 0) {
      ++p.counts["clear_wait_cycles"];
    } else {
      asks[b][number] = true;
    }
  }

  void serve(std::size_t number, const std::vector<bool>& asks) {
    JudgedBank& bank = banks_[number];
    std::vector<std::size_t> in_turn;
    for (std::size_t i = 1; i <= ports_.size(); ++i) {
      const std::size_t p = (bank.served_last + i) % ports_.size();
      if (asks[p]) in_turn.push_back(p);
    }
    if (bank.rows_to_clear > 0) {
      ++bank.counts["clearing_cycles"];
      if (--bank.rows_to_clear == 0) commands_.lives[bank.command].given = now_;
      return;
    }
    if (in_turn.empty()) {
      ++bank.counts["idle_cycles"];
      return;
    }
    ++bank.counts[in_turn.size() == 1 ? "busy_cycles" : "conflict_cycles"];
    bank.served_last = in_turn[0];
    JudgedPort& served = ports_[in_turn[0]];
    ++served.words;
    ++served.counts[c_.ports[in_turn[0]].requests[served.request].write ? "written_words"
                                                                        : "read_words"];
    for (std::size_t i = 1; i < in_turn.size(); ++i) {
      ++ports_[in_turn[i]].counts["conflict_wait_cycles"];
    }
  }

  void end_and_give(std::size_t number) {
    JudgedPort& p = ports_[number];
    if (p.request != kNot && p.words == c_.ports[number].requests[p.request].words) {
      p.line.lives[p.request].ended = now_;
      if (p.refused[p.request] > 0) ++p.counts["refused_requests"];
      p.request = kNot;
    }
    for (Life& l : p.line.lives) {
      if (l.ended != kNot && l.ended + c_.config.latency_cycles == now_) l.given = now_;
    }
  }

  void others() {
    for (std::size_t i = 0; i < ports_.size(); ++i) {
      Line& line = ports_[i].line;
      const std::size_t got = line.receive(now_);
      if (got != kNot) {
        line.arrivals += fmt::format(" {}:{}@{}", i * 1000 + got, ports_[i].refused[got], now_);
      }
      const std::size_t next = line.unsent();
      if (next != kNot) line.send(now_, c_.ports[i].requests[next].cycle, next);
    }
    const std::size_t got = commands_.receive(now_);
    if (got != kNot) {
      const BankCommand& b = c_.commands[got].command;
      commands_.arrivals += fmt::format(" {}:{}@{}", b.bank, b.owner, now_);
    }
    const std::size_t next = commands_.unsent();
    if (next != kNot) commands_.send(now_, c_.commands[next].cycle, next);
  }

  std::uint64_t answered() const {
    std::uint64_t sum = commands_.received;
    for (const JudgedPort& p : ports_) sum += p.line.received;
    return sum;
  }
  std::string responses() const {
    std::string all;
    for (const JudgedPort& p : ports_) all += p.line.arrivals + "\n";
    return all + commands_.arrivals + "\n";
  }
  std::string counters() {
    std::string all;
    for (JudgedPort& p : ports_) {
      for (const auto& f : buffer_port_fields()) {
        all += fmt::format("{} {} ", f.name, p.counts[std::string(f.name)]);
      }
      all += "\n";
    }
    for (JudgedBank& b : banks_) {
      for (const auto& f : bank_fields()) {
        all += fmt::format("{} {} ", f.name, b.counts[std::string(f.name)]);
      }
      all += "\n";
    }
    return all;
  }

  const Case& c_;
  Line commands_;
  std::vector<JudgedPort> ports_;
  std::vector<JudgedBank> banks_;
  std::uint64_t now_ = 0;
};

}  // namespace

Outcome judge(const Case& c, std::uint64_t tail) { return Judge(c).run(tail); }

}  // namespace sim::hw::buffer_test
