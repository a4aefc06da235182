"""Names of fields without a counterpart that the code mentions without visibly reading the event.

Such a name may reach the event through an array, a path as text, a promise or a package. Where it goes is not known,
so a mention is reported and prevents an automatic verdict. Comments do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from phonefleet.actions.parse.data_flow import Flow
from phonefleet.actions.parse.flow_types import Access, AccessUse, Name
from phonefleet.actions.parse.syntax import Node

_TEXTS = frozenset(
    {
        "identifier",
        "property_identifier",
        "regex_pattern",
        "shorthand_property_identifier",
        "shorthand_property_identifier_pattern",
        "string_fragment",
    }
)
_FOLDED = frozenset({"binary_expression", "call_expression", "template_string"})


def unresolved_mentions(
    flow: Flow, uses: tuple[Access, ...], elsewhere: tuple[Node, ...]
) -> tuple[Name, ...]:
    """Each mention outside ``elsewhere`` (other triggers' code), and each user field chosen at run time."""
    found: dict[str, Name] = {}
    for name, node in (*_mentioned(flow), *_chosen(flow, uses)):
        if not any(each.holds(node) for each in elsewhere):
            found.setdefault(name, Name(name, node.line))
    return tuple(found.values())


def _mentioned(flow: Flow) -> Iterator[tuple[str, Node]]:
    names = flow.event.lost_names()
    word = re.compile(rf"(?<![A-Za-z0-9])({'|'.join(sorted(names))})(?![A-Za-z0-9])")
    for node in flow.program.nodes:
        if node.kind in _TEXTS:
            texts = frozenset({flow.program.text(node)})
        elif node.kind in _FOLDED:
            texts = flow.constants.texts(node) or frozenset()
        else:
            continue
        for text in texts:
            match = word.search(text)
            if match is not None:
                yield match[1], node


def _chosen(flow: Flow, uses: tuple[Access, ...]) -> Iterator[tuple[str, Node]]:
    """Fields that are chosen at run time by something else than the program's literals."""
    lost_in = {path[:-1] for path, row in flow.event.fields.items() if row.lost}
    for access in uses:
        if access.use is not AccessUse.DYNAMIC or access.path not in lost_in:
            continue
        index = access.node.get("index")
        if index is None or flow.constants.texts(index) is None:
            yield f"{access.field}[…]", access.node
