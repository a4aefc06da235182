"""The faults of a rehearsal as an operator writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from configs import TenantRef
from flows.rehearsal.rehearsal_faults import RehearsalFaults, parse_rehearsal_faults, selected
from phonefleet.errors import PlanRefused


def tenant(domain: str, region: str) -> TenantRef:
    return TenantRef.model_validate(
        {"domain": domain, "client_id": "abc", "client_secret": "env:SECRET", "region": region}
    )


TENANTS = (
    tenant("one.eu.auth0.com", "eu"),
    tenant("two.us.auth0.com", "us"),
    tenant("three.example.com", ""),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, {}),
        ("provider_fails=eu+us", {"provider_fails": ["eu", "us"]}),
        ("dead_worker=40,rate_limit=10/2", {"dead_worker": 40, "rate_limit": {"burst": 10, "per_second": 2}}),
        ("error_rate=5%,drop_rate=0.1", {"error_rate": 0.05, "drop_rate": 0.1}),
        ('{"provider_fails_after_switch": ["one.*"]}', {"provider_fails_after_switch": ["one.*"]}),
    ],
)
def test_faults_are_read(text: str | None, expected: dict[str, Any], tmp_path: Path) -> None:
    """As short text or JSON, and the same from a file."""
    faults = RehearsalFaults.model_validate(expected)
    assert parse_rehearsal_faults(text) == faults
    file = tmp_path / "faults.json"
    file.write_text(json.dumps(expected))
    assert parse_rehearsal_faults(str(file)) == faults


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no_such_file.json", "cannot be read"),
        ("nonsense=1", "nonsense: Extra inputs are not permitted"),
        ("dead_worker=0", "dead_worker"),
        ("error_rate=2", "error_rate"),
        ("{", "--faults"),
    ],
)
def test_wrong_faults_are_refused(text: str, words: str) -> None:
    with pytest.raises(PlanRefused, match=words):
        parse_rehearsal_faults(text)


def test_tenants_are_selected_by_region_or_domain() -> None:
    assert selected(["eu"], TENANTS) == {"one.eu.auth0.com"}
    assert selected(["*.auth0.com"], TENANTS) == {"one.eu.auth0.com", "two.us.auth0.com"}
    assert selected(["Three.example.com", "us"], TENANTS) == {"two.us.auth0.com", "three.example.com"}
    assert selected([], TENANTS) == frozenset()


def test_a_fault_of_no_tenant_is_refused() -> None:
    """It would look as if the fleet withstood it."""
    with pytest.raises(PlanRefused, match="neither a region nor a domain of the fleet; its regions: eu, us"):
        selected(["asia"], TENANTS)
