#include "sim/hw/banked_buffer.h"

#include <algorithm>
#include <utility>

namespace sim::hw {

BankedBuffer::BankedBuffer(const BankedBufferConfig& config, std::vector<Port> ports,
                           const std::vector<std::uint32_t>& owners, BankCommandPort& commands)
    : config_(config),
      ports_(std::move(ports)),
      commands_(commands),
      under_way_(ports_.size()),
      answers_(ports_.size()),
      port_counts_(ports_.size()),
      bank_counts_(config.banks) {
  SIM_CHECK(config_.words() > 0, "a buffer without words");
  SIM_CHECK(owners.size() == config_.banks, "{} owners of {} banks", owners.size(), config_.banks);
  const std::vector<std::uint32_t> weights(ports_.size(), 1);
  for (const std::uint32_t owner : owners) banks_.push_back({owner, RoundRobin(weights)});
}

bool BankedBuffer::can_take_command(std::uint64_t cycle) const {
  return commands_.request_waits(cycle) && commands_.has_place(cycle) &&
         cycle >= banks_.at(commands_.front().bank).clear_end;
}

void BankedBuffer::take_command(std::uint64_t cycle) {
  if (!can_take_command(cycle)) return;
  const BankCommand command = commands_.take(cycle);
  banks_[command.bank].owner = command.owner;
  banks_[command.bank].clear_end = cycle + config_.rows;
  clearings_.push_back({cycle + config_.rows - 1, command});
  ++bank_counts_[command.bank].commands;
}

bool BankedBuffer::can_begin(std::size_t port, std::uint64_t cycle) const {
  const BufferPort& p = *ports_[port].port;
  return !under_way_[port].active && p.request_waits(cycle) && p.has_place(cycle);
}

void BankedBuffer::count_without_request(std::size_t port, std::uint64_t cycle,
                                         std::uint64_t cycles) {
  BufferPortCounts& n = port_counts_[port];
  (ports_[port].port->request_waits(cycle) ? n.output_waits : n.idle) += cycles;
}

void BankedBuffer::begin_requests(std::uint64_t cycle) {
  for (std::size_t p = 0; p < ports_.size(); ++p) {
    if (!can_begin(p, cycle)) {
      if (!under_way_[p].active) count_without_request(p, cycle, 1);
      continue;
    }
    const BufferRequest request = ports_[p].port->take(cycle);
    SIM_CHECK(request.words > 0, "request {} has no words", request.id);
    SIM_CHECK(
        request.address < config_.words() && request.words <= config_.words() - request.address,
        "request {} goes beyond the {} words of the buffer", request.id, config_.words());
    under_way_[p] = {.request = request, .active = true, .words_left = request.words};
    ++port_counts_[p].requests;
  }
}

BankedBuffer::Wish BankedBuffer::wish(std::size_t port, std::uint64_t cycle) const {
  if (!under_way_[port].active) return Wish::kNothing;
  const Bank& bank = banks_[bank_wanted(port)];
  if (bank.owner != ports_[port].owner) return Wish::kRefused;
  return cycle < bank.clear_end ? Wish::kClear : Wish::kWord;
}

void BankedBuffer::serve(std::size_t port, std::uint64_t words) {
  UnderWay& u = under_way_[port];
  BufferPortCounts& n = port_counts_[port];
  u.words_left -= static_cast<std::uint32_t>(words);
  (u.request.write ? n.written_words : n.read_words) += words;
}

void BankedBuffer::refuse(std::size_t port, std::uint64_t words) {
  UnderWay& u = under_way_[port];
  u.words_left -= static_cast<std::uint32_t>(words);
  u.refused += static_cast<std::uint32_t>(words);
  port_counts_[port].refused_words += words;
}

void BankedBuffer::end_requests(std::uint64_t cycle) {
  for (std::size_t p = 0; p < ports_.size(); ++p) {
    UnderWay& u = under_way_[p];
    if (!u.active || u.words_left > 0) continue;
    answers_[p].push_back({cycle + config_.latency_cycles, {u.request.id, u.refused}});
    if (u.refused > 0) ++port_counts_[p].refused_requests;
    u.active = false;
  }
}

void BankedBuffer::respond(std::uint64_t cycle) {
  for (std::size_t p = 0; p < ports_.size(); ++p) {
    if (answers_[p].empty() || answers_[p].front().cycle != cycle) continue;
    ports_[p].port->respond(cycle, answers_[p].front().response);
    answers_[p].pop_front();
  }
  if (clearings_.empty() || clearings_.front().last != cycle) return;
  commands_.respond(cycle, clearings_.front().command);
  clearings_.pop_front();
}

std::uint64_t BankedBuffer::next_response() const {
  std::uint64_t next = clearings_.empty() ? kNever : clearings_.front().last;
  for (const std::deque<Answer>& answers : answers_) {
    if (!answers.empty()) next = std::min(next, answers.front().cycle);
  }
  return next;
}

}  // namespace sim::hw
