"""YAML as the program reads it (docs/yaml.md): one reader for every script."""

import json
import os

import yaml

from scripts.base.yaml_rules import FORBIDDEN, MAX_BYTES, RuleError, checked
from scripts.base.yaml_scalar import typed

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlError(Exception):
    """One line: file, line and what is wrong."""


class Mapping(dict):
    """A block of keys; `line` is where it starts, `lines` where each key stands."""

    def __init__(self, file, line):
        super().__init__()
        self.file, self.line, self.lines = file, line, {}


def read(path, mapping=Mapping):
    """The keys of a file, made of `mapping`; YamlError when it is malformed, OSError when it cannot be read."""
    with open(path, "rb") as file:
        data = file.read(MAX_BYTES + 1)
        size = max(len(data), os.fstat(file.fileno()).st_size)
    _refuse_tensors(data, path)
    if size > MAX_BYTES:
        raise YamlError(f"{path}: {size} bytes, more than the {MAX_BYTES} allowed")
    return parse(data, str(path), mapping)


def _refuse_tensors(data, path):
    """A safetensors file begins with the 8-byte length of the JSON object that follows."""
    if data[7:9] == b"\0{":
        raise YamlError(f"{path}: holds tensors (safetensors), no keys; name it in a workload file, as trace: or program:")


def parse(data, name, mapping=Mapping):
    """The same for bytes; `name` stands for the file in messages."""
    try:
        root = yaml.compose(checked(data), _Loader)
    except RuleError as error:
        raise YamlError(f"{name}:{error.line}: {error}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = " ".join((getattr(error, "problem", None) or str(error)).split())
        raise YamlError(f"{name}:{mark.line + 1 if mark else 1}: not YAML: {problem}") from None
    if not isinstance(root, yaml.MappingNode):
        raise YamlError(f"{name}:1: not a map of keys to values")
    return _value(root, name, mapping, "")


def _value(node, name, mapping, path):
    """`path` leads to the node, as `optimus.mac_array`."""
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, name, mapping, path) for item in node.value]
    if isinstance(node, yaml.ScalarNode):
        return node.value if node.style else typed(node.value)
    block = mapping(name, node.start_mark.line + 1)
    for key_node, value_node in node.value:
        key, line = key_node.value, key_node.start_mark.line + 1
        inner = f"{path}.{key}" if path else key
        if key in block:
            raise YamlError(f"{name}:{line}: key '{inner}' is given twice; it stands on line {block.lines[key]} too")
        block[key], block.lines[key] = _value(value_node, name, mapping, inner), line
    return block


def value(text):
    """What `text` means behind a key, where it is one line; the text itself where it is not YAML."""
    try:
        return parse(b"key: " + text.encode(), "")["key"]
    except (YamlError, KeyError):
        return text


def written(value_of_key):
    """How a value stands in a file, or behind `--set KEY=`, on one line."""
    if isinstance(value_of_key, str) and "\n" not in value_of_key and value(value_of_key) == value_of_key:
        return value_of_key
    text = json.dumps(value_of_key, ensure_ascii=False)
    return FORBIDDEN.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)
