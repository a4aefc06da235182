"""What must hold for a part of a program to run: the conditions around it and those that end earlier."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any, Final, Protocol

from phonefleet.actions.parse.data_flow import Flow
from phonefleet.actions.parse.syntax import FUNCTIONS, Node
from phonefleet.actions.verify.demands import Demand, Demands, FieldSource, Wanted

_MOST: Final = 16
_MOST_CALLS: Final = 3
_LEAVING: Final = frozenset({"return_statement", "throw_statement", "continue_statement", "break_statement"})
_BLOCKS: Final = frozenset({"statement_block", "program", "switch_case", "switch_default"})
_CONDITIONAL: Final = frozenset({"if_statement", "ternary_expression", "while_statement", "for_statement"})


class ConditionSolver(Protocol):
    """What solves the conditions of one program."""

    @property
    def flow(self) -> Flow:
        """The program with its values followed."""

    def solve(self, node: Node, truth: bool) -> list[Demands]:
        """Return the solutions that make a condition truthy, or falsy."""

    def source(self, node: Node) -> FieldSource | None:
        """Return the field that an expression comes from."""

    def literal(self, node: Node) -> Any:
        """Return the constant value of an expression; None without one."""


@dataclass(frozen=True, slots=True)
class GuardFinder:
    """Finds the inputs under which parts of one program run."""

    solver: ConditionSolver
    _seen: frozenset[Node] = field(default=frozenset())

    def inputs(self, node: Node) -> list[Demands]:
        """Lists of demands, each of which should let ``node`` run, as far as its conditions can be solved.

        A condition that cannot be solved is left out: other values may make it hold by chance.
        """
        return list(dict.fromkeys(islice(self._alternatives(node), _MOST)))

    def _alternatives(self, node: Node) -> Iterator[Demands]:
        steps: list[list[Demands]] = []
        child = node
        for ancestor in node.ancestors():
            steps += [options for options in self._guards(ancestor, child) if options]
            if ancestor.kind in FUNCTIONS and (calls := self._calls(ancestor)):
                for call in calls:
                    for outside in GuardFinder(self.solver, self._seen | {ancestor}).inputs(call):
                        yield from self._combined([*steps, [outside]])
                return
            child = ancestor
        yield from self._combined(steps)

    @staticmethod
    def _combined(steps: list[list[Demands]]) -> Iterator[Demands]:
        for choice in islice(product(*steps), _MOST):
            yield tuple(dict.fromkeys(demand for demands in choice for demand in demands))

    def _guards(self, ancestor: Node, child: Node) -> Iterator[list[Demands]]:
        """For each condition that ``ancestor`` puts on ``child``: its solutions."""
        if ancestor.kind in _CONDITIONAL and child.name in ("consequence", "body"):
            condition = ancestor.get("condition")
            if condition is not None:
                yield self.solver.solve(_inner(condition), truth=True)
        elif ancestor.kind in ("if_statement", "ternary_expression") and child.name == "alternative":
            yield self.solver.solve(_inner(ancestor.the("condition")), truth=False)
        elif ancestor.kind == "binary_expression" and child.name == "right":
            operator = self.solver.flow.program.text(ancestor.the("operator"))
            if operator in ("&&", "||"):
                yield self.solver.solve(ancestor.the("left"), truth=operator == "&&")
            elif operator == "??" and (source := self.solver.source(ancestor.the("left"))) is not None:
                yield [(Demand(source.path, Wanted.ABSENT),)]
        elif ancestor.kind == "switch_case" and child.name != "value":
            yield self._of_case(ancestor)
        if ancestor.kind in _BLOCKS:
            for sibling in ancestor.parts:
                if sibling.end <= child.start and _leaves(sibling):
                    yield self.solver.solve(_inner(sibling.the("condition")), truth=False)

    def _of_case(self, case: Node) -> list[Demands]:
        switch = next((each for each in case.ancestors() if each.kind == "switch_statement"), None)
        value = case.get("value")
        if switch is None or value is None:
            return []
        subject = _inner(switch.the("value"))
        if subject.kind == "true":
            return self.solver.solve(value, truth=True)
        source, literal = self.solver.source(subject), self.solver.literal(value)
        return [] if source is None or literal is None else [(source.demand(literal),)]

    def _calls(self, function: Node) -> list[Node]:
        """The calls of a helper, wherever they are; none for a handler or a callback."""
        if function in self._seen or len(self._seen) > _MOST_CALLS:
            return []
        flow = self.solver.flow
        calls = (node for node in flow.program.nodes if node.kind == "call_expression")
        return list(islice((call for call in calls if function in flow.callees(call)), _MOST_CALLS))


def _inner(node: Node) -> Node:
    while node.kind == "parenthesized_expression" and node.parts:
        node = node.parts[-1]
    return node


def _leaves(statement: Node) -> bool:
    """Whether an ``if`` without ``else`` ends what follows it when its condition holds."""
    if statement.kind != "if_statement" or statement.get("alternative") is not None:
        return False
    body = statement.the("consequence")
    last = body.parts[-1] if body.kind == "statement_block" and body.parts else body
    return last.kind in _LEAVING
