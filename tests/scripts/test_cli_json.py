"""The documents of --json: what docs/json.md says of them, field by field, and the numbers of the text."""

import csv
import io
import json
import re

import pytest

from lockstep_program import ROOT, error_of, run_ok

ARCH, WORKLOAD = "optimus-tiny", "tiny"
PAGE = (ROOT / "docs/json.md").read_text()
TYPES = {
    "text": str,
    "whole": int,
    "number": (int, float),
    "flag": bool,
    "list": list,
    "object": dict,
    "null": type(None),
    "any": object,
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Folders of two runs, and the document of the first."""
    root = tmp_path_factory.mktemp("json")
    document = read("run", ARCH, WORKLOAD, "-o", root / "a")
    run_ok("run", ARCH, WORKLOAD, "-o", root / "b", "--set", "optimus.mac_array.macs=32", "--no-values")
    summary = json.loads((root / "b/summary.json").read_text())
    del summary["metrics"]["macs"]
    summary["metrics"]["more"] = {"value": 2**64 - 1, "unit": "things"}
    (root / "b/summary.json").write_text(json.dumps(summary))
    return root, document


@pytest.fixture(scope="module")
def documents(results):
    root, run = results
    simple = {name: read(name) for name in ("keys", "metrics", "list", "doctor")}
    return {"run": run, "compare": read("compare", root / "a", root / "b"), **simple}


def not_a_number(word):
    raise AssertionError(f"{word} is no JSON")


def parse(text):
    assert text.endswith("}\n") and text.isascii()
    return json.loads(text, parse_constant=not_a_number)


def read(*args):
    done = run_ok(*args, "--json")
    assert done.stderr == ""
    return parse(done.stdout)


def documented(command):
    """Field -> its types, in the page's order."""
    section = re.search(rf"^## {command}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)[1]
    return {field: types.split(" or ") for field, types in re.findall(r"^\| `(.*?)` \| (.*?) \|", section, re.MULTILINE)}


def walk(value, path, fields):
    """Checks the types of everything in the document; yields the fields that are there, in order."""
    if path:
        right = tuple(TYPES[name] for name in fields[path])
        flag_as_number = isinstance(value, bool) and "flag" not in fields[path] and "any" not in fields[path]
        assert isinstance(value, right) and not flag_as_number, (path, value)
        yield path
    if isinstance(value, list) and any(field.startswith(f"{path}[].") for field in fields):
        for item in value:
            for name, below in item.items():
                yield from walk(below, f"{path}[].{name}", fields)
    elif isinstance(value, dict):
        names_are_data = any(field.startswith(f"{path}.<name>.") for field in fields)
        for name, below in value.items():
            if names_are_data:
                for part, number in below.items():
                    yield from walk(number, f"{path}.<name>.{part}", fields)
            else:
                yield from walk(below, f"{path}.{name}" if path else name, fields)


@pytest.mark.parametrize("command", ["run", "keys", "metrics", "list", "compare", "doctor"])
def test_document_has_the_fields_of_the_page_in_its_order(documents, command):
    fields = documented(command)
    assert list(dict.fromkeys(walk(documents[command], "", fields))) == list(fields)
    assert f"`{documents[command]['schema']}`" in PAGE


def test_every_page_section_is_a_command():
    assert re.findall(r"^## (\w+)$", PAGE, re.MULTILINE) == ["run", "keys", "metrics", "list", "compare", "doctor"]
    for command in ("run", "keys", "metrics", "list", "compare", "doctor"):
        assert "--json" in run_ok(command, "--help").stdout


def test_run_says_what_the_result_and_the_text_say(results):
    root, document = results
    summary = json.loads((root / "a/summary.json").read_text())
    assert document["metrics"] == summary["metrics"] and document["energy"] == summary["energy"]
    assert document["notes"] == summary["notes"]
    assert document["folder"] == str(root / "a")
    assert sorted(document["files"]) == sorted(file.name for file in (root / "a").iterdir())
    text = run_ok("run", ARCH, WORKLOAD, "-o", root / "text").stdout
    for name, metric in document["metrics"].items():
        line = re.search(rf"^  {name} +(.*)$", text, re.MULTILINE)[1]
        assert metric["unit"] in line
        assert float(re.match(r"[-\d. e+]*\d", line)[0].replace(" ", "")) == pytest.approx(metric["value"], rel=1e-5)
    for name, time in document["in_time"].items():
        line = re.search(rf"^  {name} .*\((.*)\)$", text, re.MULTILINE)[1]
        number, prefix, unit = re.fullmatch(r"([\d. ]+?) ?([kMG]?) ?(\S+)", line).groups()
        assert unit == time["unit"]
        scale = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}[prefix]
        assert float(number.replace(" ", "")) * scale == pytest.approx(time["value"], rel=5e-2 if prefix else 1e-5, abs=0.5)


def test_the_form_of_the_answer_changes_nothing_in_the_files(results):
    root, _ = results
    run_ok("run", ARCH, WORKLOAD, "-o", root / "plain")
    for file in (root / "plain").iterdir():
        if file.name != "host.json":
            assert file.read_bytes() == (root / "a" / file.name).read_bytes()


def test_keys_are_those_of_the_page_with_its_facts(documents):
    rows, section = {}, ""
    for line in (ROOT / "docs/keys.md").read_text().splitlines():
        if line.startswith("## "):
            section = line[3:]
        if line.startswith("| `"):
            cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            rows[section, cells[0].strip("`")] = cells[1:]
    found = {(section["name"], key["key"]): key for section in documents["keys"]["sections"] for key in section["keys"]}
    assert list(found) == list(rows) and len(found) > 100
    for place, (kind, unit, limits, default, description, condition) in rows.items():
        key = found[place]
        assert (key["unit"], key["description"], key["condition"]) == (unit, description, condition)
        assert kind == kind_text(key)
        assert key["required"] == (default == "required")
        assert key["required"] or default == default_text(key["default"])
        if " … " in limits:
            least, most = limits.split(" … ")
            assert (key["minimum"], key["maximum"]) == (json.loads(least), json.loads(most))
        elif limits.startswith("at least "):
            assert key["minimum"] == float(limits.removeprefix("at least "))
        else:
            assert key["minimum"] is None and key["maximum"] is None


def kind_text(key):
    choices = " | ".join(key["choices"])
    return {"choice": f"one of {choices}", "choice or integer": f"{choices} | integer"}.get(key["type"], key["type"])


def default_text(value):
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value).removesuffix(".0")


def test_defaults_have_the_type_and_the_range_of_their_key(documents):
    kinds = {"integer": int, "number": float, "flag": bool, "text": str, "choice": str, "choice or integer": str, "list of integers": list,
             "integer or list of integers": int, "list of text": list}
    for section in documents["keys"]["sections"]:
        for key in section["keys"]:
            default = key["default"]
            if default is None:
                assert key["required"] or key["type"] in ("block", "list of blocks"), key
                continue
            assert not key["required"] and type(default) is kinds[key["type"]], key
            assert not key["type"].startswith("choice") or default in key["choices"]
            if key["type"] in ("integer", "number"):
                assert key["minimum"] <= default and (key["maximum"] is None or default <= key["maximum"]), key


@pytest.mark.parametrize("what", ["optimus", "poetbin", "workload", "energy"])
def test_keys_of_one_file_are_its_section_of_all(documents, what):
    assert read("keys", what)["sections"] == [s for s in documents["keys"]["sections"] if s["name"] == what]


def test_metrics_are_those_of_the_page(documents):
    document = documents["metrics"]
    all_names = [m["name"] for m in document["metrics"]]
    all_names += [m["name"] for machine in document["machines"] for m in machine["metrics"]]
    assert all_names == re.findall(r"^\| `(.*?)` \|", (ROOT / "docs/metrics.md").read_text(), re.MULTILINE)


def test_list_names_what_the_text_names(documents):
    text = run_ok("list").stdout
    named = [documents["list"][kind] for kind in ("machines", "operators", "architectures", "workloads")]
    named = [entry for entries in named for entry in entries]
    assert [(e["name"], e["description"]) for e in named] == re.findall(r"^  (\S+) +(.*)$", text, re.MULTILINE)
    for entry in documents["list"]["architectures"] + documents["list"]["workloads"]:
        assert (ROOT / entry["file"]).is_file()


def test_compare_has_the_numbers_of_the_csv(results, documents):
    root, _ = results
    rows = list(csv.DictReader(io.StringIO(run_ok("compare", root / "a", root / "b", "--csv").stdout)))
    assert len(rows) == len(documents["compare"]["rows"])
    for row, numbers in zip(rows, documents["compare"]["rows"]):
        assert (row["metric"], row["unit"]) == (numbers["metric"], numbers["unit"])
        for field in ("a", "b", "difference", "ratio", "ratio_without_leakage"):
            assert (json.loads(row[field]) if row[field] else None) == numbers[field], (row, numbers)
    metrics = {row["metric"]: row for row in documents["compare"]["rows"]}
    assert metrics["macs"]["a"] > 0 and metrics["macs"]["b"] is metrics["macs"]["difference"] is None
    assert metrics["more"]["a"] is None and metrics["more"]["b"] == 2**64 - 1


def test_doctor_finds_what_the_text_finds(documents):
    text = run_ok("doctor").stdout
    for tool in documents["doctor"]["programs"] + documents["doctor"]["python_modules"]:
        verdict = re.search(rf"^  {re.escape(tool['name'])} +(found|not found) +(.*)$", text, re.MULTILINE)
        assert tool["found"] == (verdict[1] == "found")
        assert verdict[2] == tool["version"] if tool["found"] else tool["debian_package"] in verdict[2]


def test_text_from_files_cannot_act_on_a_terminal(tmp_path):
    (tmp_path / "arch-configs").mkdir()
    comment = b'# a "quote", \\ \x1b[31m red, \xff no UTF-8, \xe2\x80\xa8 \xc2\x9b and \xc3\xa9\n'
    (tmp_path / "arch-configs/strange.yaml").write_bytes(comment)
    document = parse(run_ok("list", "--json", cwd=tmp_path).stdout)
    entry = next(a for a in document["architectures"] if a["name"] == "strange")
    assert entry["description"] == 'a "quote", \\ \x1b[31m red, \ufffd no UTF-8, \u2028 \x9b and é'


@pytest.mark.parametrize(
    "args, code",
    [
        (["run", ARCH, "no_such_workload"], 2),
        (["run", ARCH, WORKLOAD, "--max-cycles", "5", "-o", "OUT"], 1),
        (["run", ARCH, WORKLOAD, "-o", "/dev/null/out"], 3),
        (["keys", "no_such_machine"], 2),
        (["keys", "--markdown"], 2),
        (["metrics", "--markdown"], 2),
        (["compare", "/nowhere", "/nowhere"], 3),
        (["compare", "/nowhere", "/nowhere", "--csv"], 2),
    ],
)
def test_errors_are_one_line_and_no_document(tmp_path, args, code):
    args = [tmp_path / "out" if word == "OUT" else word for word in args]
    assert error_of(*args, "--json", code=code)
