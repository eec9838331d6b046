"""`lockstep check` computes register programs of NVDLA as the judge does, bit by bit, and refuses wrong ones in one line."""

import os
import re
import shutil

import pytest

from lockstep_program import ROOT, error_of, lockstep, run_ok
from nvdla_random import KINDS, Program

EXAMPLE = ROOT / "tests/nvdla"
PROGRAMS = 3000 if os.environ.get("LOCKSTEP_EXTENDED") == "true" else 324
STRONG = 16  # distinct bytes of a region whose checksum proves something


def test_the_example_gives_the_bytes_computed_by_hand():
    said = run_ok("check", EXAMPLE / "example.yaml").stdout
    assert "96 bytes at 0x80020000: equal, the program states CRC-32 0x714f8616, computed is 0x714f8616 (57 distinct bytes" in said


@pytest.mark.parametrize("kind", KINDS)
def test_random_programs_are_computed_as_the_judge_computes_them(tmp_path, kind, record_property):
    distinct = []
    for seed in range(PROGRAMS // len(KINDS)):
        folder = tmp_path / "program"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        program = Program(seed, kind)
        done = lockstep("check", program.write_to(folder))
        assert done.returncode == 0, (kind, seed, done.stderr)
        assert done.stdout.count(": equal,") == len(program.distinct)
        distinct += program.distinct
    strong = sum(number >= STRONG for number in distinct)
    record_property("strong checks", f"{strong} of {len(distinct)}")
    assert strong * 4 > len(distinct)


# --- The example, changed ---


def changed(tmp_path, old, new, count=1):
    """The example with other statements."""
    shutil.copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "example.cfg"
    text = path.read_text()
    assert old in text, old
    path.write_text(text.replace(old, new, count))
    return tmp_path / "example.yaml"


def refusal(tmp_path, old, new, code=2, count=1):
    return error_of("check", changed(tmp_path, old, new, count), code=code)


def write_of(register, value):
    """The example's write of a register, and that of another value."""
    line = next(line for line in (EXAMPLE / "example.cfg").read_text().splitlines() if f"NVDLA_{register}_0," in line)
    return line, re.sub(r", .*\);", f", {value});", line)


def test_a_wrong_checksum_is_told_with_both_numbers(tmp_path):
    message = refusal(tmp_path, "0x714f8616", "0x714f8617", code=1)
    assert "different, the program states CRC-32 0x714f8617, computed is 0x714f8616 (57 distinct bytes" in message
    assert "line 74: 96 bytes at 0x80020000" in message


def test_every_check_is_told_when_one_differs(tmp_path):
    message = refusal(tmp_path, "check_crc(done, 1, 0x80020000, 96, 0x714f8616);",
                      "check_crc(done, 1, 0x80020000, 96, 0x714f8616);\ncheck_crc(done, 1, 0x80020000, 4, 0);", code=1)  # fmt: skip
    assert "equal, the program states CRC-32 0x714f8616" in message and "different, the program states" in message


def test_one_other_bit_anywhere_changes_the_result(tmp_path):
    refusal(tmp_path, *write_of("SDP.D_CVT_OFFSET", "0x15"), code=1)


def test_a_stage_that_hardware_lacks_is_passed_by_with_a_note(tmp_path):
    old, new = write_of("SDP.D_DP_EW_CFG", "0x70")  # a maximum with the register's 0
    path = changed(tmp_path, old, new)
    said = run_ok("check", path).stdout
    assert "note: nv_small has no element-wise stage" in said and ": equal," in said
    message = error_of("check", path, "--set", "workload.ew=true", code=1)
    assert "different, the program states" in message and "note" not in message


def test_a_register_that_is_not_known_has_no_effect_and_a_note(tmp_path):
    written = "reg_write(NVDLA_CSC.D_ATOMICS_0, 0x5);"
    path = changed(tmp_path, written, f"{written} {written.replace('ATOMICS', 'ATOMIC')}")
    said = run_ok("check", path).stdout
    assert "register 'D_ATOMIC' of CSC is not known and has no effect; did you mean 'D_ATOMICS'?" in said


def transactions(tmp_path, expected=None):
    """The example in the older form."""
    shutil.copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)
    bases = {"CDMA": 0x5000, "CSC": 0x6000, "CMAC_A": 0x7000, "CMAC_B": 0x8000, "CACC": 0x9000, "SDP": 0xB000, "GLB": 0x1000}
    lines = ["# the older form"]
    for name in ("input", "weights"):
        payloads = re.findall(r"offset:(\w+), size:16, payload:(.*)}", (EXAMPLE / f"example-{name}.dat").read_text())
        found = dict((int(offset, 16), data) for offset, data in payloads)
        zeros = " ".join(["0x00"] * 16)
        rows = [found.get(at, zeros) for at in range(0, 128, 16)]
        (tmp_path / f"{name}.dat").write_text("Data_size = 128\nW = 3\n" + "\n".join(rows) + "\n")
    lines += ["load_mem 0x80000000 128 input.dat", "load_mem 0x80010000 0x80 weights.dat"]
    for unit, register, value in re.findall(r"reg_write\(NVDLA_(\w+)\.(\w+)_0, (\w+)\);", (EXAMPLE / "example.cfg").read_text()):
        lines.append(f"write_reg {0xFFFF0000 | bases[unit] // 4:#x} {value} #NVDLA_{unit}.{register}_0: set")
    lines += ["wait", "read_reg 0xffff0400 0xffffffff 0x0", "dump_mem 0x80020000 96 golden.dat"]
    (tmp_path / "input.txn").write_text("\n".join(lines) + "\n")
    golden = bytes.fromhex(
        "01b49aecbb364409fdb997eaba374505f7be93e8ba374601f6bf93e7ba374700f0c38fe5b93848fbeac88ce3b83849f5"
        "c0f2ff8adbdbdbdbc5effd89dbdbdbdbc9ebfb87dbdbdbdbcaebfa87dbdbdbdbcee7f886dbdbdbdbd3e3f585dbdbdbdb"
    ) if expected is None else expected  # fmt: skip
    (tmp_path / "golden.dat").write_text("Crc=0xdeadbeef\n" + " ".join(f"{b:#04x}" for b in golden) + "\nend\n")
    (tmp_path / "old.yaml").write_text("kind: nvdla_program\nprogram: input.txn\nconfiguration: nv_small\n")
    return tmp_path / "old.yaml"


def test_the_older_form_is_compared_byte_by_byte(tmp_path):
    said = run_ok("check", transactions(tmp_path)).stdout
    assert "96 bytes at 0x80020000: equal, 0 bytes differ from the file's (57 distinct bytes" in said
    message = error_of("check", transactions(tmp_path, bytes(96)), code=1)
    assert "different, 95 bytes differ from the file's" in message


def test_the_older_form_is_read_strictly(tmp_path):
    path = transactions(tmp_path)
    program = tmp_path / "input.txn"
    text = program.read_text()
    for old, new, words in (
        ("wait", "wait\nwait\nwait\nwait\nwait", "waits for an interrupt that does not come; 4 came before"),
        ("#NVDLA_CSC.D_ATOMICS", "#NVDLA_SDP.D_ATOMICS", "the comment names a register of SDP, whose registers begin at 0xb000"),
        (" #NVDLA_CSC.D_ATOMICS_0: set", "", "a register without its name"),
        ("dump_mem 0x80020000 96", "dump_mem 0x80020000 97", "golden.dat has 96 bytes; 97 are to be compared"),
        ("wait", "wiat", "unknown statement 'wiat'; did you mean 'wait'?"),
        ("load_mem 0x80000000 128 input.dat", "load_mem 0x80000000 128", "load_mem has 2 arguments; it is load_mem ADDRESS SIZE FILE"),
    ):
        program.write_text(text.replace(old, new, 1))
        assert words in error_of("check", path, code=2), new


# --- What is refused ---

REFUSED = [  # register, value, words of the message
    ("CDMA.D_WEIGHT_SIZE_0", "10", "CDMA.D_WEIGHT_SIZE_0.BYTE_PER_KERNEL + 1 = 11, the bytes of a kernel = 10"),
    ("CDMA.D_DATAIN_SIZE_1", "10", "CDMA.D_DATAIN_SIZE_1.CHANNEL = 10, CSC.D_DATAIN_SIZE_EXT_1.CHANNEL = 9; they must be equal"),
    ("CDMA.D_WEIGHT_BYTES", "0x70", "CDMA.D_WEIGHT_BYTES is 112; the kernels have 120 bytes"),
    ("CDMA.D_LINE_STRIDE", "0x21", "line stride 0x21 is no multiple of an atom, 8 bytes"),
    ("CDMA.D_WEIGHT_SIZE_1", "5000", "CDMA.D_WEIGHT_SIZE_1.KERNEL = 5000, CSC.D_WEIGHT_SIZE_EXT_1.KERNEL = 11"),
    ("CACC.D_DATAOUT_SIZE_0", "0x10003", "CSC.D_DATAOUT_SIZE_0.WIDTH = 2, CACC.D_DATAOUT_SIZE_0.WIDTH = 3"),
    ("SDP.D_DATA_CUBE_WIDTH", "3", "the width of SDP's cube = 4, the convolution's = 3"),
    ("SDP.D_DATA_CUBE_CHANNEL", "40", "the surfaces of SDP's cube = 6, those of the convolution's kernels = 2"),
    ("SDP.D_DP_BS_CFG", "0x6c", "SDP.D_DP_BS_CFG.ALU_ALGO is 3"),
    ("SDP.D_DATA_FORMAT", "1", "SDP.PROC_PRECISION is int16; nv_small computes int8 only"),
    ("SDP.D_DATA_FORMAT", "2", "SDP.PROC_PRECISION is 2; 0 (int8) and 1 (int16) are modelled"),
    ("SDP.D_FEATURE_MODE_CFG", "0x101", "batches"),
    ("SDP.D_FEATURE_MODE_CFG", "3", "enabled, but waiting for other units: CDMA group 0"),
    ("SDP.D_FEATURE_MODE_CFG", "0", "the interrupt of SDP_0 does not come; enabled, but waiting"),
    ("SDP.D_DP_BS_ALU_CFG", "1", "enabled, but waiting for other units"),
]  # fmt: skip


@pytest.mark.parametrize("register, value, words", REFUSED)
def test_registers_that_contradict_each_other_are_refused(tmp_path, register, value, words):
    message = refusal(tmp_path, *write_of(register, value))
    assert words in message and re.match(r"\S*example\.cfg:\d+: ", message)


STATEMENTS = [  # old, new, words
    ("NVDLA_CSC.D_ATOMICS_0", "NVDLA_CSD.D_ATOMICS_0", "unknown unit 'CSD'; did you mean"),
    ("NVDLA_CSC.D_ATOMICS_0", "CSC.D_ATOMICS_0", "must be of the form NVDLA_UNIT.REGISTER_0"),
    ("reg_write(NVDLA_CSC.D_ATOMICS_0, 0x5)", "reg_wirte(NVDLA_CSC.D_ATOMICS_0, 0x5)", "did you mean 'reg_write'?"),
    ("D_ATOMICS_0, 0x5)", "D_ATOMICS_0, 0x100000005)", "value '0x100000005'; must be a number of 0 to 0xffffffff"),
    ("D_ATOMICS_0, 0x5)", "D_ATOMICS_0, -5)", "value '-5'"),
    ("D_ATOMICS_0, 0x5);", "D_ATOMICS_0, 0x5)", "a statement without its ';'"),
    ("D_ATOMICS_0, 0x5)", "D_ATOMICS_0)", "reg_write has 1 arguments; it is reg_write(NVDLA_UNIT.REGISTER_0, VALUE)"),
    ("poll_reg_equal(NVDLA_CDMA.S_CBUF_FLUSH_STATUS_0, 1)", "poll_reg_equal(NVDLA_CDMA.S_CBUF_FLUSH_STATUS_0, 0)", "polls without end: CDMA.S_CBUF_FLUSH_STATUS stays 0x1, awaited is 0x0"),
    ("poll_reg_equal(NVDLA_CDMA.S_CBUF_FLUSH_STATUS_0, 1)", "poll_reg_equal(NVDLA_SDP.D_OP_ENABLE_0, 1)", "polls without end"),
    ("check_crc(done,", "check_crc(gone,", "waits for event 'gone', which nothing signals"),
    ("intr_notify(SDP_0", "intr_notify(SDP_1", "the interrupt of SDP_1 does not come"),
    ("intr_notify(SDP_0", "intr_notify(SDP", "interrupt 'SDP'; must be"),
    ("mem_init(pri_mem, 0x80020000, 96, ALL_ZERO)", "mem_init(pri_mem, 0x80020000, 0x100000000, ALL_ZERO)", "sets more than 256 MiB"),
    ("mem_init(pri_mem, 0x80020000, 96, ALL_ZERO)", "mem_init(pri_mem, 0xfffffffffffffff0, 96, ALL_ZERO)", "leave 64 bits of addresses"),
    ("mem_init(pri_mem, 0x80020000, 96, ALL_ZERO)", "mem_init(pri_mem, 0x80020000, 96, ALL_ZEROS)", "did you mean 'ALL_ZERO'?"),
    ("check_crc(done, 1, 0x80020000, 96,", "check_crc(done, 1, 0x80020000, 0x20000000,", "a region of 536870912 bytes"),
    ('"example-input.dat"', '"../example-input.dat"', "must be a name, without a folder"),
    ('"example-input.dat"', '"/etc/passwd"', "must be a name, without a folder"),
    ('"example-input.dat"', '".."', "must be a name, without a folder"),
    ('"example-input.dat"', "example-input.dat", "must be a name in quotes"),
    ("reg_write(NVDLA_SDP.D_OP_ENABLE_0, 1);", "reg_write(NVDLA_SDP.D_OP_ENABLE_0, 1);\nreg_write(NVDLA_SDP.D_CVT_SCALE_0, 1);", "is written while its register group 0 is enabled"),
    ("reg_write(NVDLA_SDP.D_OP_ENABLE_0, 1);", "reg_write(NVDLA_SDP.D_OP_ENABLE_0, 1);\nreg_write(NVDLA_SDP.D_OP_ENABLE_0, 1);", "is enabled again"),
    ("reg_write(NVDLA_SDP.S_POINTER_0, 0);", "reg_write(NVDLA_BDMA.CFG_LAUNCH0_0, 1);", "starts BDMA, which is not modelled"),
    ("reg_write(NVDLA_SDP.S_POINTER_0, 0);", "reg_write(NVDLA_SDP.S_LUT_ACCESS_DATA_0, 1);", "says that tables are read"),
    ("reg_write(NVDLA_SDP.S_POINTER_0, 0);", "reg_write(NVDLA_SDP.S_LUT_ACCESS_CFG_0, 0x20041);\nreg_write(NVDLA_SDP.S_LUT_ACCESS_DATA_0, 1);", "entry 65 of a table of SDP.S_LUT that has 65"),
]  # fmt: skip


@pytest.mark.parametrize("old, new, words", STATEMENTS)
def test_wrong_statements_are_refused_with_their_line(tmp_path, old, new, words):
    message = refusal(tmp_path, old, new)
    assert words in message and re.match(r"\S*example\.cfg:\d+: ", message)


def test_files_that_are_not_there_or_not_data_are_refused(tmp_path):
    message = refusal(tmp_path, '"example-input.dat"', '"example-gone.dat"', code=3)
    assert re.search(r"example\.cfg:4: .*example-gone\.dat: cannot be opened", message)
    message = refusal(tmp_path, '"example-input.dat"', '"example.yaml"')
    assert re.search(r"example\.cfg:4: example\.yaml:2: 'kind: nvdla_program' is no", message)


def test_links_do_not_lead_out_of_the_folder(tmp_path):
    (tmp_path / "secret").write_text("{offset:0, size:4, payload:0x01}\n")
    inside = tmp_path / "inside"
    inside.mkdir()
    path = changed(inside, '"example-input.dat"', '"link.dat"')
    (inside / "link.dat").symlink_to(tmp_path / "secret")
    assert "is a link that leads out of the program's folder" in error_of("check", path, code=2)
    (inside / "link.dat").unlink()
    (inside / "link.dat").symlink_to(inside / "example-input.dat")
    run_ok("check", path)


@pytest.mark.parametrize("line, words", [
    ("{offset:0x0, size:2, payload:0x01 0x02 0x03}", "3 bytes where size says 2"),
    ("{offset:0x0, size:4, payload:0x101}", "'0x101'; must be a byte"),
    ("{offset:x, size:4, payload:0x01}", "offset 'x'; must be a number"),
    ("{offset:0x0, size:99999999, payload:0x01}", "size '99999999'"),
    ("{offset:0xffffffffffffffff, size:4, payload:0x01}", "offset '0xffffffffffffffff'"),
    ("\x1b[31m", "'\\x1b[31m' is no"),
    ("", "no bytes"),
])  # fmt: skip
def test_wrong_data_is_refused_with_its_line(tmp_path, line, words):
    path = changed(tmp_path, '"example-input.dat"', '"bad.dat"')
    (tmp_path / "bad.dat").write_text(line + "\n")
    message = error_of("check", path, code=2)
    assert words in message and "example.cfg:4: bad.dat" in message


def test_too_large_a_layer_is_refused_before_it_takes_memory(tmp_path):
    shutil.copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)
    sizes = {"CDMA.D_DATAIN_SIZE_0": "0x1fff1fff", "CDMA.D_DATAIN_SIZE_EXT_0": "0x1fff1fff", "CSC.D_DATAIN_SIZE_EXT_0": "0x1fff1fff"}
    text = (tmp_path / "example.cfg").read_text()
    for register, value in sizes.items():
        text = text.replace(*write_of(register, value))
    (tmp_path / "example.cfg").write_text(text)
    assert "are more than 134217728 elements" in error_of("check", tmp_path / "example.yaml", code=2)
