"""Write the fleet file of the twins: the operator's fleet, led to the simulator, with stand-ins for its secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Any, Final

import yaml
from pydantic import BaseModel

from configs import Fleet, Scheme, SecretRef, TenantRef, TokenEndpointAuthMethod
from configs.values import Amount
from configs.windows import FrozenPeriod, Window
from flows.rehearsal.stand_ins import StandIns
from phonefleet.private_files import make_private_file

NOT_REHEARSED: Final = frozenset({"approval", "checks", "notify", "require_rehearsal"})
"""Keys that ask people or services outside, or that a rehearsal fulfills itself."""
FLEET_FILE: Final = "fleet.yaml"
SECRETS_FILE: Final = "secrets.env"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TwinFleet:
    """A fleet file of twins.

    Attributes:
        path: of the file.
        renamed: references of the operator's fleet file, and what replaces them here.
    """

    path: Path
    renamed: Mapping[str, str]


def write_twin_fleet(fleet: Fleet, folder: Path, url: str, stand_ins: StandIns) -> TwinFleet:
    """Write the fleet file of the twins and its secrets.

    Args:
        fleet: the operator's fleet.
        folder: an empty folder that only this user may read.
        url: where the twins are served.
        stand_ins: makes the secrets' values.
    """
    for tenant in fleet.tenants:
        make_stand_ins(tenant, stand_ins)
    renamed = _write_secrets(folder, fleet.tenants, stand_ins)
    path = folder / FLEET_FILE
    document = _document(fleet, url, renamed)
    _write(path, yaml.safe_dump(document, sort_keys=False, width=120, allow_unicode=True))
    return TwinFleet(path, renamed)


def twin_name(fleet: Fleet) -> str:
    """Return the name of the twins' fleet, which distinguishes its runs in Prefect."""
    return f"rehearsal-of-{fleet.name}"[:64]


def make_stand_ins(tenant: TenantRef, stand_ins: StandIns) -> None:
    """Make the stand-in of each of a tenant's secrets, in the form that its use needs."""
    if tenant.token_endpoint_auth_method is TokenEndpointAuthMethod.PRIVATE_KEY_JWT:
        stand_ins.key_pair(tenant)
    for key, ref in tenant.secret_refs().items():
        stand_ins.of(ref, key.partition("action_secrets.")[2])


def _write_secrets(folder: Path, tenants: tuple[TenantRef, ...], stand_ins: StandIns) -> dict[str, str]:
    """Write the stand-ins; return what replaces references to elsewhere than variables and this folder's files."""
    refs = {str(ref): ref for tenant in tenants for ref in tenant.secret_refs().values()}
    variables: dict[str, str] = {}
    renamed: dict[str, str] = {}
    for number, (text, ref) in enumerate(refs.items(), 1):
        value = stand_ins.of(ref)
        if ref.scheme is Scheme.ENV:
            variables[ref.name] = value
        elif ref.scheme is Scheme.FILE and not {"..", "/", "~"} & {
            *PurePosixPath(ref.name).parts,
            ref.name[:1],
        }:
            path = folder / ref.name
            _write(path, value)
        else:
            name = f"REHEARSAL_SECRET_{number}"
            variables[name], renamed[text] = value, f"{Scheme.ENV}:{name}"
    lines = [f"{name}={_quoted(value)}\n" for name, value in variables.items()]
    _write(folder / SECRETS_FILE, "".join(lines))
    return renamed


def _write(path: Path, text: str) -> None:
    make_private_file(path)
    path.write_text(text, encoding="utf-8")


def _quoted(value: str) -> str:
    return '"' + value.replace("\n", "\\n") + '"' if "\n" in value else value


def _document(fleet: Fleet, url: str, renamed: Mapping[str, str]) -> Json:
    rollout: Json = _plain(fleet.rollout, renamed)
    rollout.pop("freezes", None)
    if fleet.freezes:
        rollout["freezes"] = [_freeze(period, renamed) for period in fleet.freezes]
    patience = fleet.connection.rate_limit_patience
    timeout = fleet.connection.timeout
    return {
        "fleet": twin_name(fleet),
        "secrets_file": SECRETS_FILE,
        "state_dir": "state",
        "connection": {
            "connect_to": url,
            "timeout": _plain(timeout, renamed),
            "rate_limit_patience": _plain(patience, renamed),
        },
        "tenants": [_plain(tenant, renamed) for tenant in fleet.tenants],
        "waves": [_plain(wave, renamed) for wave in fleet.waves],
        "rollout": rollout,
    }


def _freeze(period: FrozenPeriod, renamed: Mapping[str, str]) -> Json:
    start, end = (
        each.astimezone(UTC).replace(tzinfo=None).isoformat() for each in (period.start, period.end)
    )
    return {
        "from": start,
        "to": end,
        "timezone": "UTC",
        "match": _plain(period.match, renamed),
        "reason": period.reason,
    }


def _plain(value: Any, renamed: Mapping[str, str]) -> Any:
    """Return a value as a fleet file has it."""
    match value:
        case SecretRef():
            return renamed.get(str(value), str(value))
        case Amount():
            return str(value)
        case Window():
            return _window(value, renamed)
        case BaseModel():
            return _given(value, renamed)
        case Mapping():
            return {str(key): _plain(each, renamed) for key, each in value.items()}
        case frozenset() | set():
            return sorted(_plain(each, renamed) for each in value)
        case tuple() | list():
            return [_plain(each, renamed) for each in value]
        case timedelta():
            return f"{round(value / timedelta(milliseconds=1))}ms"
        case date():
            return value.isoformat()
        case Enum():
            return str(value.value)
        case bool() | int() | None:
            return value
        case _:
            return str(value)


def _given(model: BaseModel, renamed: Mapping[str, str]) -> Json:
    """Return the keys whose value is not the default; those that a rehearsal leaves out are not among them."""
    fields = type(model).model_fields
    found: Json = {}
    for name, field in fields.items():
        value = getattr(model, name)
        key = field.serialization_alias or field.alias or name
        if key not in NOT_REHEARSED and value != field.get_default(call_default_factory=True):
            found[key] = _plain(value, renamed)
    return found


def _window(window: Window, renamed: Mapping[str, str]) -> Json:
    document = _given(window, renamed)
    times = {"from": window.opens, "to": window.closes}
    return document | {key: f"{minutes // 60:02d}:{minutes % 60:02d}" for key, minutes in times.items()}
