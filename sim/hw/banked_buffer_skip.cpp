#include "sim/hw/banked_buffer_skip.h"

#include <algorithm>

#include "sim/base/math.h"

namespace sim::hw {

BankedBufferSkip::BankedBufferSkip(const BankedBufferConfig& config, std::vector<Port> ports,
                                   const std::vector<std::uint32_t>& owners,
                                   BankCommandPort& commands)
    : BankedBuffer(config, std::move(ports), owners, commands),
      asking_(config.banks),
      latest_(config.banks) {}

/// Until a port may have had the last of its words in the bank.
std::uint64_t BankedBufferSkip::cycles_in_banks(std::uint64_t limit) const {
  for (std::size_t p = 0; p < ports_.size(); ++p) {
    const Wish w = wish(p, until_);
    if (w == Wish::kNothing || w == Wish::kClear) continue;
    const UnderWay& u = under_way_[p];
    std::uint64_t words = u.words_left;
    if (config_.mapping == BankMapping::kBlocked) {
      words = std::min<std::uint64_t>(words, config_.rows - config_.row_of(u.address()));
    } else if (config_.banks > 1) {
      words = 1;
    }
    limit = std::min(limit, words);
  }
  return limit;
}

void BankedBufferSkip::serve_bank(std::uint32_t bank, std::uint64_t cycles) {
  std::vector<std::size_t>& asking = asking_[bank];
  if (asking.empty()) return;
  grants_.assign(asking.size(), 0);
  banks_[bank].arbiter.replay(asking, cycles, grants_);
  for (std::size_t i = 0; i < asking.size(); ++i) {
    serve(asking[i], grants_[i]);
    port_counts_[asking[i]].conflict_waits += cycles - grants_[i];
  }
  (asking.size() > 1 ? bank_counts_[bank].conflict : bank_counts_[bank].busy) += cycles;
  asking.clear();
}

void BankedBufferSkip::stay_in_banks(std::uint64_t cycles) {
  for (std::size_t p = 0; p < ports_.size(); ++p) {
    switch (wish(p, until_)) {
      case Wish::kNothing:
        break;
      case Wish::kRefused:
        refuse(p, cycles);
        break;
      case Wish::kClear:
        port_counts_[p].clear_waits += cycles;
        break;
      case Wish::kWord:
        asking_[bank_wanted(p)].push_back(p);
        break;
    }
  }
  for (std::uint32_t bank = 0; bank < config_.banks; ++bank) serve_bank(bank, cycles);
}

/// Words up to the first for which the port will wait, as its bank is being cleared.
std::uint64_t BankedBufferSkip::words_before_clearing(std::size_t port, std::uint64_t limit) const {
  for (const Clearing& c : clearings_) {
    if (c.command.owner != ports_[port].owner) continue;
    const std::uint32_t distance = c.command.bank + config_.banks - bank_wanted(port);
    limit = std::min<std::uint64_t>(limit, distance % config_.banks);
  }
  return limit;
}

/// 0: two ports of one owner want the same bank, or nobody walks. Ports that all move by a word a
/// cycle keep their distance, and of those of different owners at most one reaches the bank.
std::uint64_t BankedBufferSkip::cycles_in_step(std::uint64_t limit) {
  if (config_.mapping == BankMapping::kBlocked || config_.banks == 1) return 0;
  walkers_.clear();
  for (std::size_t p = 0; p < ports_.size(); ++p) {
    const Wish w = wish(p, until_);
    if (w == Wish::kNothing || w == Wish::kClear) continue;
    const std::pair walker{bank_wanted(p), ports_[p].owner};
    if (std::find(walkers_.begin(), walkers_.end(), walker) != walkers_.end()) return 0;
    walkers_.push_back(walker);
    limit = std::min<std::uint64_t>(limit, under_way_[p].words_left);
    limit = words_before_clearing(p, limit);
  }
  return walkers_.empty() ? 0 : limit;
}

void BankedBufferSkip::walk(std::size_t port, std::uint64_t cycles) {
  const std::uint32_t first = bank_wanted(port);
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(cycles, config_.banks); ++i) {
    const std::uint64_t bank = (first + i) % config_.banks;
    const std::uint64_t visits = base::ceil_div(cycles - i, config_.banks);
    if (banks_[bank].owner != ports_[port].owner) {
      refuse(port, visits);
      continue;
    }
    serve(port, visits);
    bank_counts_[bank].busy += visits;
    const std::uint64_t last = i + (visits - 1) * config_.banks + 1;
    if (last > latest_[bank].time) latest_[bank] = {last, port};
  }
}

void BankedBufferSkip::walk_in_step(std::uint64_t cycles) {
  latest_.assign(config_.banks, {});
  for (std::size_t p = 0; p < ports_.size(); ++p) {
    const Wish w = wish(p, until_);
    if (w == Wish::kClear) port_counts_[p].clear_waits += cycles;
    if (w == Wish::kRefused || w == Wish::kWord) walk(p, cycles);
  }
  for (std::uint32_t bank = 0; bank < config_.banks; ++bank) {
    if (latest_[bank].time == 0) continue;
    grants_.assign(1, 0);
    banks_[bank].arbiter.replay({&latest_[bank].port, 1}, 1, grants_);
  }
}

/// Up to and without cycle `end`; no request begins or ends in these cycles, and no clearing.
void BankedBufferSkip::pass(std::uint64_t end) {
  const std::uint64_t cycles = end - until_;
  if (cycles == 0) return;
  for (std::size_t p = 0; p < ports_.size(); ++p) {
    if (!under_way_[p].active) count_without_request(p, until_, cycles);
  }
  for (const Clearing& c : clearings_) bank_counts_[c.command.bank].clearing += cycles;
  while (until_ < end) {
    std::uint64_t stretch = cycles_in_step(end - until_);
    if (stretch > 0) {
      walk_in_step(stretch);
    } else {
      stretch = cycles_in_banks(end - until_);
      stay_in_banks(stretch);
    }
    until_ += stretch;
  }
  for (const UnderWay& u : under_way_) {
    SIM_CHECK(!u.active || u.words_left > 0, "request {} ends between two events", u.request.id);
  }
}

void BankedBufferSkip::count_idle_banks() {
  for (BankCounts& n : bank_counts_) n.idle = until_ - n.busy - n.conflict - n.clearing;
}

void BankedBufferSkip::run_to(std::uint64_t cycle) {
  SIM_CHECK(cycle <= next_, "it is run to cycle {} beyond its event in {}", cycle, next_);
  pass(cycle);
  take_command(cycle);
  begin_requests(cycle);
  for (const Clearing& c : clearings_) ++bank_counts_[c.command.bank].clearing;
  stay_in_banks(1);
  end_requests(cycle);
  respond(cycle);
  until_ = cycle + 1;
  count_idle_banks();
  next_ = find_next_event();
}

std::uint64_t BankedBufferSkip::find_next_event() const {
  std::uint64_t next = can_take_command(until_) ? until_ : next_response();
  for (std::size_t p = 0; p < ports_.size(); ++p) {
    if (can_begin(p, until_)) return until_;
    // Who waits for a bank to be clear cannot end before that, which is a response.
    if (wish(p, until_) == Wish::kNothing || wish(p, until_) == Wish::kClear) continue;
    next = std::min(next, until_ + under_way_[p].words_left - 1);
  }
  return next;
}

}  // namespace sim::hw
