"""The energy rows of look-up tables are what their sources' figures give."""

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


def rows(node):
    data = yaml.safe_load((CONFIGS / f"energy/luts-{node}nm.yaml").read_text())["rows"]
    return {(row["event"], row["width_bits"]): row for row in data}


def values(node):
    return {key: row["value_pj"] for key, row in rows(node).items()}


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


def test_wide_tables_are_made_of_small_ones():
    found = values(45)
    pin, inner = (
        {p: found[event, p] for p in (2, 4, 6)} for event in ("lut_pin_toggle", "lut_toggle")
    )
    assert found["lut_pin_toggle", 8] == pytest.approx((24 * pin[6] + 2 * pin[2]) / 8, rel=1e-3)
    assert found["lut_pin_toggle", 12] == pytest.approx((6 * 64 + 6) * pin[6] / 12, rel=1e-3)
    assert found["lut_toggle", 8] == inner[2] and found["lut_toggle", 12] == inner[6]
    assert found["lut6_inner_toggle", 6] == inner[6]
    wire = 60 / 16 * (pin[6] + inner[6] / 2)
    for width, pins in ((6, 1), (8, 26 / 8), (12, 390 / 12)):
        assert found["lut_wire_toggle", width] == pytest.approx(pins * wire, rel=1e-3)


def test_28_nm_is_45_nm_scaled():
    old, new = rows(45), rows(28)
    assert old.keys() == new.keys()
    for key, row in new.items():
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
