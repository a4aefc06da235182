"""Find in log entries of type `sapi` who wrote which of a tenant's phone settings.

The user agent as it was sent is in `details.request.userAgent`; the entry's own `user_agent` is `Other 0.0.0 / Other
0.0.0` for programs, and its `client_name` may be empty (recorded entries). `details.request.channel` is `api`, or the
dashboard's address, and then `details.request.auth.user` names the person (Auth0 community, "How to Filter Logs for
Operations Performed by Tenant Administrators").
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime

from phonefleet.auth0.api_caller import Json
from phonefleet.auth0.json_objects import member
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.model.endpoints import API_WRITE_EVENT, LEGACY_TRIGGER, TRY_PATH_END, UPE_FLAG
from phonefleet.model.ownership import LoggedWrite, OwnerKind, PhoneSetting, Writer

TERRAFORM = "Terraform-Provider-Auth0"
"""Of its user agent, and the name of its entry in the environment of `auth0_client`."""
USER_AGENTS = (
    (re.compile(rf"{TERRAFORM}/(?P<version>\S+)"), OwnerKind.TERRAFORM),
    (re.compile(r"deploy-cli/(?P<version>\S+)"), OwnerKind.DEPLOY_CLI),
    (re.compile(r"phonefleet/(?P<version>\S+)"), OwnerKind.PHONEFLEET),
)
_API = re.compile(r"^/(?:api/)?v2/(?P<path>.+)$")
_PATHS = (
    (re.compile(r"tenants/settings()"), PhoneSetting.TENANT_SETTINGS),
    (re.compile(r"connections/([^/]+)/clients"), PhoneSetting.CONNECTION_CLIENTS),
    (re.compile(r"connections(?:/([^/]+))?"), PhoneSetting.CONNECTION),
    (re.compile(r"actions/actions(?:/([^/]+)(?:/deploy|/versions/[^/]+/deploy)?)?"), PhoneSetting.ACTION),
    (re.compile(r"actions/triggers/([^/]+)/bindings"), PhoneSetting.BINDINGS),
    (re.compile(r"guardian/(factors/(?:sms|phone)(?:/.+)?)"), PhoneSetting.GUARDIAN),
    (re.compile(r"branding/phone/providers(?:/([^/]+))?"), PhoneSetting.PHONE_PROVIDER),
    (re.compile(r"branding/phone/templates(?:/([^/]+)(?:/.+)?)?"), PhoneSetting.PHONE_TEMPLATE),
)
_OF_OBJECTS = (
    PhoneSetting.CONNECTION,
    PhoneSetting.CONNECTION_CLIENTS,
    PhoneSetting.ACTION,
    PhoneSetting.BINDINGS,
)
_MOST = 1_000
_LONGEST = 200


def logged_writes(entries: Iterable[Json], names: Mapping[str, str]) -> tuple[LoggedWrite, ...]:
    """Return the last write of each writer to each object, newest first.

    Args:
        entries: log entries; others than `sapi` are ignored.
        names: names of clients by id, for entries without one.
    """
    last: dict[tuple[Writer, PhoneSetting, str], LoggedWrite] = {}
    for write in sorted(_writes(entries, names), key=lambda write: write.at):
        key = (write.writer, write.setting, write.target)
        count = last[key].count + 1 if key in last else 1
        last[key] = write.model_copy(update={"count": count})
    return tuple(sorted(last.values(), key=lambda write: (-write.at.timestamp(), write.path)))


def writes_about(writes: Iterable[LoggedWrite], ids: Collection[str]) -> tuple[LoggedWrite, ...]:
    """Return the writes that are not to another connection, Action or trigger than the tenant's phone messaging has.

    Args:
        writes: what `logged_writes` returned.
        ids: of SMS connections, phone identifiers and Actions. What is deleted may have been one of them.
    """
    return tuple(
        write
        for write in writes
        if write.setting not in _OF_OBJECTS
        or write.method == "DELETE"
        or write.target in {"", LEGACY_TRIGGER, *ids}
    )


async def read_writes(api: ManagementApi, since: datetime) -> tuple[LoggedWrite, ...]:
    """Read from the logs who wrote phone settings since a moment, of up to 1,000 writes of any kind.

    Raises:
        TenantError: the logs cannot be read.
    """
    entries = await api.logs(f"type:{API_WRITE_EVENT}", limit=_MOST, since=since)
    return logged_writes(entries, {})


def _writes(entries: Iterable[Json], names: Mapping[str, str]) -> Iterator[LoggedWrite]:
    for entry in entries:
        request: Json = member(member(entry, "details"), "request")
        found = _API.match(str(request.get("path") or ""))
        if entry.get("type") != API_WRITE_EVENT or not found or found["path"].endswith(TRY_PATH_END):
            continue
        matches = ((setting, path.fullmatch(found["path"])) for path, setting in _PATHS)
        for setting, match in matches:
            if match:
                yield _write(entry, request, setting, match[1] or "", names)
                break


def _write(
    entry: Json, request: Json, setting: PhoneSetting, target: str, names: Mapping[str, str]
) -> LoggedWrite:
    body = member(request, "body")
    flag = body.get(UPE_FLAG)
    is_settings = setting is PhoneSetting.TENANT_SETTINGS
    agent = str(request.get("userAgent") or "")
    kind, version = _program(entry, request, agent)
    client = str(entry.get("client_id") or "")
    user = member(member(request, "auth"), "user")
    return LoggedWrite(
        writer=Writer(
            kind=kind,
            client_id=client,
            client_name=str(entry.get("client_name") or names.get(client, "")),
            user=str(user.get("email") or user.get("user_id") or "") if kind is OwnerKind.DASHBOARD else "",
        ),
        setting=PhoneSetting.FLAG if is_settings and (UPE_FLAG in body or not body) else setting,
        target=target,
        method=str(request.get("method") or "").upper(),
        path=str(request.get("path"))[:_LONGEST],
        at=datetime.fromisoformat(str(entry["date"])).astimezone(UTC),
        keys=tuple(sorted(str(key) for key in body)),
        flag=flag if isinstance(flag, bool) else None,
        user_agent=agent[:_LONGEST],
        version=version,
        log_id=str(entry.get("log_id") or entry.get("_id") or ""),
    )


def _program(entry: Json, request: Json, agent: str) -> tuple[OwnerKind, str]:
    """Return the program and its version. The user agent decides: several programs may share a client."""
    for pattern, kind in USER_AGENTS:
        if found := pattern.match(agent):
            return kind, found["version"]
    environment = member(member(entry, "auth0_client"), "env")
    if TERRAFORM in environment:
        return OwnerKind.TERRAFORM, str(environment[TERRAFORM])
    is_page = str(request.get("channel") or "").startswith("https://")
    return (OwnerKind.DASHBOARD if is_page else OwnerKind.OTHER_CLIENT), ""
