"""Settings without behavior: one document at a path, which keeps what is written to it.

Statuses, keys and defaults follow recorded exchanges of the Deploy CLI and of the Terraform provider.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from pydantic import TypeAdapter

from simulator.errors import ApiError
from simulator.operations import Call, Operation, Reply
from simulator.state import Json

ANYTHING: TypeAdapter[Any] = TypeAdapter(dict[str, Any])


@dataclass(frozen=True, slots=True)
class Setting:
    """One document at a fixed path, or one per value of the path's parameters.

    Attributes:
        scope: the noun of its scopes, as in ``read:SCOPE``.
        default: the document before the first write; None answers ``missing``.
        missing: message and error code of the 404 without a default; None answers 204.
        verbs: the methods that write it; PATCH merges, PUT and POST replace.
        created_status: status of the answer to POST or to a first PUT.
        deletes: whether DELETE is offered.
        write_only: credentials that no answer to GET shows.
    """

    path: str
    scope: str
    default: Json | None = None
    missing: tuple[str, str] | None = None
    verbs: tuple[str, ...] = ("PATCH",)
    created_status: int = 200
    deletes: bool = False
    write_only: frozenset[str] = frozenset()


def document_path(call: Call, path: str) -> str:
    """Return the path with its parameters filled in, which is the key of the stored document."""
    return path.format(**{key: unquote(value) for key, value in call.path.items()})


def setting_operations(item: Setting) -> list[Operation]:
    """Return the operations that read, write and delete one document."""

    def get(call: Call) -> Reply:
        stored = call.tenant.documents.get(document_path(call, item.path))
        if stored is not None or item.default is not None:
            shown = deepcopy((item.default or {}) | (stored or {}))
            return Reply(200, {key: value for key, value in shown.items() if key not in item.write_only})
        if item.missing is None:
            return Reply(204)
        raise ApiError(404, *item.missing)

    def write(call: Call) -> Reply:
        path = document_path(call, item.path)
        before = call.tenant.documents.get(path)
        changes = deepcopy(call.body)
        merged = (before or item.default or {}) | changes if call.method == "PATCH" else changes
        call.tenant.documents[path] = merged
        status = item.created_status if call.method == "POST" or before is None else 200
        return Reply(status, deepcopy(merged))

    def delete(call: Call) -> Reply:
        call.tenant.documents.pop(document_path(call, item.path), None)
        return Reply(204)

    read, change = (f"read:{item.scope}",), (f"update:{item.scope}",)
    operations = [Operation("GET", item.path, read, get, f"Get {item.path}")]
    operations += [
        Operation(v, item.path, change, write, f"Update {item.path}", ANYTHING) for v in item.verbs
    ]
    if item.deletes:
        operations.append(
            Operation("DELETE", item.path, (f"delete:{item.scope}",), delete, f"Delete {item.path}")
        )
    return operations
