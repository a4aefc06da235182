"""Blocks and attributes of a Terraform file with their lines; python-hcl2 parses it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from configs.bounded_files import FileRefused, read_bounded
from configs.problems import Origin, Problem

if TYPE_CHECKING:
    from lark import Tree

_MAX_BYTES: Final = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Expression:
    """The right side of an attribute, as far as it is needed.

    Attributes:
        origin: Its place.
        literal: The text, if it is a quoted text without interpolation.
        variable: The name, if it is `var.NAME`.
    """

    origin: Origin
    literal: str | None = None
    variable: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A block with its labels and its own attributes; blocks within it are left out."""

    origin: Origin
    kind: str
    labels: tuple[str, ...]
    attributes: dict[str, Expression]


def parse_file(path: Path, problems: list[Problem]) -> Block | None:
    """Return a file's attributes as one block without a kind; None if it cannot be read."""
    tree = _tree(path, problems)
    return None if tree is None else Block(Origin(path, 0), "", (), _attributes(path, _body(tree)))


def blocks_in(path: Path, problems: list[Problem]) -> Iterator[Block]:
    """Yield the blocks at the top of a file; none if it cannot be read."""
    tree = _tree(path, problems)
    for node in _children(_body(tree), "block") if tree is not None else ():
        head = [_label(child) for child in node.children if _is(child, "identifier") or _is(child, "string")]
        yield Block(
            Origin(path, node.meta.line),
            head[0] or "",
            tuple(map(str, head[1:])),
            _attributes(path, _body(node)),
        )


def _tree(path: Path, problems: list[Problem]) -> Tree[Any] | None:
    # Imported late: the parser is large, and only `init` needs it.
    import hcl2
    from lark.exceptions import UnexpectedInput

    try:
        text = read_bounded(path, _MAX_BYTES).decode("utf-8-sig")
        return hcl2.parses_to_tree(text)
    except FileRefused as refused:
        problems.append(Problem(path, 0, "", refused.fact, refused.advice))
    except UnicodeDecodeError:
        problems.append(Problem(path, 0, "", "is not UTF-8 text", "Save the file as UTF-8"))
    except UnexpectedInput as error:
        advice = "Run terraform validate, or leave the file out"
        problems.append(Problem(path, max(error.line, 0), "", "is not valid HCL", advice))
    return None


def _is(node: Any, kind: str) -> bool:
    return getattr(node, "data", None) == kind


def _children(node: Tree[Any], kind: str) -> Iterator[Tree[Any]]:
    return (child for child in node.children if _is(child, kind))


def _body(node: Tree[Any]) -> Tree[Any]:
    return next(_children(node, "body"))


def _attributes(path: Path, body: Tree[Any]) -> dict[str, Expression]:
    return {
        str(node.children[0].children[0]): _expression(Origin(path, node.meta.line), node.children[-1])
        for node in _children(body, "attribute")
    }


def _expression(origin: Origin, node: Any) -> Expression:
    inner = node.children[0] if _is(node, "expr_term") and len(node.children) == 1 else node
    if _is(inner, "string"):
        return Expression(origin, literal=_label(inner))
    if _is(inner, "get_attr_expr_term"):
        names = [str(token) for token in inner.scan_values(lambda token: token.type == "NAME")]
        if names[:1] == ["var"] and len(names) == 2:
            return Expression(origin, variable=names[1])
    return Expression(origin)


def _label(node: Tree[Any]) -> str | None:
    """Return the text of a name or of a quoted text; None if it has an interpolation or an escape."""
    if _is(node, "identifier"):
        return str(node.children[0])
    parts = [child for part in _children(node, "string_part") for child in part.children]
    text = "".join(str(part) for part in parts)
    return None if any(hasattr(part, "data") for part in parts) or "\\" in text else text
