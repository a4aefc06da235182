"""Render Liquid as Auth0 does: with LiquidJS itself, in a V8 isolate of the simulator.

Auth0's page "Supported Liquid Syntax for Phone Templates" names LiquidJS, its tags and its filters. Which engine
renders the legacy messages is not documented; here it is the same one, without the limit to the listed tags.
`liquidjs.js` is LiquidJS 10.30.1 by Jun Yang, unchanged from its npm package `liquidjs` but for its first and last
line, under the MIT License (`LICENSE.liquidjs.txt`).
"""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import lru_cache
from importlib.resources import files
from typing import Any

from py_mini_racer import JSEvalException, MiniRacer

TAGS = (
    "for",
    "cycle",
    "tablerow",
    "if",
    "unless",
    "case",
    "assign",
    "increment",
    "decrement",
    "include",
    "layout",
    "raw",
    "comment",
)
"""Tags of phone templates (Auth0 documentation); `elsif`, `else` and `when` belong to others."""
FILTERS = (
    *(
        "plus",
        "minus",
        "modulo",
        "times",
        "floor",
        "ceil",
        "round",
        "divided_by",
        "abs",
        "at_least",
        "at_most",
    ),
    *("append", "prepend", "capitalize", "upcase", "downcase", "strip", "lstrip", "rstrip", "strip_newlines"),
    *("split", "replace", "replace_first", "remove", "remove_first", "truncate", "truncatewords"),
    *("escape", "escape_once", "url_encode", "url_decode", "strip_html", "newline_to_br"),
    *("slice", "map", "sort", "sort_natural", "first", "last", "join", "reverse", "size"),
    *("date", "default"),
)
"""Filters of phone templates (Auth0 documentation)."""
LIMIT_SECONDS = 1.0
HEAP_BYTES = 64 * 2**20
_PROGRAM = """
var makeEngine = function (names) {
  var engine = new liquidjs.Liquid({strictFilters: true});
  if (names) {
    for (var tag in engine.tags) if (names.tags.indexOf(tag) < 0) delete engine.tags[tag];
    for (var filter in engine.filters) if (names.filters.indexOf(filter) < 0) delete engine.filters[filter];
  }
  return engine;
};
var engines = {legacy: makeEngine(null), phone: makeEngine(NAMES)};
var render = function (name, template, context) {
  try {
    return JSON.stringify({text: String(engines[name].parseAndRenderSync(template, context))});
  } catch (error) {
    return JSON.stringify({problem: String(error.message)});
  }
};
"""
_PLAIN = re.compile(r"\{\{ ?([A-Za-z_]+(?:\.[A-Za-z_]+)*) ?(\| ?escape ?)?\}\}")
"""An output of a variable, which needs no engine; a test compares both ways."""
_OTHER_MARKUP = re.compile(r"\{\{|\{%")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"})
_THREAD = ThreadPoolExecutor(max_workers=1, thread_name_prefix="liquid")
"""V8 runs in a thread outside the server's event loop, one template at a time."""


class UnrenderableError(Exception):
    """Auth0 cannot render the template; a message with it is not sent."""


def render_legacy(template: str, context: dict[str, Any]) -> str:
    """Render a legacy message.

    Raises:
        UnrenderableError: it is not valid, or takes too long.
    """
    return _render("legacy", template, context)


def render_phone_template(template: str, context: dict[str, Any]) -> str:
    """Render a phone template, in which only the documented tags and filters exist.

    Raises:
        UnrenderableError: it is not valid, or takes too long.
    """
    return _render("phone", template, context)


def _render(engine: str, template: str, context: dict[str, Any]) -> str:
    if not _OTHER_MARKUP.search(_PLAIN.sub("", template)):
        values = [_look_up(context, output[1]) for output in _PLAIN.finditer(template)]
        if all(isinstance(value, str) for value in values):
            return _PLAIN.sub(lambda output: _plain(str(_look_up(context, output[1])), output[2]), template)
    answer = json.loads(_THREAD.submit(_run, engine, template, json.dumps(context)).result())
    if "problem" in answer:
        raise UnrenderableError(answer["problem"])
    text: str = answer["text"]
    return text


def _look_up(context: dict[str, Any], name: str) -> object:
    value: object = context
    for key in name.split("."):
        value = value.get(key, "") if isinstance(value, dict) else ""
    return value


def _plain(text: str, escape: str | None) -> str:
    return text.translate(_ESCAPES) if escape else text


@lru_cache(maxsize=4096)
def _run(engine: str, template: str, context: str) -> str:
    """Render in a new isolate: a template cannot leave anything behind for the next one."""
    with closing(MiniRacer()) as racer:
        racer.set_hard_memory_limit(HEAP_BYTES)
        names = json.dumps({"tags": TAGS, "filters": FILTERS})
        racer.eval(_library() + _PROGRAM.replace("NAMES", names) + "1")
        call = f"render({json.dumps(engine)}, {json.dumps(template)}, {context})"
        try:
            answer = str(racer.eval(call, timeout_sec=LIMIT_SECONDS))
        except JSEvalException:
            return json.dumps({"problem": "the template takes too long to render"})
        return answer


@lru_cache(maxsize=1)
def _library() -> str:
    return files(__name__).joinpath("liquidjs.js").read_text(encoding="utf-8")
