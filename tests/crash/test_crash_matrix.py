"""Killed with SIGKILL at any point of any step, a migration is taken up again: nothing lost, nothing twice."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path

import httpx
import pytest
import yaml

from phonefleet.ledger import Ledger
from simulator.operations import Timing
from simulator.serve import running

POINTS = ("before_intent", "after_intent", "answer_lost", "before_outcome", "after_outcome")
FAST = {"after_intent", "answer_lost"}
# Each kind of step: its request, the kind of tenant whose plan has it, and what the operator asks for there.
STEPS = {
    "create_action": ("POST", "*/actions/actions", "passwordless_gateway", {}),
    "update_action": ("PATCH", "*/actions/actions/*", "passwordless_gateway", {}),
    "deploy_action": ("POST", "*/deploy", "action_single", {}),
    "create_provider": ("POST", "*/branding/phone/providers", "twilio_sms", {}),
    "update_provider": ("PATCH", "*/branding/phone/providers/*", "half_migrated", {}),
    "create_template": ("POST", "*/branding/phone/templates", "passwordless_twilio", {}),
    "update_template": ("PATCH", "*/branding/phone/templates/*", "passwordless_twilio", {}),
    "send_test": ("POST", "*/try", "twilio_sms", {}),
    "enable_factor": ("PUT", "*/guardian/factors/sms", "passwordless_twilio", {"factors": ["sms"]}),
    "set_message_types": (
        "PUT",
        "*/message-types",
        "twilio_both",
        {"factors": ["sms"], "delivery_methods": ["text", "voice"]},
    ),
    "switch_tenant": ("PATCH", "*/tenants/settings", "twilio_sms", {}),
    "switch_connection": ("PATCH", "*/connections/*", "passwordless_gateway", {}),
}
CREATES = [pattern for kind, (_, pattern, *_) in STEPS.items() if kind.startswith("create_")]
CELLS = [
    pytest.param(kind, point, marks=[] if point in FAST else [pytest.mark.slow], id=f"{kind}-{point}")
    for kind in STEPS
    for point in POINTS
]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def served():
    with running(timing=Timing(log_lag=0.0)) as simulator:
        yield simulator


class Stage:
    """One tenant of a simulator, its fleet file, and the processes that work on it."""

    def __init__(self, served, folder: Path, kind: str) -> None:
        self.kind = kind
        self.method, self.pattern, tenant_kind, wishes = STEPS[kind]
        self.http = httpx.Client(base_url=served.url, trust_env=False, timeout=30)
        self.domain = f"{folder.name.replace('_', '-')}.eu.auth0.com".lower()
        body = {"kind": tenant_kind, "overrides": {"tier": "unlimited"}}
        made = self.http.put(f"/_simulator/tenants/{self.domain}", json=body).raise_for_status().json()
        self.client = (made["client_id"], made["client_secret"])
        self.environ = {"CLIENT_SECRET": made["client_secret"]}
        self.fleet = folder / "fleet.yaml"
        self.fleet.write_text(yaml.safe_dump(self._fleet(served.url, made, wishes)))
        self._set_stage()

    def _fleet(self, url: str, made: dict, wishes: dict) -> dict:
        target = {"test_numbers": {"text": "+15005550006", "voice": "+15005550006"}, **wishes}
        for key, name in (("twilio_auth_token", "TWILIO"), ("gateway_secret", "GATEWAY")):
            if made.get(key):
                self.environ[name] = made[key]
        if made.get("twilio_auth_token"):
            target["twilio"] = {"auth_token": "env:TWILIO"}
        if made.get("gateway_secret"):
            target["gateway_secret"] = "env:GATEWAY"
        for name, value in (made.get("action_secrets") or {}).items():
            self.environ[f"ACTION_{name}"] = value
            target.setdefault("action_secrets", {})[name] = f"env:ACTION_{name}"
        tenant = {"domain": self.domain, "client_id": made["client_id"], "client_secret": "env:CLIENT_SECRET"}
        return {
            "fleet": "crash",
            "state_dir": "state",
            "connection": {"connect_to": url},
            "tenants": [{**tenant, "target": target}],
        }

    def _set_stage(self) -> None:
        """What must be there already for an update to be planned."""
        if self.kind == "update_template":
            content = {"syntax": "liquid", "body": {"text": "an older text {{ code }}"}}
            self._post(
                "branding/phone/templates", {"type": "otp_verify", "disabled": False, "content": content}
            )
        if self.kind == "update_action":
            code = "exports.onExecuteCustomPhoneProvider = async () => {};"
            trigger = {"id": "custom-phone-provider", "version": "v1"}
            body = {"name": "phonefleet-phone-provider", "supported_triggers": [trigger], "code": code}
            self._post("actions/actions", body)

    def _post(self, path: str, body: dict) -> None:
        grant = {"grant_type": "client_credentials", "audience": f"https://{self.domain}/api/v2/"}
        host = {"Host": self.domain}
        form = grant | {"client_id": self.client[0], "client_secret": self.client[1]}
        token = self.http.post("/oauth/token", json=form, headers=host).json()["access_token"]
        headers = host | {"Authorization": f"Bearer {token}"}
        self.http.post(f"/api/v2/{path}", json=body, headers=headers).raise_for_status()

    def lose_answer(self) -> None:
        """The next such write is done, and its answer never arrives."""
        rule = {
            "domain": self.domain,
            "method": self.method,
            "path": self.pattern,
            "times": 1,
            "effect": "drop_after",
        }
        self.http.put("/_simulator/faults", json={"rules": [rule]}).raise_for_status()

    def heal(self) -> None:
        self.http.delete("/_simulator/faults").raise_for_status()

    def work(self, *args: str, point: str = "") -> subprocess.CompletedProcess[str]:
        environ = os.environ | self.environ | {"KILL_POINT": point, "KILL_KIND": self.kind}
        command = [sys.executable, str(Path(__file__).with_name("kill_runner.py")), str(self.fleet), *args]
        environ["PYTHONPATH"] = str(ROOT)
        return subprocess.run(command, capture_output=True, text=True, env=environ, timeout=120, check=False)

    def applied(self) -> list[dict]:
        """The writes that the simulator did for us, in order, since the stage was set."""
        log = self.http.get(f"/_simulator/tenants/{self.domain}/requests").json()
        entries = log["requests"] if isinstance(log, dict) else log
        ours = [e for e in entries if e["write"] and e["applied"] and e["path"].startswith("/api/v2/")]
        return ours[1:] if self.kind in ("update_template", "update_action") else ours

    def count(self, pattern: str, method: str) -> int:
        return sum(1 for e in self.applied() if e["method"] == method and fnmatchcase(e["path"], pattern))


@pytest.fixture
def stage(served, tmp_path, request):
    made = Stage(served, tmp_path, request.getfixturevalue("kind"))
    yield made
    made.heal()
    made.http.close()


@pytest.mark.parametrize(("kind", "point"), CELLS)
def test_a_killed_migration_is_taken_up_with_nothing_lost_and_nothing_twice(
    stage, kind, point, record_property
):
    """After SIGKILL at any point of any step the tenant ends as planned, or says what isn't known."""
    if point == "answer_lost":
        stage.lose_answer()
    first = stage.work(point=point)
    assert first.returncode == -9, (first.stdout, first.stderr)
    stage.heal()
    run_id = first.stdout.split()[0]
    second = stage.work(run_id)
    assert second.returncode == 0, second.stderr
    ending = second.stdout.splitlines()[1].split()
    record_property("ending", " ".join(ending))

    unsure = kind == "send_test" and point in ("after_intent", "answer_lost", "before_outcome")
    assert ending == (["inconclusive", "test_fate_unknown"] if unsure else ["migrated"])
    state = stage.http.get(f"/_simulator/tenants/{stage.domain}").json()
    assert '"phone_consolidated_experience": ' + ("false" if unsure else "true") in httpx_text(state)

    applied = stage.applied()
    for pattern in CREATES:
        wanted = 1 if pattern != "*/branding/phone/templates" else 2
        assert stage.count(pattern, "POST") <= wanted, f"{pattern} was created twice"
    messages = Counter(e["body"].get("delivery_method") for e in applied if e["path"].endswith("/try"))
    assert all(count == 1 for count in messages.values()), messages

    with Ledger.open(stage.fleet.parent / "state" / "ledger.sqlite") as ledger:
        assert ledger.open_intents() == []
        intents = ledger.steps(run_id=run_id)
    told = [i for i in intents if i.result in ("done", "unknown")]
    assert len(applied) <= len(told), "every write has its intent"
    assert len(applied) >= sum(1 for i in intents if i.result == "done"), "every done step was written"


def httpx_text(value) -> str:
    import json

    return json.dumps(value)
