"""Which expressions of a program may depend on fields that the two events do not have alike.

Flow-insensitive and over-approximating: a name depends on a field if anything that may be assigned to it does, or if
an assignment to it depends on a condition that does. Words for a log are no use of a field.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from phonefleet.actions.parse.data_flow import Flow
from phonefleet.actions.parse.event_fields import Shape
from phonefleet.actions.parse.event_table import Path
from phonefleet.actions.parse.flow_types import WHOLE_USES, Access
from phonefleet.actions.parse.guarding import conditions_of
from phonefleet.actions.parse.lexical_scopes import Binding, pattern_names
from phonefleet.actions.parse.logging_calls import only_logged
from phonefleet.actions.parse.syntax import FUNCTIONS, MEMBERS, Node, parameters

_ROUNDS: Final = 8
_NAMES: Final = frozenset({"identifier", "shorthand_property_identifier"})
_CALLS: Final = frozenset({"call_expression", "new_expression"})
_ASSIGNING: Final = frozenset({"assignment_expression", "augmented_assignment_expression"})
_ADDING: Final = frozenset({"add", "append", "assign", "push", "set", "unshift"})


class Dependence:
    """What depends on fields that are not alike; ``taken`` are those of them that runs of the program read."""

    def __init__(self, flow: Flow, uses: tuple[Access, ...], taken: frozenset[Path]) -> None:
        self._flow = flow
        self._unlike = flow.event.unlike()
        self._sources: dict[Node, Access] = {}
        for access in uses:
            if self._matters(access, taken) and not only_logged(flow.program, flow.scopes, access.node):
                self._sources[access.node] = access
        self._names: dict[Binding, Access] = {}
        self._unbound: dict[str, Access] = {}
        if self._sources:
            self._propagate()

    @property
    def direct(self) -> tuple[Access, ...]:
        """The uses on which anything may depend."""
        return tuple(self._sources.values())

    def of(self, node: Node) -> Access | None:
        """A use of the event on which the value of ``node`` may depend."""
        if not self._sources:
            return None
        stack = [node]
        while stack:
            each = stack.pop()
            found = self._sources.get(each)
            if found is not None:
                return found
            if each.kind in _NAMES and (found := self._of_name(each)) is not None:
                if self._is_alike(each, found):
                    continue
                return found
            stack.extend(each.children)
        return None

    def _matters(self, access: Access, taken: frozenset[Path]) -> bool:
        path = access.path
        if access.use in WHOLE_USES:
            below = [each for each in self._unlike if each[: len(path)] == path and len(each) > len(path)]
            return any(each in taken for each in below)
        return any(path[: len(each)] == each for each in self._unlike)

    def _is_alike(self, name: Node, source: Access) -> bool:
        """Whether ``name.key`` takes a field that is alike out of a copy of the event or of a part of it."""
        parent = name.parent
        if (
            source.use not in WHOLE_USES
            or parent is None
            or parent.kind not in MEMBERS
            or name.name != "object"
        ):
            return False
        key = self._flow.key(parent)
        path = (*source.path, key or "")
        return (
            key is not None and path not in self._unlike and self._flow.event.shape(path) is not Shape.UNKNOWN
        )

    def _of_name(self, node: Node) -> Access | None:
        binding = self._flow.scopes.of(node)
        return (
            self._unbound.get(self._flow.program.text(node)) if binding is None else self._names.get(binding)
        )

    def _propagate(self) -> None:
        for _ in range(_ROUNDS):
            changed = False
            for target, source in self._steps():
                changed |= self._mark(target, source)
            if not changed:
                return

    def _steps(self) -> Iterator[tuple[Node, Access]]:
        """Names that get a value which depends on a field, with the use."""
        for node in self._flow.program.nodes:
            match node.kind:
                case "variable_declarator" if (value := node.get("value")) is not None:
                    yield from self._given(node.the("name"), value)
                case kind if kind in _ASSIGNING:
                    yield from self._given(node.the("left"), node.the("right"))
                    yield from self._under_conditions(node, node.the("left"))
                case "update_expression":
                    yield from self._under_conditions(node, node.the("argument"))
                case "for_in_statement":
                    yield from self._given(node.the("left"), node.the("right"))
                case kind if kind in _CALLS:
                    yield from self._of_call(node)

    def _given(self, target: Node, value: Node) -> Iterator[tuple[Node, Access]]:
        source = self.of(value)
        if source is not None:
            yield target, source

    def _under_conditions(self, node: Node, target: Node) -> Iterator[tuple[Node, Access]]:
        for condition in conditions_of(node, self._flow.program):
            yield from self._given(target, condition)

    def _of_call(self, call: Node) -> Iterator[tuple[Node, Access]]:
        """The parameters of the functions that a call passes values to, and what it adds values to."""
        for function in self._flow.callees(call):
            for parameter, argument in zip(parameters(function), call.arguments, strict=False):
                yield from self._given(parameter, argument)
        target = call.get("function")
        passed = [target.the("object")] if target is not None and target.kind in MEMBERS else []
        plain = [argument for argument in call.arguments if argument.kind not in FUNCTIONS]
        source = next((found for each in (*passed, *plain) if (found := self.of(each)) is not None), None)
        if source is None:
            return
        for argument in call.arguments:
            if argument.kind in FUNCTIONS:
                for parameter in parameters(argument):
                    yield parameter, source
        if target is not None and target.kind in MEMBERS and self._flow.key(target) in _ADDING:
            yield target.the("object"), source

    def _mark(self, target: Node, source: Access) -> bool:
        """Note that a pattern, or the object that a member belongs to, depends on a use; whether that is new."""
        while target.kind in MEMBERS:
            target = target.the("object")
        changed = False
        for name in pattern_names(target):
            binding = self._flow.scopes.of(name)
            if binding is not None:
                changed |= binding not in self._names
                self._names.setdefault(binding, source)
            else:
                text = self._flow.program.text(name)
                changed |= text not in self._unbound
                self._unbound.setdefault(text, source)
        return changed
