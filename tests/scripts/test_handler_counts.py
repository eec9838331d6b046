"""What handlers of DNNGuard's CPU execute, as counted in a log of QEMU."""

import csv
import shutil
import subprocess

import pytest
from scripts.models.handlers import count

needs_tools = pytest.mark.skipif(
    not (shutil.which("riscv64-linux-gnu-gcc") and shutil.which("qemu-riscv64")),
    reason="a compiler for RISC-V and QEMU are not installed",
)

CODE = """
main():
   10:	ff010113          	addi	sp,sp,-16
   14:	00c000ef          	jal	ra,20 <f>
   18:	8082                	ret
0000000000000020 <f>:
   20:	411c                	lw	a5,0(a0)
   22:	c15c                	sw	a5,4(a0)
   24:	8082                	ret
"""

# By hand: li, ten times five instructions, ret.
LOOP = """
        .globl main, handler_loop
main:   addi sp, sp, -16
        sd ra, 8(sp)
        la a0, words
        call handler_loop
        li a0, 0
        ld ra, 8(sp)
        addi sp, sp, 16
        ret
handler_loop:
        li a1, 10
again:  lw a2, 0(a0)
        sw a2, 4(a0)
        addi a0, a0, 4
        addi a1, a1, -1
        bnez a1, again
        ret
        .bss
words:  .zero 64
"""


def trace(*addresses):
    return [f"Trace 0: 0x7f41ad00d880 [0000000000000000/{a:016x}/00207600/00000201] f" for a in addresses]


def test_instructions_of_the_first_call_are_counted():
    code = count.disassembled(CODE)
    assert code[0x10] == ("addi", 4) and code[0x22] == ("sw", 2)
    lines = ["a line of the program", *trace(0x10, 0x14, 0x20, 0x22, 0x24, 0x18, 0x20, 0x22)]
    assert count.counts_of(lines, code, 0x20) == count.Counts(instructions=3, loads=1, stores=1)


@pytest.mark.parametrize(
    "addresses, message",
    [((0x10,), "no call"), ((0x14, 0x20), "no end"), ((0x20, 0x22), "begins within")],
)
def test_a_trace_without_the_whole_call_is_refused(addresses, message):
    with pytest.raises(ValueError, match=message):
        count.counts_of(trace(*addresses), count.disassembled(CODE), 0x20)


@needs_tools
def test_a_loop_written_by_hand_is_counted_to_the_instruction(tmp_path):
    source = tmp_path / "loop.S"
    source.write_text(LOOP)
    program = tmp_path / "loop"
    subprocess.run([count.TOOLS + "gcc", "-static", str(source), "-o", str(program)], check=True)
    counted = count.Program(program).count("handler_loop", [])
    assert counted == count.Counts(instructions=52, loads=10, stores=10)


def committed():
    with count.TABLE.open() as file:
        return {row["handler"]: row for row in csv.DictReader(file)}


def test_the_committed_table_has_all_handlers():
    assert list(committed()) == [handler.name for handler in count.HANDLERS]
    header = (count.SOURCES / "handlers.h").read_text()
    assert all(f"handler_{name}(" in header for name in committed())


@needs_tools
@pytest.mark.parametrize("name", ["above", "l1"])
def test_the_committed_table_is_what_the_compiler_makes(name, tmp_path):
    if committed()[name]["compiler"] != count.compiler_name():
        pytest.skip("the table is of another compiler")
    program = count.Program(count.compile_program(count.HERE / "run_handler.c", tmp_path))
    handler = next(h for h in count.HANDLERS if h.name == name)
    assert count.row_of(handler, program) | {"compiler": count.compiler_name()} == committed()[name]
