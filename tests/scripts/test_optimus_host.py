"""The comparison with a computer: the model that it times, where its energy comes from, and the ratios."""

import json

import pytest

pd = pytest.importorskip("pandas", reason="needs python3-pandas")
pytest.importorskip("matplotlib", reason="needs python3-matplotlib")

from drawn_figure import texts
from lockstep_program import ROOT
from scripts.base import csv_cells
from scripts.plotting import command, gallery
from scripts.studies import cpu_roofline, host_cpu, optimus_host
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


HOST = "Some CPU, 1 thread, measured"
ROOF = "Toy, float32 roofline"


def host_frame(joules=None):
    return pd.DataFrame({"device": "Some CPU", "threads": 1, "seconds": [0.01, 0.01], "joules": [joules] * 2}, dtype=None)


def sweep_frame():
    numbers = {"energy_total_uj": [1e6, 5e6], "energy_dynamic_uj": [0.5e6, 3e6], "energy_clock_uj": [0.3e6, 1e6]}
    frame = pd.DataFrame(numbers, index=["OPTIMUS", "baseline"]).assign(average_power_mw=1.0, time_us=1.0)
    return frame.assign(energy_total_uj_low=[0.5e6, 4e6], energy_total_uj_high=[2e6, 30e6])


def test_latency_is_a_mean_of_ratios_and_throughput_a_ratio_of_totals():
    table = pd.DataFrame({"source_tokens": [1, 2], "target_tokens": [1, 2], optimus_host.OPTIMUS: [1.0, 2.0]})
    table = table.assign(**{optimus_host.BASELINE: [4.0, 40.0], HOST: [10.0, 10.0], ROOF: [3.0, 8.0]})
    rows = optimus_host.comparison(table, sweep_frame(), host_frame().astype({"joules": float}))
    found = rows.set_index(["against", "metric"])["ratio"]
    ours = found["baseline hardware, simulated"]
    assert list(ours) == pytest.approx([12, 44 / 3, 5, 5])
    assert list(ours.index) == [*optimus_host.METRICS, optimus_host.WITHOUT_LEAKAGE]
    for name, ratios in ((HOST, [7.5, 20 / 3]), (ROOF, [3.5, 11 / 3])):
        assert list(found[name].index) == ["latency", "throughput"] and list(found[name]) == pytest.approx(ratios)
    assert found["Intel i7-6900K, published", "energy efficiency"] == 2393.85
    band = rows[rows["metric"] == "energy efficiency"].iloc[0]
    assert (band["ratio_low"], band["ratio_high"]) == (5, 15)  # 4 / 0.5 and 30 / 2: the same cells in both
    assert set(rows["kind"]) == {"simulated", "measured", "roofline", "published"}


def test_measured_energy_of_the_computer_is_compared_with_and_without_leakage():
    table = pd.DataFrame({"source_tokens": [1], "target_tokens": [1], optimus_host.OPTIMUS: [1.0], HOST: [10.0]})
    rows = optimus_host.comparison(table, sweep_frame(), host_frame(4.0)).set_index(["against", "metric"])
    total, without = (rows.loc[(HOST, metric)] for metric in ("energy efficiency", optimus_host.WITHOUT_LEAKAGE))
    assert [total[c] for c in ("ratio", "ratio_low", "ratio_high")] == [8, 4, 16]
    assert without["ratio"] == 10


def test_measurement_of_another_computer_is_kept_and_named(tmp_path, monkeypatch):
    run = run_folder(tmp_path / "run")
    text = "device,threads,source_tokens,target_tokens,seconds,joules\nOther CPU,2,3,2,0.5,\nOther CPU,2,5,6,0.9,\n"
    (tmp_path / "host.csv").write_text(text)
    monkeypatch.setattr(host_cpu, "main", lambda words: pytest.fail("measured again"))
    host = optimus_host.host_times(run, optimus_host.parse_arguments(["-o", str(tmp_path)]))
    assert list(host["seconds"]) == [0.5, 0.9] and (tmp_path / "host.csv").read_text() == text
    assert optimus_host.host_name(host) == "Other CPU, 2 threads, measured"


def test_legends_of_the_committed_figures_name_the_computer_and_the_roofline():
    folder = ROOT / "results/optimus-host"
    host = optimus_host.host_name(csv_cells.read_frame(folder / "host.csv"))
    for entry in gallery.entries("optimus-host"):
        drawing, _, _ = command.compose(entry.words(folder))
        assert {host, optimus_host.cpu_name(cpu_roofline.read())} <= set(texts(drawing)), entry.name


TOY = {"d_model": 2, "d_ff": 4, "encoder_layers": 1, "decoder_layers": 1, "vocabulary": 3}


def test_roofline_of_a_small_model_by_hand():
    """d = 2, f = 4, one layer each, 3 words; 3 source tokens.

    Before the first step: encoder 4 x 4 + 2 x 8 = 32 weights, keys and values 2 x 4 = 8: 40, used for 3 tokens, and scores and mixes
    2 x 3 x 3 x 2 = 36: 156 MACs. A step: own attention 4 x 4, cross-attention 2 x 4, inner 2 x 8, words 2 x 3: 46 weights, and over
    t own and 3 source positions 2 x 2 x (t + 3): 62 and 66 MACs.
    """
    assert cpu_roofline.before_the_first_step(TOY, 3) == (156, 40)
    assert [cpu_roofline.step(TOY, 3, t) for t in (1, 2)] == [(62, 46), (66, 46)]
    computing = cpu_roofline.Cpu("computes slowly", flops_per_s=2, bytes_per_s=1e9)
    assert cpu_roofline.seconds(computing, TOY, 3, 2) == pytest.approx(156 + 62 + 66)
    loading = cpu_roofline.Cpu("reads slowly", flops_per_s=1e9, bytes_per_s=4)
    assert cpu_roofline.seconds(loading, TOY, 3, 2) == pytest.approx(40 + 46 + 46)
    between = cpu_roofline.Cpu("each part has its own bound", flops_per_s=6, bytes_per_s=8)
    assert cpu_roofline.seconds(between, TOY, 3, 2) == pytest.approx(156 / 3 + 46 / 2 + 46 / 2)


def test_weights_of_the_roofline_are_those_of_the_model_that_is_timed():
    pytest.importorskip("torch", reason="needs python3-torch")
    from scripts.studies.host_model import HostTransformer

    weights = {name: p.numel() for name, p in HostTransformer(SHAPE).named_parameters() if p.dim() == 2}
    before = {n for n in weights if n.startswith("encoder") or "cross.key" in n or "cross.value" in n}
    step = weights.keys() - before - {"embedding.weight"}
    assert cpu_roofline.before_the_first_step(SHAPE, 5)[1] == sum(weights[name] for name in before)
    assert cpu_roofline.step(SHAPE, 5, 1)[1] == sum(weights[name] for name in step)


CPU = "name: Toy\ncores: 2\nclock_ghz: 1.5\nflops_per_cycle_and_core: 8\nmemory_gb_per_s: 10\n"


def test_cpu_of_the_roofline_is_a_file(tmp_path):
    (tmp_path / "cpu.yaml").write_text(CPU)
    assert cpu_roofline.read(tmp_path / "cpu.yaml") == cpu_roofline.Cpu("Toy", 24e9, 10e9)
    papers = cpu_roofline.read()
    assert papers.flops_per_s == pytest.approx(8 * 3.2e9 * 2 * 8 * 2) and papers.bytes_per_s == pytest.approx(4 * 8 * 2400e6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("cores: 2\n", ""), "cpu.yaml:1: cores: missing"),
        (("cores: 2", "cores: -2"), "cpu.yaml:2: cores: must be above 0 and below 1e9"),
        (("clock_ghz: 1.5", "clock_ghz: fast"), "cpu.yaml:3: clock_ghz: must be a number above 0"),
        (("clock_ghz", "clock_mhz"), "cpu.yaml:3: clock_mhz: unknown key; the nearest one is clock_ghz"),
        (("name: Toy", "name: 7"), "cpu.yaml:1: name: must be a text"),
    ],
)
def test_mistakes_in_the_file_of_a_cpu_are_one_line(tmp_path, capsys, change, message):
    (tmp_path / "cpu.yaml").write_text(CPU.replace(*change))
    assert optimus_host.main(["--cpu", str(tmp_path / "cpu.yaml"), "-o", str(tmp_path / "out")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("optimus_host: error: ") and line.endswith(message)
    assert not (tmp_path / "out").exists()


def test_file_of_a_cpu_that_is_not_there(tmp_path, capsys):
    assert optimus_host.main(["--cpu", str(tmp_path / "none.yaml")]) == 3
    assert "none.yaml: cannot be read: No such file" in capsys.readouterr().err
