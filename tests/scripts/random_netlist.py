"""Random netlists of tables, written in three languages, and what they compute: shares no code with the importer."""

import random
from dataclasses import dataclass, field


@dataclass
class Drawn:
    """Nets are names: "in[3]", "n7", "0", "1". tables: (output, pins, {tuple of pin values: 0 or 1})."""

    inputs: int
    tables: list = field(default_factory=list)
    outputs: list = field(default_factory=list)  # nets, of output 0 first

    def answers(self, bits):
        """The outputs for a list of input bits."""
        known = {"0": 0, "1": 1} | {f"in[{i}]": bit for i, bit in enumerate(bits)}
        for output, pins, function in self.tables:
            known[output] = function[tuple(known[pin] for pin in pins)]
        return [known[net] for net in self.outputs]


def drawn(seed, most_pins=6, tables=20, inputs=9):
    draw = random.Random(seed)
    found = Drawn(inputs)
    nets = [f"in[{i}]" for i in range(inputs)] + ["0", "1"]
    for number in range(tables):
        pins = [draw.choice(nets[-30:]) for _ in range(draw.randint(1, most_pins))]
        function = {}
        for address in range(1 << len(pins)):
            function[tuple(address >> k & 1 for k in range(len(pins)))] = draw.randrange(2)
        found.tables.append((f"n{number}", pins, function))
        nets.append(f"n{number}")
    found.outputs = [draw.choice(nets) for _ in range(6)]
    return found


def shuffled(netlist, draw):
    """The tables in any order: that of a file says nothing."""
    return draw.sample(netlist.tables, len(netlist.tables))


def rows_of(pins, function, draw):
    """Cover rows: of the ones or of the zeros; two that differ in one place may become one with '-'."""
    value = draw.randrange(2)
    cubes = ["".join(map(str, key)) for key, bit in function.items() if bit == value]
    if not cubes and value == 1:
        return []
    if not cubes:
        return ["-" * len(pins) + " 1"]
    for k in range(len(pins)):
        for cube in list(cubes):
            other = cube[:k] + ("1" if cube[k] == "0" else "0") + cube[k + 1 :]
            if cube in cubes and cube[k] != "-" and other in cubes and draw.random() < 0.7:
                cubes.remove(cube)
                cubes.remove(other)
                cubes.append(cube[:k] + "-" + cube[k + 1 :])
    return [f"{cube} {value}" for cube in cubes]


def blif(netlist, seed=0):
    draw = random.Random(seed)
    lines = ["# a comment", ".model top", ".inputs \\"]
    lines += [f" in[{i}]" + (" \\" if i + 1 < netlist.inputs else "") for i in range(netlist.inputs)]
    lines += [".outputs " + " ".join(f"out[{i}]" for i in range(len(netlist.outputs))), ".names zero", ".names one", "1"]
    constant = {"0": "zero", "1": "one"}
    for output, pins, function in shuffled(netlist, draw):
        lines.append(f".names {' '.join(constant.get(pin, pin) for pin in pins)} {output} # {output}")
        lines += rows_of(pins, function, draw)
    for i, net in enumerate(netlist.outputs):
        lines += [f".names {constant.get(net, net)} out[{i}]", "1 1"]
    return "\n".join([*lines, ".end", ""])


def init(pins, function):
    """The number whose bit a is the output where pin k is bit k of a."""
    return sum(bit << sum(value << k for k, value in enumerate(key)) for key, bit in function.items())


def verilog(netlist, seed=0):
    draw = random.Random(seed)
    constant = {"0": "1'b0", "1": "vcc"}
    lines = [
        "`timescale 1 ns / 1 ps", "(* top = 1 *)", "module top (in, out);", f"  input [{netlist.inputs - 1}:0] in;",
        f"  output [{len(netlist.outputs) - 1}:0] out; /* several", "lines */", "  wire vcc;", "  VCC v (.P(vcc));",
        f"  wire [{netlist.inputs - 1}:0] buffered;",
    ]  # fmt: skip
    lines += [f"  IBUF b{i} (.I(in[{i}]), .O(buffered[{i}]));" for i in range(netlist.inputs)]
    lines.append("  wire " + ", ".join(f"\\{output}$esc " for output, _, _ in netlist.tables) + ";")

    def spelt(net):
        return constant.get(net) or (net.replace("in", "buffered") if net.startswith("in") else f"\\{net}$esc ")

    for output, pins, function in shuffled(netlist, draw):
        size, number = 1 << len(pins), init(pins, function)
        value = draw.choice([f"{size}'h{number:x}", f"{size}'b{number:_b}", f"{size}'d{number}", f"{size} 'H {number:X}"])
        nets = [(f"I{k}", spelt(pin)) for k, pin in enumerate(pins)] + [("O", spelt(output))]
        connections = ", ".join(f".{pin}({net})" for pin, net in draw.sample(nets, len(nets)))
        lines.append(f"  LUT{len(pins)} #( .INIT({value}) ) u_{output} ({connections}); // {output}")
    outputs = [spelt(net) for net in netlist.outputs]
    lines.append(f"  assign out = {{ {', '.join(reversed(outputs))} }};")
    return "\n".join([*lines, "endmodule", ""])


def vhdl(netlist, seed=0):
    draw = random.Random(seed)
    constant = {"0": "'0'", "1": "one"}
    lines = [
        "-- a comment", "library IEEE;", "use IEEE.STD_LOGIC_1164.ALL;", "Entity Top is",
        f"  Port ( Inp : in STD_LOGIC_VECTOR ({netlist.inputs - 1} downto 0);",
        f"         res : out std_logic_vector({len(netlist.outputs) - 1} DOWNTO 0));", "end Top;",
        "architecture Behavioral of top is", "signal one : std_logic := '1';",
    ]  # fmt: skip
    for width in sorted({len(pins) for _, pins, _ in netlist.tables}):
        ports = "".join(f"I{k}: in std_logic; " for k in range(width))
        lines += [
            f"component LUT{width}", f"generic(INIT : bit_vector({(1 << width) - 1} downto 0) := (others => '0') );",
            f"port({ports}O: out std_logic);", "end component;",
        ]  # fmt: skip
    lines += [f"signal {output}_out : std_logic := '0';" for output, _, _ in netlist.tables] + ["begin", "one <= '1';"]

    def spelt(net):
        return constant.get(net) or (net.replace("in[", "INP(").replace("]", ")") if net[0] == "i" else f"{net}_OUT")

    for output, pins, function in shuffled(netlist, draw):
        size, number = 1 << len(pins), init(pins, function)
        texts = [f'"{number:0{size}b}"'] + ([f'X"{number:0{size // 4}x}"'] if size >= 4 else [])
        nets = [(draw.choice([f"I{k}", f"i{k}"]), spelt(pin)) for k, pin in enumerate(pins)] + [("o", spelt(output))]
        connections = ", ".join(f"{pin} => {net}" for pin, net in draw.sample(nets, len(nets)))
        word = draw.choice(["INIT", "init"])
        lines.append(f"u_{output} : LUT{len(pins)} generic map({word} => {draw.choice(texts)}) port map( {connections} );")
    lines.append("res <= " + " & ".join(spelt(net) for net in reversed(netlist.outputs)) + " ;")
    return "\n".join([*lines, "end Behavioral;", ""])


WRITERS = {"blif": blif, "v": verilog, "vhd": vhdl}
