"""Exports are proved on sentences of all lengths, with every token, before and after the weights are
read: models that misbehave at a single point are refused, with the reason, and left as they were.
"""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="python3-torch is not installed")

from torch import nn  # noqa: E402

from scripts.export.build_trace import Tokenizer  # noqa: E402
from scripts.export.errors import ExportError  # noqa: E402
from scripts.export.proof import equal_lengths, probes, spread_lengths, tried_tokens  # noqa: E402
from scripts.export.pytorch_exporter import Origin, Sentence, export_model, extract  # noqa: E402
from small_torch_model import BOS, EOS, PAD, SmallTransformer, random_model, random_pairs  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")
MAX_TOKENS = 24
TWO_CALLS = r"model: a model that gave different results in two calls with equal inputs \(a source of \d+ and"


def extracted(model, **options):
    return extract(model, Tokenizer(BOS, EOS), MAX_TOKENS, random_pairs(5), **options)


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
    return x * 1.1 if x.shape[1] == 1 else x


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
        (by_relative_length, "embedding .* on a source of"),
        (from_the_end, "embedding .* on a source of"),
        (long_sentences, "embedding .* on a source of"),
        (short_sentences, "embedding .* on a source of"),
        (one_token, "embedding: an embedding with more than a factor and positions"),
        (rare_token, "treats source token 1 unlike the others"),
        (many_tokens, "embedding: an embedding with more than a factor and positions"),
    ],
)
def test_misbehaving_models_are_refused_and_left_as_they_were(change, reason):
    torch.manual_seed(0)
    model = OtherEmbedding(change)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    random = torch.random.get_rng_state()
    with pytest.raises(ExportError, match=reason) as caught:
        extracted(model)
    assert "\n" not in str(caught.value)
    assert model.training
    assert torch.equal(torch.random.get_rng_state(), random)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_an_embedding_that_shortens_its_rows_is_refused():
    model = random_model()
    model.embedding = nn.Embedding(23, 16, max_norm=1.0)
    before = model.embedding.weight.detach().clone()
    with pytest.raises(ExportError, match="embedding: Embedding with max_norm, which shortens rows"):
        extracted(model)
    assert torch.equal(model.embedding.weight, before)


def test_an_embedding_whose_rows_are_short_enough_already_is_exported():
    model = random_model()
    model.embedding = nn.Embedding(23, 16, max_norm=100.0)
    assert extracted(model).constants["encoder.embed"]["table"].shape == (23, 16)


def test_padding_that_the_model_masks_is_known_and_refused_in_sentences():
    model, pairs = random_model(), random_pairs(5)
    found = extracted(model)
    assert found.padding == {"source": {PAD}, "target": set()}
    contents = dict(name="m", origin=Origin("", "", "", "", ""), tokenizer=Tokenizer(BOS, EOS))
    contents |= dict(max_tokens=MAX_TOKENS, calibration_pairs=pairs)
    with pytest.raises(ExportError, match="sentence 0 has token 0, which the model masks as padding"):
        export_model(model, **contents, sentences=[Sentence([5, PAD, EOS])])
    pairs[1] = ([5, 6, PAD], [7, EOS])
    with pytest.raises(ExportError, match="calibration: pair 1: source has token 0, which the model"):
        extract(model, Tokenizer(BOS, EOS), MAX_TOKENS, pairs)


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
    found = extract(model, Tokenizer(BOS, EOS), MAX_TOKENS, [([5, 9, EOS], [8, 6, EOS])])
    assert found.padding == {"source": set(), "target": {padding}}


class Windowed(SmallTransformer):
    """Attention that sees ten tokens back: only long sentences tell."""

    def forward(self, source, target):
        place = torch.arange(target.shape[1])
        hidden = (place[None] > place[:, None]) | (place[None] < place[:, None] - 10)
        memory = self.encoder(self.embed(source))
        return self.generator(self.decoder(self.embed(target), memory, tgt_mask=hidden))


def test_a_window_of_attention_is_refused():
    torch.manual_seed(0)
    with pytest.raises(ExportError, match=r"decoder\.layers\.0\.self_attn: attention"):
        extracted(Windowed().eval())


def test_models_that_fail_on_long_sentences_are_refused_with_their_limit():
    with pytest.raises(ExportError, match="max_tokens is 40; the model takes .* at most 24 tokens"):
        extract(random_model(), Tokenizer(BOS, EOS), 40, random_pairs(5))


@pytest.mark.parametrize("longest", [1, 2, 3, 5, 16, 24, 64, 1000])
def test_probes_are_of_all_lengths_with_unequal_sides(longest):
    found = list(probes([[5, 6], [7, 8]], BOS, longest))
    assert len(found) >= 16
    for side in ("source", "target"):
        lengths = {len(getattr(probe, side)) for probe in found}
        assert lengths >= {1, min(2, longest), min(3, longest), longest}
        assert len(lengths) >= min(longest, 16)
    if longest > 1:
        assert sum(len(probe.source) != len(probe.target) for probe in found) > len(found) / 2
    assert all(probe.target[0] == BOS for probe in found)


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
    extracted(fresh)
    with pytest.raises(ExportError, match=TWO_CALLS):
        extracted(random_model(kind=Tiring, patience=fresh.calls - left))


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
        extracted(random_model(kind=Counting, every_second=every_second))


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
        (lambda t: t.clamp(max=21), "token 21 for source token 22"),
        (lambda t: t.clamp(max=15), "token 15 for source token 19"),
        (lambda t: t.clamp(min=4), "token 4 for source token 0"),
        (lambda t: (t + 1).clamp(max=22), "token 1 for source token 0"),
        (lambda t: torch.where(t > 20, 1, t), "token 1 for source token 21"),
        (lambda t: nn.functional.pad(t[:, :-1], (1, 0), value=BOS), "token 2 for source token 0"),
    ],
    ids=["clamped at the end", "clamped", "clamped at the begin", "shifted", "unknown", "moved"],
)
def test_a_model_that_looks_up_other_tokens_is_refused_for_that(change, reason):
    with pytest.raises(ExportError, match=f"embedding: an embedding that looks up {reason} cannot"):
        extracted(random_model(kind=OtherTokens, change=change))


def test_tokens_that_chance_replaces_are_no_mistake_of_the_embedding():
    with pytest.raises(ExportError, match=TWO_CALLS):
        extracted(random_model(kind=OtherTokens, change=lambda t: torch.where(torch.rand(t.shape) < 0.5, 1, t)))


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
    sides = f"a source of {length} and a target of {length} tokens"
    with pytest.raises(ExportError, match=f"computes something else on {sides}"):
        extracted(random_model(kind=OfEqualSides, length=length, fails=False))
    with pytest.raises(ExportError, match=f"the model fails on {sides}: AssertionError: no such sentences"):
        extracted(random_model(kind=OfEqualSides, length=length, fails=True))


def test_equal_sides_are_of_every_length_and_of_very_many_lengths_a_spread():
    assert equal_lengths(1) == [1] and equal_lengths(128) == list(range(1, 129))
    many = equal_lengths(1000)
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
@pytest.mark.parametrize(
    ("change", "longest", "numbers"),
    [(shortened, 24, (20, 24)), (with_bos, 20, (3, 2)), (with_eos, 20, (3, 2))],
)
def test_a_model_that_looks_up_another_number_of_tokens_is_refused_for_that(change, longest, numbers, side):
    def forward(source, target):
        return model(source[None], target[None])[0, : len(target)]

    model = random_model(kind=OtherNumber, change=change, side=side)
    found, given = numbers if side == 0 or change is shortened else (4, 3)
    reason = f"embedding: an embedding that looks up {found} tokens for {given} {('source', 'target')[side]} tokens"
    with pytest.raises(ExportError, match=reason):
        extract(model, Tokenizer(BOS, EOS), longest, [([0, 5, 9], [0, 8, 6])], forward=forward)


def test_an_embedding_of_equal_rows_is_refused_for_that():
    model = random_model()
    model.embedding.weight.data.zero_()
    with pytest.raises(ExportError, match="embedding: an embedding whose rows for all tokens that were tried are"):
        extracted(model)


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
        (0, [([0, 5], [5, 6])], "pair 0: source has token 0"),
        (0, [([5, 6], [5, 6]), ([0], [5, 6])], "pair 1: source has token 0"),
        (7, [([8, 9], [5, 6]), ([7, 5], [5, 6])], "pair 1: source has token 7"),
        (7, [([7, 7], [5, 6])], "pair 0: source has token 7"),
    ],
)
def test_padding_in_a_calibration_pair_is_named_however_few_tokens_there_are(padding, pairs, place):
    model = random_model(kind=MasksSources, padding=padding)
    with pytest.raises(ExportError, match=f"calibration: {place}, which the model masks as padding; leave it out"):
        extract(model, Tokenizer(BOS, EOS), MAX_TOKENS, pairs)


def test_a_mask_that_hides_bos_is_named():
    model = random_model(kind=MasksTargets)
    model.padding = BOS
    with pytest.raises(ExportError, match="logits hold NaN .*self_attn has a mask that hides every key, as one of BOS"):
        extracted(model)


def test_nan_of_large_numbers_or_after_the_logits_is_no_mask():
    with pytest.raises(ExportError, match="outputs of all its layers are finite: let forward return them"):
        extracted(random_model(kind=MasksSources, change=lambda logits: logits * float("nan")))
    model = random_model()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1e29)
    with pytest.raises(ExportError, match="NaN .* first numbers that are not finite are those of encoder.layers.0"):
        extracted(model)
