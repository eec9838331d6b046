"""The comparison with a computer: the model that it times, where its energy comes from, and the ratios."""

import json

import pytest

pd = pytest.importorskip("pandas", reason="needs python3-pandas")
pytest.importorskip("matplotlib", reason="needs python3-matplotlib")

from scripts.studies import host_cpu, optimus_host
from scripts.studies.host_energy import PackageEnergy

SHAPE = {"d_model": 16, "heads": 2, "d_ff": 32, "encoder_layers": 2, "decoder_layers": 2, "vocabulary": 40}


def torch_decoder(layer, nn, torch):
    """torch's own decoder layer with the weights of ours."""
    twin = nn.TransformerDecoderLayer(16, 2, 32, dropout=0, batch_first=True).eval()
    for mine, theirs in ((layer.own, twin.self_attn), (layer.cross, twin.multihead_attn)):
        parts = [mine.query, mine.key, mine.value]
        theirs.in_proj_weight = nn.Parameter(torch.cat([part.weight for part in parts]))
        theirs.in_proj_bias = nn.Parameter(torch.cat([part.bias for part in parts]))
        theirs.out_proj.load_state_dict(mine.out.state_dict())
    twin.linear1.load_state_dict(layer.feed_forward[0].state_dict())
    twin.linear2.load_state_dict(layer.feed_forward[2].state_dict())
    return twin


def test_kept_keys_and_values_give_what_torch_computes_over_all_positions():
    torch = pytest.importorskip("torch", reason="needs python3-torch")
    from scripts.studies.host_model import HostTransformer

    torch.manual_seed(3)
    model = HostTransformer(SHAPE).eval()
    source = torch.randint(0, 40, (7,))
    with torch.no_grad():
        memory, x = model.encoder(model.embedding(source)), torch.randn(5, 16)
        for layer in model.decoder:
            kept, rows = None, []
            cross = layer.cross.keys_and_values(memory)
            for position in range(5):
                row, kept = layer(x[position : position + 1], kept, cross)
                rows.append(row)
            future = torch.ones(5, 5, dtype=torch.bool).triu(1)
            whole = torch_decoder(layer, torch.nn, torch)(x[None], memory[None], tgt_mask=future)[0]
            assert torch.allclose(torch.cat(rows), whole, atol=1e-5)
            x = whole
    tokens = model.translate(source, 6)
    assert len(tokens) == 6 and all(0 <= token < 40 for token in tokens)


def run_folder(path):
    path.mkdir()
    (path / "summary.json").write_text(json.dumps({"workload": SHAPE}))
    (path / "sentences.csv").write_text("sentence,source_tokens,target_tokens,cycles\n0,3,2,400\n1,5,6,1000\n")
    return path


def test_computer_states_what_it_is_and_how_it_was_timed(tmp_path):
    pytest.importorskip("torch", reason="needs python3-torch")
    table = tmp_path / "host.csv"
    host_cpu.main([str(run_folder(tmp_path / "run")), "-o", str(table), "--repeats", "1"])
    found = pd.read_csv(table)
    assert list(found["source_tokens"]) == [3, 5] and (found["seconds"] > 0).all()
    for column in ("device", "framework", "threads", "precision", "batch", "clock"):
        assert found[column].notna().all()


def rapl(folder, *microjoules):
    for number, value in enumerate(microjoules):
        package = folder / f"intel-rapl:{number}"
        package.mkdir(parents=True, exist_ok=True)
        (package / "energy_uj").write_text(str(value))
        (package / "max_energy_range_uj").write_text("1000000")
    (folder / "intel-rapl:0:0").mkdir(exist_ok=True)  # the cores, counted in the package already


def test_energy_is_the_sum_over_packages_and_survives_a_wrap(tmp_path):
    rapl(tmp_path, 100, 999_000)
    energy = PackageEnergy(tmp_path)
    rapl(tmp_path, 500_100, 1_000)
    assert energy.joules() == pytest.approx(0.502)


def test_no_energy_without_counters_and_none_is_made_up(tmp_path):
    assert PackageEnergy(tmp_path).joules() is None
    (tmp_path / "intel-rapl:0").mkdir()
    assert PackageEnergy(tmp_path).joules() is None
    assert host_cpu.energy_of(2.0, None, None) == {"joules": None, "energy_source": "not measured: RAPL is not readable"}
    assert host_cpu.energy_of(2.0, None, 30)["joules"] == 60
    assert host_cpu.energy_of(2.0, 5.0, 30)["energy_source"].startswith("RAPL")


def test_latency_is_a_mean_of_ratios_and_throughput_a_ratio_of_totals():
    table = pd.DataFrame({"optimus_ms": [1.0, 2.0], "baseline_ms": [4.0, 40.0], "host_ms": [10.0, 10.0]})
    sweep = pd.DataFrame({"energy_total_uj": [1e6, 5e6]}, index=["OPTIMUS", "baseline"])
    host = pd.DataFrame({"joules": [None, None]}, dtype=float)
    found = optimus_host.comparison(table, sweep, host).set_index(["against", "metric"])["ratio"]
    ours = found["baseline hardware, simulated"]
    assert list(ours) == pytest.approx([12, 44 / 3, 5])
    computer = found["this computer, measured"]
    assert list(computer.index) == ["latency", "throughput"] and list(computer) == pytest.approx([7.5, 20 / 3])
    assert found["Intel i7-6900K, published", "energy efficiency"] == 2393.85
