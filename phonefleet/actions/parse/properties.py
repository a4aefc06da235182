"""Properties as they are written: their names, and what objects and classes give them."""

from __future__ import annotations

from typing import Final

from phonefleet.actions.parse.syntax import Node, Program

CLASSES: Final = frozenset({"class", "class_declaration"})


def property_key(program: Program, node: Node) -> str | None:
    """The property that a member, subscript, pair or method names, or ``None`` if only a run can tell."""
    match node.kind:
        case "member_expression":
            return program.text(node.the("property"))
        case "subscript_expression":
            return program.string(node.the("index"))
        case "shorthand_property_identifier" | "shorthand_property_identifier_pattern":
            return program.text(node)
        case "object_assignment_pattern":
            return property_key(program, node.the("left"))
    key = node.get("key") or node.get("name")
    if key is None or key.kind == "computed_property_name":
        return None
    return program.string(key) if key.kind == "string" else program.text(key)


def members(node: Node) -> list[Node]:
    """The properties and methods written in an object literal or a class."""
    if node.kind in CLASSES:
        return node.the("body").parts
    return node.parts if node.kind == "object" else []


def part_value(part: Node) -> Node:
    """The value of an object literal's part: a pair's, or the shorthand or method itself."""
    return part.get("value") or part


def unwrap_assignment(node: Node) -> Node:
    """The value at the end of a chain of assignments (``a = b = value``)."""
    while node.kind == "assignment_expression":
        node = node.the("right")
    return node
