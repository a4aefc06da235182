"""Read who depends on a tenant's phone messaging: policies, phone identifiers, grants and log traffic.

None of it decides the verdict, so each read may be refused; `Snapshot.unread` then says so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Mapping
from typing import Any

from phonefleet.auth0.answer_parser import count_endpoint_use, identifies_by_phone
from phonefleet.auth0.api_caller import Json
from phonefleet.auth0.concurrent_reads import read_each
from phonefleet.auth0.connection_options import require_options
from phonefleet.auth0.logged_writes import logged_writes
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.not_offered import OfferedReads, as_evidence
from phonefleet.errors import ApiRefused, InsufficientScope, OptionsNotShown
from phonefleet.model.api_scopes import every_phone_scope, phone_scopes
from phonefleet.model.endpoints import (
    API_READ_EVENT,
    API_WRITE_EVENT,
    CLIENT_GRANTS,
    CLIENTS,
    DATABASE_CONNECTIONS,
    LOGS,
    MFA_POLICIES,
    any_of_types,
)
from phonefleet.model.snapshot import ClientAccess, EndpointRefusal, EndpointUse, PhoneIdentifier
from phonefleet.model.snapshot_parts import SnapshotPart

_LOG_LINES = 300
_WRITES = any_of_types(API_WRITE_EVENT)
_WRITES_AND_READS = any_of_types(API_WRITE_EVENT, API_READ_EVENT)


class DependentReads:
    """Reads of one tenant that may be refused."""

    def __init__(self, api: ManagementApi, offered: OfferedReads, client_id: str) -> None:
        self._api, self._offered, self._client_id = api, offered, client_id
        self._refusals: dict[str, EndpointRefusal] = {}
        self._policies: tuple[str, ...] = ()
        self._identifiers: tuple[PhoneIdentifier, ...] = ()
        self._reaching: list[tuple[str, tuple[str, ...]]] = []
        """Clients whose grants reach phone endpoints, with those scopes."""
        self._used: list[Json] = []
        """Log entries of calls; a part of them returned secrets."""
        self._written: list[Json] = []
        """Log entries of writes."""
        self._names: Mapping[str, str] = {}

    async def read(self, parts: Collection[SnapshotPart]) -> None:
        """Read those of the parts that are dependents."""
        reads: list[Awaitable[None]] = []
        if SnapshotPart.POLICIES in parts:
            reads.append(self._read_policies())
        if SnapshotPart.ACCESS in parts:
            reads.append(self._read_grants())
        if SnapshotPart.USAGE in parts:
            reads.append(self._read_logs(_WRITES_AND_READS))
        elif SnapshotPart.WRITES in parts:
            reads.append(self._read_logs(_WRITES))
        await read_each(reads)
        if SnapshotPart.ACCESS in parts and self._lacks_names():
            clients = await self._optional(CLIENTS, self._api.clients())
            self._names = {c["client_id"]: c.get("name") or "" for c in clients or ()}

    async def read_identifiers(self, databases: Collection[Json]) -> None:
        """Find the database connections on which a phone number identifies users."""
        self._identifiers = (
            await self._optional(DATABASE_CONNECTIONS, self._find_identifiers(databases)) or ()
        )

    def facts(self) -> dict[str, Any]:
        """Return the fields of a snapshot that were read; empty ones of parts that were not."""
        return {
            "policies": self._policies,
            "identifiers": self._identifiers,
            "access": tuple(
                ClientAccess(client_id=client, client_name=self._names.get(client, ""), scopes=scopes)
                for client, scopes in self._reaching
            ),
            "usage": self._usage(),
            "writes": logged_writes(self._written, self._names),
            "unread": tuple(sorted(self._refusals.values(), key=lambda r: r.endpoint)),
        }

    def _usage(self) -> tuple[EndpointUse, ...]:
        """Return who else calls phone endpoints: phonefleet's own client does so by this reading."""
        found = count_endpoint_use(self._used, self._names)
        return tuple(use for use in found if use.client_id != self._client_id)

    async def _optional(self, endpoint: str, read: Awaitable[Any]) -> Any:
        """Return what is read, or None where it is refused."""
        try:
            return await read
        except InsufficientScope as missing:
            code = "insufficient_scope"
            status = 200 if isinstance(missing, OptionsNotShown) else 403
            self._refusals[endpoint] = EndpointRefusal(
                endpoint=endpoint, status=status, error_code=code, message=str(missing)
            )
        except ApiRefused as refused:
            self._refusals[endpoint] = as_evidence(endpoint, refused)
        return None

    async def _read_policies(self) -> None:
        read = self._offered.read(MFA_POLICIES, self._api.mfa_policies(), list[str]())
        self._policies = tuple(await self._optional(MFA_POLICIES, read) or ())

    async def _read_grants(self) -> None:
        grants = await self._optional(CLIENT_GRANTS, self._api.client_grants(self._api.audience))
        self._reaching = [(g["client_id"], scopes) for g in grants or () if (scopes := _phone_scopes_of(g))]

    async def _read_logs(self, query: str) -> None:
        entries = await self._optional(LOGS, self._api.logs(query, limit=_LOG_LINES)) or []
        self._used = entries if query == _WRITES_AND_READS else []
        # Those of writes alone go back further.
        self._written = self._written or entries

    async def _find_identifiers(self, databases: Collection[Json]) -> tuple[PhoneIdentifier, ...]:
        purpose = "the search for phone identifiers"
        domain = self._api.domain
        found = [c for c in databases if identifies_by_phone(require_options(domain, c, purpose))]
        clients = await read_each(self._api.connection_clients(c["id"]) for c in found)
        return tuple(
            PhoneIdentifier(id=raw["id"], name=raw.get("name") or "", enabled_clients=tuple(enabled))
            for raw, enabled in zip(found, clients, strict=True)
        )

    def _lacks_names(self) -> bool:
        """Whether a client would be shown by its id alone. Grants and calls of phonefleet's own are not shown."""
        grants = (client for client, _ in self._reaching)
        calls = (use.client_id for use in self._usage() if not use.client_name)
        others = {*grants, *calls} - {self._client_id}
        writers = (write.writer for write in logged_writes(self._written, {}))
        unnamed = any(writer.client_id and not writer.client_name for writer in writers)
        return bool(self._reaching) and (bool(others) or unnamed)


def _phone_scopes_of(grant: Mapping[str, Any]) -> tuple[str, ...]:
    return every_phone_scope() if grant.get("allow_all_scopes") else phone_scopes(grant.get("scope") or ())
