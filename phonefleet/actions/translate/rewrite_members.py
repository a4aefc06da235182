"""Edit each member of the event that is read: a new name, a value computed in place, or nothing at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from phonefleet.actions.parse.event_table import Path
from phonefleet.actions.parse.flow_types import EventTag
from phonefleet.actions.parse.syntax import MEMBERS, Node
from phonefleet.actions.translate.new_values import COMPARED, Compute, Nothing, Rename, change_of, computed
from phonefleet.actions.translate.source_edits import NotUnderstoodError, Rewriter

_EQUALITIES: Final = frozenset({"===", "!==", "==", "!="})
_CHAINED: Final = (*MEMBERS, "call_expression")
# Parents in which a conditional expression needs no parentheses.
_OPEN: Final = frozenset(
    {
        "arguments",
        "array",
        "arrow_function",
        "pair",
        "parenthesized_expression",
        "return_statement",
        "template_substitution",
        "variable_declarator",
    }
)


def edit_members(rewriter: Rewriter, nodes: list[Node]) -> None:
    """Edit the members among ``nodes``, inner ones first."""
    flow = rewriter.flow
    changed: list[tuple[Node, Path]] = []
    dead: list[_Dead] = []
    for node in nodes:
        paths = _paths(rewriter, node)
        if not paths or any(each.covers(node) for each in dead):
            continue
        path = rewriter.always.path(node.the("object"))
        key = flow.key(node)
        if path is None or key is None or {(*path, key)} != paths:
            message = f"{rewriter.text(node)[:40]} is not always part of the event"
            raise NotUnderstoodError(message, node.line)
        if isinstance(change_of(flow.event, (*path, key)), Nothing):
            gone = _dead(node)
            if gone is None:
                message = f"{rewriter.text(node)[:40]} was never set, and the code reads on in it"
                raise NotUnderstoodError(message, node.line)
            dead.append(gone)
        changed.append((node, (*path, key)))
    for node, path in reversed(changed):
        if not any(each.covers(node) for each in dead):
            _edit(rewriter, node, path)
    for each in reversed(dead):
        _leave_out(rewriter, each)


def _paths(rewriter: Rewriter, node: Node) -> set[Path]:
    """Where in the event ``node`` may read, if anything there is changed or is a part of the message."""
    event = rewriter.flow.event
    tags = rewriter.flow.tags(node) if node.kind in MEMBERS else ()
    paths = {tag.path for tag in tags if isinstance(tag, EventTag)}
    concerned = any(change_of(event, path) or path[:-1] == event.message != () for path in paths)
    return paths if concerned else set()


def _edit(rewriter: Rewriter, node: Node, path: Path) -> None:
    rewriter.handled.add(node.get("property") or node.the("index"))
    match change_of(rewriter.flow.event, path):
        case Rename(name):
            _rename(rewriter, node, name)
        case Compute(name):
            _compute(rewriter, node, name)


def _rename(rewriter: Rewriter, node: Node, name: str) -> None:
    if node.kind == "member_expression":
        rewriter.edit(node.the("property"), name)
    elif "." in name or node.get("optional_chain") is not None:
        raise NotUnderstoodError(f"{rewriter.text(node)[:40]} is written in brackets", node.line)
    else:
        index = node.the("index")
        quote = rewriter.text(index)[0]
        quote = quote if quote in "'\"`" else "'"
        rewriter.edit(index, f"{quote}{name}{quote}")


def _compute(rewriter: Rewriter, node: Node, name: str) -> None:
    owner = node.the("object")
    prefix = "" if rewriter.flow.event.message else ".notification"
    notification = rewriter.rendered(owner) + prefix
    link = "?." if node.get("optional_chain") is not None else "."
    parent = node.parent
    compared = _compared(rewriter, node, name)
    if compared is not None:
        new_field, value, text = compared
        rewriter.edit(node, f"{notification}{link}{new_field}")
        quote = rewriter.text(value)[0]
        rewriter.edit(value, f"{quote}{text}{quote}")
        return
    if any(
        inner.kind in ("call_expression", "await_expression", "assignment_expression")
        for inner in owner.walk()
    ):
        message = f"{rewriter.text(node)[:40]} would run its call twice"
        raise NotUnderstoodError(message, node.line)
    goes_on = parent is not None and node.name in ("object", "function") and parent.kind in _CHAINED
    ends = goes_on and "?." in notification + link and not (parent and parent.get("optional_chain"))
    if ends and rewriter.always.may_be_nothing(owner):
        # `a?.b.c` ends where `a` is nothing; `(a?.b).c` would throw.
        message = f"{rewriter.text(node)[:40]} may be nothing, and its chain goes on"
        raise NotUnderstoodError(message, node.line)
    text = computed(name, notification, link)
    bare = parent is not None and (
        parent.kind in _OPEN or (parent.kind == "assignment_expression" and node.name == "right")
    )
    rewriter.edit(node, text if bare and not goes_on else f"({text})")


def _compared(rewriter: Rewriter, node: Node, name: str) -> tuple[str, Node, str] | None:
    """The new field, the literal that the field is compared with, and the literal's new text."""
    parent = node.parent
    if (
        parent is None
        or name not in COMPARED
        or parent.kind != "binary_expression"
        or parent.the("operator").kind not in _EQUALITIES
    ):
        return None
    value = parent.the("right" if node.name == "left" else "left")
    new_field, mapped = COMPARED[name]
    text = rewriter.flow.program.string(value)
    return (new_field, value, mapped[text]) if text in mapped else None


@dataclass(frozen=True, slots=True)
class _Dead:
    """An expression that is always undefined, or the part of it that is left (``undefined || x`` is ``x``)."""

    whole: Node
    left: Node | None

    def covers(self, node: Node) -> bool:
        """Whether ``node`` disappears with it."""
        return self.whole.holds(node) and not (self.left is not None and self.left.holds(node))


def _dead(node: Node) -> _Dead | None:
    """What the value of ``node``, which was never set, makes of the expressions around it; ``None`` if they throw."""
    whole, safe = node, False
    while whole.parent is not None:
        outer = whole.parent
        if outer.kind in _CHAINED and whole.name in ("object", "function"):
            safe = safe or outer.get("optional_chain") is not None
            if not safe:
                return None
        elif outer.kind == "parenthesized_expression" or _is_left_of(whole, outer, "&&"):
            safe = False
        else:
            break
        whole = outer
    parent = whole.parent
    if parent is not None and (_is_left_of(whole, parent, "||") or _is_left_of(whole, parent, "??")):
        return _Dead(parent, parent.the("right"))
    if parent is not None and parent.kind == "ternary_expression" and whole.name == "condition":
        return _Dead(parent, parent.the("alternative"))
    return _Dead(whole, None)


def _is_left_of(node: Node, parent: Node, operator: str) -> bool:
    return (
        parent.kind == "binary_expression" and node.name == "left" and parent.the("operator").kind == operator
    )


def _leave_out(rewriter: Rewriter, dead: _Dead) -> None:
    """Leave a dead expression out, but for what is left of it."""
    rewriter.handled.update(node for node in dead.whole.walk() if dead.covers(node))
    if dead.left is None:
        enclosed = dead.whole.kind == "parenthesized_expression"  # as a condition must be
        rewriter.edit(dead.whole, "(undefined)" if enclosed else "undefined")
    else:
        rewriter.delete(dead.whole.start, dead.left.start)
