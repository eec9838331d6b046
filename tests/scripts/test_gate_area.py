"""Areas of blocks beside the cells that Yosys maps their SystemVerilog to."""

import pytest

pytest.importorskip("yaml", reason="needs python3-yaml")

from lockstep_program import PROGRAM
from scripts.studies import gate_area, yosys_cells


def test_yosys_maps_to_cells_whose_areas_we_know(tmp_path):
    text = """
    module pair (input logic clk_i, input logic en_i, input logic [1:0] a_i, output logic plain_o, output logic held_o);
      always_ff @(posedge clk_i) plain_o <= !(a_i[0] && a_i[1]);
      always_ff @(posedge clk_i) if (en_i) held_o <= a_i[0];
    endmodule
    """
    (tmp_path / "pair.sv").write_text(text)
    found = yosys_cells.mapped(tmp_path, ["pair.sv"], "pair")
    assert found.cells == {"NAND2_X1": 1, "$_DFF_P_": 1, "$_DFFE_PP_": 1}
    assert found.register_um2 == pytest.approx(4.522 + 6.384) and found.um2 == pytest.approx(0.798 + 4.522 + 6.384)
    assert found.gates == pytest.approx(found.um2 / 0.798)


def test_our_areas_lie_beside_those_of_yosys(record_property, capsys):
    rows = list(gate_area.rows(PROGRAM))
    with capsys.disabled():
        print("\n" + gate_area.table(rows))
    argmax, tree, plain, pipelined = rows
    for row in rows:
        record_property(f"{row.block}: gates by Yosys", round(row.yosys.gates))
    assert 0.9 < tree.ratio < 1.1
    assert 0.8 < argmax.ratio < 1.6  # we count an adder where Yosys compares
    for row in (plain, pipelined):  # ours can be written, the tables of the SystemVerilog are constants
        assert row.ratio > 1 and row.yosys.register_um2 < row.ours_um2
