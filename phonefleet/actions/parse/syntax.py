"""JavaScript source as a tree that is cheap to walk in both directions.

tree-sitter parses; its tree is copied once into plain nodes, without recursion, because the source may nest
deeper than Python's stack.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import tree_sitter_javascript
from tree_sitter import Language, Parser, TreeCursor

_PARSER: Final = Parser(Language(tree_sitter_javascript.language()))
MAX_DEPTH: Final = 400

FUNCTIONS: Final = frozenset(
    {
        "arrow_function",
        "function_declaration",
        "function_expression",
        "generator_function",
        "generator_function_declaration",
        "method_definition",
    }
)
CLASSES: Final = frozenset({"class", "class_declaration"})
MEMBERS: Final = frozenset({"member_expression", "subscript_expression"})


@dataclass(eq=False, slots=True)
class Node:
    """One node: byte offsets ``start`` and ``end``, ``line`` from 1, ``name``: its field in the parent."""

    kind: str
    start: int
    end: int
    line: int
    named: bool
    name: str | None
    parent: Node | None
    children: list[Node] = field(default_factory=list)

    def get(self, name: str) -> Node | None:
        """The first child in field ``name``."""
        return next((child for child in self.children if child.name == name), None)

    def the(self, name: str) -> Node:
        """The child in field ``name``, which the grammar always gives; ``KeyError`` otherwise."""
        child = self.get(name)
        if child is None:
            raise KeyError(name)
        return child

    @property
    def parts(self) -> list[Node]:
        """The named children, comments left out."""
        return [child for child in self.children if child.named and child.kind != "comment"]

    def has(self, token: str) -> bool:
        """Whether an unnamed child is ``token`` (``async``, ``await``, ``*`` …)."""
        return any(child.kind == token and not child.named for child in self.children)

    def holds(self, other: Node) -> bool:
        """Whether ``other`` is this node or lies inside it."""
        return self.start <= other.start and other.end <= self.end

    def walk(self) -> Iterator[Node]:
        """This node and everything below it, in source order."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))

    def ancestors(self) -> Iterator[Node]:
        """The parents, nearest first."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def function(self) -> Node | None:
        """The function whose body or parameters this node is part of."""
        return next((node for node in self.ancestors() if node.kind in FUNCTIONS), None)

    def method_owner(self) -> Node | None:
        """The object literal or class whose method contains this node, which is what ``this`` means there."""
        for ancestor in self.ancestors():
            if ancestor.kind == "method_definition":
                owner = ancestor.parent
                return owner.parent if owner is not None and owner.kind == "class_body" else owner
            if ancestor.kind in FUNCTIONS and ancestor.kind != "arrow_function":
                return None
        return None

    @property
    def arguments(self) -> list[Node]:
        """The arguments of a call; none for a tagged template or a ``new`` without a list."""
        listed = self.get("arguments")
        return listed.parts if listed is not None and listed.kind == "arguments" else []


@dataclass(frozen=True, slots=True)
class Program:
    """A parsed source, the first line that does not parse (if any) and the depth of its nesting.

    ``nodes`` are all nodes in source order.
    """

    code: bytes
    root: Node
    error_line: int | None
    depth: int
    nodes: tuple[Node, ...]

    def text(self, node: Node) -> str:
        """The source text of ``node``."""
        return self.code[node.start : node.end].decode("utf-8", "replace")

    def string(self, node: Node) -> str | None:
        """The value of a plain string literal; ``None`` for anything that is not one."""
        if node.kind not in ("string", "template_string") or any(
            child.kind == "template_substitution" for child in node.children
        ):
            return None
        parts = [child for child in node.children if child.kind in ("string_fragment", "escape_sequence")]
        if any(part.kind == "escape_sequence" for part in parts):
            return None
        return "".join(self.text(part) for part in parts)


def property_key(program: Program, node: Node) -> str | None:
    """The property that a member, subscript, pair or method names, or ``None`` if it is computed at run time."""
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


def parameters(function: Node) -> list[Node]:
    """The parameter patterns of a function, defaults included, in order."""
    single = function.get("parameter")
    if single is not None:
        return [single]
    listed = function.get("parameters")
    return listed.parts if listed is not None else []


def part_value(part: Node) -> Node:
    """The value of an object literal's part: a pair's, or the shorthand or method itself."""
    return part.get("value") or part


def unwrap_assignment(node: Node) -> Node:
    """The value at the end of a chain of assignments (``a = b = value``)."""
    while node.kind == "assignment_expression":
        node = node.the("right")
    return node


@lru_cache(maxsize=8)
def parse(code: str) -> Program:
    """Parse ``code``; never raises, whatever the text is.

    A verification asks for the same few sources again and again. Nothing changes a program.
    """
    raw = code.encode("utf-8", "surrogatepass")
    tree = _PARSER.parse(raw)
    cursor = tree.walk()
    root = current = _node(cursor, None)
    nodes = [root]
    error = _error(cursor)
    depth = deepest = 0
    while True:
        if cursor.goto_first_child():
            depth += 1
            deepest = max(deepest, depth)
        else:
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    return Program(raw, root, error, deepest, tuple(nodes))
                depth -= 1
                current = current.parent or root
            current = current.parent or root
        child = _node(cursor, current)
        current.children.append(child)
        nodes.append(child)
        current = child
        error = error if error is not None else _error(cursor)


def _node(cursor: TreeCursor, parent: Node | None) -> Node:
    node = cursor.node
    assert node is not None
    return Node(
        node.type,
        node.start_byte,
        node.end_byte,
        node.start_point[0] + 1,
        node.is_named,
        cursor.field_name,
        parent,
    )


def _error(cursor: TreeCursor) -> int | None:
    node = cursor.node
    if node is None or not (node.is_error or node.is_missing):
        return None
    return node.start_point[0] + 1
