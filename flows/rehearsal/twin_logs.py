"""Log entries from which a snapshot's writes and use of phone endpoints are read again. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from phonefleet.auth0.answer_parser import experience_of
from phonefleet.model.endpoints import API_READ_EVENT, API_WRITE_EVENT, UPE_FLAG
from phonefleet.model.ownership import LoggedWrite, OwnerKind
from phonefleet.model.snapshot import Experience, Snapshot
from simulator.described import DescribedLog

Json = dict[str, Any]
_PATHS = {
    Experience.LEGACY: "/api/v2/guardian/factors/phone/providers/twilio",
    Experience.NEW: "/api/v2/branding/phone/providers/any",
}
"""A path of each experience, for reads of which the snapshot has the number only."""
_APART = timedelta(milliseconds=1)
_DASHBOARD = "https://manage.auth0.com/"


def described_logs(snapshot: Snapshot) -> tuple[DescribedLog, ...]:
    """Return entries from which the same writes and the same use are read."""
    writes = [log for write in snapshot.writes for log in _write_logs(write)]
    return (*writes, *_reads(snapshot, writes))


def _write_logs(write: LoggedWrite) -> Iterator[DescribedLog]:
    for before in range(write.count):
        yield _log(API_WRITE_EVENT, write.at - before * _APART, write.writer.client_id, _fields(write))


def _fields(write: LoggedWrite) -> Json:
    body: Json = dict.fromkeys(write.keys)
    if write.flag is not None:
        body[UPE_FLAG] = write.flag
    dashboard = write.writer.kind is OwnerKind.DASHBOARD
    request: Json = {
        "method": write.method.lower(),
        "path": write.path,
        "body": body,
        "userAgent": write.user_agent,
        "channel": _DASHBOARD if dashboard else "api",
        "auth": {"user": {"email": write.writer.user} if write.writer.user else {}},
    }
    fields: Json = {"client_name": write.writer.client_name, "details": {"request": request}}
    terraform = write.writer.kind is OwnerKind.TERRAFORM and "Terraform" not in write.user_agent
    if terraform:
        fields["auth0_client"] = {"env": {"Terraform-Provider-Auth0": write.version}}
    return fields


def _reads(snapshot: Snapshot, writes: list[DescribedLog]) -> Iterator[DescribedLog]:
    """Yield the entries that are missing to the number of uses of each client."""
    seen: Counter[tuple[str, Experience]] = Counter()
    last: dict[tuple[str, Experience], datetime] = {}
    for log in writes:
        request = log.fields["details"]["request"]
        client, experience = str(log.fields["client_id"] or ""), experience_of(request["path"])
        if client and experience is not None:
            seen[client, experience] += 1
            last[client, experience] = max(last.get((client, experience), log.at), log.at)
    for use in snapshot.usage:
        missing = use.count - seen[use.client_id, use.experience]
        for before in range(missing):
            details = {"request": {"method": "get", "path": _PATHS[use.experience], "body": {}}}
            fields: Json = {"client_name": use.client_name, "details": details}
            yield _log(API_READ_EVENT, use.last_seen - before * _APART, use.client_id, fields)


def _log(kind: str, at: datetime, client: str, fields: Json) -> DescribedLog:
    return DescribedLog(type=kind, at=at, fields=fields | {"client_id": client or None})
