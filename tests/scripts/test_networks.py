"""The networks of workloads/networks: what the program says of them, what their files state, and what other sources say."""

import re

import pytest
import yaml
from lockstep_program import ROOT, error_of, run_ok
from network_judge import judge

FOLDER = ROOT / "workloads/networks"
FILES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
STATED = {
    "resnet-50": 4_089_184_256,
    "resnet-50-v1": 3_857_973_248,
    "resnet-50-nvdla": 3_896_508_416,
    "googlenet": 1_582_671_872,
    "googlenet-nvdla": 1_569_826_816,
    "alexnet": 714_188_480,
    "alexnet-groups": 724_406_816,
}
TORCHVISION = {
    "alexnet": "alexnet",
    "resnet-18": "resnet18",
    "resnet-50": "resnet50",
    "vgg-16": "vgg16",
    "mobilenet-v2": "mobilenet_v2",
    "squeezenet-1.0": "squeezenet1_0",
    "squeezenet-1.1": "squeezenet1_1",
}


def read(name):
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


def longest(text):
    """Lengths of the sentence whose MACs a file states."""
    return (text.get("max_tokens", 0), 1)


def run_lengths(text):
    sentences = text.get("sentences", {})
    return sentences.get("source_tokens", 0), sentences.get("target_tokens", 0)


@pytest.mark.parametrize("name", FILES)
def test_the_judge_counts_what_a_file_states(name):
    text, judged = read(name), judge(FOLDER / f"{name}.yaml")
    assert judged.macs(*longest(text)) == text["macs"]
    assert f" {text['macs']:,} MACs" in (FOLDER / f"{name}.yaml").read_text(encoding="utf-8").split("\n")[0]
    assert text["macs"] == STATED.get(name, text["macs"])


@pytest.mark.parametrize("name", FILES)
def test_the_program_counts_what_the_judge_counts(name):
    text, judged = read(name), judge(FOLDER / f"{name}.yaml")
    said = run_ok("check", name).stdout
    found = re.search(r": (\w+), (\d+) operators \(([^)]*)\), (\d+) parameters, (\d+) MACs a sample", said)
    assert found, said
    kinds = {kind: int(count) for count, kind in (words.split(" ") for words in found[3].split(", "))}
    assert (found[1], int(found[2])) == (text.get("model", "feed_forward"), sum(judged.kinds.values()))
    assert kinds == judged.kinds
    assert int(found[4]) == judged.parameters
    assert int(found[5]) == judged.macs(*run_lengths(text))


@pytest.mark.parametrize("name", FILES)
def test_a_wrong_count_is_one_line_with_both_numbers(name):
    right = read(name)["macs"]
    said = error_of("check", name, "--set", f"workload.macs={right + 1}", code=2)
    assert said == f"--set workload.macs={right + 1}: macs: is {right + 1}; the layers make {right}"


@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvision_has_the_same_layers(name):
    torch = pytest.importorskip("torch")
    models = pytest.importorskip("torchvision").models
    seen = []

    def note(module, _inputs, output):
        seen.append((tuple(module.weight.shape), tuple(output.shape[1:])))

    model = getattr(models, TORCHVISION[name])().eval()
    for module in model.modules():
        if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
            module.register_forward_hook(note)
    with torch.no_grad():
        model(torch.zeros(1, *read(name)["input"]))
    assert sorted(_plain(*layer) for layer in judge(FOLDER / f"{name}.yaml").weighted) == sorted(
        _plain(*layer) for layer in seen
    )


def _plain(weights, output):
    """A fully connected layer is a convolution with one place."""
    inputs = 1
    for side in weights[1:]:
        inputs *= side
    places = output[-2] * output[-1] if len(output) == 3 else 1
    return weights[0], inputs, places, weights[2:] if places > 1 else ()


def test_published_layers_of_alexnet_with_groups():
    judged = judge(FOLDER / "alexnet-groups.yaml")
    assert [(weights, output) for weights, output in judged.weighted] == [
        ((96, 3, 11, 11), (96, 55, 55)),
        ((256, 48, 5, 5), (256, 27, 27)),
        ((384, 256, 3, 3), (384, 13, 13)),
        ((384, 192, 3, 3), (384, 13, 13)),
        ((256, 192, 3, 3), (256, 13, 13)),
        ((4096, 9216), (1, 4096)),
        ((4096, 4096), (1, 4096)),
        ((1000, 4096), (1, 1000)),
    ]


def test_published_sizes_of_inceptions():
    shapes = judge(FOLDER / "googlenet.yaml").shapes
    table = {"3a": (256, 28), "3b": (480, 28), "4a": (512, 14), "4b": (512, 14), "4c": (512, 14)}
    table |= {"4d": (528, 14), "4e": (832, 14), "5a": (832, 7), "5b": (1024, 7)}
    assert {name: shapes[f"inception.{name}"] for name in table} == {n: (c, s, s) for n, (c, s) in table.items()}


def test_published_sizes_of_mobilenet_v1():
    judged = judge(FOLDER / "mobilenet-v1.yaml")
    depthwise = [(w[0], output[1]) for w, output in judged.weighted if w[1:] == (1, 3, 3)]
    assert depthwise == [(32, 112), (64, 56), (128, 56), (128, 28), (256, 28), (256, 14)] + [(512, 14)] * 5 + [(512, 7), (1024, 7)]
    assert round(judged.macs() / 1e6) == 569 and round(judged.parameters / 1e6, 1) == 4.2


def test_published_maps_of_yolov3_tiny():
    shapes = judge(FOLDER / "yolov3-tiny.yaml").shapes
    assert (shapes["conv15"], shapes["route20"], shapes["conv22"]) == ((255, 13, 13), (384, 26, 26), (255, 26, 26))


@pytest.mark.parametrize("tokens", [1, 7, 128, 512])
def test_transformers_have_their_closed_forms(tokens):
    block = 4 * 768 * 768 + 2 * 768 * 3072
    bert = judge(FOLDER / "bert-base.yaml")
    assert bert.macs(tokens) == 12 * (tokens * block + 2 * tokens * tokens * 768) + 768 * 768
    biases_and_norms = 5 * 768 + 3072 + 4 * 768
    assert bert.parameters == (30522 + 512 + 2) * 768 + 12 * (block + biases_and_norms) + 768 * 769
    gpt = judge(FOLDER / "gpt-2-small.yaml")
    seen = tokens * (tokens + 1) // 2
    assert gpt.macs(tokens, 1) == 12 * (tokens * block + 2 * seen * 768) + 768 * 50257


def test_list_says_what_a_network_multiplies():
    said = run_ok("list").stdout
    for name in FILES:
        assert re.search(rf"^  {re.escape(name)} .* {read(name)['macs']:,} MACs", said, re.MULTILINE), name


def test_the_page_about_networks_is_right(tmp_path):
    page = (ROOT / "docs/networks.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    path = tmp_path / "example.yaml"
    path.write_text(example, encoding="utf-8")
    assert f" {judge(path).macs()} MACs a sample" in run_ok("check", path).stdout
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \| ([0-9,]+) \| ([0-9,]+) \|$", page, re.MULTILINE)
    assert sorted(row[0] for row in rows) == FILES
    for name, variant, macs, parameters in rows:
        text, judged = read(name), judge(FOLDER / f"{name}.yaml")
        assert (variant, macs, parameters) == (text["variant"], f"{text['macs']:,}", f"{judged.parameters:,}")


def test_optimus_refuses_a_convolutional_network_by_name():
    said = error_of("check", "optimus", "squeezenet-1.1", code=2)
    assert said.startswith("squeezenet-1.1: optimus runs networks of tokens, without maps") and "operator '" in said


def stated(folder, reads, *layers):
    path = folder / "stated.yaml"
    lines = ["kind: network", "name: x", "source: y", *reads, "layers:", *(f"  - {{{layer}}}" for layer in layers)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_room_is_asked_for_by_what_the_network_reads(tmp_path):
    layers = ("op: linear, name: a, outputs: 64", "op: linear, name: b, outputs: 64")
    small = ("--set", "optimus.memories.global_buffer_kib=1")
    path = stated(tmp_path, ["input: [20, 64]"], *layers)
    said = error_of("check", "optimus-tiny", path, *small, code=2)
    assert "but the activations of one set of input tensors need 3 KiB" in said
    reads = ["model: encoder", "max_tokens: 20", "sentences: {source_tokens: 20}"]
    path = stated(tmp_path, reads, "op: embedding, name: e, outputs: 64, pieces: 9", *layers)
    said = error_of("check", "optimus-tiny", path, *small, code=2)
    assert "but the activations of 20 source tokens need 3 KiB" in said


def test_neither_names_nor_places_change_what_runs_as_one(tmp_path):
    """Every weight is kept, so that nothing is drawn by name."""
    reads = ["model: encoder", "max_tokens: 20", "sentences: {source_tokens: 20}"]
    names = {("q", "k", "v"): "q+k+v", ("at.q", "at.k", "at.v"): "at.q+k+v", ("x.q", "at.k", "v"): "x.q+at.k+v"}
    numbers = set()
    for i, ((q, k, v), joined) in enumerate(names.items()):
        first, second, third = (f"op: linear, name: {name}, inputs: [e], outputs: 8" for name in (q, k, v))
        scores = f"op: attention_scores, name: s, inputs: [{q}, {k}], heads: 2"
        attention = [scores, "op: softmax, name: p, inputs: [s]"]
        last = f"op: attention_values, name: a, inputs: [p, {v}], heads: 2"
        for j, layers in enumerate(([first, second, third, *attention], [second, first, *attention, third])):
            path = stated(tmp_path, reads, "op: embedding, name: e, outputs: 8, pieces: 9", *layers, last)
            out = tmp_path / f"run{i}{j}"
            run_ok("run", "optimus-tiny", path, "-o", out)
            rows = [row.split(",") for row in (out / "layers.csv").read_text(encoding="utf-8").splitlines()[1:]]
            assert len(rows) == 5 and (j == 1 or rows[1][0] == joined)
            numbers.add(tuple(tuple(row[1:]) for row in rows))
    assert len(numbers) == 1


def test_layers_without_sentences_have_a_phase_of_their_own(tmp_path):
    path = stated(tmp_path, ["input: [2, 5]"], "op: linear, name: a, outputs: 5")
    said = run_ok("run", "optimus-tiny", path, "-o", tmp_path / "run").stdout
    assert "tokens" not in said
    rows = (tmp_path / "run/layers.csv").read_text(encoding="utf-8").splitlines()
    assert [row.split(",")[:2] for row in rows[1:]] == [["input", "sample"], ["a", "sample"]]
