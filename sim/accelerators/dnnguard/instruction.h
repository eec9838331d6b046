#pragma once

#include <compare>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <variant>

/// Instructions of the scheduler: docs/dnnguard-instructions.md. The paper states only what its
/// instructions are for (synchronisation, scheduling, data interaction); names, fields and their
/// encoding are this project's proposal.
namespace sim::dnnguard {

enum class LayerKind : std::uint8_t { kConvolution, kFullyConnected, kElementwise, kPool };
enum class VerdictSource : std::uint8_t { kCpuWord, kNetworkOutput };
enum class TransferTo : std::uint8_t { kBank, kMemory };

/// Tokens 1 to 15; bit t of the set is token t.
struct TokenSet {
  std::uint16_t bits = 0;

  bool has(std::uint32_t token) const { return (bits >> token & 1U) != 0; }
  friend auto operator<=>(const TokenSet&, const TokenSet&) = default;
};

// Each structure's members() are its operands, in the order of its encoding.

/// Writes the shadow layer registers of the network.
struct Configure {
  std::uint32_t descriptor = 0;

  static auto members(auto& self) { return std::tie(self.descriptor); }
  friend auto operator<=>(const Configure&, const Configure&) = default;
};

/// Asks that the network has so many rows of the array and banks of the buffer.
struct Reserve {
  std::uint16_t rows = 0;
  std::uint16_t banks = 0;

  static auto members(auto& self) { return std::tie(self.rows, self.banks); }
  friend auto operator<=>(const Reserve&, const Reserve&) = default;
};

/// Starts the layer that the shadow registers describe.
struct Layer {
  LayerKind kind = LayerKind::kConvolution;

  static auto members(auto& self) { return std::tie(self.kind); }
  friend auto operator<=>(const Layer&, const Layer&) = default;
};

/// Puts a task on the event queue of the CPU; it retires when the CPU is done.
struct CpuTask {
  std::uint8_t handler = 0;
  std::uint32_t source = 0;       // address in DRAM1
  std::uint32_t destination = 0;  // address in DRAM1
  std::uint32_t elements = 0;

  static auto members(auto& self) {
    return std::tie(self.handler, self.source, self.destination, self.elements);
  }
  friend auto operator<=>(const CpuTask&, const CpuTask&) = default;
};

/// Holds the network's issue port until all of these tokens are there, and takes them.
struct Wait {
  TokenSet tokens{};

  static auto members(auto& self) { return std::tie(self.tokens); }
  friend auto operator<=>(const Wait&, const Wait&) = default;
};

/// Sets a token as soon as the operation before it in its network has retired.
struct Signal {
  std::uint8_t token = 1;

  static auto members(auto& self) { return std::tie(self.token); }
  friend auto operator<=>(const Signal&, const Signal&) = default;
};

/// Closes the detection of the current input of `judged`: adversarial above the threshold.
struct Verdict {
  VerdictSource source = VerdictSource::kCpuWord;
  std::uint8_t judged = 0;  // a network
  std::uint32_t address = 0;
  std::int32_t threshold = 0;

  static auto members(auto& self) {
    return std::tie(self.source, self.judged, self.address, self.threshold);
  }
  friend auto operator<=>(const Verdict&, const Verdict&) = default;
};

/// From DRAM0 to a bank.
struct Load {
  std::uint64_t address = 0;
  std::uint8_t bank = 0;
  std::uint32_t bytes = 0;

  static auto members(auto& self) { return std::tie(self.address, self.bank, self.bytes); }
  friend auto operator<=>(const Load&, const Load&) = default;
};

/// From a bank to DRAM0.
struct Store {
  std::uint64_t address = 0;
  std::uint8_t bank = 0;
  std::uint32_t bytes = 0;

  static auto members(auto& self) { return std::tie(self.address, self.bank, self.bytes); }
  friend auto operator<=>(const Store&, const Store&) = default;
};

/// Lets another network read a bank so many times before its owner may write it again.
struct Share {
  std::uint8_t bank = 0;
  std::uint8_t owner = 0;
  std::uint8_t reader = 0;
  std::uint8_t uses = 1;

  static auto members(auto& self) {
    return std::tie(self.bank, self.owner, self.reader, self.uses);
  }
  friend auto operator<=>(const Share&, const Share&) = default;
};

/// Between a bank and DRAM1 or the CPU's caches.
struct Transfer {
  TransferTo to = TransferTo::kMemory;
  std::uint64_t address = 0;
  std::uint8_t bank = 0;
  std::uint32_t bytes = 0;

  static auto members(auto& self) { return std::tie(self.to, self.address, self.bank, self.bytes); }
  friend auto operator<=>(const Transfer&, const Transfer&) = default;
};

/// Lets the network's held result out, once the verdict on its input is benign.
struct Release {
  std::uint64_t address = 0;

  static auto members(auto& self) { return std::tie(self.address); }
  friend auto operator<=>(const Release&, const Release&) = default;
};

/// The operation code is an operation's place in this list, from 1 on.
using Operation = std::variant<Configure, Reserve, Layer, CpuTask, Wait, Signal, Verdict, Load,
                               Store, Share, Transfer, Release>;

struct Instruction {
  std::uint8_t net = 0;   // whose issue port it goes to
  std::uint8_t wait = 0;  // a token that it takes before it starts; 0: none
  std::uint8_t set = 0;   // a token that it sets when it retires; 0: none
  Operation operation{};

  friend auto operator<=>(const Instruction&, const Instruction&) = default;
};

/// All tokens that it takes before it starts.
TokenSet taken(const Instruction& instruction);
/// The tokens that it sets when it retires: none, one or two.
TokenSet set_tokens(const Instruction& instruction);

/// "nn.load".
std::string_view mnemonic(const Operation& operation);

}  // namespace sim::dnnguard
