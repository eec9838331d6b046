#include "sim/hw/banked_buffer_tick.h"

#include <optional>

namespace sim::hw {

void BankedBufferTick::record_word(std::size_t port, std::uint64_t cycle) {
  if (trace_ == nullptr) return;
  const UnderWay& u = under_way_[port];
  trace_->push_back({cycle, config_.bank_of(u.address()), config_.row_of(u.address()),
                     ports_[port].owner, u.request.id,
                     u.request.write ? BankAccess::Kind::kWrite : BankAccess::Kind::kRead});
}

void BankedBufferTick::run_ports(std::uint64_t cycle) {
  asks_.assign(ports_.size(), false);
  wanted_.assign(ports_.size(), 0);
  asking_.assign(ports_.size(), false);
  for (std::size_t p = 0; p < ports_.size(); ++p) {
    switch (wish(p, cycle)) {
      case Wish::kNothing:
        break;
      case Wish::kRefused:
        refuse(p, 1);
        break;
      case Wish::kClear:
        ++port_counts_[p].clear_waits;
        break;
      case Wish::kWord:
        asks_[p] = true;
        wanted_[p] = bank_wanted(p);
        break;
    }
  }
}

void BankedBufferTick::serve_one(std::uint32_t bank, std::uint64_t cycle) {
  std::size_t how_many = 0;
  for (std::size_t p = 0; p < ports_.size(); ++p) {
    asking_[p] = asks_[p] && wanted_[p] == bank;
    how_many += asking_[p];
  }
  const std::optional<std::size_t> granted = banks_[bank].arbiter.grant(asking_);
  if (!granted) {
    ++bank_counts_[bank].idle;
    return;
  }
  ++(how_many > 1 ? bank_counts_[bank].conflict : bank_counts_[bank].busy);
  for (std::size_t p = 0; p < ports_.size(); ++p) {
    if (asking_[p] && p != *granted) ++port_counts_[p].conflict_waits;
  }
  record_word(*granted, cycle);
  serve(*granted, 1);
}

void BankedBufferTick::run_bank(std::uint32_t bank, std::uint64_t cycle) {
  const Bank& b = banks_[bank];
  if (cycle >= b.clear_end) {
    serve_one(bank, cycle);
    return;
  }
  ++bank_counts_[bank].clearing;
  if (trace_ == nullptr) return;
  const auto row = static_cast<std::uint32_t>(cycle + config_.rows - b.clear_end);
  trace_->push_back({cycle, bank, row, b.owner, 0, BankAccess::Kind::kClear});
}

void BankedBufferTick::run_to(std::uint64_t cycle) {
  take_command(cycle);
  begin_requests(cycle);
  run_ports(cycle);
  for (std::uint32_t bank = 0; bank < config_.banks; ++bank) run_bank(bank, cycle);
  end_requests(cycle);
  respond(cycle);
  next_ = cycle + 1;
}

}  // namespace sim::hw
