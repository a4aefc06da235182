"""Resolve each identifier of a program to its declaration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from phonefleet.actions.parse.syntax import FUNCTIONS, Node, Program, parameters

_BLOCKS: Final = frozenset(
    {"statement_block", "for_statement", "for_in_statement", "catch_clause", "switch_body", "class_body"}
)
_PATTERN_NAMES: Final = frozenset({"identifier", "shorthand_property_identifier_pattern"})


@dataclass(eq=False, slots=True)
class Binding:
    """One declared name: the node that declares it, and the function or class it is declared as."""

    name: str
    node: Node
    value: Node | None = None


@dataclass(eq=False, slots=True)
class _Scope:
    parent: _Scope | None
    function: bool
    names: dict[str, Binding] = field(default_factory=dict)

    def find(self, name: str) -> Binding | None:
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return None

    def hoisted(self) -> _Scope:
        scope = self
        while not scope.function and scope.parent is not None:
            scope = scope.parent
        return scope


class Scopes:
    """The bindings of a program; ``of`` gives the binding of an identifier."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._of: dict[Node, _Scope] = {program.root: _Scope(None, function=True)}
        for node in program.nodes:
            if node.kind in FUNCTIONS or node.kind in _BLOCKS:
                outer = self._scope(node.parent or program.root)
                self._of[node] = _Scope(outer, function=node.kind in FUNCTIONS)
        for node in program.nodes:
            self._declare(node)
            if node.kind in FUNCTIONS:
                for parameter in parameters(node):
                    self._add(self._of[node], parameter)

    def of(self, node: Node) -> Binding | None:
        """The binding of an identifier, or ``None`` for a global or unknown name."""
        return self._scope(node).find(self._program.text(node))

    def declaration(self, node: Node) -> Node | None:
        """The node that declares an identifier's name, unless that is a function or a class."""
        binding = self.of(node)
        return binding.node if binding is not None and binding.value is None else None

    def is_global(self, node: Node, name: str) -> bool:
        """Whether ``node`` is the identifier ``name`` and no local declaration hides the global."""
        return node.kind == "identifier" and self._program.text(node) == name and self.of(node) is None

    def _scope(self, node: Node) -> _Scope:
        current: Node | None = node
        while current is not None:
            if current in self._of:
                return self._of[current]
            current = current.parent
        return self._of[self._program.root]

    def _declare(self, node: Node) -> None:
        match node.kind:
            case "variable_declarator":
                kind = node.parent.kind if node.parent else ""
                scope = self._scope(node)
                self._add(scope.hoisted() if kind == "variable_declaration" else scope, node.the("name"))
            case "function_declaration" | "generator_function_declaration":
                # Sloppy mode makes a function in a block visible in the whole function as well.
                outer = self._scope(node.parent or node)
                name = node.the("name")
                binding = self._bind(outer, name, node)
                outer.hoisted().names.setdefault(self._program.text(name), binding)
            case "function_expression" | "generator_function" if node.get("name"):
                self._bind(self._of[node], node.the("name"), node)
            case "class_declaration":
                self._bind(self._scope(node.parent or node), node.the("name"), node)
            case "for_in_statement" if node.get("kind"):
                self._add(self._scope(node), node.the("left"))
            case "catch_clause" if node.get("parameter"):
                self._add(self._of[node], node.the("parameter"))

    def _add(self, scope: _Scope, pattern: Node) -> None:
        for name in pattern_names(pattern):
            self._bind(scope, name, None)

    def _bind(self, scope: _Scope, node: Node, value: Node | None) -> Binding:
        text = self._program.text(node)
        binding = scope.names.get(text)
        if binding is None:
            binding = scope.names[text] = Binding(text, node, value)
        elif value is not None:
            binding.value = value
        return binding


def pattern_names(pattern: Node) -> Iterator[Node]:
    """The names that a pattern declares, without its keys and its defaults."""
    match pattern.kind:
        case kind if kind in _PATTERN_NAMES:
            yield pattern
        case "pair_pattern":
            yield from pattern_names(pattern.the("value"))
        case "assignment_pattern" | "object_assignment_pattern":
            yield from pattern_names(pattern.the("left"))
        case "object_pattern" | "array_pattern" | "rest_pattern":
            for part in pattern.parts:
                yield from pattern_names(part)
        case _:
            return
