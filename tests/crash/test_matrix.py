"""Killed with SIGKILL at any point of any step, a migration is continued: nothing is lost or done twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest

from tests.crash.crash_bench import (
    REQUESTS,
    CrashBench,
    check_nothing_lost_and_nothing_twice,
    kind_of,
    simulated,
)
from tests.crash.crash_table import KINDS, POINTS

FAST = {"after_intent": 0, "answer_lost": 1, "before_outcome": 2}
"""The suite that is always run takes one of these points for each kind of step, in turn, and all of a message's."""
LATER = {"update_action", "create_template", "enable_factor"}
"""Kinds whose like is in that suite already: all of their cells are slow verifications."""
IN_DOUBT = {"after_intent", "answer_lost", "before_outcome"}
"""Where only the tenant's log shows whether a test message was sent."""
BOTH = {"test_numbers": {"text": "+15005550006", "voice": "+15005550006"}}


@dataclass(frozen=True)
class Scene:
    """A kind of tenant whose plan has the step, what its operator asks for, and what is there already."""

    tenant: str
    target: dict[str, Any] = field(default_factory=dict)
    there: tuple[str, dict[str, Any]] | None = None


OLD_ACTION = {
    "name": "phonefleet-phone-provider",
    "supported_triggers": [{"id": "custom-phone-provider", "version": "v1"}],
    "code": "exports.onExecuteCustomPhoneProvider = async () => {};",
}
OLD_TEMPLATE = {
    "type": "otp_verify",
    "disabled": False,
    "content": {"syntax": "liquid", "body": {"text": "an older text {{ code }}"}},
}
SCENES = {
    "create_action": Scene("passwordless_gateway"),
    "update_action": Scene("passwordless_gateway", there=("actions/actions", OLD_ACTION)),
    "deploy_action": Scene("action_single"),
    "create_provider": Scene("twilio_sms"),
    "update_provider": Scene("half_migrated"),
    "create_template": Scene("passwordless_twilio"),
    "update_template": Scene("passwordless_twilio", there=("branding/phone/templates", OLD_TEMPLATE)),
    "send_test": Scene("twilio_sms"),
    "enable_factor": Scene("passwordless_twilio", {"factors": ["sms"]}),
    "set_message_types": Scene(
        "twilio_both",
        {
            "factors": ["sms"],
            "delivery_methods": ["text", "voice"],
            "approve": ["factor_given_up"],
            **BOTH,
        },
    ),
    "switch_tenant": Scene("twilio_sms"),
    "switch_connection": Scene("passwordless_gateway"),
}


def cells() -> Iterator[Any]:
    for n, kind in enumerate(KINDS):
        for point in POINTS:
            fast = (FAST.get(point) == n % 3 and kind not in LATER) or (
                kind == "send_test" and point in IN_DOUBT
            )
            yield pytest.param(kind, point, marks=[] if fast else [pytest.mark.slow], id=f"{kind}-{point}")


def set_scene(bench: CrashBench, name: str, scene: Scene) -> str:
    """Put the one tenant of a cell there; the same every time."""
    domain = bench.put(name.replace("_", "-"), scene.tenant)
    bench.write(target=scene.target)
    if scene.there:
        _post(bench, domain, *scene.there)
        bench.tenant(domain).requests.clear()
    return domain


def _post(bench: CrashBench, domain: str, path: str, body: dict[str, Any]) -> None:
    tenant = bench.tenant(domain)
    client = tenant.clients[tenant.management_client_id]
    form = {
        "grant_type": "client_credentials",
        "audience": tenant.audience,
        "client_id": tenant.management_client_id,
        "client_secret": client["client_secret"],
    }
    with httpx.Client(base_url=bench.served.url, headers={"Host": domain}, trust_env=False) as http:
        token = http.post("/oauth/token", json=form).raise_for_status().json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        http.post(f"/api/v2/{path}", json=body, headers=headers).raise_for_status()


@cache
def undisturbed(kind: str) -> Any:
    """How a kind's tenant ends if no process is killed: the planned state."""
    with TemporaryDirectory() as scratch, simulated(Path(scratch)) as bench:
        domain = set_scene(bench, kind, SCENES[kind])
        whole = bench.work()
        assert whole.endings() == {domain: ("migrated", "")}, (whole.out, whole.err)
        assert kind in {kind_of(seen) for seen in bench.writes(domain)}
        check_nothing_lost_and_nothing_twice(bench, domain)
        return bench.state(domain)


@pytest.mark.parametrize(("kind", "point"), list(cells()))
def test_a_killed_migration_is_continued(kind: str, point: str, tmp_path: Path, record_property: Any) -> None:
    """After SIGKILL at any point of any step the tenant ends as planned."""
    with simulated(tmp_path) as bench:
        domain = set_scene(bench, kind, SCENES[kind])
        if point == "answer_lost":
            method, path = REQUESTS[kind]
            bench.faults({"method": method, "path": path, "times": 1, "effect": "drop_after"})
        first = bench.work(point=point, kind=kind)
        assert first.code == -9, (first.out, first.err)
        bench.faults()
        written = [kind_of(seen) for seen in bench.writes(domain)].count(kind)
        assert written == (point not in ("before_intent", "after_intent"))

        second = bench.work(first.run)
        assert second.code == 0, second.err
        ((outcome, reason),) = second.endings().values()
        record_property("crash_cell", (kind, point, f"{outcome} {reason}".strip()))
        assert (outcome, reason) == ("migrated", "")
        check_nothing_lost_and_nothing_twice(bench, domain)
        assert bench.state(domain) == undisturbed(kind)
