"""Conditions between keys, as `optimus.mac_array.macs % optimus.mac_array.sparse.ways == 0`; nothing is executed."""

import ast
import operator

from scripts.sweeping.errors import SweepError

_BINARY = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARE = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
_UNARY = {ast.Not: operator.not_, ast.USub: operator.neg}


class Constraint:
    """`keys` are the keys that it names."""

    def __init__(self, text):
        self.text = text
        self.keys = []
        try:
            self._condition = self._compile(ast.parse(text, mode="eval").body)
        except SyntaxError:
            raise SweepError(f"constraint '{text}': cannot be understood") from None

    def holds(self, values):
        """Whether it is true for `values` (key -> value)."""
        return bool(self.value(values))

    def value(self, values):
        """What its arithmetic gives for `values` (key -> value)."""
        try:
            return self._condition(values)
        except (TypeError, ZeroDivisionError) as error:
            raise SweepError(f"constraint '{self.text}': {error}") from None

    def _compile(self, node):
        """A function of the values of a point."""
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self._key(node)
        if isinstance(node, ast.Constant):
            return lambda values: node.value
        if isinstance(node, (ast.List, ast.Tuple)):
            items = [self._compile(item) for item in node.elts]
            return lambda values: [item(values) for item in items]
        if isinstance(node, ast.BoolOp):
            parts = [self._compile(part) for part in node.values]
            every = all if isinstance(node.op, ast.And) else any
            return lambda values: every(part(values) for part in parts)
        if isinstance(node, ast.Compare):
            return self._comparison(node)
        return self._arithmetic(node)

    def _key(self, node):
        key = ast.unparse(node)
        if not all(word.isidentifier() for word in key.split(".")):
            raise SweepError(f"constraint '{self.text}': {key} is not a key")
        if key in ("true", "false"):
            return lambda values: key == "true"
        self.keys.append(key)
        return lambda values: values[key]

    def _comparison(self, node):
        terms = [self._compile(term) for term in (node.left, *node.comparators)]
        tests = [self._operator(_COMPARE, op) for op in node.ops]
        return lambda values: all(
            test(left(values), right(values)) for test, left, right in zip(tests, terms, terms[1:])
        )

    def _arithmetic(self, node):
        if isinstance(node, ast.BinOp):
            apply = self._operator(_BINARY, node.op)
            left, right = self._compile(node.left), self._compile(node.right)
            return lambda values: apply(left(values), right(values))
        if isinstance(node, ast.UnaryOp):
            apply, term = self._operator(_UNARY, node.op), self._compile(node.operand)
            return lambda values: apply(term(values))
        allowed = "keys, numbers, texts, lists, + - * / // %, comparisons, and, or, not, in"
        raise SweepError(f"constraint '{self.text}': may hold {allowed}")

    def _operator(self, table, op):
        if type(op) not in table:
            raise SweepError(f"constraint '{self.text}': {type(op).__name__} is not one of its operators")
        return table[type(op)]
