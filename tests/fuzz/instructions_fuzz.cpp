// Any words are instructions or have a fault; any text is a program or has errors that name its
// file, and a program is checked.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "sim/accelerators/dnnguard/assembler.h"
#include "sim/accelerators/dnnguard/instruction_word.h"
#include "sim/accelerators/dnnguard/program_check.h"

namespace {

using namespace sim::dnnguard;

void expect(bool holds) {
  if (!holds) std::abort();
}

void expect_same_word(const Word& word) {
  const auto read = decode(word);
  if (const auto* instruction = std::get_if<Instruction>(&read)) {
    expect(encode(*instruction) == word);
  } else {
    expect(!std::get<WordFault>(read).what.empty());
  }
}

void expect_same_program(const Program& program) {
  const Assembly again = assemble(written(program), "file");
  expect(again.errors.empty());
  expect(again.program.instructions.size() == program.instructions.size());
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    const Instruction& instruction = program.instructions[i].instruction;
    expect(again.program.instructions[i].instruction == instruction);
    expect_same_word(encode(instruction));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (std::size_t at = 0; at + sizeof(Word) <= size; at += sizeof(Word)) {
    Word word;
    std::memcpy(&word, data + at, sizeof word);
    expect_same_word(word);
  }
  const Assembly assembly =
      assemble(std::string_view(reinterpret_cast<const char*>(data), size), "file");
  for (const std::string& error : assembly.errors) expect(error.starts_with("file:"));
  expect_same_program(assembly.program);
  for (const std::uint32_t networks : {1U, 2U, 16U}) {
    const ProgramMachine machine{
        .networks = networks, .handlers = 4, .issue_slots = 2, .descriptors = {{}, {{3}}}};
    for (const std::string& fault : faults_of(assembly.program, machine)) {
      expect(fault.starts_with("file:"));
    }
  }
  return 0;
}
