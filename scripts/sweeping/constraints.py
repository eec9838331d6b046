"""Conditions between keys, as `optimus.mac_array.macs % optimus.mac_array.sparse.ways == 0`; nothing is executed.

A condition is short, shallow and computes with numbers alone, so that it ends at once whatever it says.
"""

import ast
import operator
import warnings

from scripts.base.printable import printable
from scripts.sweeping.errors import SweepError

MAX_LETTERS = 1000
MAX_DEPTH = 30
_LARGEST = 2**64

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
_NO_NUMBERS = (str, bool, list, dict, type(None))


class Constraint:
    """`keys` are the keys that it names."""

    def __init__(self, text):
        self.text = text
        self.keys = []
        self._depth = 0
        if len(text) > MAX_LETTERS:
            raise SweepError(f"a constraint of {len(text)} letters; it may have {MAX_LETTERS}")
        self._condition = self._compile(self._parsed())

    def holds(self, values):
        """Whether it is true for `values` (key -> value)."""
        return bool(self.value(values))

    def value(self, values):
        """What its arithmetic gives for `values` (key -> value)."""
        try:
            return self._condition(values)
        except (TypeError, ArithmeticError) as error:
            self._fail(str(error))

    def _fail(self, why):
        raise SweepError(f"constraint '{printable(self.text)}': {why}") from None

    def _parsed(self):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.text.strip(" "), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self._fail("cannot be understood")

    def _compile(self, node):
        """A function of the values of a point."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._fail(f"nested more than {MAX_DEPTH} deep")
        condition = self._condition_of(node)
        self._depth -= 1
        return condition

    def _condition_of(self, node):
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self._key(node)
        if isinstance(node, ast.Constant):
            return self._constant(node.value)
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

    def _constant(self, value):
        if isinstance(value, (int, float)):
            if not abs(value) <= _LARGEST:
                self._fail(f"holds a number beyond {_LARGEST}")
        elif not isinstance(value, str):
            self._fail("holds a value that is neither a number nor a text")
        return lambda values: value

    def _key(self, node):
        words = []
        while isinstance(node, ast.Attribute):
            words.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            self._fail("a dot that does not join the words of a key")
        key = ".".join([node.id, *reversed(words)])
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
            return lambda values: apply(_number(left(values)), _number(right(values)))
        if isinstance(node, ast.UnaryOp):
            apply, term = self._operator(_UNARY, node.op), self._compile(node.operand)
            if isinstance(node.op, ast.Not):
                return lambda values: apply(term(values))
            return lambda values: apply(_number(term(values)))
        self._fail("may hold keys, numbers, texts, lists, + - * / // %, comparisons, and, or, not, in")

    def _operator(self, table, op):
        if type(op) not in table:
            self._fail(f"{type(op).__name__} is not one of its operators")
        return table[type(op)]


def _number(value):
    """Texts and lists would be repeated, joined or formatted."""
    if isinstance(value, _NO_NUMBERS):
        raise TypeError(f"{value if isinstance(value, (bool, str)) else type(value).__name__} is not a number")
    return value
