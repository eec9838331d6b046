"""Quality of all stages and of the int8 model on the held-out test pairs, as Markdown.

Usage: /usr/bin/python3 -m scripts.models.translation.evaluate [--work build/translation]
Perplexity: of a target sub-word (end of sentence included), teacher-forced. chrF: chrF2 of greedy
translations. Both over the same test pairs for every model. Float measurements are kept in the
work folder (float_quality-*.json) and not repeated.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass

from scripts.base.packages import need

need("numpy", "torch", "sentencepiece")

from scripts.base import output_file, terminal  # noqa: E402
from scripts.base.printable import printable  # noqa: E402
from scripts.export.integer_reference import IntegerModel  # noqa: E402
from scripts.export.quality import int8_loss  # noqa: E402
from scripts.models import mask_statistics  # noqa: E402
from scripts.models.spread import spread  # noqa: E402
from scripts.models.text.batches import buckets  # noqa: E402
from scripts.models.threads import keep_freed_memory, use_one_thread  # noqa: E402
from scripts.models.translation.chrf import chrf  # noqa: E402
from scripts.models.translation.cleaning import Pair  # noqa: E402
from scripts.models.translation.export_trace import STAGE, export  # noqa: E402
from scripts.models.translation.model import TranslationModel, greedy_decode  # noqa: E402
from scripts.models.translation.recipe import Recipe  # noqa: E402
from scripts.models.translation.training import load_model, mean_loss  # noqa: E402
from scripts.models.translation.work import Work, add_arguments, open_work  # noqa: E402

DECODING_TOKENS = 2048  # rows * longest row of a batch
SAMPLES = 12


@dataclass(frozen=True)
class Quality:
    model: str
    perplexity: float
    chrf: float
    translations: list[str]


Measure = Callable[[Work, str, list[Pair]], Quality]


def translate(model: TranslationModel, sources: list[list[int]]) -> list[list[int]]:
    """Greedy translations, in the order of the sources."""
    lengths = [(len(source),) for source in sources]
    outputs: dict[int, list[int]] = {}
    for group in buckets(lengths, DECODING_TOKENS, list(range(len(sources)))):
        outputs.update(zip(group, greedy_decode(model, [sources[i] for i in group])))
    return [outputs[i] for i in range(len(sources))]


def float_quality(work: Work, stage: str, test: list[Pair]) -> Quality:
    model, _ = load_model(work.checkpoint(stage))
    pairs = work.tokens(test)
    sources = [source for source, _ in pairs]
    texts = [work.vocabulary.decode(tokens) for tokens in translate(model, sources)]
    perplexity = math.exp(mean_loss(model, pairs))
    return Quality(f"{stage}, float32", perplexity, chrf(texts, [t for _, t in test]), texts)


def int8_quality(work: Work, stage: str, test: list[Pair]) -> Quality:
    """By the integer reference, sentence by sentence, as an accelerator computes it."""
    trace = export(work, stage, test[:1])
    model, pairs = IntegerModel(trace), work.tokens(test)
    texts = [work.vocabulary.decode(model.greedy(source)) for source, _ in pairs]
    perplexity = math.exp(int8_loss(trace, pairs))
    return Quality(f"{stage}, int8", perplexity, chrf(texts, [t for _, t in test]), texts)


def stored(work: Work, stage: str, test: list[Pair], measure: Measure) -> Quality:
    """measure(work, stage, test), or what it gave before for the same checkpoint and pairs."""
    state = work.checkpoint(stage).read_bytes() + repr(test).encode()
    digest = hashlib.sha256(state).hexdigest()[:16]
    path = work.folder / f"{measure.__name__}-{stage}-{digest}.json"
    if not path.exists():
        output_file.write(path, json.dumps(asdict(measure(work, stage, test))))
    return Quality(**json.loads(path.read_text()))


def all_qualities(work: Work, test: list[Pair]) -> Iterator[Quality]:
    """Dense and pruned stages, then the int8 models of the first and the last."""
    stages = [stage.name for stage in Recipe().stages]
    yield from (stored(work, stage, test, float_quality) for stage in stages)
    yield from (int8_quality(work, stage, test) for stage in (stages[0], stages[-1]))


def quality_table(qualities: Iterable[Quality]) -> str:
    rows = [f"| {q.model} | {q.perplexity:.2f} | {q.chrf:.1f} |" for q in qualities]
    return "\n".join(["| model | perplexity | chrF2 |", "| --- | --- | --- |", *rows])


def samples(test: list[Pair], float_texts: list[str], int8_texts: list[str]) -> str:
    """Translations at even distances in the test set, so nobody picked them."""
    parts = []
    for i in spread(list(range(len(test))), SAMPLES):
        texts = [printable(text, None) for text in (*test[i], float_texts[i], int8_texts[i])]
        parts.append("- en: {}\n  - human: {}\n  - float: {}\n  - int8: {}".format(*texts))
    return "\n".join(parts)


def main() -> None:
    parser = terminal.Parser(description=__doc__)
    add_arguments(parser)
    arguments = parser.parse_args()
    use_one_thread()
    keep_freed_memory()
    work = open_work(arguments, Recipe().model.max_tokens)
    test = work.short(work.corpus.test)
    qualities = list(all_qualities(work, test))
    cpu_minutes = time.process_time() / 60
    print(f"{len(test)} test pairs, {cpu_minutes:.1f} min of CPU\n\n{quality_table(qualities)}\n")
    print(mask_statistics.table(load_model(work.checkpoint(STAGE))[1]))
    print(f"\n{samples(test, qualities[-3].translations, qualities[-1].translations)}")


if __name__ == "__main__":
    terminal.run("evaluate", main)
