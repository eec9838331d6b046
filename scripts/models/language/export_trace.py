"""Exports the language model pruned to 80 % as an int8 trace with beginnings of held-out texts.

Usage: /usr/bin/python3 -m scripts.models.language.export_trace [--work build/language]
One checkpoint gives one file, byte by byte.
"""

from __future__ import annotations

from pathlib import Path

from scripts.base.packages import need

need("numpy", "torch", "sentencepiece")

import torch  # noqa: E402

from scripts.base import terminal  # noqa: E402
from scripts.export.graph.judged import integer_run  # noqa: E402
from scripts.export.graph.pytorch import Origin, export_network  # noqa: E402
from scripts.export.trace import Trace, write_trace  # noqa: E402
from scripts.models.language.prompts import prompt_of  # noqa: E402
from scripts.models.language.recipe import Recipe  # noqa: E402
from scripts.models.language.training import load_model  # noqa: E402
from scripts.models.language.work import Work, add_arguments, open_work  # noqa: E402
from scripts.models.spread import spread  # noqa: E402
from scripts.models.text import loss  # noqa: E402
from scripts.models.text.vocabulary import EOS, pieces  # noqa: E402
from scripts.models.threads import use_one_thread  # noqa: E402

FOLDER = Path("workloads/traces")
MAX_BYTES = 4 << 20
STAGE = "pruned80"
PROMPTS = 50
ALLOWED_TOKENS = 24  # that a prompt may produce
CALIBRATION_TEXTS = 200
ORIGIN = Origin(
    model="Language model of English help texts, 80 % of each weight matrix pruned by magnitude",
    framework="PyTorch",
    exporter="scripts/models/language/export_trace.py",
    source="LibreOffice 7.4 help, Debian package libreoffice-help-en-us",
    licence="MPL-2.0",
    notes="scripts/models/language/README.md is the model card",
)


def export(work: Work, stage: str, texts: list[list[int]]) -> Trace:
    """The int8 model of a stage with the beginnings of texts, and how they really go on."""
    prompts = [prompt_of(text) for text in texts]
    model, _ = load_model(work.checkpoint(stage))
    return export_network(
        model,
        name="libreoffice-help",
        origin=ORIGIN,
        kind="decoder",
        max_tokens=work.max_tokens,
        eos=EOS,
        calibration=[
            text[:-1] for text in spread(work.tokens(work.corpus.train), CALIBRATION_TEXTS)
        ],
        samples=prompts,
        allowed_tokens=[min(ALLOWED_TOKENS, work.max_tokens + 1 - len(p)) for p in prompts],
        texts={
            "source": work.vocabulary.decode(prompts),
            "human": [work.continuation(p, text[len(p) :]) for p, text in zip(prompts, texts)],
            "vocabulary": pieces(work.vocabulary),
        },
    ).trace


def mean_loss(trace: Trace, texts: list[list[int]]) -> float:
    """Negative log likelihood of a token after BOS (EOS included), of the int8 model, in nats."""
    run, head = integer_run(trace), trace.operators[-1]["name"]

    def logits(text: list[int]) -> torch.Tensor:
        return torch.from_numpy(run({"prompt": text[:-1]})[head] * trace.scales[head])

    return loss.mean_loss((logits(text)[None], torch.tensor([text[1:]])) for text in texts)


def main() -> None:
    parser = terminal.Parser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--output", type=Path, default=FOLDER, help="folder of the trace")
    arguments = parser.parse_args()
    use_one_thread()
    work = open_work(arguments, Recipe().model)
    path = arguments.output / "libreoffice-help.safetensors"
    write_trace(path, export(work, STAGE, spread(work.tokens(work.corpus.test), PROMPTS)))
    size = path.stat().st_size
    print(f"{path}: {size / 2**20:.2f} MiB")
    if size > MAX_BYTES:
        raise SystemExit(f"the trace is larger than {MAX_BYTES >> 20} MiB")


if __name__ == "__main__":
    terminal.run("export_trace", main)
