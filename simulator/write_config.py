"""Write the fleet's configuration: ``fleet.yaml`` and ``secrets.env``.

With these two files every command works on the served fleet as on a real one.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from simulator.fleet import Fleet, OperatorInputs, operator_inputs
from simulator.ids import draw
from simulator.kinds import Kind
from simulator.ratelimit import Tier

Json = dict[str, Any]
TEST_NUMBER = "+15005550006"
RINGS = (("canary", 5), ("early", 20), ("rest", 75))
"""Labels ``ring`` and the share of tenants (percent) that carries each."""
MIGRATES = frozenset(
    {
        Kind.TWILIO_SMS,
        Kind.TWILIO_VOICE,
        Kind.TWILIO_BOTH,
        Kind.PASSWORDLESS_TWILIO,
        Kind.MFA_AND_PASSWORDLESS_TWILIO,
    }
)
"""Kinds that migrate without a decision: a ring without one verifies nothing for later rings."""
LAST_TOLERATES = "5%"
"""How many tenants of the last wave may fail; strict mode switches one more at once."""


def write_config(directory: Path, base_url: str, fleet: Fleet, ca_file: Path | None = None) -> Path:
    """Write both files and return the path of ``fleet.yaml``.

    Args:
        directory: where to write; made if it is not there.
        base_url: where the fleet is served.
        fleet: its tenants are all made by this.
        ca_file: certificate of the authority, when it is served over https.
    """
    directory.mkdir(parents=True, exist_ok=True)
    secrets: dict[str, str] = {}
    tenants = [_entry(fleet, domain, secrets) for domain, _ in fleet.kinds()]
    _balance_rings(tenants, {domain for domain, kind in fleet.kinds() if kind in MIGRATES})
    path = directory / "fleet.yaml"
    text = yaml.dump(
        _document(base_url, ca_file, directory, tenants), Dumper=_Dumper, sort_keys=False, width=120
    )
    path.write_text(text, encoding="utf-8")
    _write_secrets(directory / "secrets.env", secrets)
    return path


_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def _document(base_url: str, ca_file: Path | None, directory: Path, tenants: list[Json]) -> Json:
    connection: Json = {"connect_to": base_url}
    if ca_file is not None:
        inside = ca_file.parent.resolve() == directory.resolve()
        connection["ca_file"] = ca_file.name if inside else str(ca_file.resolve())
    present = {tenant["labels"]["ring"] for tenant in tenants}
    waves: list[Json] = [
        {"name": ring, "match": {"labels": {"ring": ring}}} for ring, _ in RINGS if ring in present
    ]
    if len(waves) == len(RINGS):
        waves[-1]["failure_tolerance"] = LAST_TOLERATES
    return {
        "fleet": "simulated",
        "secrets_file": "secrets.env",
        "state_dir": ".state",
        "connection": connection,
        "defaults": {"target": {"test_numbers": {"text": TEST_NUMBER, "voice": TEST_NUMBER}}},
        "tenants": tenants,
        "waves": waves,
        "rollout": {
            "max_change": "100%",
            "concurrency": 20,
            "evidence_deadline": "15s",
            "finalize_after": "0s",
        },
    }


def _entry(fleet: Fleet, domain: str, secrets: dict[str, str]) -> Json:
    tenant = fleet.get(domain)
    inputs = operator_inputs(tenant)
    stem = domain.upper().removesuffix(".AUTH0.COM").replace(".", "_").replace("-", "_")
    rng = draw(fleet.seed, "operator", domain)
    production = tenant.tier in (Tier.ENTERPRISE_PRODUCTION, Tier.PROFESSIONAL)
    entry: Json = {
        "domain": domain,
        "client_id": inputs.client_id,
        "client_secret": _reference(secrets, f"{stem}_CLIENT_SECRET", inputs.client_secret),
        "environment": "production" if production else rng.choice(("staging", "development")),
        "region": domain.split(".")[1],
        "labels": {
            "ring": rng.choices([ring for ring, _ in RINGS], weights=[share for _, share in RINGS])[0]
        },
        "owner": f"identity-{rng.randrange(1, 9)}@example.com",
    }
    if tenant.tier is not Tier.UNLIMITED:
        entry["tier"] = str(tenant.tier)
    target = _target(inputs, stem, secrets)
    return entry | {"target": target} if target else entry


def _balance_rings(tenants: list[Json], migrating: set[str]) -> None:
    """Move tenants between rings until each ring has one that migrates without a decision."""
    for ring, _ in RINGS:
        members = [t for t in tenants if t["labels"]["ring"] == ring]
        if not members or any(t["domain"] in migrating for t in members):
            continue
        able = [t for t in tenants if t["domain"] in migrating]
        have = Counter(t["labels"]["ring"] for t in able)
        most, count = have.most_common(1)[0] if have else ("", 0)
        if count > 1:
            next(t for t in able if t["labels"]["ring"] == most)["labels"]["ring"] = ring
        elif most:
            for tenant in members:
                tenant["labels"]["ring"] = most


def _target(inputs: OperatorInputs, stem: str, secrets: dict[str, str]) -> Json:
    target: Json = {}
    if inputs.twilio_auth_token:
        target["twilio"] = {
            "auth_token": _reference(secrets, f"{stem}_TWILIO_AUTH_TOKEN", inputs.twilio_auth_token)
        }
    if inputs.gateway_secret:
        target["gateway_secret"] = _reference(secrets, f"{stem}_GATEWAY_SECRET", inputs.gateway_secret)
    if inputs.action_secrets:
        target["action_secrets"] = {
            name: _reference(secrets, f"{stem}_ACTION_{name}", value)
            for name, value in inputs.action_secrets.items()
        }
    return target


def _reference(secrets: dict[str, str], name: str, value: str) -> str:
    secrets[name] = value
    return f"env:{name}"


def _write_secrets(path: Path, secrets: dict[str, str]) -> None:
    """Write a file that only its owner may read, from its creation."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in secrets.items())
