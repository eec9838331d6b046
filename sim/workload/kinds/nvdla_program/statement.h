#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/workload/nvdla_program.h"

namespace sim::workload::nvdla_program {

enum class Verb {
  kWrite,   // a register
  kFill,    // memory; with a file's name in place of the size: as far as that file goes
  kLoad,    // a file into memory
  kPoll,    // a register until it has the value
  kNotify,  // an event when an interrupt comes
  kCheck,   // a CRC after an event
  kAwait,   // an event
  kSignal,  // an event, from a unit's stream of writes
  kWait,    // for any interrupt
  kRead,    // a register
  kDump     // compare memory with a file
};

/// A statement of a program, whichever form the program has.
struct Statement {
  Verb verb = Verb::kWait;
  std::uint32_t line = 0;
  std::string unit;  // of a register, or of an interrupt with its group: "SDP_0"
  std::string name;  // of a register, an event or a file
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  std::uint32_t value = 0;  // of a register, or a CRC
  nvdla::Filling filling = nvdla::Filling::kZeros;
};

enum class Form {
  kStatements,   // reg_write(…);
  kTransactions  // write_reg …
};

/// A program's text and where it stands.
struct ProgramText {
  Form form = Form::kStatements;
  std::vector<Statement> statements;
};

/// Throws WorkloadError "FILE:LINE: what is wrong; what is right".
ProgramText read_program(std::string_view text, const std::string& file);

/// A complaint about a line.
[[noreturn]] void refuse(const std::string& file, std::uint32_t line, const std::string& message);

/// Decimal, or hexadecimal with 0x; nothing when it is neither or above `max`.
bool read_number(std::string_view text, std::uint64_t max, std::uint64_t& value);

/// Lines of a text, numbered from 1, without their ends.
template <class Act>
void for_each_line(std::string_view text, const Act& act) {
  std::uint32_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    act(text.substr(0, end), ++number);
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
  }
}

std::string_view trimmed(std::string_view text);

// The two forms, for read_program.
void read_statement(std::string_view line, std::uint32_t number, const std::string& file,
                    std::vector<Statement>& into);
void read_transaction(std::string_view line, std::uint32_t number, const std::string& file,
                      std::vector<Statement>& into);

}  // namespace sim::workload::nvdla_program
