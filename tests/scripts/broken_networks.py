"""Every rule of docs/trace-format.md broken once: (network, change of its trace, what the scripts' reader says)."""

import copy

import numpy as np

I32_MAX = 2**31 - 1


def broken(trace, change):
    copied = copy.deepcopy(trace)
    change(copied)
    return copied


def op(trace, name):
    return next(operator for operator in trace.operators if operator["name"] == name)


def field(name, /, **values):
    return lambda trace: op(trace, name).update(values)


def without(name, key):
    return lambda trace: op(trace, name).pop(key)


def model(**values):
    return lambda trace: trace.model.update(values)


def tensor(name, values):
    return lambda trace: trace.tensors.update({name: values})


def entry(name, index, value):
    def change(trace):
        trace.tensors[name] = trace.tensors[name].copy()
        trace.tensors[name][index] = value

    return change


def reference(**values):
    return lambda trace: trace.reference.update(values)


def also(*changes):
    return lambda trace: [change(trace) for change in changes]


def again(name, /, **values):
    """A copy of an operator behind it, of another name."""

    def change(trace):
        at = trace.operators.index(op(trace, name))
        trace.operators.insert(at + 1, op(trace, name) | {"name": "again"} | values)

    return change


def drop(name):
    return lambda trace: trace.operators.remove(op(trace, name))


def last(name, kind, /, **values):
    return lambda trace: trace.operators.append({"name": name, "kind": kind, **values})


def int8(*shape):
    return np.zeros(shape, np.int8)


def int32(*shape):
    return np.zeros(shape, np.int32)


OF_MODEL = [
    ("feed_forward", model(kind="feedforward"), r"kind 'feedforward' \(did you mean 'feed_forward'\?\)"),
    ("feed_forward", model(kind=["encoder"]), "kind .* use one of encoder_decoder"),
    ("feed_forward", model(max_tokens=3), "unknown key 'max_tokens'"),
    ("encoder", model(vocabulary=3), "unknown key 'vocabulary'"),
    ("decoder", model(bos=1), "unknown key 'bos'"),
    ("decoder", lambda t: t.model.pop("eos"), "lacks 'eos'"),
    ("decoder", model(eos=9), "eos is 9; use a whole number from 0 to 8"),
    ("encoder_decoder", model(max_tokens=65537), "max_tokens is 65537"),
    ("encoder_decoder", model(outputs=["logits"]), "unknown key 'outputs'"),
    ("feed_forward", model(inputs=[]), "use a list of 1 to 8 inputs"),
    ("feed_forward", model(inputs=[{"name": f"i{i}", "shape": [1, 1]} for i in range(9)]), "1 to 8 inputs"),
    ("feed_forward", lambda t: t.model["inputs"].append(t.model["inputs"][0]), "number 2: the name is taken"),
    ("feed_forward", lambda t: t.model["inputs"][0].update(name="source"), "number 0: the name is taken"),
    ("feed_forward", lambda t: t.model["inputs"][0].update(name="conv"), "conv: .*the name is taken|is no earlier"),
    ("feed_forward", lambda t: t.model["inputs"][0].update(shape=[4, 6]), "input image is tokens; use a map"),
    ("feed_forward", lambda t: t.model["inputs"][0].update(shape=[4]), r"shape is \[4\]; use \[tokens, features\]"),
    ("feed_forward", lambda t: t.model["inputs"][0].update(shape=[4, 0, 6]), "shape is"),
    ("feed_forward", lambda t: t.model["inputs"][0].update(shape=[4, 16385, 6]), "a map of 16385 x 6"),
    ("feed_forward", lambda t: t.model["inputs"][0].update(shape=[65537, 1, 1]), "65537 features"),
    ("feed_forward", lambda t: t.model["inputs"][0].update(shape=[4, 8192, 8192]), "elements; at most"),
    ("feed_forward", lambda t: t.model["inputs"][1].update(shape=[65537, 12]), "65537 tokens"),
    ("feed_forward", lambda t: t.model["inputs"][1].update(unit="mm"), "unknown key 'unit'"),
    ("feed_forward", model(outputs=[]), "1 to 8 different operators"),
    ("feed_forward", model(outputs=["lrn", "lrn"]), "1 to 8 different operators"),
    ("feed_forward", model(outputs=["nothing"]), "no operator 'nothing'"),
    ("feed_forward", model(outputs=["image"]), "image is of kind input"),
    ("feed_forward", model(outputs=["attention.softmax"]), "is of kind softmax; use what makes tokens"),
]
OF_GRAPH = [
    ("feed_forward", field("conv", name="prompt"), "the name is taken"),
    ("feed_forward", field("conv", name="row"), "the name is taken"),
    ("feed_forward", field("conv", phase="encoder"), "unknown field 'phase'"),
    ("decoder", field("embed", phase="decoder"), "unknown field 'phase'"),
    ("encoder_decoder", without("keys", "phase"), "field 'phase' is missing"),
    ("encoder_decoder", field("keys", phase="decoder"), "cannot read memory of phase encoder here"),
    ("encoder_decoder", field("shifted", inputs=["self.values", "keys"]), "cannot read keys of phase cross here"),
    ("encoder_decoder", field("target.embed", inputs=["source"]), "reads 'source'; use source in the encoder"),
    ("decoder", field("embed", inputs=["target"]), "reads 'target'; use prompt"),
    ("encoder", field("embed", inputs=["prompt"]), "reads 'prompt'; use source"),
    ("feed_forward", field("token", kind="embedding", inputs=["row"]), "token: "),
    ("feed_forward", field("mean", inputs=["sum"]), "input 'sum' is no earlier operator"),
    ("feed_forward", field("mean", inputs=["conv", "conv"]), "takes a list of 1"),
    ("feed_forward", field("both", inputs=["lrn"]), "takes a list of 2 to 64"),
    ("feed_forward", field("both", inputs=["lrn"] * 65, multipliers=[1] * 65), "takes a list of 2 to 64"),
    ("feed_forward", field("token", inputs=["row"]), "constant takes a list of 0"),
    ("feed_forward", field("normed", inputs=["attention.values", "q", "q"]), "norm takes a list of 1 to 2"),
    ("feed_forward", field("attention.softmax", inputs=["q"]), "is of kind linear; expected attention_scores"),
    ("feed_forward", field("attention.values", inputs=["attention.scores", "k"]), "expected softmax"),
    ("feed_forward", field("bent", inputs=["attention.scores"]), "'attention.scores' is no earlier operator"),
    ("feed_forward", field("normed", inputs=["attention.softmax", "q"]), "is of kind softmax; expected a row"),
    ("encoder", last("more", "activation", inputs=["logits"], table="embed.table"), "is of kind logits; expected a row"),
    ("feed_forward", drop("attention.values"), "'attention.values' is no earlier operator"),
    ("encoder", again("self.softmax"), "again: no attention_values reads it"),
    ("encoder", again("self.scores"), "again: no softmax reads it"),
    ("decoder", drop("logits"), "the last operator, and no other, must be of kind logits"),
    ("decoder", again("logits"), "the last operator, and no other, must be of kind logits"),
    ("decoder", also(field("logits", inputs=["memory"])), "memory does not depend on the target"),
    ("decoder", field("self.scores", mask="none"), "mask is none; use causal"),
    ("decoder", field("fixed.scores", mask="causal"), "mask is causal; use none"),
    ("decoder", field("fixed.scores", inputs=["memory", "embed"]), "memory is not of target rows"),
    ("encoder_decoder", field("cross.scores", mask="causal"), "mask is causal; use none"),
    ("decoder", also(field("logits", inputs=["pool"]), lambda t: t.operators.insert(
        -1, {"name": "pool", "kind": "global_average", "inputs": ["embed"], "multiplier": 1, "shift": 0})),
     "global_average cannot read target rows"),
    ("decoder", also(field("logits", inputs=["cut"]), lambda t: t.operators.insert(
        -1, {"name": "cut", "kind": "split", "inputs": ["embed"], "axis": "tokens", "begin": 0, "size": 1})),
     "split cannot read target rows"),
    ("decoder", also(field("logits", inputs=["flat"]), lambda t: t.operators.insert(
        -1, {"name": "flat", "kind": "flatten", "inputs": ["embed"], "to": "features"})),
     "flatten cannot read target rows"),
]  # fmt: skip
OF_WEIGHTS = [
    ("encoder", field("embed", token_multiplier=2**24), "token_multiplier is 16777216"),
    ("encoder", without("embed", "positions"), "unknown field 'position_multiplier'; it comes with positions"),
    ("encoder", without("embed", "position_multiplier"), "'position_multiplier' is missing; it comes with positions"),
    ("encoder", tensor("embed.positions", int8(6, 8)), r"embed: positions .* expected I8 \[7, 8\]"),
    ("encoder", tensor("embed.table", int8(11, 8, 1)), "embed: table .* expected I8 of 2 dimensions"),
    ("decoder", tensor("embed.table", int8(10, 8)), r"embed: table .* expected I8 \[9, 8\]"),
    ("feed_forward", tensor("token.value", int8(8)), "token: value .* expected I8 of 2 or 3 dimensions"),
    ("feed_forward", tensor("token.value", int8(1, 65537)), "65537 features"),
    ("feed_forward", field("conv", weight="nowhere"), "weight names no tensor: 'nowhere'"),
    ("feed_forward", tensor("q.weight", int8(8, 7)), r"q: weight .* expected I8 \[8, 6\]"),
    ("feed_forward", tensor("q.weight", int32(8, 6)), "expected I8 of 2 dimensions"),
    ("feed_forward", tensor("q.bias", int32(7)), r"q: bias .* expected I32 \[8\]"),
    ("feed_forward", tensor("q.bias", np.full(8, I32_MAX, np.int32)), "q: a sum could pass 32 bits"),
    ("feed_forward", entry("q.multiplier", 3, -1), "q: a multiplier is negative"),
    ("feed_forward", field("q", relu=1), "relu is 1; use true or false"),
    ("feed_forward", field("q", inputs=["max"]), "input max is a map; use tokens: flatten it"),
    ("feed_forward", tensor("q.mask", np.zeros((8, 1), np.uint8)), "q: a weight outside the mask is not 0"),
    ("feed_forward", entry("q.mask", (0, 0), 255), "q: mask bits past column 5 must be 0"),
    ("feed_forward", tensor("conv.mask", np.zeros((6, 2), np.uint8)), r"conv: mask .* expected U8 \[6, 3\]"),
    ("feed_forward", field("conv", inputs=["row"]), "input row is tokens; use a map"),
    ("feed_forward", field("conv", groups=3), "3 groups; they must divide 4 and 6 channels"),
    ("feed_forward", field("conv", groups=4), "4 groups; they must divide 4 and 6 channels"),
    ("feed_forward", field("conv", groups=1), r"conv: weight .* expected I8 \[6, 4, 3, 3\]"),
    ("feed_forward", field("conv", stride=[0, 1]), "conv: stride is 0; use a whole number from 1 to 255"),
    ("feed_forward", field("conv", stride=[1]), "conv: stride is .* use a list of whole numbers, 2"),
    ("feed_forward", field("conv", padding=[1, 1, 1, 256]), "conv: padding is 256"),
    ("feed_forward", field("conv", dilation=[1, 4]), "conv: no window fits the map and its padding"),
    ("feed_forward", tensor("conv.weight", int8(6, 2, 256, 1)), "a kernel of 256 x 1; at most 255"),
    ("feed_forward", also(entry("logits.multiplier", 0, I32_MAX), field("logits", shift=1)), "a logit could pass 32 bits"),
    ("decoder", also(tensor("logits.weight", int8(10, 8)), without("logits", "mask"), tensor("logits.bias", int32(10)),
                     tensor("logits.multiplier", int32(10))), "10 logits for a vocabulary of 9"),
]
OF_MAPS = [
    ("feed_forward", field("max", padding=[2, 0, 0, 0]), "max: padding of 2 and 0; it must be narrower than the window's 2"),
    ("feed_forward", field("max", kernel=[9, 2]), "max: no window fits the map"),
    ("feed_forward", field("max", dilation=[7, 1], padding=[7, 0, 7, 0], stride=[3, 2]), "a window lies on no element"),
    ("feed_forward", field("mean", dilation=[1, 1]), "mean: unknown field 'dilation'"),
    ("feed_forward", field("mean", shift=32), "mean: shift is 32; use a whole number from 0 to 31"),
    ("feed_forward", field("mean", multiplier=2**24), "mean: multiplier is 16777216"),
    ("feed_forward", without("mean", "count_padding"), "field 'count_padding' is missing"),
    ("feed_forward", field("all", multiplier=2**24), "all: multiplier is 16777216"),
    ("feed_forward", field("large", factor=[65, 1]), "large: factor is 65; use a whole number from 1 to 64"),
    ("feed_forward", field("large", fill="zero"), r"fill is 'zero' \(did you mean 'zeros'\?\); use nearest or zeros"),
    ("feed_forward", field("pixels", to="rows"), "to is 'rows'"),
    ("feed_forward", field("pixels", inputs=["row"]), "input row is tokens; use a map"),
    ("encoder", field("pooled", kind="flatten", to="features"), "unknown field 'multiplier'"),
    ("feed_forward", field("map", shape=[3, 2, 3]), "makes a map of 18 elements; its input must be one row"),
    ("feed_forward", field("map", inputs=["pixels"]), "its input must be one row of as many"),
    ("feed_forward", tensor("lrn.table", np.zeros(1, np.uint16)), "a table of 1 entries; use 2 to 65536"),
    ("feed_forward", field("lrn", size=0), "lrn: size is 0; use a whole number from 1 to 255"),
    ("feed_forward", field("lrn", table_shift=32), "lrn: table_shift is 32"),
    ("feed_forward", field("lrn", inputs=["row"]), "lrn: input row is tokens; use a map"),
]
OF_ELEMENTS = [
    ("feed_forward", field("sum", inputs=["gate", "conv"]), "gate and conv differ in shape"),
    ("feed_forward", field("sum", inputs=["all", "gate"]), "all and gate differ in shape"),
    ("feed_forward", field("sum", x_multiplier=2**24), "x_multiplier is 16777216"),
    ("feed_forward", field("sum", shift=0), "sum: shift is 0; use a whole number from 1 to 62"),
    ("feed_forward", field("gate", multiplier=2**31), "gate: multiplier is 2147483648"),
    ("feed_forward", field("both", inputs=["lrn", "conv"]), "lrn and conv differ in more than the axis"),
    ("feed_forward", field("both", inputs=["lrn", "row"]), "lrn and row differ in more than the axis"),
    ("feed_forward", field("both", axis="tokens"), "axis is 'tokens', but the inputs are maps"),
    ("feed_forward", field("both", axis="channels"), "axis is 'channels'"),
    ("feed_forward", field("both", multipliers=[1]), "1 multipliers for 2 inputs; use as many"),
    ("feed_forward", field("both", multipliers=[1, 2**24]), "multipliers is 16777216"),
    ("feed_forward", field("half", begin=8), "half: takes 8 to 12 of 12"),
    ("feed_forward", field("half", axis="tokens"), "axis is 'tokens', but the inputs are maps"),
    ("feed_forward", field("first", begin=10), "first: takes 10 to 10 of 10"),
    ("encoder", field("first", begin=1), "the number of tokens depends on the sentence"),
    ("encoder", field("first", size=2), "the number of tokens depends on the sentence"),
    ("feed_forward", tensor("bent.table", int8(255)), r"bent: table .* expected I8 \[256\]"),
    ("feed_forward", field("normed", inputs=["attention.values"]), "unknown field 'y_multiplier'; it comes with a second"),
    ("feed_forward", without("normed", "y_multiplier"), "'y_multiplier' is missing; it comes with a second input"),
    ("feed_forward", field("normed", inputs=["attention.values", "k"]), "adds 8 and 4 features"),
    ("feed_forward", field("normed", norm="batch"), "norm is 'batch'; use layer or rms"),
    ("feed_forward", field("normed", x_multiplier=2**16), "x_multiplier is 65536"),
    ("feed_forward", entry("normed.gamma", 2, 2**24), r"\|gamma\| must stay below 2\^24"),
    ("feed_forward", entry("normed.beta", 2, -(2**31)), r"\|beta\| must stay below 2\^31"),
    ("feed_forward", field("turned", heads=3), "8 features in 3 heads; they must divide"),
    ("feed_forward", field("turned", heads=4), "2 pairs a head; at most 1 fit 2 features"),
    ("feed_forward", tensor("turned.cosine", int32(8, 2)), r"cosine .* expected I32 \[9, 2\]"),
    ("feed_forward", entry("turned.sine", (8, 1), -(2**24)), r"\|sine\| must stay below 2\^24"),
    ("feed_forward", field("turned", pairs="both"), "pairs is 'both'; use halves or neighbours"),
]
OF_ATTENTION = [
    ("feed_forward", field("attention.scores", kv_heads=3), "kv_heads is 3; it must divide the 2 heads"),
    ("feed_forward", field("attention.scores", heads=4), "8 and 4 features in 4 heads and 1 of keys"),
    ("feed_forward", field("attention.scores", inputs=["turned", "max"]), "input max is a map"),
    ("feed_forward", field("attention.scores", mask=True), "mask is True"),
    ("feed_forward", field("attention.scores", window=0), "window is 0; use a whole number from 1 to 65536"),
    ("feed_forward", tensor("attention.scores.bias", int32(2, 16)), r"bias .* expected I32 \[2, 17\]"),
    ("decoder", field("fixed.scores", window=2), "a window, but queries and keys differ in number"),
    ("decoder", field("fixed.scores", bias="fixed.bias"), "a bias, but queries and keys differ in number"),
    ("encoder_decoder", field("cross.scores", window=2), "a window, but queries and keys differ in number"),
    ("encoder_decoder", tensor("cross.scores.bias", int32(2, 14)), r"bias .* expected I32 \[2, 13\]"),
    ("encoder", entry("self.softmax.table", 0, 65534), "must start with 65535 and never rise"),
    ("encoder", entry("self.softmax.table", 255, 60000), "must start with 65535 and never rise"),
    ("feed_forward", field("attention.values", kv_heads=2), "expected 2 and 1 as in its scores"),
    ("feed_forward", field("attention.values", heads=1), "expected 2 and 1 as in its scores"),
    ("feed_forward", field("attention.values", inputs=["attention.softmax", "row"]), "different sentences"),
    ("encoder_decoder", field("cross.values", inputs=["cross.softmax", "shifted"]), "different sentences"),
]
OF_SAMPLES = [
    ("feed_forward", reference(samples=3), r"reference.inputs.image must exist as I8 \[3, 4, 6, 6\]"),
    ("feed_forward", reference(sentences=2), "unknown key 'sentences'"),
    ("feed_forward", lambda t: t.tensors.pop("reference.inputs.row"), "reference.inputs.row must exist as I8"),
    ("feed_forward", tensor("reference.labels", int32(3)), r"reference.labels must exist as I32 \[2\]"),
    ("feed_forward", entry("reference.labels", 0, -1), "holds a negative label"),
    ("feed_forward", tensor("text.source", np.zeros(1, np.uint8)), "tensor text.source is named by no operator"),
    ("feed_forward", tensor("reference.source_tokens", int32(2)), "reference.source_tokens is named by no operator"),
    ("feed_forward", tensor("reference.point.0", int8(6, 6, 5)), r"expected I8 \[6, 6, 6\]"),
    ("feed_forward", lambda t: t.reference["points"][0].update(sample=2), "sample is 2; use a whole number from 0 to 1"),
    ("feed_forward", lambda t: t.reference["points"][0].update(operator="image"), "no operator 'image'"),
    ("feed_forward", lambda t: t.reference["points"][1].update(tensor="reference.point.0"), "name an existing one"),
    ("encoder", entry("reference.source_tokens", 0, 11), "sample 0 has a token outside 0 to 10"),
    ("decoder", entry("reference.prompt_tokens", 0, 9), "sample 0 has a token outside 0 to 8"),
    ("decoder", also(model(max_tokens=3), tensor("embed.positions", int8(3, 8))), "fit the model"),
    ("decoder", tensor("reference.allowed_tokens", int32(3)), r"must exist as I32 \[2\]"),
    ("decoder", entry("reference.allowed_tokens", 0, 0), "0 tokens may be produced, but"),
    ("encoder_decoder", tensor("reference.allowed_tokens", int32(2)), "reference.allowed_tokens is named by no operator"),
    ("encoder_decoder", entry("reference.source_tokens", 1, 11), "has a token outside 0 to 10"),
]
RULES = OF_MODEL + OF_GRAPH + OF_WEIGHTS + OF_MAPS + OF_ELEMENTS + OF_ATTENTION + OF_SAMPLES
