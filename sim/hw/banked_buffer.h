#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "sim/hw/banked_buffer_counts.h"
#include "sim/hw/credit_port.h"
#include "sim/hw/engine.h"
#include "sim/hw/round_robin.h"

namespace sim::hw {

enum class BankMapping {
  kInterleaved,  // the word after the last of a row is in the next bank
  kBlocked,      // a bank holds `rows` words of adjacent addresses
};

struct BankedBufferConfig {
  std::uint32_t banks;           // >= 1
  std::uint32_t rows;            // words of a bank, >= 1
  BankMapping mapping;           // where an address is
  std::uint32_t latency_cycles;  // from the last word of a request to its response

  std::uint64_t words() const { return std::uint64_t{banks} * rows; }
  std::uint32_t bank_of(std::uint64_t address) const {
    return static_cast<std::uint32_t>(mapping == BankMapping::kInterleaved ? address % banks
                                                                           : address / rows);
  }
  std::uint32_t row_of(std::uint64_t address) const {
    return static_cast<std::uint32_t>(mapping == BankMapping::kInterleaved ? address / banks
                                                                           : address % rows);
  }
};

/// `words` words of adjacent addresses, all of them in the buffer.
struct BufferRequest {
  std::uint64_t id = 0;       // the requester's own; the response carries it
  std::uint64_t address = 0;  // in words
  std::uint32_t words = 1;    // >= 1
  bool write = false;
};
struct BufferResponse {
  std::uint64_t id = 0;
  std::uint32_t refused_words = 0;  // of a refused word there is no data, and none was written
};
using BufferPort = CreditPort<BufferRequest, BufferResponse>;

/// Gives a bank to an owner.
struct BankCommand {
  std::uint32_t bank = 0;
  std::uint32_t owner = 0;
};
/// The response to a command is the command: the bank is clear.
using BankCommandPort = CreditPort<BankCommand, BankCommand>;

/// An on-chip buffer of single-ported banks between several ports, each of which acts for an owner.
/// A bank belongs to one owner, and only that owner's ports reach it. In a cycle:
///  1. a command is taken if its bank is not being cleared. From this cycle on the bank is the new
///     owner's; in this cycle and the rows - 1 after it one row each is cleared, in order;
///  2. each port without a request under way takes the one that waits, if its response has a place;
///  3. each port with a request under way wants its next word. If the bank is another owner's, the
///     word is refused; else, if the bank is being cleared, the port waits; else it asks the bank;
///  4. each bank serves one of the ports that ask, by round robin, the first port first;
///  5. the response of a request whose last word was served or refused latency_cycles ago is given,
///     and that of a command whose bank's last row is cleared in this cycle.
/// So a port moves at most one word a cycle, in order, and its responses come in order.
class BankedBuffer : public Engine {
 public:
  struct Port {
    BufferPort* port;
    std::uint32_t owner;  // for whom it acts
  };

  const BufferPortCounts& port_counts(std::size_t port) const { return port_counts_[port]; }
  const BankCounts& bank_counts(std::size_t bank) const { return bank_counts_[bank]; }

 protected:
  /// `owners` of the banks before the first command; they find their banks clear.
  BankedBuffer(const BankedBufferConfig& config, std::vector<Port> ports,
               const std::vector<std::uint32_t>& owners, BankCommandPort& commands);

  struct Bank {
    std::uint32_t owner;
    RoundRobin arbiter;
    std::uint64_t clear_end = 0;  // the first cycle in which it is clear
  };
  struct UnderWay {
    BufferRequest request;
    bool active = false;
    std::uint32_t words_left = 0;
    std::uint32_t refused = 0;

    std::uint64_t address() const { return request.address + request.words - words_left; }
  };
  enum class Wish { kNothing, kRefused, kClear, kWord };

  bool can_take_command(std::uint64_t cycle) const;
  void take_command(std::uint64_t cycle);
  bool can_begin(std::size_t port, std::uint64_t cycle) const;
  /// Counts what a port without a request does in `cycles` cycles such as `cycle`.
  void count_without_request(std::size_t port, std::uint64_t cycle, std::uint64_t cycles);
  void begin_requests(std::uint64_t cycle);
  Wish wish(std::size_t port, std::uint64_t cycle) const;
  std::uint32_t bank_wanted(std::size_t port) const {
    return config_.bank_of(under_way_[port].address());
  }
  void serve(std::size_t port, std::uint64_t words);
  void refuse(std::size_t port, std::uint64_t words);
  void end_requests(std::uint64_t cycle);
  void respond(std::uint64_t cycle);
  /// Of those under way; kNever if there is none.
  std::uint64_t next_response() const;

  struct Answer {
    std::uint64_t cycle;
    BufferResponse response;
  };
  struct Clearing {
    std::uint64_t last;  // cycle of the last row
    BankCommand command;
  };

  const BankedBufferConfig config_;
  const std::vector<Port> ports_;
  BankCommandPort& commands_;
  std::vector<Bank> banks_;
  std::vector<UnderWay> under_way_;          // of each port
  std::vector<std::deque<Answer>> answers_;  // of each port, oldest first
  std::deque<Clearing> clearings_;           // oldest first, as all take the same time
  std::vector<BufferPortCounts> port_counts_;
  std::vector<BankCounts> bank_counts_;
};

}  // namespace sim::hw
