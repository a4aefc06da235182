"""What two versions of Node do not have alike and a program may ask for: newer names, versions, defaults.

A translated Action may get a newer runtime than its original had. Both are run on the same engine here, so that runs do
not show what an older one answers. Names that a newer version has no more are another matter (`own_place`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from phonefleet.actions.parse.data_flow import Flow
from phonefleet.actions.parse.flow_types import Name
from phonefleet.actions.parse.logging_calls import only_logged
from phonefleet.actions.parse.syntax import MEMBERS, Node


def _table(versions: dict[int, str]) -> dict[str, int]:
    return {name: version for version, names in versions.items() for name in names.split()}


# Since which version a global exists without a flag. Source: nodejs/node, doc/api/globals.md.
_GLOBALS: Final = _table(
    {
        15: "AbortController AbortSignal Event EventTarget MessageChannel MessageEvent MessagePort",
        16: "atob btoa performance",
        17: "DOMException structuredClone",
        18: "Blob BroadcastChannel ByteLengthQueuingStrategy CompressionStream CountQueuingStrategy "
        "DecompressionStream FormData Headers ReadableStream Request Response TextDecoderStream TextEncoderStream "
        "TransformStream WritableStream fetch",
        19: "Crypto CryptoKey CustomEvent PerformanceEntry PerformanceMark PerformanceMeasure PerformanceObserver "
        "SubtleCrypto crypto",
        20: "File",
        21: "Navigator navigator",
        22: "WebSocket",
    }
)
# Methods and static functions of the language, by the V8 of each version. Source: node.green, for releases with a
# long support.
_METHODS: Final = _table(
    {
        15: "any replaceAll",
        16: "at hasOwn",
        18: "findLast findLastIndex",
        20: "isWellFormed toReversed toSorted toSpliced toWellFormed with",
        22: "difference fromAsync groupBy intersection isDisjointFrom isSubsetOf isSupersetOf symmetricDifference "
        "union withResolvers",
    }
)
# Names that texts have for other reasons.
_WORDS: Final = frozenset(
    {"Blob", "Crypto", "Event", "File", "Headers", "Request", "Response"}
    | {
        "any",
        "at",
        "crypto",
        "difference",
        "fetch",
        "intersection",
        "navigator",
        "performance",
        "union",
        "with",
    }
)
_VERSIONS: Final = frozenset({"release", "version", "versions"})
_KEEP_ALIVE: Final = 19
"""Since when the global agents keep connections by default. Source: nodejs/node, doc/api/http.md."""
_GLOBAL_OBJECTS: Final = ("globalThis", "global")
_TESTING: Final = frozenset({"if_statement", "ternary_expression", "unary_expression", "binary_expression"})


def runtime_changes(flow: Flow, old: str, new: str) -> Iterator[Name]:
    """What the program asks for that the two runtimes (``node18`` …) do not have alike, each thing once."""
    before, after = _major(old), _major(new)
    if before is None or after is None or before >= after:
        return
    seen: set[str] = set()
    for node in flow.program.nodes:
        name = _unlike(flow, node, before, after)
        if name is not None and name not in seen and not only_logged(flow.program, flow.scopes, node):
            seen.add(name)
            yield Name(name, node.line)


def _major(runtime: str) -> int | None:
    match = re.fullmatch(r"node(\d+)(?:-\w+)?", runtime)
    return int(match[1]) if match else None


def _unlike(flow: Flow, node: Node, before: int, after: int) -> str | None:
    def added(name: str, table: dict[str, int]) -> bool:
        return before < table.get(name, 0) <= after

    text = flow.program.text(node)
    if node.kind == "identifier" and added(text, _GLOBALS) and flow.scopes.of(node) is None:
        return text
    if node.kind == "string":
        asked = flow.program.string(node) or ""
        tested = node.name == "left" and node.parent is not None and node.parent.has("in")
        return asked if added(asked, _GLOBALS | _METHODS) and (tested or asked not in _WORDS) else None
    if node.kind in ("shorthand_property_identifier_pattern", "pair_pattern"):
        return _of_pattern(flow, node, flow.key(node) or "", added)
    if node.kind not in MEMBERS:
        return None
    owner, key = node.the("object"), flow.key(node) or ""
    if added(key, _GLOBALS) and any(flow.scopes.is_global(owner, name) for name in _GLOBAL_OBJECTS):
        return text
    if key in _VERSIONS and _is_process(flow, owner):
        return text
    if owner.kind in MEMBERS and flow.key(owner) == "globalAgent" and before < _KEEP_ALIVE <= after:
        return text
    return text if added(key, _METHODS) and _is_asked(node) else None


def _of_pattern(flow: Flow, part: Node, key: str, added: Callable[[str, dict[str, int]], bool]) -> str | None:
    """What a pattern takes out of the global object or of ``process``."""
    declarator = part.parent.parent if part.parent is not None else None
    value = declarator.get("value") if declarator is not None else None
    if value is None:
        return None
    text = flow.program.text(value)
    if text in _GLOBAL_OBJECTS and added(key, _GLOBALS):
        return f"{text}.{key}"
    return f"{text}.{key}" if key in _VERSIONS and _is_process(flow, value) else None


def _is_process(flow: Flow, node: Node) -> bool:
    loaded = node.arguments[0] if node.kind == "call_expression" and len(node.arguments) == 1 else None
    module = flow.program.string(loaded) if loaded is not None else None
    return flow.scopes.is_global(node, "process") or module in ("process", "node:process")


def _is_asked(member: Node) -> bool:
    """Whether the code asks for a method instead of only calling it."""
    parent = member.parent
    if parent is None:
        return False
    if parent.kind == "call_expression" and member.name == "function":
        return parent.get("optional_chain") is not None
    return parent.kind in _TESTING or parent.kind == "parenthesized_expression"
