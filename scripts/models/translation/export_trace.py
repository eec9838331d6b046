"""Exports the model pruned to 80 % as an int8 trace with 100 real held-out sentences.

Usage: /usr/bin/python3 -m scripts.models.translation.export_trace [--work build/translation]
One checkpoint gives one file, byte by byte.
"""

from __future__ import annotations

from pathlib import Path

from scripts.base.packages import need

need("numpy", "torch", "sentencepiece")

from scripts.base import terminal  # noqa: E402
from scripts.export.graph.pytorch import Origin, export_network  # noqa: E402
from scripts.export.trace import Trace, write_trace  # noqa: E402
from scripts.models.spread import spread  # noqa: E402
from scripts.models.text.vocabulary import BOS, EOS, pieces  # noqa: E402
from scripts.models.threads import use_one_thread  # noqa: E402
from scripts.models.translation.cleaning import Pair  # noqa: E402
from scripts.models.translation.recipe import Recipe  # noqa: E402
from scripts.models.translation.training import load_model  # noqa: E402
from scripts.models.translation.work import Work, add_arguments, open_work  # noqa: E402

OUTPUT = Path("workloads/traces/libreoffice-en-de.safetensors")
MAX_BYTES = 8 << 20
STAGE = "pruned80"
SENTENCES = 100
CALIBRATION_PAIRS = 200
ORIGIN = Origin(
    model="Transformer, English to German, 80 % of each weight matrix pruned by magnitude",
    framework="PyTorch",
    exporter="scripts/models/translation/export_trace.py",
    source="LibreOffice 7.4 help, Debian packages libreoffice-help-en-us and libreoffice-help-de",
    licence="MPL-2.0",
    notes="scripts/models/translation/README.md is the model card",
)


def export(work: Work, stage: str, sentences: list[Pair]) -> Trace:
    """The int8 model of a stage with held-out sentences and the human translations.

    Every operator's output is stored for two of the sentences: the first and the median in length.
    """
    model, masks = load_model(work.checkpoint(stage))
    tokens = [source for source, _ in work.tokens(sentences)]
    median = sorted(range(len(tokens)), key=lambda i: (len(tokens[i]), i))[len(tokens) // 2]
    sources, human = zip(*sentences)
    return export_network(
        model,
        name="libreoffice-en-de",
        origin=ORIGIN,
        kind="encoder_decoder",
        max_tokens=work.max_tokens,
        bos=BOS,
        eos=EOS,
        calibration=work.tokens(spread(work.short(work.corpus.train), CALIBRATION_PAIRS)),
        samples=tokens,
        masks={name: mask.numpy() for name, mask in masks.items()},
        points=[(i, None) for i in sorted({0, median})],
        texts={"source": sources, "human": human, "vocabulary": pieces(work.vocabulary)},
    ).trace


def main() -> None:
    parser = terminal.Parser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--output", type=Path, default=OUTPUT, help="trace to write")
    arguments = parser.parse_args()
    use_one_thread()
    work = open_work(arguments, Recipe().model.max_tokens)
    trace = export(work, STAGE, spread(work.short(work.corpus.test), SENTENCES))
    write_trace(arguments.output, trace)
    size = arguments.output.stat().st_size
    print(f"{arguments.output}: {size / 2**20:.2f} MiB")
    if size > MAX_BYTES:
        raise SystemExit(f"the trace is larger than {MAX_BYTES >> 20} MiB")


if __name__ == "__main__":
    terminal.run("export_trace", main)
