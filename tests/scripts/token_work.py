"""What a machine must do for a network of tokens: counted here from the graph alone, step by step.

Without redundancy skipping, each decoding step computes all rows of the target again. A row computed by itself reads
the keys that it sees; of rows computed together each reads all keys, unless only existing scores are computed.
"""

import numpy as np

from scripts.export.graph_rules import check_graph
from scripts.export.graph_shapes import SOURCE, TARGET
from scripts.export.trace_samples import samples_of

ATTENTION = ("attention_scores", "attention_values")
ELEMENTWISE = ("add", "multiply", "concat", "split", "activation", "rotary", "global_average", "flatten")


class Sentence:
    """Rows that there are, step by step: step 0 is what comes before the first."""

    def __init__(self, kind, sample):
        self.prompt = len(sample.inputs["prompt"]) if kind == "decoder" else 1
        self.source = len(sample.inputs["source"]) if "source" in sample.inputs else 0
        self.steps = len(sample.produced)

    def rows(self, rows, step):
        return {SOURCE: self.source, TARGET: self.prompt + step - 1}.get(rows, rows)


class Work:
    def __init__(self, trace, skipping):
        self.trace, self.skipping = trace, skipping
        self.kind = trace.model["kind"]
        self.operators = trace.graph["operators"]
        self.by_name = {op["name"]: op for op in self.operators}
        self.shapes = check_graph(trace.graph, trace.tensors, "graph")
        self.sentences = [
            Sentence(self.kind, s) for s in samples_of(trace.model, trace.reference["samples"], trace.tensors)
        ]

    def phase(self, op):
        return op.get("phase", "decoder" if self.kind == "decoder" else "encoder")

    def computed(self, op, sentence, step):
        """Rows of the operator that a step computes, as a range."""
        skips = self.skipping["redundant_decoding"]
        rows = self.shapes[op["name"]].rows
        all_rows = sentence.rows(rows, step)
        if rows != TARGET:
            return range(0 if skips and step > 1 else all_rows)
        if op["kind"] == "logits" and (skips or not self.skipping["project_all_positions"]):
            return range(all_rows - 1, all_rows)
        return range(all_rows - 1 if skips and step > 1 else 0, all_rows)

    def steps(self, op, sentence):
        phase = self.phase(op)
        again = not (self.skipping["redundant_decoding"] or self.skipping["cross_kv_once"])
        if phase == "decoder" or (phase == "cross" and again):
            return range(1, sentence.steps + 1)
        return [0]

    def executions(self, op):
        for sentence in self.sentences:
            for step in self.steps(op, sentence):
                yield sentence, step, self.computed(op, sentence, step)

    def kept(self, op):
        if "mask" in op:
            return int(np.unpackbits(self.trace.tensors[op["mask"]]).sum())
        return self.trace.tensors[op["weight"]].size

    def scores_of(self, op):
        while op["kind"] != "attention_scores":
            op = self.by_name[op["inputs"][0]]
        return op

    def keys_read(self, op, sentence, step, rows):
        scores = self.scores_of(op)
        keys = sentence.rows(self.shapes[scores["name"]].keys, step)
        if not self.skipping["masked_scores"] and len(rows) != 1:
            return keys * len(rows)
        return sum(seen(scores, row, keys) for row in rows)

    def macs(self):
        total = 0
        for op in self.operators:
            for sentence, step, rows in self.executions(op):
                if op["kind"] in ("linear", "logits"):
                    total += len(rows) * self.kept(op)
                if op["kind"] in ATTENTION:
                    of = op["inputs"][0] if op["kind"] == "attention_scores" else op["name"]
                    total += self.keys_read(op, sentence, step, rows) * self.shapes[of].features
        return total

    def results(self, kinds, of_input=()):
        """Elements that operators of these kinds make; of some, those that go in."""
        total = 0
        for op in self.operators:
            if op["kind"] not in kinds:
                continue
            for sentence, step, rows in self.executions(op):
                count = len(rows)
                if op["kind"] in of_input and count:
                    count = sentence.rows(self.shapes[op["inputs"][0]].rows, step)
                total += count * self.shapes[op["name"]].features
        return total

    def kinds(self):
        return {op["kind"] for op in self.operators}

    def biased_scores(self):
        return sum(
            self.keys_read(op, sentence, step, rows) * op["heads"]
            for op in self.operators
            if op["kind"] == "attention_scores" and "bias" in op
            for sentence, step, rows in self.executions(op)
        )

    def probabilities(self):
        return sum(
            self.keys_read(op, sentence, step, rows) * self.scores_of(op)["heads"]
            for op in self.operators
            if op["kind"] == "softmax"
            for sentence, step, rows in self.executions(op)
        )


def seen(scores, query, keys):
    window = scores.get("window", keys + query + 1)
    if scores["mask"] == "causal":
        return sum(query - window < j <= query for j in range(keys))
    return sum(abs(query - j) < window for j in range(keys))
