"""Edit each destructuring of the event: renamed keys in place, computed values as declarations beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from phonefleet.actions.parse.accesses import pattern_source
from phonefleet.actions.parse.event_table import Path
from phonefleet.actions.parse.flow_types import EventTag
from phonefleet.actions.parse.syntax import MEMBERS, Node
from phonefleet.actions.translate.new_values import Compute, Nothing, Rename, change_of, computed
from phonefleet.actions.translate.source_edits import NotUnderstoodError, Rewriter

_SIMPLE: Final = frozenset({"identifier", *MEMBERS})


@dataclass(slots=True)
class _Plan:
    """What becomes of one whole destructuring.

    ``moved`` are the names that no longer come out of it, ``nested`` the parts of a flat event that come out of
    ``notification`` now.
    """

    top: Node
    nested: list[str] = field(default_factory=list)
    moved: list[tuple[str, str | None, Compute | Nothing]] = field(default_factory=list)
    changed: bool = False


def edit_patterns(rewriter: Rewriter, nodes: list[Node]) -> None:
    """Edit the outermost patterns among ``nodes``; each includes those inside it."""
    for node in reversed(nodes):
        if node.kind == "object_pattern" and not _is_inside(node):
            plan = _Plan(node)
            text = _rendered(rewriter, node, plan)
            if plan.changed:
                _put(rewriter, plan, text)


def _is_inside(pattern: Node) -> bool:
    parent = pattern.parent
    if parent is not None and parent.kind == "assignment_pattern":
        parent = parent.parent
    return parent is not None and parent.kind == "pair_pattern"


def _rendered(rewriter: Rewriter, pattern: Node, plan: _Plan) -> str:
    """The pattern's new text; empty if nothing remains in it."""
    flow = rewriter.flow
    may_be = {tag.path for tag in pattern_source(flow, pattern) if isinstance(tag, EventTag)}
    path = rewriter.always.pattern_path(pattern)
    texts = []
    for part in pattern.parts:
        key = flow.key(part) if part.kind != "rest_pattern" else None
        changes = {change_of(flow.event, (*each, key)) for each in may_be} if key is not None else set()
        in_message = any(each == flow.event.message != () for each in may_be)
        if (changes - {None} or in_message) and (path is None or {path} != may_be):
            message = f"{rewriter.text(pattern)[:40]} does not always take the event apart"
            raise NotUnderstoodError(message, pattern.line)
        change = next(iter(changes), None)
        text = _part(rewriter, part, change, plan)
        if text:
            texts.append((text, _comments_after(rewriter, part)))
    if plan.nested and pattern is plan.top:
        texts.insert(0, (f"notification: {{ {', '.join(plan.nested)} }}", []))
    if len(texts) == len(pattern.parts) and not plan.changed:
        return rewriter.rendered(pattern)
    return _joined(rewriter, pattern, texts)


def _part(rewriter: Rewriter, part: Node, change: object, plan: _Plan) -> str:
    """One part's new text; empty if its name gets its value elsewhere, or nothing is left in it."""
    value = part.get("value") if part.kind == "pair_pattern" else None
    inner = value.get("left") if value is not None and value.kind == "assignment_pattern" else value
    if change is not None:
        plan.changed = True
        rewriter.handled.add(part.get("key") or part.get("left") or part)
    if isinstance(change, Compute | Nothing):
        target, default = _target(rewriter, part)
        plan.moved.append((target, default, change))
        return ""
    flat = isinstance(change, Rename) and "." in change.name
    if flat and isinstance(change, Rename):
        plan.nested.append(_part(rewriter, part, Rename(change.name.split(".")[1]), plan))
        return ""
    own = part.the("key") if part.kind == "pair_pattern" else part.get("left") or part
    name = change.name if isinstance(change, Rename) else rewriter.text(own)
    if value is None:
        if not isinstance(change, Rename) or name == rewriter.text(own):
            return rewriter.rendered(part)
        return f"{name}: {rewriter.rendered(part)}"
    if inner is not None and inner.kind == "object_pattern":
        nested = _rendered(rewriter, inner, plan)
        if not nested:
            return ""
        default = f" = {rewriter.rendered(value.the('right'))}" if inner is not value else ""
        return f"{name}: {nested}{default}"
    return f"{name}: {rewriter.rendered(value)}"


def _target(rewriter: Rewriter, part: Node) -> tuple[str, str | None]:
    """The pattern that gets a part's value, and its default."""
    if part.kind == "pair_pattern":
        value = part.the("value")
        if value.kind == "assignment_pattern":
            return rewriter.rendered(value.the("left")), rewriter.rendered(value.the("right"))
        return rewriter.rendered(value), None
    if part.kind == "object_assignment_pattern":
        return rewriter.rendered(part.the("left")), rewriter.rendered(part.the("right"))
    return rewriter.text(part), None


def _comments_after(rewriter: Rewriter, part: Node) -> list[str]:
    """The comments between a part and the next one."""
    siblings = part.parent.children if part.parent is not None else []
    comments: list[str] = []
    for sibling in siblings[siblings.index(part) + 1 :]:
        if sibling.named and sibling.kind != "comment":
            break
        if sibling.kind == "comment":
            comments.append(rewriter.rendered(sibling))
    return comments


def _joined(rewriter: Rewriter, pattern: Node, texts: list[tuple[str, list[str]]]) -> str:
    """The pattern with these parts, over several lines if it was."""
    if not texts:
        return ""
    code = rewriter.flow.program.code
    first = pattern.parts[0].start
    line = code.rfind(b"\n", 0, first) + 1
    if line <= pattern.start or code[line:first].strip():
        comments = [f" {comment}" for _, each in texts for comment in each if comment.startswith("/*")]
        return f"{{ {', '.join(text for text, _ in texts)}{''.join(comments)} }}"
    indent = code[line:first].decode()
    lines = [f"{indent}{text},{''.join(f' {comment}' for comment in comments)}" for text, comments in texts]
    end = code[code.rfind(b"\n", 0, pattern.end) + 1 : pattern.end - 1].decode()
    return "\n".join(("{", *lines, f"{end if not end.strip() else ''}}}"))


def _put(rewriter: Rewriter, plan: _Plan, text: str) -> None:
    """Put the new text in place, and the moved names beside it."""
    top = plan.top
    parent = top.parent
    if not plan.moved:
        rewriter.edit(top, text)
        return
    path = rewriter.always.pattern_path(top)
    if parent is not None and parent.kind == "variable_declarator" and path is not None:
        value = parent.the("value")
        if not all(node.kind in _SIMPLE for node in _chain(value)):
            raise NotUnderstoodError(f"{rewriter.text(value)[:40]} would run twice", value.line)
        event = rewriter.rendered(value)
        declarations = _declarations(rewriter, plan, event, path)
        if text:
            rewriter.edit(top, text)
            rewriter.insert(parent.end, _separator(rewriter, parent) + ", ".join(declarations))
        else:
            rewriter.edit(parent, ", ".join(declarations))
    elif parent is not None and parent.kind == "formal_parameters" and path is not None:
        _put_in_body(rewriter, plan, text, path)
    else:
        message = f"{rewriter.text(top)[:40]} takes a message apart where its new form cannot be declared"
        raise NotUnderstoodError(message, top.line)


def _separator(rewriter: Rewriter, declarator: Node) -> str:
    """What separates the declarator from more of them: a new statement, if it is the only one of its own."""
    statement = declarator.parent
    assert statement is not None
    block = statement.parent is not None and statement.parent.kind in ("statement_block", "program")
    if not block or len(statement.parts) > 1 or rewriter.text(statement)[-1:] != ";":
        return ", "
    code = rewriter.flow.program.code
    begin = code.rfind(b"\n", 0, statement.start) + 1
    indent = code[begin : statement.start].decode()
    return f";\n{indent}{rewriter.text(statement.children[0])} " if not indent.strip() else ", "


def _chain(value: Node) -> list[Node]:
    chain = [value]
    while chain[-1].kind in MEMBERS:
        chain.append(chain[-1].the("object"))
    return chain


def _declarations(rewriter: Rewriter, plan: _Plan, owner: str, path: Path) -> list[str]:
    notification = owner if path and path == rewriter.flow.event.message else f"{owner}.notification"
    texts = []
    for target, default, change in plan.moved:
        # The fields that are computed are always there, so that their defaults are never used.
        value = (
            computed(change.field, notification) if isinstance(change, Compute) else default or "undefined"
        )
        texts.append(f"{target} = {value}")
    return texts


def _put_in_body(rewriter: Rewriter, plan: _Plan, text: str, path: Path) -> None:
    """Give a destructured parameter a name, and take it apart in the function's body."""
    function = plan.top.function()
    assert function is not None
    body = function.the("body")
    name = rewriter.free("event" if not path else path[-1], function)
    pieces = [*([f"{text} = {name}"] if text else []), *_declarations(rewriter, plan, name, path)]
    statement = f"const {', '.join(pieces)};"
    rewriter.edit(plan.top, name)
    if body.kind == "statement_block":
        rewriter.insert(body.start + 1, f"\n  {statement}")
    else:
        rewriter.insert(body.start, f"{{ {statement} return ")
        rewriter.insert(body.end, "; }")
