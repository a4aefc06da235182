"""The texts that an expression may have, where the program's own literals decide that."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from typing import Final

from phonefleet.actions.parse.syntax import (
    FUNCTIONS,
    Node,
    Program,
    members,
    parameters,
    part_value,
    property_key,
)

Texts = frozenset[str]
_MOST: Final = 64
_DEEPEST: Final = 12
# The argument of an array method's callback that gets the elements.
_ELEMENT_OF: Final = {
    "every": 0,
    "filter": 0,
    "find": 0,
    "flatMap": 0,
    "forEach": 0,
    "map": 0,
    "reduce": 1,
    "some": 0,
}


class Constants:
    """Fold literals, their concatenations, ``const`` names, and elements of literal arrays and objects."""

    def __init__(self, program: Program, declaration: Callable[[Node], Node | None]) -> None:
        self._program = program
        self._declared = declaration

    def only(self, node: Node) -> str | None:
        """The one text that ``node`` always has, or ``None``."""
        texts = self.texts(node)
        return next(iter(texts)) if texts is not None and len(texts) == 1 else None

    def texts(self, node: Node, depth: int = 0) -> Texts | None:
        """All texts that ``node`` may have; ``None`` where something else than the program's literals decides."""
        if depth > _DEEPEST:
            return None
        inner = depth + 1
        match node.kind:
            case "string" | "number":
                plain = self._program.string(node) if node.kind == "string" else self._program.text(node)
                return None if plain is None else frozenset({plain})
            case "template_string":
                return self._joined([self._piece(part, inner) for part in node.parts])
            case "parenthesized_expression":
                return self.texts(node.parts[-1], inner) if node.parts else None
            case "ternary_expression":
                return self._either(
                    self.texts(node.the("consequence"), inner), self.texts(node.the("alternative"), inner)
                )
            case "binary_expression":
                sides = [self.texts(node.the(side), inner) for side in ("left", "right")]
                match node.the("operator").kind:
                    case "+":
                        return self._joined(sides)
                    case "||" | "??":
                        return self._either(*sides)
                return None
            case "identifier" | "shorthand_property_identifier":
                return self._of_name(node, inner)
            case "member_expression" | "subscript_expression":
                return self._of_element(node, inner)
            case "call_expression":
                return self._of_join(node, inner)
        return None

    def _piece(self, part: Node, depth: int) -> Texts | None:
        if part.kind == "string_fragment":
            return frozenset({self._program.text(part)})
        return self.texts(part.parts[0], depth) if part.kind == "template_substitution" else None

    def _of_name(self, node: Node, depth: int) -> Texts | None:
        declared = self._declaration(node)
        if declared is None:
            return None
        parent = declared.parent
        if parent is not None and parent.kind == "for_in_statement":
            return self._elements(parent.the("right"), depth) if parent.has("of") else None
        if parent is not None and parent.kind == "variable_declarator":
            return self.texts(parent.the("value"), depth)
        return self._of_parameter(declared, depth)

    def _declaration(self, node: Node) -> Node | None:
        """The one place that gives a name its value: a ``const``, a loop's ``const``, or a parameter."""
        declared = self._declared(node)
        parent = declared.parent if declared is not None else None
        if declared is None or parent is None:
            return None
        if parent.kind == "variable_declarator" and declared.name == "name":
            whole = parent.parent
            fixed = whole is not None and whole.has("const") and parent.get("value") is not None
            return declared if fixed else None
        if parent.kind == "for_in_statement":
            return declared if declared.name == "left" and parent.has("const") else None
        return declared if parent.kind in (*FUNCTIONS, "formal_parameters") else None

    def _of_parameter(self, declared: Node, depth: int) -> Texts | None:
        """The elements of a literal array whose method calls this callback: ``['a', 'b'].map((x) => …)``."""
        function = declared.function()
        arguments = function.parent if function is not None else None
        call = arguments.parent if arguments is not None and arguments.kind == "arguments" else None
        target = call.get("function") if call is not None else None
        if function is None or target is None or target.kind != "member_expression":
            return None
        place = _ELEMENT_OF.get(property_key(self._program, target) or "")
        listed = parameters(function)
        if place is None or place >= len(listed) or listed[place] is not declared:
            return None
        return self._elements(target.the("object"), depth)

    def _of_element(self, node: Node, depth: int) -> Texts | None:
        literal = self._literal(node.the("object"), depth)
        if literal is None:
            return None
        if literal.kind == "array":
            return self._elements(literal, depth) if node.kind == "subscript_expression" else None
        wanted = property_key(self._program, node)
        values = [
            self.texts(part_value(part), depth)
            for part in members(literal)
            if wanted is None or property_key(self._program, part) == wanted
        ]
        return self._either(*values) if values else None

    def _of_join(self, node: Node, depth: int) -> Texts | None:
        """``['a', 'b'].join('')``."""
        target = node.get("function")
        if target is None or target.kind != "member_expression" or not node.arguments:
            return None
        literal = self._literal(target.the("object"), depth)
        glue = self.only(node.arguments[0])
        if property_key(self._program, target) != "join" or literal is None or glue is None:
            return None
        pieces: list[Texts | None] = []
        for part in literal.parts if literal.kind == "array" else ():
            pieces += [self.texts(part, depth), frozenset({glue})]
        return self._joined(pieces[:-1])

    def _elements(self, node: Node, depth: int) -> Texts | None:
        literal = self._literal(node, depth)
        if literal is None or literal.kind != "array":
            return None
        return self._either(*(self.texts(part, depth) for part in literal.parts))

    def _literal(self, node: Node, depth: int) -> Node | None:
        """The array or object literal that ``node`` is, or that a ``const`` name holds."""
        if depth > _DEEPEST:
            return None
        if node.kind in ("array", "object"):
            return node
        if node.kind == "parenthesized_expression" and node.parts:
            return self._literal(node.parts[-1], depth + 1)
        declared = self._declaration(node) if node.kind == "identifier" else None
        parent = declared.parent if declared is not None else None
        if parent is None or parent.kind != "variable_declarator":
            return None
        return self._literal(parent.the("value"), depth + 1)

    @staticmethod
    def _either(*parts: Texts | None) -> Texts | None:
        known = [part for part in parts if part is not None]
        joined: Texts = frozenset().union(*known)
        return joined if known and len(known) == len(parts) and len(joined) <= _MOST else None

    @staticmethod
    def _joined(parts: Iterable[Texts | None]) -> Texts | None:
        listed = list(parts)
        known = [part for part in listed if part is not None]
        if len(known) != len(listed):
            return None
        size = 1
        for part in known:
            size *= len(part)
        return frozenset("".join(texts) for texts in product(*known)) if size <= _MOST else None
