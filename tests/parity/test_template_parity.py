"""Our Jinja against jinja2 as transformers sets it up, character for character."""

import json
import os
import random
import subprocess
from pathlib import Path

import pytest
from transformers.utils.chat_template_utils import render_jinja_template

ROOT = Path(__file__).resolve().parents[2]
FAMILIES = sorted((ROOT / "tests/unit/text/templates").glob("*.jinja"))
DUMP = Path(os.environ.get("PMTUNE_BUILD", ROOT / "build/release")) / "bin" / "text_dump"


def ask(requests):
    assert DUMP.exists(), f"{DUMP} is missing; build the target text_dump first"
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    done = subprocess.run([DUMP], input=lines.encode(), capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def reference(template, messages, prompt):
    """The text, or None where jinja2 refuses."""
    try:
        [text], _ = render_jinja_template(
            [messages], chat_template=template, add_generation_prompt=prompt, bos_token="<s>", eos_token="</s>"
        )
        return text
    except Exception:
        return None


def request(template, messages, prompt):
    return {"op": "render", "template": template, "messages": messages, "add_generation_prompt": prompt, "bos": "<s>", "eos": "</s>"}


def say(role, content):
    return {"role": role, "content": content}


WORDS = [
    "Hello", " there", "\n", "\n\n", "  ", "你好", "é", "\U0001F600", "{{ x }}", "{% if %}", "<|im_end|>", "</s>", "'", '"', "\\n", "<think>",
    "</think>", "/no_think", "/think", "a b", "\t", "", "\u00a0", "\x1f", "<tool_response>", "</tool_response>", "1", "...",
]


def conversations():
    yield [say("user", "Hi")]
    yield [say("user", "Hi"), say("assistant", "Hello!")]
    yield [say("system", "Be brief."), say("user", " Hi \n"), say("assistant", "\n Hello! \n"), say("user", "Bye")]
    yield [say("system", "Be brief. /no_think"), say("user", "x"), say("assistant", "<think>\nhm\n</think>\n\ny"), say("user", "z"), say("assistant", "w")]
    yield [say("user", "a"), say("user", "b")]
    yield [say("assistant", "I begin"), say("user", "b")]
    yield [say("system", "only")]
    yield [say("user", ""), say("assistant", "")]
    yield [say("user", "q"), say("tool", "result"), say("tool", "more"), say("assistant", "done")]
    yield []
    rng = random.Random(11)
    for _ in range(60):
        turns = [say("system", "".join(rng.choices(WORDS, k=3)))] if rng.random() < 0.5 else []
        for i in range(rng.randint(1, 6)):
            turns.append(say("user" if i % 2 == 0 else "assistant", "".join(rng.choices(WORDS, k=rng.randint(0, 8)))))
        yield turns


def source_of(family):
    with open(family, encoding="utf-8", newline="") as file:
        return file.read()


@pytest.mark.parametrize("family", FAMILIES, ids=lambda path: path.stem)
def test_families_render_alike(family):
    template = source_of(family)
    cases = [(messages, prompt) for messages in conversations() for prompt in (True, False)]
    answers = ask([request(template, *case) for case in cases])
    rendered = 0
    for case, answer in zip(cases, answers, strict=True):
        expected = reference(template, *case)
        assert answer.get("text") == expected, (case, answer, expected)
        rendered += expected is not None
    assert rendered > 40


TOOLS = [
    {"type": "function", "function": {"name": "weather", "description": "It's \"now\"", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}},
    {"type": "function", "function": {"name": "time", "description": "é", "parameters": {"type": "object", "properties": {}}, "return": {"type": "string"}}},
]
CALL = {"id": "abcdefghi", "type": "function", "function": {"name": "weather", "arguments": {"city": "Köln"}}}
CALL_IN_TEXT = {**CALL, "function": {"name": "weather", "arguments": '{"city": "Köln"}'}}


def conversations_with_tools():
    for call in (CALL, CALL_IN_TEXT):
        asked = [say("user", "Weather?"), {"role": "assistant", "content": "", "tool_calls": [call]}, {"role": "tool", "content": "18", "tool_call_id": "abcdefghi"}]
        yield asked
        yield [say("system", "Be brief."), *asked, say("assistant", "18 degrees."), say("user", "Thanks")]
        yield [*asked[:1], {"role": "assistant", "content": None, "tool_calls": [call, call]}, *asked[2:], *asked[2:]]
    yield [say("user", "Hi"), {"role": "assistant", "content": "no", "tool_calls": []}, {"role": "user", "content": [{"type": "text", "text": "x"}]}]
    yield [{"role": "assistant", "content": "<think>a</think>b", "reasoning_content": "c"}, say("user", "Hi")]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda path: path.stem)
def test_families_render_tools_alike(family):
    template = source_of(family)
    cases = [(messages, tools, prompt) for messages in conversations_with_tools() for tools in (TOOLS, TOOLS[:1], None) for prompt in (True, False)]
    requests, expected = [], []
    for messages, tools, prompt in cases:
        try:
            [text], _ = render_jinja_template([messages], tools=tools, chat_template=template, add_generation_prompt=prompt, bos_token="<s>", eos_token="</s>")
        except Exception:
            text = None
        expected.append(text)
        variables = {"messages": messages, "tools": tools, "documents": None, "add_generation_prompt": prompt, "bos_token": "<s>", "eos_token": "</s>"}
        requests.append({"op": "jinja", "template": template, "variables": variables})
    for case, answer, want in zip(cases, ask(requests), expected, strict=True):
        assert answer.get("text") == want, (case, answer, want)


def test_the_template_of_the_real_model_renders_alike(smollm2_gguf):
    from gguf import GGUFReader

    template = GGUFReader(smollm2_gguf).fields["tokenizer.chat_template"].contents()
    cases = [(messages, prompt) for messages in conversations() for prompt in (True, False)]
    for case, answer in zip(cases, ask([request(template, *case) for case in cases]), strict=True):
        assert answer.get("text") == reference(template, *case)


# Small templates, one feature each.
SNIPPETS = [
    # output and literals
    "{{ 1 }} {{ 1.5 }} {{ 1e3 }} {{ 1_000 }} {{ 'a' 'b' }} {{ \"q\" }} {{ true }} {{ False }} {{ none }} {{ None }}",
    "{{ 1e16 }} {{ 1e15 }} {{ 123456789.125 }} {{ 0.0001 }} {{ 0.00001 }} {{ 1e-7 }} {{ 1/3 }} {{ 100.0 }} {{ -0.0 }}",
    "{{ [1, 'a', 2.0, none, true] }} {{ (1,) }} {{ (1, 2) }} {{ () }} {{ {'a': 1, 'b': [1, {}]} }} {{ [] }} {{ {} }}",
    "{{ 'it\\'s' }} {{ ['it\\'s', \"q\\\"q\", 'tab\\t', 'nl\\n', 'é', '\\x01', '\\u4f60'] }}",
    "{{ 'a\\nb' }} {{ 'a\\\\n' }} {{ '\\u00e9\\x41' }} {{ '\\q' }}",
    "{{ 1, 2 }}", "{{ [1,2,] }}", "{{ {'a':1,} }}",
    # arithmetic
    "{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 7 / 2 }} {{ 6 / 2 }}",
    "{{ 1 + 2 * 3 - 4 }} {{ (1 + 2) * 3 }} {{ -2 ** 2 }} {{ 2 ** 3 ** 2 }} {{ +3 }} {{ - 3 | abs }} {{ (-3) | abs }}",
    "{{ 1.5 + 1 }} {{ 7.5 // 2 }} {{ 7.5 % 2 }} {{ 'ab' * 3 }} {{ 3 * 'ab' }} {{ [1] * 2 }} {{ [1] + [2] }} {{ (1,) + (2,) }}",
    "{{ true + 1 }} {{ 'a' ~ 1 ~ none ~ 2.0 ~ [1] ~ undefined_thing }}",
    # comparison and logic
    "{{ 1 < 2 }} {{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 'a' < 'b' }} {{ [1, 2] < [1, 3] }} {{ 1 == 1.0 }} {{ 1 == '1' }} {{ true == 1 }}",
    "{{ 1 != 2 }} {{ none == none }} {{ none == false }} {{ [] == [] }} {{ {'a': 1} == {'a': 1.0} }} {{ (1,) == [1] }}",
    "{{ 1 in [1, 2] }} {{ 3 not in [1, 2] }} {{ 'a' in 'cat' }} {{ 'x' in {'x': 1} }} {{ 'y' not in {'x': 1} }} {{ '' in 'a' }}",
    "{{ 1 and 2 }} {{ 0 and 2 }} {{ 0 or 'x' }} {{ 'a' or 'b' }} {{ not 1 }} {{ not not 'a' }} {{ not 1 == 2 }} {{ none or [] }}",
    "{{ 'a' if true else 'b' }} {{ 'a' if false else 'b' }} [{{ 'a' if false }}] {{ 'a' if false else 'b' if false else 'c' }}",
    # undefined
    "[{{ missing }}] [{{ missing | default('d') }}] [{{ missing | d }}] [{{ '' | default('e', true) }}] [{{ none | default('n') }}]",
    "{{ missing is defined }} {{ missing is undefined }} {{ messages is defined }} {{ messages[0].nothing is defined }}",
    "{% for x in missing %}x{% else %}none{% endfor %} {{ missing | length }} {{ missing | list }} {{ missing | upper }}|{{ missing | trim }}|",
    "{{ 1 in missing }} {{ missing == missing }} {{ missing == none }} {{ not missing }} {{ none.x is defined }} {{ missing | join(',') }}",
    "{{ missing.attribute }}", "{{ missing['key'] }}", "{{ missing + 1 }}", "{{ missing() }}", "{{ missing | int }}", "{{ none | length }}",
    "{{ tools is none }} {{ documents is none }} {{ tools is defined }} {{ 'x' if tools else 'y' }} {{ pad_token is defined }}",
    # tests
    "{% for v in [1, 1.5, true, 'a', none, [1], (1,), {'a': 1}, messages, range] %}{{ v is string }} {{ v is number }} {{ v is integer }} "
    "{{ v is float }} {{ v is boolean }} {{ v is mapping }} {{ v is sequence }} {{ v is iterable }} {{ v is none }} {{ v is true }} "
    "{{ v is false }} {{ v is callable }};{% endfor %}",
    "{{ 3 is odd }} {{ 4 is even }} {{ 9 is divisibleby 3 }} {{ 9 is divisibleby(4) }} {{ 1 is eq 1 }} {{ 1 is equalto(2) }} {{ 1 is ne 2 }}",
    "{{ 1 is lt 2 }} {{ 1 is ge(1) }} {{ 'a' is in ['a'] }} {{ 'a' is not in 'b' }} {{ 'ab' is lower }} {{ 'AB' is upper }} {{ none is sameas none }}",
    "{{ 1 is not none and 2 is defined }} {{ 1 is defined or 2 }} {{ 'yes' if 1 is odd else 'no' }} {{ not 1 is odd }} {{ 1 is not odd }}",
    # text filters
    "[{{ '  a b  ' | trim }}] [{{ 'xxaxx' | trim('x') }}] {{ 'aB' | upper }} {{ 'aB' | lower }} {{ 'hello wORLD-foo (bar' | title }}",
    "{{ 'hELLO world' | capitalize }} {{ 'a-b-a' | replace('a', 'x') }} {{ 'aaa' | replace('a', 'b', 2) }} {{ 'ab' | replace('', '-') }}",
    "{{ 12 | string ~ '!' }} {{ '12' | int + 1 }} {{ '1.9' | int }} {{ 'x' | int }} {{ 'x' | int(7) }} {{ 'ff' | int(base=16) }} {{ 3.99 | int }}",
    "{{ '1.5' | float }} {{ 'x' | float }} {{ 2 | float }} {{ ' 3 ' | int }} {{ '1_0' | int }} {{ true | int }} {{ none | int }} {{ 'inf' | int(5) }}",
    "{{ -5 | abs }} {{ 5.5 | round }} {{ 2.5 | round }} {{ 3.14159 | round(2) }} {{ 2.7 | round(method='floor') }} {{ 2.1 | round(0, 'ceil') }} {{ 7 | round }}",
    "{{ '<a href=\"x\">\\'&' | escape }} {{ '<b>' | e }} {{ '<b>' | safe }}",
    "{{ 'a\\nb\\n\\nc' | indent }}|{{ 'a\\nb' | indent(2, true) }}|{{ 'a\\n\\nb' | indent(2, blank=true) }}|{{ 'a\\nb\\n' | indent('> ') }}|",
    "{{ 'abc' | length }} {{ '你好' | length }} {{ [1,2] | count }} {{ {'a': 1} | length }} {{ '' | length }}",
    # JSON
    "{{ {'a': [1, 2.5, true, none, 'x\"y\\\\z\\n\\t'], 'é': '你\\x01'} | tojson }} {{ [] | tojson }} {{ {} | tojson }} {{ 'a/b<c>' | tojson }}",
    "{{ {'a': [1, {'b': 2}], 'c': [], 'd': {}} | tojson(indent=2) }} {{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }} {{ 'é😀' | tojson(ensure_ascii=true) }}",
    "{{ [1, 2] | tojson(separators=(',', ':')) }} {{ {'a': 1} | tojson(separators=(',', ':')) }} {{ {1: 2, none: 3, true: 4} | tojson }} {{ messages | tojson }}",
    "{{ [1] | tojson(indent=0) }}", "{{ (1, 2) | tojson }}", "{{ missing | tojson }}",
    # list filters
    "{{ [3, 1, 2] | sort }} {{ ['b', 'A', 'c'] | sort }} {{ ['b', 'A'] | sort(case_sensitive=true) }} {{ [1, 2] | sort(reverse=true) }}",
    "{{ [1, 2, 3] | first }} {{ [1, 2, 3] | last }} [{{ [] | first }}] {{ 'abc' | first }} {{ 'abc' | last }} {{ {'a': 1} | list }}",
    "{{ [1, 2] | join(', ') }} {{ [1, none, 'a'] | join }} {{ 'abc' | join('-') }} {{ messages | join(',', attribute='role') }} {{ {'a': 1, 'b': 2} | join }}",
    "{{ [1, 2, 3] | reverse | list }} {{ 'abc' | reverse }} {{ [1, 1, 2, 'A', 'a'] | unique | list }} {{ 'abc' | list }}",
    "{{ messages | map(attribute='role') | list }} {{ ['a', 'b'] | map('upper') | list }} {{ [1, 2] | map('string') | join('+') }}",
    "{{ messages | map(attribute='missing', default='?') | list }} {{ [{'a': {'b': 1}}] | map(attribute='a.b') | list }}",
    "{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | list }} {{ messages | rejectattr('role', 'eq', 'user') | list | length }}",
    "{{ [0, 1, 2, none] | select | list }} {{ [0, 1, 2] | reject('odd') | list }} {{ [1, 2, 3] | select('gt', 1) | list }} {{ messages | selectattr('nope') | list }}",
    "{{ messages | selectattr('role', 'in', ['user', 'system']) | list | length }} {{ 'y' if messages | selectattr('role', 'eq', 'tool') else 'n' }}",
    "{% for k, v in {'b': 1, 'a': 2} | items %}{{ k }}={{ v }},{% endfor %}{% for k, v in {'b': 1, 'a': 2} | dictsort %}{{ k }}={{ v }},{% endfor %}",
    # indexing and slices
    "{{ messages[0].role }} {{ messages[-1]['role'] }} [{{ messages[9] }}] {{ 'abc'[1] }} {{ 'a你c'[1] }} [{{ 'abc'[7] }}] {{ [[1, 2], [3]].0.1 }}",
    "{{ 'abcdef'[1:3] }} {{ 'abcdef'[::-1] }} {{ 'abcdef'[::2] }} {{ 'abcdef'[-3:] }} {{ 'abcdef'[:-2] }} {{ 'abcdef'[4:1:-1] }} [{{ 'abc'[5:] }}]",
    "{{ [1,2,3,4][1:] }} {{ [1,2,3,4][:-1] }} {{ [1,2,3,4][::-1] }} {{ [1,2,3][10:0:-2] }} {{ (1,2,3)[1:] }} {{ 'a你b好c'[1:4] }} {{ 'abc'[none:2] }}",
    "{{ {'a': 1}.a }} {{ {'a': 1}['a'] }} [{{ {'a': 1}.b }}] {{ {1: 'x'}[1] }} {{ {'items': 5}['items'] }}",
    # methods
    "[{{ '  a '.strip() }}] [{{ '  a '.lstrip() }}] [{{ '  a '.rstrip() }}] {{ 'xay'.strip('xy') }} {{ '\\n\\na\\n'.lstrip('\\n') ~ '|' }}",
    "{{ 'a,b,,c'.split(',') }} {{ ' a  b '.split() }} {{ 'a b c'.split(' ', 1) }} {{ 'a b c'.rsplit(' ', 1) }} {{ ''.split(',') }} {{ ''.split() }} {{ ' a  b c '.split(none, 1) }}",
    "{{ 'a\\nb\\r\\nc\\n'.splitlines() }} {{ 'abc'.startswith('ab') }} {{ 'abc'.endswith(('x', 'c')) }} {{ 'aXb'.upper() }} {{ 'aXb'.lower() }} {{ \"they're bill's\".title() }}",
    "{{ 'hello'.capitalize() }} {{ 'aaa'.replace('a', 'b', 1) }} {{ 'hello'.find('l') }} {{ 'hello'.find('z') }} {{ 'hello'.rfind('l') }} {{ 'banana'.count('an') }} {{ 'é你x'.find('x') }}",
    "{{ '-'.join(['a', 'b']) }} {{ ','.join('abc') }} {{ 'abc'.index('c') }} {{ 'prefix-x'.removeprefix('prefix-') }} {{ '12'.isdigit() }} {{ 'ab'.isalpha() }} {{ ' '.isspace() }}",
    "{{ {'a': 1}.get('a') }} {{ {'a': 1}.get('b') }} {{ {'a': 1}.get('b', 2) }} {{ {'a': 1}.keys() | list }} {{ {'a': 1}.values() | list }} {{ {'a': 1}.items() | list }}",
    "{{ [1, 2, 1].index(2) }} {{ [1, 2, 1].count(1) }}", "{{ [1].append(2) }}", "{{ {}.update({}) }}", "{{ 'abc'.index('z') }}", "{{ 'a'.nothing() }}",
    # statements
    "{% if 0 %}a{% elif 1 %}b{% else %}c{% endif %}{% if missing %}x{% else %}y{% endif %}",
    "{% for i in [1, 2, 3] %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}"
    "[{{ loop.previtem }}][{{ loop.nextitem }}]{{ loop.cycle('a', 'b') }}{{ loop.depth }};{% endfor %}",
    "{% for i in [1, 2, 3, 4] if i is even %}{{ i }}{{ loop.length }}{% else %}none{% endfor %}{% for i in [1] if i > 5 %}x{% else %}none{% endfor %}",
    "{% for a, b in [(1, 2), [3, 4]] %}{{ a }}-{{ b }} {% endfor %}{% for k, v in {'x': 1}.items() %}{{ k }}{{ v }}{% endfor %}{% for c in 'ab' %}{{ c }}.{% endfor %}",
    "{% for k in {'x': 1, 'y': 2} %}{{ k }}{% endfor %}{% for i in range(3) %}{{ i }}{% endfor %}{% for i in range(5, 0, -2) %}{{ i }}{% endfor %}{{ range(2, 4) | list }}",
    "{% for i in range(10) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 5 %}{% break %}{% endif %}{{ i }}{% endfor %}",
    "{% for i in [1, 2] %}{% for j in [1, 2] %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}",
    "{% set x = 1 %}{% for i in [1, 2] %}{{ x }}{% set x = x + 1 %}{{ x }}{% endfor %}{{ x }}",
    "{% set ns = namespace(x=1, y='a') %}{% for i in [1, 2] %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}{{ ns.y }}[{{ ns.z }}]{% set ns.z = 5 %}{{ ns.z }}",
    "{% set ns = namespace({'a': 1}) %}{{ ns.a }}{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set (c, d) = [3, 4] %}{{ c }}{{ d }}{% set t = 1, %}{{ t }}",
    "{% if true %}{% set y = 5 %}{% endif %}{{ y }}", "{% set block %}  text {{ 1 + 1 }}  {% endset %}[{{ block }}]{% set f | trim | upper %}  text  {% endset %}[{{ f }}]",
    "{% macro m(a, b=2, c='x') %}({{ a }},{{ b }},{{ c }}){% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(1, c='y') }}{{ m(a=5) }}{{ m() }}",
    "{% macro fact(n) %}{{ 1 if n <= 1 else n * (fact(n - 1) | int) }}{% endmacro %}{{ fact(6) }}",
    "{% macro show(v) %}{% if v is mapping %}{ {%- for k, x in v.items() %}{{ k }}:{{ show(x) }},{% endfor -%} }{% else %}{{ v }}{% endif %}{% endmacro %}{{ show({'a': {'b': 1}, 'c': 2}) }}",
    "{% set g = 1 %}{% macro m() %}{{ g }}{% set g = 2 %}{{ g }}{% endmacro %}{{ m() }}{{ g }}{% macro late() %}{{ later }}{% endmacro %}{% set later = 'L' %}{{ late() }}",
    "{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}[{{ a }}]{% filter upper %}shout {{ 'x' }}{% endfilter %}{% generation %}gen{% set q = 1 %}{% endgeneration %}[{{ q }}]",
    "{% raw %}{{ not }} {% this %}{% endraw %}|{#- comment -#} x {# another #}\n y", "{{ dict(a=1, b=2) }} {{ dict({'x': 1}, y=2) }} {{ dict([('p', 1)]) }}",
    "{% set x = [] %}{% for i in [1,2] %}{% set x = x + [i] %}{% endfor %}{{ x }}", "{{ raise_exception('no ' ~ 'way') }}", "{{ unknown_function(1) }}",
    # call blocks and recursive loops
    "{% macro m(x) %}<{{ x }}:{{ caller() }}>{% endmacro %}{% call m(1) %} in {{ 2 }} {% endcall %}",
    "{% macro m() %}{% for i in [1, 2] %}{{ caller(i, b=i * 2) }};{% endfor %}{% endmacro %}{% set z = 9 %}{% call(a, b=0) m() %}{{ a }}-{{ b }}-{{ z }}{% endcall %}",
    "{% macro m() %}{{ caller is defined }}{% endmacro %}{{ m() }}", "{% call raise_exception('no') %}{% endcall %}",
    "{% for n in [{'v': 1, 'c': [{'v': 2, 'c': []}, {'v': 3, 'c': [{'v': 4, 'c': []}]}]}] recursive %}{{ loop.depth }}{{ loop.index }}{{ n.v }}"
    "({{ loop(n.c) }}){% else %}-{% endfor %}",
    "{% set t = [[1, [2]], [[3]]] %}{% for x in t recursive if x %}{% if x is iterable %}<{{ loop(x) }}>{% else %}{{ x }}{% endif %}{% endfor %}",
    "{% for x in [1] %}{{ loop([2]) }}{% endfor %}",
    # filters over all items
    "{{ [3, 1, 2] | max }} {{ [3, 1, 2] | min }} {{ ['b', 'A'] | min }} {{ ['b', 'B'] | max }} [{{ [] | max }}] {{ messages | max(attribute='role') | length }}",
    "{{ [1, 2.5] | sum }} {{ [] | sum }} {{ [1, 2] | sum(start=10) }} {{ messages | map(attribute='content') | map('length') | sum }} {{ [{'n': 2}, {'n': 3}] | sum('n') }}",
    "{{ [1, 2, 3, 4, 5] | batch(2) | list }} {{ [1, 2, 3] | batch(2, 'x') | list }} {{ [] | batch(3) | list }}",
    "{% for role, group in messages | groupby('role') %}{{ role }}:{{ group | length }};{% endfor %}{{ ['b', 'A', 'a'] | sort | first }}",
    "{{ ['a'] | sum }}", "{{ [1, 'a'] | max }}",
    # white space
    "a\n{% if true %}\nb\n{% endif %}\nc\n", "  {% if true %}  \n  b\n  {% endif %}  \nc", "a {%- if true -%} b {%- endif -%} c", "a\n  {%+ if true %}b{% endif +%}\nc",
    "a {{- 'x' -}} b", "\n\n{{- 'x' -}}\n\n", "x {# c #}\ny", "x\n   {# c #}\n  y", "x\n{#- c -#}\n  y", "  {{ 'x' }}\n  {{ 'y' }}\n", "a\r\nb\rc\n{{ 'd\r\ne' }}\n\n",
    "{% for x in [1,2] %}\n  {{ x }}\n{% endfor %}\nend\n", "{% for x in [1,2] -%}\n  {{ x }}\n{%- endfor %}\nend", "\t{% set x = 1 %}\t\n{{ x }}", "a{% if true %}\n\nb{% endif %}",
    "{%- set x = 1 -%}\n\n   {{ x }}", "a\u00a0\n\u00a0{%- if true %}b{% endif %}", "{{\n'a'\n}}", "{%\nif true\n%}x{%\nendif\n%}", "{{ '}}' }}{{ '%}' }}", "{{ {'a': {'b': 1}} }}",
    # what HF refuses too
    "{% if %}", "{{ }}", "{{ 1 + }}", "{% for x in %}{% endfor %}", "{% endif %}", "{% if 1 %}", "{{ 'a }}", "{# open", "{% unknown %}", "{{ [1, 2 }}", "{{ x | nofilter }}", "{{ x is notest }}",
    "{% for x in 5 %}{% endfor %}", "{% for a, b in [[1, 2, 3]] %}{% endfor %}", "{{ 1 / 0 }}", "{{ 'a' + 1 }}", "{{ [1] < ['a'] }}", "{{ 5.x }}", "{% set messages.x = 1 %}", "{{ range(999999999) }}",
]

MESSAGES = [say("system", "S <b>"), say("user", "U\n'é'"), say("assistant", " A ")]


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_snippets_render_alike(snippet):
    [answer] = ask([request(snippet, MESSAGES, True)])
    assert answer.get("text") == reference(snippet, MESSAGES, True), answer
    assert "text" in answer or answer["error"] in ("corrupt", "unsupported", "invalid_argument"), answer


def test_untrusted_ranges_are_exactly_what_users_wrote():
    """Contents made of characters that no template uses can be found again in the output."""
    marked = [say(role, content) for role, content in [("user", "⟦q⟧"), ("assistant", " ⟦a⟧\n"), ("user", "⟦p ⟧ ")]]
    for family in FAMILIES:
        [answer] = ask([request(source_of(family), marked, True)])
        if "text" not in answer:
            continue
        text = answer["text"].encode()
        users = b"".join(text[begin:end] for begin, end in answer["untrusted"]).decode()
        assert "".join(users.split()) == "⟦q⟧⟦a⟧⟦p⟧", family
        rest = bytearray(text)
        for begin, end in answer["untrusted"]:
            rest[begin:end] = b" " * (end - begin)
        assert "⟦" not in rest.decode() and "⟧" not in rest.decode(), family
