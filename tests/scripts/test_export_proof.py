"""Exports are proved on sentences of all lengths, with every token, before and after the weights are
read: models that misbehave at a single point are refused, with the reason, and left as they were.
"""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="python3-torch is not installed")

from torch import nn  # noqa: E402

from prepared_pairs import exported, prepared  # noqa: E402
from scripts.export.errors import ExportError  # noqa: E402
from scripts.export.graph.answers import probes  # noqa: E402
from scripts.export.graph.lengths import every_length, sizes, spread_lengths, tried_tokens  # noqa: E402
from small_torch_model import BOS, EOS, PAD, SmallTransformer, random_model, random_pairs  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")
TWO_CALLS = r"the model gives different results in two calls with equal inputs \(\d+ tokens? of source and"
LENGTHS = r"something else on \d+ tokens? of source and \d+ tokens? of target than on others"


class OtherEmbedding(SmallTransformer):
    """`change(embedded, tokens, self)` stands in for what a model may do besides."""

    def __init__(self, change):
        super().__init__()
        self.change = change
        self.register_buffer("count", torch.zeros(()))
        self.last = None

    def embed(self, tokens):
        return self.change(super().embed(tokens), tokens, self)


def noise(x, tokens, model):
    return x + 1e-2 * torch.randn_like(x)


def functional_dropout(x, tokens, model):
    return nn.functional.dropout(x, 0.1, training=True)


def counting(x, tokens, model):
    model.count += 1
    return x


def scales_weights(x, tokens, model):
    with torch.no_grad():
        model.generator.weight.mul_(1.001)
    return x


def remembers(x, tokens, model):
    last, model.last = model.last, int(tokens.sum())
    return x if last is None else x + 1e-2 * (last % 7)


def by_relative_length(x, tokens, model):
    return x + torch.linspace(0, 1, x.shape[1])[None, :, None]


def from_the_end(x, tokens, model):
    return x + model.positions[: x.shape[1]].flip(0)


def long_sentences(x, tokens, model):
    return x * 1.1 if x.shape[1] > 17 else x


def short_sentences(x, tokens, model):
    return -x if x.shape[1] == 1 else x


def one_token(x, tokens, model):
    return x * 1.1 if (tokens == 19).any() else x


def rare_token(x, tokens, model):
    """All signs turn: to a mere factor a normalisation may leave next to nothing, as little as the proof allows."""
    return -x if (tokens == 1).any() else x


def many_tokens(x, tokens, model):
    return x * 1.1 if int(tokens.max()) > 20 else x


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (noise, TWO_CALLS),
        (functional_dropout, TWO_CALLS),
        (counting, "a model that changes its count while it runs"),
        (scales_weights, "generator: .* changes its weight while it runs"),
        (remembers, TWO_CALLS),
        (by_relative_length, LENGTHS),
        (from_the_end, LENGTHS),
        (long_sentences, LENGTHS),
        (short_sentences, LENGTHS),
        (many_tokens, "a step that depends on a value"),
    ],
)
def test_misbehaving_models_are_refused_and_left_as_they_were(change, reason):
    torch.manual_seed(0)
    model = OtherEmbedding(change)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    random = torch.random.get_rng_state()
    with pytest.raises(ExportError, match=reason) as caught:
        prepared(model)
    assert "\n" not in str(caught.value)
    assert model.training
    assert torch.equal(torch.random.get_rng_state(), random)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name


@pytest.mark.parametrize(("change", "token"), [(one_token, 19), (rare_token, 1)])
def test_a_token_that_changes_all_others_is_noted_and_refused_in_sentences(change, token):
    pairs = [([5, 9, EOS], [8, 6, EOS])]
    made = prepared(OtherEmbedding(change), calibration=pairs)
    assert made.odd == {"source": {token, PAD}, "target": {token}}
    assert f"no target may hold the tokens [{token}]" in made.trace.origin["notes"]
    with pytest.raises(ExportError, match=f"calibration: number 1: target has token {token}, which the model treats"):
        prepared(OtherEmbedding(change), calibration=[*pairs, ([5, EOS], [token, EOS])])


def test_an_embedding_that_shortens_its_rows_is_refused():
    model = random_model()
    model.embedding = nn.Embedding(23, 16, max_norm=1.0)
    before = model.embedding.weight.detach().clone()
    with pytest.raises(ExportError, match="embedding: Embedding with max_norm, which shortens rows"):
        prepared(model)
    assert torch.equal(model.embedding.weight, before)


def test_an_embedding_whose_rows_are_short_enough_already_is_exported():
    model = random_model()
    model.embedding = nn.Embedding(23, 16, max_norm=100.0)
    assert prepared(model).network.operators[0]["table"].shape == (23, 16)


def test_padding_that_the_model_masks_is_known_and_refused_in_sentences():
    model, pairs = random_model(), random_pairs(5)
    assert prepared(model).odd == {"source": {PAD}, "target": set()}
    with pytest.raises(ExportError, match="samples: number 0: source has token 0, which the model treats unlike"):
        exported(model, samples=[[5, PAD, EOS]])
    pairs[1] = ([5, 6, PAD], [7, EOS])
    with pytest.raises(ExportError, match="calibration: number 1: source has token 0, which the model treats"):
        prepared(model, calibration=pairs)


class MasksTargets(SmallTransformer):
    def forward(self, source, target):
        future = torch.ones(target.shape[1], target.shape[1], dtype=torch.bool).triu(1)
        memory = self.encoder(self.embed(source))
        masks = {"tgt_mask": future, "tgt_key_padding_mask": target == self.padding}
        return self.generator(self.decoder(self.embed(target), memory, **masks))


@pytest.mark.parametrize("padding", [0, 1, 22])
def test_padding_of_the_target_is_known_wherever_it_is_in_the_vocabulary(padding):
    model = random_model(kind=MasksTargets)
    model.padding = padding
    assert prepared(model, calibration=[([5, 9, EOS], [8, 6, EOS])]).odd == {"source": set(), "target": {padding}}


class Windowed(SmallTransformer):
    """Attention that sees ten tokens back: only long sentences tell."""

    def forward(self, source, target):
        place = torch.arange(target.shape[1])
        hidden = (place[None] > place[:, None]) | (place[None] < place[:, None] - 10)
        memory = self.encoder(self.embed(source))
        return self.generator(self.decoder(self.embed(target), memory, tgt_mask=hidden))


def test_a_window_of_attention_is_found():
    scores = prepared(random_model(kind=Windowed)).network.named("decoder.layers.0.self_attn.scores")
    assert scores["mask"] == "causal" and scores["window"] == 11


def test_models_that_fail_on_long_sentences_are_refused_with_their_limit():
    with pytest.raises(ExportError, match="max_tokens is 40; the model takes .* at most 24 tokens"):
        prepared(random_model(), max_tokens=40)


@pytest.mark.parametrize("longest", [1, 2, 3, 5, 16, 24, 64, 1000])
def test_proofs_are_of_all_lengths_with_equal_and_unequal_sides(longest):
    found = list(sizes(["source", "target"], longest))
    assert len(found) >= 16
    for side in ("source", "target"):
        assert {pair[side] for pair in found} >= {*range(1, min(longest, 128) + 1), longest}
    assert {(n, n) for n in range(1, min(longest, 128) + 1)} <= {tuple(pair.values()) for pair in found}
    unequal = {pair["source"] for pair in found if pair["source"] != pair["target"]}
    assert longest == 1 or len(unequal) >= min(longest, 16) - 2
    first = probes({"source": 5, "target": 6}, BOS, longest)
    assert all(inputs["target"][0] == BOS for inputs in first) and len(first) >= min(16, longest)
    assert {len(inputs["source"]) for inputs in first} >= {1, min(2, longest), longest}


def test_every_token_of_a_vocabulary_is_tried_and_of_a_large_one_its_ends():
    assert tried_tokens(23, [2], 1000) == list(range(23))
    some = tried_tokens(100_000, [777], 500)
    assert {*range(64), *range(99_936, 100_000), 777} <= set(some) and len(some) < 700
    assert max(np.diff(some)) < 500
    assert spread_lengths(64)[:4] == [1, 2, 3, 4]


class Tiring(SmallTransformer):
    """Computes something else once it was called often enough, and holds no buffer of it."""

    def __init__(self, patience=10**9):
        super().__init__()
        self.calls, self.patience = 0, patience

    def forward(self, source, target):
        self.calls += 1
        return super().forward(source, target) * (1 if self.calls < self.patience else 1.01)


@pytest.mark.parametrize("left", [3, 60])
def test_a_model_that_changes_after_its_weights_were_read_is_refused(left):
    """At the end of the proof, or in its midst, where it looks like another mistake."""
    fresh = random_model(kind=Tiring)
    prepared(fresh)
    with pytest.raises(ExportError, match=TWO_CALLS):
        prepared(random_model(kind=Tiring, patience=fresh.calls - left))


class Counting(SmallTransformer):
    """Every second call differs, or each one more."""

    def __init__(self, every_second):
        super().__init__()
        self.calls, self.every_second = 0, every_second

    def forward(self, source, target):
        self.calls += 1
        return super().forward(source, target) * (1 + (self.calls % 2 if self.every_second else self.calls) / 100)


@pytest.mark.parametrize("every_second", [True, False])
def test_a_model_that_counts_its_calls_is_refused_for_that(every_second):
    with pytest.raises(ExportError, match=TWO_CALLS):
        prepared(random_model(kind=Counting, every_second=every_second))


class OtherTokens(SmallTransformer):
    """`change(tokens)` are looked up instead of the tokens."""

    def __init__(self, change, **options):
        super().__init__(**options)
        self.change = change

    def embed(self, tokens):
        return super().embed(self.change(tokens))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda t: t.clamp(max=21), "model: clamp of tokens .* look tokens up as they are"),
        (lambda t: t.clamp(max=15), "model: clamp of tokens"),
        (lambda t: (t + 1).clamp(max=22), "clamp of tokens"),
        (lambda t: (t + 1) % 23, "remainder"),
        (lambda t: t.flip(1), "an embedding of something else than the tokens"),
        (lambda t: nn.functional.pad(t[:, :-1], (1, 0), value=BOS), "leave tokens as they are given"),
    ],
    ids=["clamped at the end", "clamped", "shifted", "turned", "backwards", "moved"],
)
def test_a_model_that_looks_up_other_tokens_is_refused_for_that(change, reason):
    with pytest.raises(ExportError, match=reason):
        prepared(random_model(kind=OtherTokens, change=change))


def test_tokens_that_are_replaced_are_told_from_others():
    model = random_model(kind=OtherTokens, change=lambda t: torch.where(t > 20, 1, t))
    with pytest.raises(ExportError, match="embedding: an embedding of something else than the tokens"):
        prepared(model, calibration=[([5, 9, EOS], [8, 6, EOS])])


def test_tokens_that_chance_replaces_are_no_mistake_of_the_embedding():
    with pytest.raises(ExportError, match=TWO_CALLS):
        prepared(random_model(kind=OtherTokens, change=lambda t: torch.where(torch.rand(t.shape) < 0.5, 1, t)))


class OfEqualSides(SmallTransformer):
    """Misbehaves where both sides have this one length, or fails."""

    def __init__(self, length, fails):
        super().__init__()
        self.length, self.fails = length, fails

    def forward(self, source, target):
        odd = source.shape[1] == target.shape[1] == self.length
        assert not (odd and self.fails), "no such sentences"
        return super().forward(source, target) * (1.01 if odd else 1)


@pytest.mark.parametrize("length", [2, 7, 13, 23])
def test_a_model_that_misbehaves_on_sides_of_one_length_only_is_refused(length):
    sides = f"{length} tokens of source and {length} tokens of target"
    with pytest.raises(ExportError, match=f"something else on {sides}"):
        prepared(random_model(kind=OfEqualSides, length=length, fails=False))
    with pytest.raises(ExportError, match=f"the model fails on {sides}: AssertionError: no such sentences"):
        prepared(random_model(kind=OfEqualSides, length=length, fails=True))


def test_equal_sides_are_of_every_length_and_of_very_many_lengths_a_spread():
    assert every_length(1) == [1] and every_length(128) == list(range(1, 129))
    many = every_length(1000)
    assert many[:128] == list(range(1, 129)) and many[-1] == 1000 and len(many) == 144
    assert max(np.diff(many)) < 60


def shortened(tokens):
    return tokens[:, :20]


def with_bos(tokens):
    return nn.functional.pad(tokens, (1, 0), value=BOS)


def with_eos(tokens):
    return nn.functional.pad(tokens, (0, 1), value=EOS)


class OtherNumber(SmallTransformer):
    """Looks `change(tokens)` up on one side, without masks of padding."""

    def __init__(self, change, side):
        super().__init__()
        self.change, self.side = change, side

    def forward(self, source, target):
        source, target = (self.change(t) if i == self.side else t for i, t in enumerate((source, target)))
        future = torch.ones(target.shape[1], target.shape[1], dtype=torch.bool).triu(1)
        hidden = self.decoder(self.embed(target), self.encoder(self.embed(source)), tgt_mask=future)
        return self.generator(nn.functional.pad(hidden, (0, 0, 0, 24)))  # as many as anyone wants


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize(("change", "longest"), [(shortened, 24), (with_bos, 20), (with_eos, 20)])
def test_a_model_that_looks_up_another_number_of_tokens_is_refused(change, longest, side):
    def forward(source, target):
        return model(source, target)[:, : target.shape[1]]

    model = random_model(kind=OtherNumber, change=change, side=side)
    with pytest.raises(ExportError, match="tokens") as caught:
        prepared(model, calibration=[([0, 5, 9], [0, 8, 6])], max_tokens=longest, forward=forward)
    assert "\n" not in str(caught.value)


class MasksSources(SmallTransformer):
    """`padding` is hidden; `change` what is done to the logits."""

    def __init__(self, padding=PAD, change=lambda logits: logits):
        super().__init__()
        self.encoder.enable_nested_tensor = False  # torch fails on sentences of nothing but padding
        self.padding, self.change = padding, change

    def forward(self, source, target):
        future, padding = torch.ones(target.shape[1], target.shape[1]).triu(1).bool(), source == self.padding
        memory = self.encoder(self.embed(source), src_key_padding_mask=padding)
        masks = {"tgt_mask": future, "memory_key_padding_mask": padding}
        return self.change(self.generator(self.decoder(self.embed(target), memory, **masks)))


@pytest.mark.parametrize(
    ("padding", "pairs", "place"),
    [
        (0, [([0, 5], [5, 6])], "number 0: source has token 0"),
        (0, [([5, 6], [5, 6]), ([0], [5, 6])], "number 1: source has token 0"),
        (7, [([8, 9], [5, 6]), ([7, 5], [5, 6])], "number 1: source has token 7"),
        (7, [([7, 7], [5, 6])], "number 0: source has token 7"),
    ],
)
def test_padding_in_a_calibration_pair_is_named_however_few_tokens_there_are(padding, pairs, place):
    model = random_model(kind=MasksSources, padding=padding)
    with pytest.raises(ExportError, match=f"calibration: {place}, which the model treats unlike others"):
        prepared(model, calibration=pairs, samples=[[9]])


def test_a_mask_that_hides_bos_is_named():
    model = random_model(kind=MasksTargets)
    model.padding = BOS
    with pytest.raises(ExportError, match="holds NaN .*self_attn has a mask that hides every key, as one of BOS"):
        prepared(model)


def test_nan_of_large_numbers_or_after_the_logits_is_no_mask():
    with pytest.raises(ExportError, match="NaN .* first numbers that are not finite are those of mul in the model"):
        prepared(random_model(kind=MasksSources, change=lambda logits: logits * float("nan")))
    model = random_model()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1e29)
    with pytest.raises(ExportError, match="NaN .* first numbers that are not finite are those of .* in encoder.layers.0"):
        prepared(model)
