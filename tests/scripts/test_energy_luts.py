"""The energy rows of look-up tables are what their sources' figures give."""

import csv
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml", reason="needs python3-yaml")

from lockstep_program import run_ok  # noqa: E402

CONFIGS = Path(__file__).parents[2] / "arch-configs"
HALF_SQUARED_VOLTS = 0.9**2 / 2
PERIOD_NS = 5
SPICE_UW = {2: 1.2013, 4: 5.0106, 6: 19.141}  # parity tables, each pin changing once a period
# fF of an inverter's gate and drain capacitances (n and twice as wide p): minimal, double size.
MINIMAL, DOUBLE = 0.12251 + 0.1684 + 0.16333 + 0.368, 0.2565 + 0.344 + 0.248 + 0.636
GATE = 0.12251  # fF of a minimal transistor


def rows(node, file="luts-{}nm"):
    data = yaml.safe_load((CONFIGS / f"energy/{file.format(node)}.yaml").read_text())["rows"]
    return {(row["event"], row["width_bits"]): row for row in data}


def values(node):
    return {key: float(row["value_pj"]) for key, row in rows(node).items()}


def pin_fj(inputs):
    gates = 2 * GATE * (2**inputs - 1) / inputs
    return HALF_SQUARED_VOLTS * (MINIMAL + 2 * DOUBLE + gates)


def parity_fj(inputs):
    return SPICE_UW[inputs] * PERIOD_NS / inputs


def nodes_of_a_parity_table(inputs):
    """Inner nodes that change with a pin, on average over the pins."""
    return sum(2 ** (inputs - level) - 1 for level in range(inputs)) / inputs


@pytest.mark.parametrize("inputs", [2, 4, 6])
def test_pin_and_inner_nodes_share_what_spice_gives(inputs):
    found = values(45)
    pin, inner = found["lut_pin_toggle", inputs], found["lut_toggle", inputs]
    assert pin == pytest.approx(pin_fj(inputs) / 1000, rel=1e-3)
    assert pin + inner == pytest.approx(parity_fj(inputs) / 1000, rel=1e-3)


def test_an_inner_node_costs_the_same_in_all_three_sizes():
    costs = [(parity_fj(p) - pin_fj(p)) / nodes_of_a_parity_table(p) for p in (2, 4, 6)]
    assert max(costs) / min(costs) < 1.02


@pytest.mark.parametrize("inputs", [1, 3, 5])
def test_sizes_between_have_the_mean_cost_of_an_inner_node(inputs):
    found = values(45)
    node = sum((parity_fj(p) - pin_fj(p)) / nodes_of_a_parity_table(p) for p in (2, 4, 6)) / 3
    assert found["lut_pin_toggle", inputs] == pytest.approx(pin_fj(inputs) / 1000, rel=1e-3)
    assert found["lut_toggle", inputs] == pytest.approx(node * nodes_of_a_parity_table(inputs) / 1000, rel=1e-3)


@pytest.mark.parametrize("pins", range(7, 13))
def test_wide_tables_are_made_of_small_ones(pins):
    """Six pins go to all 2^(pins - 6) LUT6, the others are those of a table that selects one of these."""
    found = values(45)
    select, lut6 = pins - 6, 2 ** (pins - 6)
    pin, inner = ({p: found[event, p] for p in range(1, 7)} for event in ("lut_pin_toggle", "lut_toggle"))
    assert found["lut_pin_toggle", pins] == pytest.approx((6 * lut6 * pin[6] + select * pin[select]) / pins, rel=1e-3)
    assert found["lut_toggle", pins] == inner[select]
    assert found["lut6_inner_toggle", 6] == inner[6]
    wire = 60 / 16 * (pin[6] + inner[6] / 2)
    assert found["lut_wire_toggle", 6] == pytest.approx(wire, rel=1e-3)
    assert found["lut_wire_toggle", pins] == pytest.approx((6 * lut6 + select) / pins * wire, rel=1e-3)


def test_a_table_costs_the_more_the_more_pins_it_has():
    found = values(45)
    for event in ("lut_pin_toggle", "lut_wire_toggle"):
        prices = [found[event, width] for width in range(6 if "wire" in event else 1, 13)]
        assert prices == sorted(prices)


CELL_WIDTH_F = (1.23 + 2.08) / 2 * 2 + 1.31  # CACTI: two inverters, n and p as one, and access transistors
LSTP_50_C_ABOVE = {45: (9.02e-11, 1.1), 32: (1.69e-10, 1.0), 22: (7.73e-10, 0.8)}  # A/um at 350 K, V


def leakage_w(node):
    low, high = (22, 32) if node == 28 else (node, node)
    share = (node - low) / (high - low or 1)
    current, volts = ((1 - share) * a + share * b for a, b in zip(LSTP_50_C_ABOVE[low], LSTP_50_C_ABOVE[high]))
    return CELL_WIDTH_F * node / 1000 * current * volts


@pytest.mark.parametrize("node", [28, 45])
def test_configuration_leaks_as_a_cell_of_low_standby_power(node):
    price = values(node)["configuration_leakage", 1]
    assert price == pytest.approx(leakage_w(node) * 1e3, rel=2e-3)  # pJ/ns = mW
    with (CONFIGS / "energy/sram-cacti7.csv").open() as file:
        large = [r for r in csv.DictReader(file) if (r["node_nm"], r["cells"]) == (str(node), "lstp")]
    bits = [8 * int(r["capacity_bytes"]) for r in large]
    of_bit = [float(r["leakage_mw"]) / b for r, b in zip(large, bits) if b >= 2**23]
    assert 0.85 < min(of_bit) / price and max(of_bit) / price < 1.1


def test_factor_against_an_fpga_is_what_the_readme_says():
    """John the Ripper's sha256crypt and bcrypt on four XC6SLX150: (A under load - A idle) x 12 V / 4 / MHz / LUTs.

    Beside it a LUT6 and its flip-flop whose five pins and bit change in every second clock.
    """
    measured = [(3.1 - 0.4) * 12 / 4 / 175 / (23 * 2650) * 1e6, (2.2 - 0.4) * 12 / 4 / 150 / (124 * 390) * 1e6]
    assert measured == pytest.approx([0.759, 0.744], abs=0.001)  # pJ a LUT and clock
    found = values(45) | {key: row["value_pj"] for key, row in rows(45, "{}nm").items()}
    pins = 5 * (found["lut_pin_toggle", 6] + found["lut_wire_toggle", 6])
    ours = (pins + found["lut_toggle", 6] + found["register_toggle", 1]) / 2 + found["register_clock", 1]
    assert ours == pytest.approx(0.1085, abs=0.0001)
    at_1v2 = ours * (1.2 / 0.9) ** 2
    assert max(measured) / ours == pytest.approx(7, abs=0.05) and max(measured) / at_1v2 == pytest.approx(3.9, abs=0.05)
    add = 32 * (2 * (found["lut_pin_toggle", 6] + found["lut_wire_toggle", 6]) + found["lut_toggle", 6]) / 2
    assert add / found["add", 32] == pytest.approx(14, abs=0.2)  # Kuon and Rose: FPGA to standard cell, about 14


def test_28_nm_is_45_nm_scaled():
    old, new = rows(45), rows(28)
    assert old.keys() == new.keys()
    for key, row in new.items():
        if key[0] == "configuration_leakage":
            continue
        assert row["value_pj"] == pytest.approx(0.5319 * old[key]["value_pj"], rel=1e-3)
        assert row["node_nm"] == 28 and row["scaled_from_nm"] == 45
        assert row["source"].startswith(f"scaled: {old[key]['value_pj']:g} pJ (")


@pytest.mark.parametrize("node", [28, 45])
def test_the_program_reads_the_rows_beside_those_of_arithmetic(tmp_path, node):
    text = (CONFIGS / "optimus-tiny.yaml").read_text()
    files = [f"{CONFIGS}/energy/{name}{node}nm.yaml" for name in ("", "luts-")]
    old = "energy_tables: [energy/28nm.yaml]"
    assert old in text
    (tmp_path / "arch.yaml").write_text(text.replace(old, f"energy_tables: [{', '.join(files)}]"))
    run_ok("check", tmp_path / "arch.yaml", CONFIGS.parent / "workloads/tiny.yaml")
