"""Constrained answers against the package `jsonschema`: what can be written is valid, what is valid can be written.

Needs SmolLM2 as a GGUF for one vocabulary (see conftest.py); the other is made of single bytes.
"""

import datetime
import ipaddress
import json
import random
import re
import string
import subprocess
import uuid

import pytest
from built import build_folder
from jsonschema import Draft202012Validator, FormatChecker

CHECKER = FormatChecker(formats=())


@CHECKER.checks("date", raises=ValueError)
def is_date(value):
    return not isinstance(value, str) or bool(datetime.date.fromisoformat(value))


@CHECKER.checks("time", raises=ValueError)
def is_time(value):
    return not isinstance(value, str) or datetime.time.fromisoformat(value).tzinfo is not None


@CHECKER.checks("date-time", raises=ValueError)
def is_date_time(value):
    return not isinstance(value, str) or datetime.datetime.fromisoformat(value).tzinfo is not None


@CHECKER.checks("uuid", raises=ValueError)
def is_uuid(value):
    return not isinstance(value, str) or bool(uuid.UUID(value))


@CHECKER.checks("ipv4", raises=ValueError)
def is_ipv4(value):
    return not isinstance(value, str) or bool(ipaddress.IPv4Address(value))


@CHECKER.checks("ipv6", raises=ValueError)
def is_ipv6(value):
    return not isinstance(value, str) or ipaddress.IPv6Address(value) is not None


@CHECKER.checks("email")
def is_email(value):
    return not isinstance(value, str) or value.count("@") == 1


def run(vocabulary, requests):
    program = build_folder() / "bin" / "grammar_dump"
    assert program.exists(), f"{program} is missing; run make build"
    lines = "\n".join(json.dumps(request) for request in requests).encode()
    done = subprocess.run([str(program), *vocabulary], input=lines, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(requests)
    return answers


@pytest.fixture(scope="module", params=["bytes", "smollm2"])
def vocabulary(request):
    return [] if request.param == "bytes" else ["--gguf", str(request.getfixturevalue("smollm2_gguf"))]


# --- schemas by hand, as clients send them ---------------------------------------------------------------------------

PERSON = {  # pydantic
    "$defs": {
        "Address": {
            "properties": {"street": {"title": "Street", "type": "string"}, "zip": {"anyOf": [{"type": "string", "pattern": "^[0-9]{5}$"}, {"type": "null"}], "default": None}},
            "required": ["street"],
            "title": "Address",
            "type": "object",
        },
        "Colour": {"enum": ["red", "green", "blau \u00e4"], "title": "Colour", "type": "string"},
    },
    "properties": {
        "name": {"title": "Name", "type": "string", "minLength": 1, "maxLength": 20},
        "age": {"type": "integer", "minimum": 0, "exclusiveMaximum": 150},
        "score": {"type": "number", "minimum": 0, "maximum": 1},
        "address": {"$ref": "#/$defs/Address"},
        "others": {"items": {"$ref": "#/$defs/Address"}, "type": "array", "maxItems": 3, "default": []},
        "colour": {"allOf": [{"$ref": "#/$defs/Colour"}], "default": "red"},
        "kind": {"const": "person", "default": "person", "type": "string"},
        "born": {"type": "string", "format": "date"},
    },
    "required": ["name", "age", "address", "kind"],
    "title": "Person",
    "type": "object",
}
TREE = {  # zod
    "$schema": "http://json-schema.org/draft-07/schema#",
    "definitions": {
        "node": {
            "type": "object",
            "properties": {"value": {"type": ["number", "null"]}, "children": {"type": "array", "items": {"$ref": "#/definitions/node"}}},
            "required": ["value", "children"],
            "additionalProperties": False,
        }
    },
    "$ref": "#/definitions/node",
}
STEPS = {  # OpenAI's own example
    "type": "object",
    "properties": {
        "steps": {"type": "array", "items": {"type": "object", "properties": {"explanation": {"type": "string"}, "output": {"type": "string"}}, "required": ["explanation", "output"], "additionalProperties": False}},
        "final_answer": {"type": "string"},
    },
    "required": ["steps", "final_answer"],
    "additionalProperties": False,
}
BY_HAND = [
    True,
    {},
    {"type": "object"},
    PERSON,
    TREE,
    STEPS,
    {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": {"type": "boolean"}, "minItems": 1, "maxItems": 4},
    {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False, "minItems": 2},
    {"type": "array", "items": {"type": "null"}, "minItems": 3, "maxItems": 3},
    {"type": "array", "items": False},
    {"type": "object", "additionalProperties": {"type": "integer"}},
    {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 1, "maxProperties": 3},
    {"type": "object", "properties": {"a": {"type": "integer"}, "ab": {"type": "null"}}, "required": ["ab"], "additionalProperties": {"type": "string"}},
    {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a", "z"], "additionalProperties": {"type": "string"}},
    {"enum": ["x", "xy", 1, 10, 1.5, None, True, "\u00e9\n\"\\/\U0001f600", [1, {"a": []}], {"k": [None]}]},
    {"const": {"a": 1, "b": ["x"]}},
    {"anyOf": [{"type": "object", "properties": {"t": {"const": "a"}, "v": {"type": "integer"}}, "required": ["t", "v"]}, {"type": "object", "properties": {"t": {"const": "b"}, "v": {"type": "string"}}, "required": ["t", "v"]}]},
    {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
    {"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}, {"properties": {"b": {"type": "string"}, "a": {"minimum": 5}}, "required": ["b"]}]},
    {"type": "integer", "minimum": -17, "maximum": 1203},
    {"type": "integer", "exclusiveMinimum": 99, "maximum": 101},
    {"type": "integer", "maximum": -1000},
    {"type": "integer", "minimum": 123456789012345678901234567890},
    {"type": "integer", "minimum": -2.5, "exclusiveMaximum": 2.5},
    {"type": "integer", "format": "int32"},
    {"type": "number", "minimum": -0.25, "exclusiveMaximum": 10.125},
    {"type": "number", "exclusiveMinimum": 0},
    {"type": "number", "exclusiveMaximum": -3.5},
    {"type": "number", "minimum": 1e-7, "maximum": 1e21},
    {"type": "string", "pattern": "^[A-Z]{2,3}-\\d+(\\.\\d{1,2})?$"},
    {"type": "string", "pattern": "b+"},
    {"type": "string", "pattern": "^(foo|bar)"},
    {"type": "string", "pattern": "^a|b$"},
    {"type": "string", "pattern": "^[^\"a-z\\\\]*$", "maxLength": 6},
    {"type": "string", "pattern": "^(?:\\w+\\s?){2,4}$", "minLength": 3, "maxLength": 12},
    {"type": "string", "pattern": "^[\\u00e4\U0001F600-\U0001F60F\\n]{1,3}$"},
    {"type": "string", "minLength": 2, "maxLength": 2},
    {"type": "string", "minLength": 30},
    *({"type": "string", "format": name} for name in ["date", "time", "date-time", "uuid", "email", "ipv4", "ipv6"]),
    {"$defs": {"list": {"anyOf": [{"type": "null"}, {"type": "array", "prefixItems": [{"type": "integer"}, {"$ref": "#/$defs/list"}], "items": False, "minItems": 2}]}}, "$ref": "#/$defs/list"},
]


def validator(schema):
    return Draft202012Validator(schema, format_checker=CHECKER)


def check_walks(vocabulary, schemas, count, most=60):
    requests = [{"op": "walk", "schema": schema, "count": count, "seed": i, "most": most} for i, schema in enumerate(schemas)]
    checked = 0
    for schema, answer in zip(schemas, run(vocabulary, requests)):
        assert "documents" in answer, (schema, answer)
        for document in answer["documents"]:
            if document is None and '"pattern"' in json.dumps(schema):
                continue
            try:
                value = json.loads(document)
            except ValueError as error:
                raise AssertionError((schema, document)) from error
            errors = [error.message for error in validator(schema).iter_errors(value)]
            assert not errors, (schema, document, errors)
            checked += 1
    return checked


def test_random_answers_are_valid(vocabulary):
    assert check_walks(vocabulary, BY_HAND, 40 if not vocabulary else 15) >= 600


def test_random_answers_are_json_objects(vocabulary):
    [answer] = run(vocabulary, [{"op": "walk", "count": 60, "most": 150}])
    assert all(isinstance(json.loads(document), dict) for document in answer["documents"])


# --- schemas by chance -----------------------------------------------------------------------------------------------

PATTERNS = {"^[a-c]+$": lambda r: "".join(r.choices("abc", k=r.randint(1, 5))), "x\\d": lambda r: f"..x{r.randint(0, 9)}é", "^\\S{2}$": lambda r: r.choice(["ab", "é1", "\U0001f600!"])}
LETTERS = "ab cäé\u4e2d\U0001f600\"\\/\n\t\x01" + string.ascii_letters
FORMATS = {
    "date": lambda r: datetime.date.fromordinal(r.randint(400000, 1000000)).isoformat(),
    "date-time": lambda r: datetime.datetime(r.randint(1000, 2999), 2, 28, r.randint(0, 23), 1, 2, tzinfo=datetime.timezone.utc).isoformat(),
    "uuid": lambda r: str(uuid.UUID(int=r.getrandbits(128))),
    "ipv4": lambda r: str(ipaddress.IPv4Address(r.getrandbits(32))),
    "ipv6": lambda r: str(ipaddress.IPv6Address(r.getrandbits(128) & r.getrandbits(128) << r.choice([0, 64]))),
}


def text(r, low=0, high=12):
    return "".join(r.choices(LETTERS, k=r.randint(low, high)))


def any_value(r, depth):
    kind = r.randrange(7 if depth else 5)
    if kind == 5:
        return [any_value(r, depth - 1) for _ in range(r.randint(0, 3))]
    if kind == 6:
        return {text(r, 0, 4): any_value(r, depth - 1) for _ in range(r.randint(0, 3))}
    return [None, r.random() < 0.5, text(r), r.randint(-(10**12), 10**12), r.uniform(-1e6, 1e6)][kind]


def string_schema(r):
    kind = r.randrange(4)
    if kind == 0:
        low = r.randint(0, 4)
        return {"type": "string", "minLength": low, "maxLength": low + r.randint(0, 6)}, lambda: text(r, low, low)
    if kind == 1:
        pattern = r.choice(list(PATTERNS))
        return {"type": "string", "pattern": pattern}, lambda: PATTERNS[pattern](r)
    if kind == 2:
        name = r.choice(list(FORMATS))
        return {"type": "string", "format": name}, lambda: FORMATS[name](r)
    return {"type": "string"}, lambda: text(r)


def number_schema(r):
    whole = r.random() < 0.5
    draw = (lambda: r.randint(-2000, 2000)) if whole else (lambda: round(r.uniform(-50, 50), r.randint(0, 4)))
    low, high = sorted([draw(), draw()])
    schema = {"type": "integer" if whole else "number"}
    if r.random() < 0.7:
        schema["minimum"] = low
    if r.random() < 0.7:
        schema["maximum"] = high
    return schema, (lambda: r.randint(low, high)) if whole else (lambda: min(max(round(r.uniform(low, high), 6), low), high))


def array_schema(r, depth):
    item, make = random_schema(r, depth - 1)
    low = r.randint(0, 2)
    high = low + r.randint(0, 3)
    schema = {"type": "array", "items": item, "minItems": low, "maxItems": high}
    if r.random() < 0.7:
        return schema, lambda: [make() for _ in range(r.randint(low, high))]
    first, make_first = random_schema(r, depth - 1)
    schema.update(prefixItems=[first], maxItems=high + 1)
    return schema, lambda: [make_first(), *(make() for _ in range(r.randint(low, high)))]


def object_schema(r, depth):
    names = list(dict.fromkeys(text(r, 0, 6) for _ in range(r.randint(0, 5))))
    members = {name: random_schema(r, depth - 1) for name in names}
    required = [name for name in names if r.random() < 0.5]
    schema = {"type": "object", "properties": {name: member[0] for name, member in members.items()}, "required": required}
    other, make_other = random_schema(r, depth - 1)
    more = r.random() < 0.4
    schema["additionalProperties"] = other if more else False

    def make():
        value = {name: member[1]() for name, member in members.items() if name in required or r.random() < 0.5}
        for _ in range(r.randint(0, 2) if more else 0):
            name = text(r, 7, 9)
            value[name] = make_other()
        return value

    return schema, make


def random_schema(r, depth):
    kind = r.randrange(10 if depth > 0 else 5)
    if kind == 0:
        return string_schema(r)
    if kind == 1:
        return number_schema(r)
    if kind == 2:
        values = [any_value(r, 1) for _ in range(r.randint(1, 4))]
        return {"enum": values}, lambda: r.choice(values)
    if kind == 3:
        return {}, lambda: any_value(r, 2)
    if kind == 4:
        return {"type": ["boolean", "null"]}, lambda: r.choice([True, False, None])
    if kind in (5, 6):
        return array_schema(r, depth)
    if kind == 7:
        options = [random_schema(r, depth - 1) for _ in range(r.randint(1, 3))]
        return {"anyOf": [option[0] for option in options]}, lambda: r.choice(options)[1]()
    return object_schema(r, depth)


def written(r, value):
    """One of the ways in which Python writes JSON."""
    way = r.randrange(4)
    layout = [{}, {"separators": (",", ":")}, {"indent": 2}, {"indent": "\t"}][way]
    return json.dumps(value, ensure_ascii=r.random() < 0.5, **layout)


def changed(r, value):
    """The value with one thing in it made another."""
    if isinstance(value, list) and value and r.random() < 0.8:
        i = r.randrange(len(value))
        if r.random() < 0.3:
            return value[:i] + value[i + 1 :] if r.random() < 0.5 else [*value, value[i]]
        return [changed(r, item) if at == i else item for at, item in enumerate(value)]
    if isinstance(value, dict) and value and r.random() < 0.8:
        name = r.choice(list(value))
        if r.random() < 0.3:
            return {key: item for key, item in value.items() if key != name}
        return {key + ("x" if key == name and r.random() < 0.3 else ""): changed(r, item) if key == name else item for key, item in value.items()}
    if isinstance(value, (int, float)) and not isinstance(value, bool) and r.random() < 0.5:
        return value + r.choice([-1, 1, 0.5, 1000])
    return any_value(r, 1)


def test_random_schemas(vocabulary):
    r = random.Random(7)
    schemas = [random_schema(r, 3)[0] for _ in range(250 if not vocabulary else 80)]
    assert check_walks(vocabulary, schemas, 6, 40) >= 400


def same_value(text, value):
    loaded = json.loads(text)
    return json.dumps(loaded, sort_keys=True) == json.dumps(value, sort_keys=True)


def test_valid_documents_are_accepted_and_invalid_ones_rejected(vocabulary):
    r = random.Random(8)
    requests, expected = [], []
    invalid = 0
    for _ in range(400 if not vocabulary else 150):
        schema, make = random_schema(r, 3)
        check = validator(schema)
        documents = []
        for _ in range(6):
            value = make()
            assert check.is_valid(value), (schema, value)
            documents.append((written(r, value), True))
            for _ in range(3):
                other = changed(r, value)
                if not check.is_valid(other):
                    documents.append((written(r, other), False))
                    invalid += 1
        requests.append({"op": "accepts", "schema": schema, "documents": [document for document, _ in documents]})
        expected.append(documents)
    for request, documents, answer in zip(requests, expected, run(vocabulary, requests)):
        assert "accepted" in answer, (request["schema"], answer)
        for (document, valid), accepted in zip(documents, answer["accepted"]):
            assert accepted == valid, (request["schema"], document, valid)
    assert invalid > 300


def test_json_mode_reads_what_python_writes(vocabulary):
    r = random.Random(9)
    values = [any_value(r, 4) for _ in range(300)]
    documents = [written(r, value) for value in values]
    [answer] = run(vocabulary, [{"op": "accepts", "documents": documents}])
    assert answer["accepted"] == [isinstance(value, dict) for value in values]


def test_what_is_no_json_is_rejected(vocabulary):
    r = random.Random(10)
    documents = []
    for _ in range(2000):
        whole = written(r, {"a": any_value(r, 3), "b": text(r)})
        at = r.randrange(len(whole))
        broken = whole[:at] + r.choice(["", ",", '"', "\\", "}", "0", "\x00", "\n"]) + whole[at + r.randint(0, 1) :]
        try:
            json.loads(broken)
        except ValueError:
            documents.append(broken)
    assert len(documents) > 1000
    [answer] = run(vocabulary, [{"op": "accepts", "schema": {}, "documents": documents}])
    assert not any(answer["accepted"]), [d for d, a in zip(documents, answer["accepted"]) if a]


# --- patterns --------------------------------------------------------------------------------------------------------

ATOMS = ["a", "b", "é", ".", "[ab]", "[^a]", "\\d", "\\w", "(a|bc)", "(?:ab)", "\\.", "\\n", "[a-c\\d]"]


def random_pattern(r):
    parts = [r.choice(ATOMS) + r.choice(["", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "*?"]) for _ in range(r.randint(1, 4))]
    if r.random() < 0.3:
        parts.insert(r.randrange(len(parts) + 1), "|")
    body = "".join(parts)
    return r.choice(["^(?:%s)$", "^(?:%s)", "(?:%s)$", "%s", "^%s$"]) % body


def test_patterns_mean_what_python_says():
    r = random.Random(11)
    requests, expected = [], []
    for _ in range(600):
        pattern = random_pattern(r)
        texts = ["".join(r.choices("aaabbcdé19.\n_", k=r.randint(0, 7))) for _ in range(40)]
        # Python's $ also matches before a line break at the end; \Z is what the pattern means.
        meant = re.compile(pattern.replace("$", "\\Z"), re.ASCII)
        requests.append({"op": "accepts", "schema": {"type": "string", "pattern": pattern}, "documents": [json.dumps(t, ensure_ascii=r.random() < 0.5) for t in texts]})
        expected.append([bool(meant.search(t)) for t in texts])
    for request, meant, answer in zip(requests, expected, run([], requests)):
        assert answer.get("accepted") == meant, (request["schema"], request["documents"], answer)


# --- what is refused -------------------------------------------------------------------------------------------------

REFUSED = [
    ({"type": "string", "not": {"const": "a"}}, "unsupported", '"not"'),
    ({"type": "array", "uniqueItems": True}, "unsupported", '"uniqueItems"'),
    ({"properties": {"a/b": {"type": "number", "multipleOf": 3}}}, "unsupported", "#/properties/a~1b"),
    ({"patternProperties": {"^a": {}}}, "unsupported", '"patternProperties"'),
    ({"if": {}, "then": {}}, "unsupported", '"if"'),
    ({"type": "string", "format": "regex"}, "unsupported", '"regex"'),
    ({"type": "string", "pattern": "(?=a)b"}, "unsupported", "look-ahead"),
    ({"type": "string", "pattern": "(a)\\1"}, "unsupported", "reference to a group"),
    ({"type": "string", "pattern": "a(b"}, "invalid_argument", "not closed"),
    ({"$ref": "http://example.com/a"}, "unsupported", "another document"),
    ({"$ref": "#/$defs/a"}, "invalid_argument", "where no schema is"),
    ({"$ref": "#"}, "invalid_argument", "refers to itself"),
    ({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}, "invalid_argument", "refers to itself"),
    ({"allOf": [{"$ref": "#"}]}, "invalid_argument", "refers to itself"),
    ({"anyOf": [{"$ref": "#"}, {"type": "null"}]}, "invalid_argument", "alternative of itself"),
    ({"properties": {"a": {"$ref": "#"}}, "required": ["a"]}, "invalid_argument", "no value can satisfy"),
    ({"type": "integer", "minimum": 3, "maximum": 2}, "invalid_argument", "contradicts itself"),
    ({"type": "string", "minLength": 3, "maxLength": 2}, "invalid_argument", "contradicts itself"),
    ({"type": "string", "enum": [1, 2]}, "invalid_argument", "contradicts itself"),
    ({"enum": []}, "invalid_argument", "contradicts itself"),
    ({"type": "strnig"}, "invalid_argument", "strnig"),
    (False, "invalid_argument", "no value can satisfy"),
    ({"type": "array", "minItems": 10**9}, "unsupported", "minItems"),
    ({"type": "string", "minLength": -1}, "invalid_argument", "minLength"),
    ({"type": "object", "minProperties": 2}, "unsupported", "minProperties"),
    ({"required": "a"}, "invalid_argument", '"required"'),
]


def test_refusals_name_what_and_where():
    answers = run([], [{"op": "compile", "schema": schema} for schema, _, _ in REFUSED])
    for (schema, code, part), answer in zip(REFUSED, answers):
        assert answer.get("error") == code and part in answer["message"], (schema, answer)
