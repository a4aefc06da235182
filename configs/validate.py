"""Translate Pydantic's errors into problems, each at its line in the operator's files."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from configs.keys import unknown_key_advice
from configs.problems import Origin, Problem
from configs.tree import Items, Node, Nothing, Table
from configs.values import ACROSS_KEYS, PROBLEM, Strict

Model = TypeVar("Model", bound=Strict)

_LISTED_AT_MOST: Final = 100
"""Problems of one tenant or section; advice for an unknown key takes some time each."""
_ONLY_WHOLE: Final = frozenset({"missing", ACROSS_KEYS})
_KIND_ADVICE: Final = {
    "bool": "Write true or false",
    "int": "Write a whole number",
    "string": "Write a text",
    "list": "Write a list ([a, b] or one `- item` a line)",
    "tuple": "Write a list ([a, b] or one `- item` a line)",
    "set": "Write a list ([a, b] or one `- item` a line)",
    "frozen_set": "Write a list ([a, b] or one `- item` a line)",
    "dict": "Write keys and values",
    "mapping": "Write keys and values",
    "model": "Write keys and values",
    "is_instance": "Write keys and values",
    "path": "Write a path",
}


def validated(
    model: type[Model], tree: Node, context: Mapping[str, Any], problems: list[Problem], *, whole: bool = True
) -> Model | None:
    """Validate a tree.

    Args:
        model: The expected model.
        tree: What the operator wrote.
        context: Passed to the validators.
        problems: Problems are added here.
        whole: Whether the tree is complete; if not, absent keys are not a problem.

    Returns:
        The model, or None if there are problems.
    """
    try:
        return model.model_validate(tree, context=dict(context))
    except ValidationError as error:
        details = error.errors(include_url=False)[:_LISTED_AT_MOST]
    problems.extend(
        _problem(model, tree, detail) for detail in details if whole or detail["type"] not in _ONLY_WHOLE
    )
    return None


def _problem(model: type[Strict], tree: Node, detail: ErrorDetails) -> Problem:
    location = tuple(step for step in detail["loc"] if step != "[key]")
    match detail["type"]:
        case "extra_forbidden":
            # The unknown key is the last step; its parent has the known keys.
            return Problem.at(_origin(tree, location), "unknown key", unknown_key_advice(model, location))
        case "missing":
            advice = "Add it here, in `defaults` or in an override"
            return Problem.at(_origin(tree, location[:-1]), "is required", advice, key=location[-1])
        case _ if isinstance(detail["input"], Nothing):
            return Problem.at(_origin(tree, location), "has no value", "Give it one or remove the key")
        case kind if kind in {PROBLEM, ACROSS_KEYS}:
            context = detail["ctx"]
            below = (*location, context["key"]) if context["key"] else location
            return Problem.at(_origin(tree, below), context["fact"], context["advice"])
        case _:
            return Problem.at(_origin(tree, location), *_fact(detail))


def _origin(tree: Node, location: tuple[int | str, ...]) -> Origin:
    """Return the place of the value, or of the innermost value around it that was written."""
    node = tree
    for step in location:
        match node:
            case Table() if step in node:
                node = node[str(step)]
            case Items() if isinstance(step, int) and step < len(node):
                node = node[step]
            case _:
                break
    return node.origin


def _fact(detail: ErrorDetails) -> tuple[str, str]:
    """Return what is wrong and what to do; quote a value only where one of a set is expected."""
    context, kind = detail.get("ctx", {}), detail["type"]
    match kind:
        case "enum" | "literal_error":
            value = str(detail["input"])
            known = context["expected"].replace("'", "").replace(" or ", ", ").split(", ")
            close = get_close_matches(value, known, 1)
            ask = f"Did you mean {close[0]}? Known: " if close else "Write one of "
            return f"{value[:40]!r} is not a known value", ask + ", ".join(known)
        case "string_pattern_mismatch":
            return "does not have the expected form", f"Write something that matches {context['pattern']}"
        case "string_too_short":
            return "is empty", "Give it a value or remove the key"
        case "greater_than_equal":
            return "is too small", f"Write at least {context['ge']}"
        case "less_than_equal":
            return "is too large", f"Write at most {context['le']}"
        case _:
            word = next((word for word in _KIND_ADVICE if kind.startswith(word)), None)
            return "is of the wrong kind", _KIND_ADVICE[word] if word else detail["msg"]
