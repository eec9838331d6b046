"""Random networks whose values are drawn, of every kind that reads tokens or a row: what check calls right runs."""

import json
import os
import random

import yaml
from lockstep_program import batch, lockstep

NETWORKS = 1000 if os.environ.get("LOCKSTEP_EXTENDED") == "true" else 150


class Drawn:
    """A workload file, layer by layer."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.model = self.rng.choice(["encoder", "decoder", "feed_forward"])
        self.layers, self.features = [], {}
        if self.model == "feed_forward":
            self.last, size = "input", self.rng.randint(1, 12)
            self.file = {"input": [self.rng.randint(1, 5), size]}
            self.features["input"] = size
        else:
            self.file = self.sentence()
            self.add("embedding", outputs=2 * self.rng.randint(1, 6), **self.pieces())
        for _ in range(self.rng.randint(0, 5)):
            self.rng.choice([self.matrix, self.attention, self.gate, self.norm])()
        if self.model == "decoder":
            self.add("logits", outputs=self.rng.randint(1, 9))
        elif self.last == "input":
            self.matrix()
        head = {"kind": "network", "name": "drawn", "source": "drawn", "values": True, "seed": seed}
        self.file = head | self.file | {"density": self.rng.choice([1, 0.4]), "layers": self.layers}

    def pieces(self):
        """A decoder's are its vocabulary."""
        return {"pieces": self.rng.randint(1, 9)} if self.model == "encoder" else {}

    def sentence(self):
        """Often as long as the model allows, sometimes longer."""
        longest = self.rng.randint(1, 8)
        sentences = {"source_tokens": self.rng.randint(1, longest)}
        if self.model == "decoder":
            room = longest - sentences["source_tokens"] + 1
            sentences["target_tokens"] = self.rng.randint(1, room + (self.rng.random() < 0.2))
        if self.rng.random() < 0.5:
            sentences["count"] = self.rng.randint(1, 3)
        return {"model": self.model, "max_tokens": longest, "sentences": sentences}

    def add(self, op, *inputs, **fields):
        name = f"{op}{len(self.layers)}"
        inputs = {"inputs": list(inputs)} if inputs else {}
        self.layers.append({"op": op, "name": name} | inputs | fields)
        self.last, self.features[name] = name, fields.get("outputs", self.features.get(getattr(self, "last", "")))
        return name

    def matrix(self):
        self.add("linear", self.last, outputs=self.rng.randint(1, 12), relu=self.rng.random() < 0.3)

    def norm(self):
        self.add("norm", self.last, norm=self.rng.choice(["layer", "rms"]))

    def gate(self):
        x, size = self.last, self.rng.randint(1, 12)
        self.add("multiply", *(self.add("linear", x, outputs=size) for _ in range(2)))

    def attention(self):
        x, size = self.last, 2 * self.rng.randint(1, 6)
        q, k, v = (self.add("linear", x, outputs=size) for _ in range(3))
        mask = {"mask": "causal"} if self.model == "decoder" else {}
        scores = self.add("attention_scores", q, k, heads=2, **mask)
        self.features[self.last] = size
        self.add("attention_values", self.add("softmax", scores), v, heads=2)


def test_what_check_calls_right_runs(tmp_path):
    right = {"encoder": 0, "decoder": 0, "feed_forward": 0}
    drawn, refused = [Drawn(seed) for seed in range(NETWORKS)], 0
    for i, network in enumerate(drawn):
        (tmp_path / f"{i}.yaml").write_text(yaml.safe_dump(network.file))
    jobs = [["run", "optimus-tiny", str(tmp_path / f"{i}.yaml"), "-o", str(tmp_path / str(i))] for i in range(NETWORKS)]
    for i, (code, message) in enumerate(batch(jobs)):
        check = lockstep("check", "optimus-tiny", str(tmp_path / f"{i}.yaml"))
        said = check.stderr.removeprefix("lockstep: error: ").strip()
        assert (code, message) == (check.returncode, said), drawn[i].file
        if code:
            assert code == 2 and "max_tokens: is" in message, (message, drawn[i].file)
            refused += 1
            continue
        right[drawn[i].model] += 1
        metrics = json.loads((tmp_path / str(i) / "summary.json").read_text())["metrics"]
        assert metrics["compared_values"]["value"] == 0  # there is no reference
    assert min(right.values()) > NETWORKS / 5, (right, refused)
    assert refused > 0
