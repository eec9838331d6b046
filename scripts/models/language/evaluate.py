"""Quality of all stages and of int8 models on the test texts, masks and samples, as Markdown.

Usage: /usr/bin/python3 -m scripts.models.language.evaluate [--work build/language]
Perplexity: of a sub-word from those before it, the end of the text included.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable

from scripts.base.packages import need

need("numpy", "torch", "sentencepiece")

from scripts.base import terminal  # noqa: E402
from scripts.base.printable import printable  # noqa: E402
from scripts.models import mask_statistics  # noqa: E402
from scripts.models.language import export_trace  # noqa: E402
from scripts.models.language.model import greedy_continue  # noqa: E402
from scripts.models.language.prompts import prompt_of  # noqa: E402
from scripts.models.language.recipe import Recipe  # noqa: E402
from scripts.models.language.training import load_model, mean_loss  # noqa: E402
from scripts.models.language.work import Work, add_arguments, open_work  # noqa: E402
from scripts.models.spread import spread  # noqa: E402
from scripts.models.threads import keep_freed_memory, use_one_thread  # noqa: E402

SAMPLES = 12
SHOWN = ("dense", export_trace.STAGE)  # in int8 and by samples


def perplexity(work: Work, stage: str, texts: list[list[int]]) -> float:
    model, _ = load_model(work.checkpoint(stage))
    return math.exp(mean_loss(model, texts))


def int8_perplexity(work: Work, stage: str, texts: list[list[int]]) -> float:
    """By the integer reference, text by text, as an accelerator computes it."""
    trace = export_trace.export(work, stage, texts[:1])
    return math.exp(export_trace.mean_loss(trace, texts))


def quality_table(perplexities: Iterable[tuple[str, float]]) -> str:
    rows = [f"| {model} | {value:.2f} |" for model, value in perplexities]
    return "\n".join(["| model | perplexity |", "| --- | --- |", *rows])


def samples(work: Work, stages: Iterable[str], texts: list[list[int]]) -> str:
    """Continuations of texts at even distances, so nobody picked them."""
    models = {stage: load_model(work.checkpoint(stage))[0] for stage in stages}
    lines = []
    for text in spread(texts, SAMPLES):
        prompt = prompt_of(text)
        following = {"the help": text[len(prompt) :]}
        for stage, model in models.items():
            following[stage] = greedy_continue(model, prompt, work.max_tokens)
        lines.append(f"- {printable(work.vocabulary.decode(prompt), None)} …")
        for name, tokens in following.items():
            lines.append(f"  - {name}: …{printable(work.continuation(prompt, tokens), None)}")
    return "\n".join(lines)


def main() -> None:
    parser = terminal.Parser(description=__doc__)
    add_arguments(parser)
    arguments = parser.parse_args()
    use_one_thread()
    keep_freed_memory()
    recipe = Recipe()
    work = open_work(arguments, recipe.model)
    test = work.tokens(work.corpus.test)
    stages = [stage.name for stage in recipe.stages]
    rows = [(f"{stage}, float32", perplexity(work, stage, test)) for stage in stages]
    rows += [(f"{stage}, int8", int8_perplexity(work, stage, test)) for stage in SHOWN]
    print(f"{len(test)} test texts, {time.process_time() / 60:.1f} min of CPU\n")
    print(f"{quality_table(rows)}\n\n{samples(work, SHOWN, test)}\n")
    print(mask_statistics.table(load_model(work.checkpoint(export_trace.STAGE))[1]))


if __name__ == "__main__":
    terminal.run("evaluate", main)
