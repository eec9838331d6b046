"""The user's own samples: each is run by the model too, and labels are classes of one choice a sample."""

import pytest

torch = pytest.importorskip("torch", reason="python3-torch is not installed")

from one_line import in_one_line  # noqa: E402
from test_export_network_forms import IMAGES, ORIGIN, prepare  # noqa: E402
from torch import nn  # noqa: E402

from scripts.export.errors import ExportError, UnsupportedOperator  # noqa: E402
from scripts.export.graph.pytorch import export_network  # noqa: E402


class Branching(nn.Module):
    """Takes another way where token 5 is before token 6, which no probe shows."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.table, self.head = nn.Embedding(23, 8), nn.Linear(8, 23)

    def forward(self, x, *targets):
        y = self.head(self.table(targets[0] if targets else x))
        pair = any(((t[:, :-1] == 5) & (t[:, 1:] == 6)).any() for t in (x, *targets))
        return -y if pair else y


LENGTHS = [[3 + n % 20 for n in range(size, 0, -1)] for size in range(1, 17)]
CASES = {
    "decoder": ([[7], [3, 5, 6]], LENGTHS, {"eos": 1, "allowed_tokens": [1, 1]}, "samples: number 1"),
    "encoder": ([[7]], [[9], [10, 11], [5, 6]], {}, "calibration: number 2"),
}


@pytest.mark.parametrize("kind", CASES)
def test_a_branch_that_only_a_sample_takes_is_found(kind):
    samples, calibration, others, words = CASES[kind]
    others |= {"kind": kind, "max_tokens": 16}
    assert prepare(Branching(), samples[:1], calibration=LENGTHS[:1], **others | {"allowed_tokens": [1]})
    with pytest.raises(UnsupportedOperator, match=f"something else on {words}") as caught:
        prepare(Branching(), samples, calibration=calibration, **others)
    in_one_line(caught.value)


def test_a_branch_that_only_the_tenth_image_takes_is_found():
    class Bright(nn.Conv2d):
        def forward(self, x):
            return super().forward(x) * (2 if float(x.detach().numpy().max()) > 1e4 else 1)

    images = torch.cat([IMAGES[:9], 1e5 * IMAGES[9:10].abs() + 2e4])
    model = Bright(3, 2, 3)
    assert prepare(model, images[:9], calibration=IMAGES)
    with pytest.raises(UnsupportedOperator, match=r"samples: number 9 \(input \[3, 16, 16\]\)"):
        prepare(model, images, calibration=IMAGES)


@pytest.mark.parametrize(
    ("layers", "label", "words"),
    [
        ([nn.Conv2d(3, 2, 3)], 1, "output chooses for each of 196 pixels"),
        ([nn.Conv2d(3, 2, 16)], 2, "labels: number 0 is 2; output has the classes 0 to 1"),
        ([nn.Conv2d(3, 2, 16), nn.Flatten()], -1, "labels: number 0 is -1; output has the classes 0 to 1"),
        ([nn.Conv2d(3, 2, 16), nn.Flatten()], "cat", "labels: number 0 is cat;"),
        ([nn.Conv2d(3, 2, 16)], 1, None),
        ([nn.Conv2d(3, 2, 16), nn.Flatten()], torch.tensor(1), None),
    ],
)
def test_labels_are_classes_of_one_choice(layers, label, words):
    model, labels = nn.Sequential(*layers), [label] * len(IMAGES)
    if words is None:
        assert prepare(model, labels=labels)
        return
    with pytest.raises(ExportError, match=words) as caught:
        prepare(model, labels=labels)
    in_one_line(caught.value)


def test_labels_of_rows_are_refused():
    rows = torch.randn(12, 5, 8, generator=torch.Generator().manual_seed(0))
    with pytest.raises(ExportError, match="output chooses for each of 5 rows") as caught:
        prepare(nn.Linear(8, 3), rows, labels=[0] * 12)
    in_one_line(caught.value)


class Plain(nn.Sequential):
    def __init__(self):
        torch.manual_seed(0)
        super().__init__(nn.Embedding(23, 8), nn.Linear(8, 23))


@pytest.mark.parametrize("eos", [-1, 23, 10**9])
def test_a_token_that_the_model_does_not_have_is_named_with_its_bound(eos):
    with pytest.raises(ExportError, match=f"eos is {eos}; the model's target tokens are 0 to 22"):
        prepare(Plain(), [[5]], "decoder", max_tokens=4, eos=eos, allowed_tokens=[1])


def test_one_token_has_no_perplexity():
    others = {"kind": "decoder", "eos": 1, "allowed_tokens": [1], "name": "n", "origin": ORIGIN}
    for length in (1, 2):
        sentences = [[5] * length]
        export = export_network(
            Plain().eval(), samples=[[5]], calibration=sentences, max_tokens=length, **others
        )
        assert [m.name for m in export.report.measures] == ["perplexity"] * (length - 1)
        assert "nan" not in str(export.report)
