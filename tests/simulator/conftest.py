"""A served simulator for the whole session, and tenants on it for each test."""

import itertools
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator.serve import Running, running
from tests.pace import QUICK

REFERENCE = Path(os.environ.get("PHONEFLEET_REFERENCE_DIR", Path(__file__).parents[3] / "shared")) / "auth0"
# Tests that replay the recorded exchanges need them; the facts of the exchanges are in the repository.
collect_ignore = [] if REFERENCE.is_dir() else ["test_recorded.py", "test_description.py"]

Json = dict[str, Any]
_NUMBERS = itertools.count(1)


@dataclass
class Peer:
    """One tenant, for requests of its operator and, with ``control``, to the control plane."""

    http: httpx.Client
    domain: str
    inputs: Json
    token: str = field(default="")

    def ask_token(self, **changes: Any) -> httpx.Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.inputs["client_id"],
            "client_secret": self.inputs["client_secret"],
            "audience": f"https://{self.domain}/api/v2/",
        }
        return self.http.post("/oauth/token", json=form | changes, headers={"host": self.domain})

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        if not self.token:
            self.token = self.ask_token().json()["access_token"]
        headers = {"host": self.domain, "authorization": f"Bearer {self.token}"}
        content = {} if body is None else {"json": body}
        return self.http.request(method, f"/api/v2{path}", headers=headers, params=query, **content)

    def ok(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        answer = self(method, path, body, **query)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def control(self, verb: str, path: str = "", body: Any = None, **query: Any) -> Any:
        content = {} if body is None else {"json": body}
        answer = self.http.request(verb, f"/_simulator/tenants/{self.domain}{path}", params=query, **content)
        assert answer.is_success, answer.text
        return answer.json()

    def override(self, **changes: Any) -> Json:
        return self.control("POST", "/override", changes)

    def state(self) -> Json:
        return self.control("GET")

    def delivery(self, use: str = "mfa", method: str = "text", **query: Any) -> Json:
        return self.control("GET", "/deliver", use=use, method=method, **query)

    def requests(self) -> list[Json]:
        return self.control("GET", "/requests")["requests"]

    def custom_action(
        self, code: str = "exports.onExecuteCustomPhoneProvider = async () => {};", **more: Any
    ) -> str:
        """Make and deploy the Action of a custom phone provider; return its id."""
        triggers = [{"id": "custom-phone-provider", "version": "v1"}]
        body = {"name": "Custom", "supported_triggers": triggers, "code": code} | more
        identity = self.ok("POST", "/actions/actions", body)["id"]
        self.built(identity)
        self.ok("POST", f"/actions/actions/{identity}/deploy")
        self.deployed(identity)
        return identity

    def built(self, identity: str) -> Json:
        """Poll an Action until its build ends."""
        return self._polled(identity, lambda action: action["status"] in ("built", "failed"))

    def deployed(self, identity: str) -> Json:
        """Poll an Action until its deployment ends."""
        return self._polled(
            identity, lambda action: action["all_changes_deployed"] and "deployed_version" in action
        )

    def _polled(self, identity: str, is_done: Callable[[Json], bool], limit: float = 5.0) -> Json:
        until = time.monotonic() + limit
        while not is_done(action := self.ok("GET", f"/actions/actions/{identity}")):
            assert time.monotonic() < until, f"still {action['status']} after {limit} s"
            time.sleep(0.01)
        return action


Make = Callable[..., Peer]


@pytest.fixture(scope="session")
def peer() -> type[Peer]:
    """Return the class, for tests that serve their own simulator."""
    return Peer


@pytest.fixture(scope="session")
def served() -> Iterator[Running]:
    with running(tenants=200, seed=7, timing=QUICK) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def http(served: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url) as client:
        yield client


@pytest.fixture
def make(http: httpx.Client) -> Iterator[Make]:
    """Make a tenant of a kind with its own domain, without a rate limit; faults end with the test."""

    def maker(kind: str = "empty", domain: str | None = None, **overrides: Any) -> Peer:
        domain = domain or f"t{next(_NUMBERS)}.eu.auth0.com"
        body = {"kind": kind, "overrides": {"tier": "unlimited"} | overrides}
        answer = http.put(f"/_simulator/tenants/{domain}", json=body)
        assert answer.status_code == 200, answer.text
        return Peer(http, domain, answer.json())

    yield maker
    http.delete("/_simulator/faults")


@pytest.fixture
def faults(http: httpx.Client) -> Callable[..., Json]:
    """Set faults for the duration of the test."""

    def put(*rules: Json, **document: Any) -> Json:
        answer = http.put("/_simulator/faults", json=document | {"rules": list(rules)})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return put


@pytest.fixture(scope="session")
def reference() -> Path:
    """Return the folder of recorded exchanges and of Auth0's API description."""
    if not REFERENCE.is_dir():
        pytest.skip(f"no reference material in {REFERENCE}")
    return REFERENCE
