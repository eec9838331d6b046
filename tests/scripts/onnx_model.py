"""A small post-norm Transformer as an ONNX graph written node by node, in the spellings of different
exporters. Import it after pytest.importorskip("onnx").
"""

from dataclasses import dataclass, field

import numpy as np
from onnx import TensorProto, helper, numpy_helper

D, HEADS, D_FF, VOCABULARY, MAX_TOKENS = 16, 2, 32, 23, 24


@dataclass
class Spelling:
    """How each part is written; the numbers are the same."""

    linear: str = "matmul"  # matmul, swapped (bias first), gemm, scaled gemm, transposed
    attention: str = "plain"  # plain, sdpa, fused split, fused slice, fused gather, einsum
    norm: str = "operator"  # operator, steps, reciprocal, square
    mask: str = "add"  # add, where
    bias: tuple = ()  # dimensions of 1 before vectors
    opset: int = 17
    extra: str = ""  # identity: Identity, Dropout and Cast behind every layer
    ending: str = ""  # LogSoftmax, Softmax
    named: bool = True  # nodes have scopes
    decoder_first: bool = False  # what does not read the source stands first
    kind: int = TensorProto.FLOAT
    weights: dict = field(default_factory=dict)  # name -> array that stands for the drawn one


class Builder:
    def __init__(self, spelling):
        self.s, self.nodes, self.initializers, self.scope = spelling, [], [], []
        self.random, self.count, self.drawn = np.random.default_rng(0), 0, {}

    def op(self, kind, *inputs, outputs=1, **attributes):
        self.count += 1
        names = [f"v{self.count}_{i}" for i in range(outputs)]
        name = "/" + "/".join([*self.scope, f"{kind}_{self.count}"]) if self.s.named else ""
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=name, **attributes))
        return names[0] if outputs == 1 else names

    def tensor(self, value, name="", kind=None):
        self.count += 1
        name = name or f"c{self.count}"
        array = np.asarray(value)
        if array.dtype == np.float64:
            array = array.astype(np.float32)
        made = numpy_helper.from_array(array, name)
        if array.dtype == np.float32 and self.s.kind == TensorProto.BFLOAT16:
            bits = (array.view(np.uint32) >> 16).astype(np.uint16)
            made = TensorProto(name=name, data_type=self.s.kind, dims=array.shape, raw_data=bits.tobytes())
        self.initializers.append(made)
        return name

    def weight(self, name, *shape, scale=0.4):
        """Drawn by name, so that every spelling has the same."""
        seed = int.from_bytes(name.encode(), "little") % 2**32
        value = np.random.default_rng(seed).normal(0.05, scale, shape)
        return self.s.weights.get(name, value)

    def vector(self, value):
        return self.tensor(np.reshape(value, (*self.s.bias, len(value))))

    def passed(self, x):
        if self.s.extra != "identity":
            return x
        x = self.op("Identity", x)
        x = self.op("Dropout", x)
        return self.op("Cast", x, to=TensorProto.FLOAT)

    def linear(self, name, x, rows, columns):
        self.scope.append(name.split(".")[-1])
        weight, bias = self.weight(f"{name}.w", rows, columns), self.weight(f"{name}.b", rows)
        y = self.product(x, weight, bias)
        self.scope.pop()
        return self.passed(y)

    def product(self, x, weight, bias):
        if self.s.linear in ("gemm", "scaled gemm"):
            flat = self.op("Reshape", x, self.tensor([-1, weight.shape[1]]))
            scaled = self.s.linear == "scaled gemm"
            factors = {"alpha": 2.0, "beta": 0.5} if scaled else {}
            w, b = (weight / 2, bias * 2) if scaled else (weight, bias)
            turned = {} if scaled else {"transB": 1}
            given = self.tensor(w.T if scaled else w)
            y = self.op("Gemm", flat, given, self.tensor(b), **factors, **turned)
            return self.op("Unsqueeze", y, self.tensor([0]))
        if self.s.linear == "transposed":
            matrix = self.op("Transpose", self.tensor(weight), perm=[1, 0])
        else:
            matrix = self.tensor(weight.T)
        y = self.op("MatMul", x, matrix)
        added = self.vector(bias)
        return self.op("Add", *((added, y) if self.s.linear == "swapped" else (y, added)))

    def norm(self, name, x):
        self.scope.append(name.split(".")[-1])
        gamma, beta = self.weight(f"{name}.g", D) + 1, self.weight(f"{name}.b", D)
        y = self.normalised(x, gamma, beta)
        self.scope.pop()
        return self.passed(y)

    def mean(self, x):
        if self.s.opset < 18:
            return self.op("ReduceMean", x, axes=[-1])
        return self.op("ReduceMean", x, self.tensor([-1]))

    def normalised(self, x, gamma, beta):
        if self.s.norm == "operator":
            return self.op("LayerNormalization", x, self.tensor(gamma), self.tensor(beta), epsilon=1e-5)
        centred = self.op("Sub", x, self.mean(x))
        if self.s.norm == "square":
            square = self.op("Mul", centred, centred)
        else:
            square = self.op("Pow", centred, self.tensor(2.0))
        root = self.op("Sqrt", self.op("Add", self.tensor(1e-5), self.mean(square)))
        if self.s.norm == "reciprocal":
            y = self.op("Mul", self.op("Reciprocal", root), centred)
        else:
            y = self.op("Div", centred, root)
        y = self.op("Mul", self.vector(gamma), y)
        return self.op("Add", y, self.vector(beta))

    def split_heads(self, x, turned=False):
        x = self.op("Reshape", x, self.tensor([0, -1, HEADS, D // HEADS]))
        return self.op("Transpose", x, perm=[0, 2, 3, 1] if turned else [0, 2, 1, 3])

    def projections(self, name, x, memory):
        if x != memory or not self.s.attention.startswith("fused"):
            return [self.linear(f"{name}.{p}", y, D, D) for p, y in zip("qkv", (x, memory, memory))]
        weight = np.concatenate([self.weight(f"{name}.{p}.w", D, D) for p in "qkv"])
        bias = np.concatenate([self.weight(f"{name}.{p}.b", D) for p in "qkv"])
        if self.s.attention == "fused interleaved":
            order = np.arange(3 * D).reshape(3, HEADS, D // HEADS).swapaxes(0, 1).ravel()
            y = self.product(x, weight[order], bias[order])
            y = self.op("Reshape", y, self.tensor([0, -1, HEADS, 3, D // HEADS]))
            parts = [self.op("Gather", y, self.tensor(i), axis=3) for i in range(3)]
            return [self.op("Reshape", part, self.tensor([0, -1, D])) for part in parts]
        y = self.product(x, weight, bias)
        if self.s.attention == "fused split":
            more = {"num_outputs": 3} if self.s.opset >= 18 else {}
            return self.op("Split", y, outputs=3, axis=-1, **more)
        if self.s.attention == "fused slice":
            bounds = [[self.tensor([D * i]), self.tensor([D * (i + 1)])] for i in range(3)]
            return [self.op("Slice", y, *bound, self.tensor([2])) for bound in bounds]
        y = self.op("Reshape", y, self.tensor([0, -1, 3, D]))
        y = self.op("Transpose", y, perm=[2, 0, 1, 3])
        return [self.op("Gather", y, self.tensor(i), axis=0) for i in range(3)]

    def scores(self, q, k):
        if self.s.attention == "einsum":
            product = self.op("Einsum", q, k, equation="bhqd,bhdk->bhqk")
            return self.op("Div", product, self.tensor(np.sqrt(D / HEADS)))
        if self.s.attention != "sdpa":
            return self.op("Div", self.op("MatMul", q, k), self.tensor(np.sqrt(D / HEADS)))
        size = self.op("Gather", self.op("Shape", q), self.tensor(-1))
        root = self.op("Sqrt", self.op("Cast", size, to=TensorProto.FLOAT))
        half = self.op("Sqrt", self.op("Div", self.tensor(1.0), root))
        return self.op("MatMul", self.op("Mul", q, half), self.op("Mul", half, k))

    def attention(self, name, x, memory, mask):
        self.scope.append(name.split(".")[-1])
        q, k, v = self.projections(name, x, memory)
        scores = self.scores(self.split_heads(q), self.split_heads(k, turned=True))
        if mask and self.s.mask == "where":
            scores = self.op("Where", mask, self.tensor(-1e9), scores)
        elif mask:
            hidden = self.op("Mul", self.op("Cast", mask, to=TensorProto.FLOAT), self.tensor(-1e9))
            scores = self.op("Add", scores, hidden)
        weights = self.passed(self.op("Softmax", scores, axis=-1))
        y = self.op("MatMul", weights, self.split_heads(v))
        y = self.op("Transpose", y, perm=[0, 2, 1, 3])
        y = self.linear(f"{name}.out", self.op("Reshape", y, self.tensor([0, -1, D])), D, D)
        self.scope.pop()
        return y

    def length(self, tokens):
        return self.op("Gather", self.op("Shape", tokens), self.tensor(1))

    def embed(self, tokens, name):
        self.scope.append(name)
        table = self.tensor(self.weight("table", VOCABULARY, D))
        places = self.tensor(self.weight("places", MAX_TOKENS, D))
        end = self.op("Unsqueeze", self.length(tokens), self.tensor([0]))
        places = self.op("Slice", places, self.tensor([0]), end, self.tensor([0]))
        y = self.op("Add", self.op("Gather", table, tokens), places)
        self.scope.pop()
        return self.passed(y)

    def future(self, tokens):
        row = self.op("Range", self.tensor(np.int64(0)), self.length(tokens), self.tensor(np.int64(1)))
        return self.op("Less", self.op("Unsqueeze", row, self.tensor([1])), row)

    def layer(self, name, x, memory=None, mask=None):
        self.scope.append(name)
        x = self.norm(f"{name}.norm1", self.op("Add", x, self.attention(f"{name}.self", x, x, mask)))
        if memory:
            y = self.attention(f"{name}.cross", x, memory, None)
            x = self.norm(f"{name}.norm2", self.op("Add", x, y))
        y = self.op("Relu", self.linear(f"{name}.linear1", x, D_FF, D))
        y = self.linear(f"{name}.linear2", y, D, D_FF)
        x = self.norm(f"{name}.norm3", self.op("Add", y, x))
        self.scope.pop()
        return x


def model(spelling=None, **options):
    """An onnx.ModelProto; logits are the output."""
    b = Builder(spelling or Spelling(**options))
    if b.s.decoder_first:
        x = b.embed("target", "decoder")
    memory = b.layer("encoder.layers.0", b.embed("source", "encoder"))
    if not b.s.decoder_first:
        x = b.embed("target", "decoder")
    x = b.layer("decoder.layers.0", x, memory, b.future("target"))
    y = b.linear("generator", x, VOCABULARY, D)
    if b.s.ending:
        y = b.op(b.s.ending, y, axis=-1)
    b.nodes[-1].output[0] = "logits"
    sides = [helper.make_tensor_value_info(n, TensorProto.INT64, [1, d]) for n, d in (("source", "n"), ("target", "t"))]
    output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, "t", VOCABULARY])
    graph = helper.make_graph(b.nodes, "small", sides, [output], b.initializers)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", b.s.opset)])
    made.ir_version = 8 if b.s.opset < 18 else 10
    return made
