#include "sim/hw/banked_buffer_counts.h"

namespace sim::hw {
namespace {

constexpr stats::Field<BufferPortCounts> kPortFields[] = {
    {"requests", "requests", "requests taken from the port", &BufferPortCounts::requests},
    {"refused_requests", "requests", "requests of which a word was refused",
     &BufferPortCounts::refused_requests},
    {"read_words", "words", "words read", &BufferPortCounts::read_words},
    {"written_words", "words", "words written", &BufferPortCounts::written_words},
    {"refused_words", "words", "words in banks of another owner, which were not touched",
     &BufferPortCounts::refused_words},
    {"conflict_wait_cycles", "cycles", "cycles in which the bank served another port",
     &BufferPortCounts::conflict_waits},
    {"clear_wait_cycles", "cycles", "cycles in which the bank was cleared for this owner",
     &BufferPortCounts::clear_waits},
    {"output_wait_cycles", "cycles", "cycles in which a request waited for a place of its response",
     &BufferPortCounts::output_waits},
    {"idle_cycles", "cycles", "cycles without a request", &BufferPortCounts::idle},
};

constexpr stats::Field<BankCounts> kBankFields[] = {
    {"owner_commands", "commands", "times the bank was given to an owner", &BankCounts::commands},
    {"busy_cycles", "cycles", "cycles in which it served a word that nobody else waited for",
     &BankCounts::busy},
    {"conflict_cycles", "cycles", "cycles in which it served a word and another port waited",
     &BankCounts::conflict},
    {"clearing_cycles", "cycles", "cycles in which a row was cleared", &BankCounts::clearing},
    {"idle_cycles", "cycles", "cycles in which nothing wanted it", &BankCounts::idle},
};

}  // namespace

std::span<const stats::Field<BufferPortCounts>> buffer_port_fields() { return kPortFields; }
std::span<const stats::Field<BankCounts>> bank_fields() { return kBankFields; }

}  // namespace sim::hw
