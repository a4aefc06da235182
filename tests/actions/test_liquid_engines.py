"""The product's Liquid (python-liquid) says what the simulator's (LiquidJS itself) says."""

import json

import pytest

from phonefleet.actions.liquid_process import analyze_template, render_template
from phonefleet.actions.liquid_support import FILTERS, TAGS
from simulator.liquid import FILTERS as JS_FILTERS
from simulator.liquid import TAGS as JS_TAGS
from simulator.liquid import _run, render_legacy, render_phone_template

CONTEXT = {
    "code": "123456",
    "n": 7,
    "f": 2.5,
    "friendly_name": "O'Hara & Söhne <GmbH>",
    "nothing": "",
    "list": ["b", "a", "C"],
    "nil": None,
    "t": True,
    "user": {"name": "Jo Doe", "login_count": 3, "user_metadata": {"lang": "fr"}},
    "objs": [{"k": "b"}, {"k": "a"}],
}
SAME = (
    "{{ friendly_name | escape }}",
    "{{ friendly_name | escape | escape }}",
    "{{ 'a &amp; b & c' | escape_once }}",
    "{{ n | plus: 1 }}",
    "{{ n | minus: 1.5 }}",
    "{{ n | times: 2 }}",
    "{{ f | times: 2 }}",
    "{{ n | modulo: 4 }}",
    "{{ f | floor }}",
    "{{ f | ceil }}",
    "{{ f | round }}",
    "{{ 2.567 | round: 1 }}",
    "{{ n | divided_by: 2 }}",
    "{{ 10 | divided_by: 5 }}",
    "{{ '-3' | abs }}",
    "{{ n | at_least: 9 }}",
    "{{ n | at_most: 3 }}",
    "{{ 'a' | append: n }}",
    "{{ 'b' | prepend: 'a' }}",
    "{{ 'hELLO wORLD' | capitalize }}",
    "{{ 'straße' | upcase }}",
    "{{ 'ABC' | downcase }}",
    "[{{ '  a ' | strip }}]",
    "[{{ '  a ' | lstrip }}]",
    "[{{ '  a ' | rstrip }}]",
    "{{ 'a-b-c' | split: '-' | join: '+' }}",
    "{{ code | split: '' | join: '.' }}",
    "{{ 'aXbX' | replace: 'X', 'y' }}",
    "{{ 'aXbX' | replace_first: 'X', 'y' }}",
    "{{ 'aXbX' | remove: 'X' }}",
    "{{ 'aXbX' | remove_first: 'X' }}",
    "{{ 'Hello there world' | truncate: 10 }}",
    "{{ 'Hello there world' | truncate: 10, '' }}",
    "{{ 'Hello there world' | truncatewords: 2 }}",
    "{{ 'a b&c/é' | url_encode }}",
    "{{ 'a+b%26c' | url_decode }}",
    "{{ '<b>x</b> y' | strip_html }}",
    "{{ code | slice: 0, 3 }}-{{ code | slice: 3, 3 }}",
    "{{ code | slice: -2, 2 }}",
    "{{ list | sort | join }}",
    "{{ list | sort_natural | join: ',' }}",
    "{{ list | first }}{{ list | last }}",
    "{{ list | reverse | join: '' }}",
    "{{ code | size }} {{ code.size }}",
    "{{ objs | map: 'k' | join: ' ' }}",
    "{{ false | default: 'f' }}",
    "{{ list }}",
    "{{ nil }}",
    "{{ t }}",
    "{{ user.user_metadata.lang | upcase }}",
    "{{ user['name'] }}",
    "{{ missing.a.b }}",
    "{% if nothing %}truthy{% else %}falsy{% endif %}",
    "{% if missing %}truthy{% else %}falsy{% endif %}",
    "{% if n > 5 and t or nil %}y{% else %}n{% endif %}",
    "{% if friendly_name contains 'Hara' %}y{% endif %}",
    "{% if list contains 'a' %}y{% endif %}",
    "{% unless t %}a{% else %}b{% endunless %}",
    "{% case n %}{% when 1, 7 %}seven{% else %}other{% endcase %}",
    "{% for i in (1..3) %}{{ i }}{{ forloop.index }}{% endfor %}",
    "{% for i in list reversed %}{{ i }}{% else %}none{% endfor %}",
    "{% for i in list limit:2 offset:1 %}{{ i }}{% endfor %}",
    "{% for i in missing %}x{% else %}none{% endfor %}",
    "{% cycle 'a', 'b' %}{% cycle 'a', 'b' %}",
    "{% increment c %}{% increment c %}{% decrement d %}",
    "{% raw %}{{ x }}{% endraw %}",
    "{% comment %}x{% endcomment %}y",
    "{%- assign a = 'x' -%} {{ a }}",
    "{{- code -}}",
    "{% assign x = code | slice: 0, 3 %}{{ x }}",
    '{{ "2024-03-05" | date: "%Y/%m/%d" }}',
    "{{ 'a\nb' | newline_to_br }}",
    "{{ 'a\nb' | strip_newlines }}",
    "{{ 'x' | times: 3 }}",
    "{{ 'Straße äö' | capitalize }}",
    "{% if n == '7' %}y{% else %}n{% endif %}",
    "{% if user %}u{% endif %}",
    '{{ "it\'s" }}',
    "{{ 'a,b' | split: ',' | size }}",
    "{{ list | join }}",
    "{{ list[0] }}{{ list[-1] }}{{ list.first }}",
    "{{ n | append: '' | size }}",
    "{{ code | times: 1 }}",
)
"""At least one for each listed tag and filter, and odd values."""
DIFFERENT = {
    "{{ user }}": (
        "[object Object]",
        "{'name': 'Jo Doe', 'login_count': 3, 'user_metadata': {'lang': 'fr'}}",
    ),
    "{{ 1.0 }}": ("1", "1.0"),
    "{{ 0.1 | plus: 0.2 }}": ("0.30000000000000004", "0.3"),
    "{{ n | divided_by: 0 }}": ("Infinity", ""),
    "{% tablerow i in (1..1) %}{{ i }}{% endtablerow %}": (
        '<tr class="row1"><td class="col1">1</td></tr>',
        '<tr class="row1">\n<td class="col1">1</td></tr>\n',
    ),
}
"""Known differences: what LiquidJS and what python-liquid make. None of them is likely in a message with a code."""


@pytest.mark.parametrize("template", SAME)
def test_both_engines_say_the_same(template):
    assert render_template(template, [CONTEXT]) == (render_phone_template(template, CONTEXT),)


@pytest.mark.parametrize("template", DIFFERENT)
def test_known_differences_of_the_engines(template):
    assert (render_phone_template(template, CONTEXT), *render_template(template, [CONTEXT])) == DIFFERENT[
        template
    ]


def test_every_listed_tag_and_filter_is_compared():
    parts = [analyze_template(template) for template in (*SAME, *DIFFERENT)]
    assert {name for part in parts for name in part.filters} == FILTERS == set(JS_FILTERS)
    assert {tag for part in parts for tag in part.tags} >= set(JS_TAGS) - {
        "include",
        "layout",
        "raw",
        "comment",
    }
    assert set(JS_TAGS) | {"elsif", "else", "when"} == TAGS


@pytest.mark.parametrize("name", ["Acme", "O'Hara & Söhne <GmbH>", '"quoted"', "{{ code }}"])
def test_plain_outputs_need_no_engine(name):
    """The simulator replaces plain variables itself, as LiquidJS would."""
    context = {"code": "1", "friendly_name": name, "user": {"name": name}}
    for template in ("{{ code }}: {{friendly_name | escape }}", "{{ user.name }} {{missing}}"):
        whole = json.loads(_run("phone", template, json.dumps(context)))["text"]
        assert render_phone_template(template, context) == whole == render_legacy(template, context)
