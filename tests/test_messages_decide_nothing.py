"""No verdict, outcome, step or exit code depends on how a message is worded.

A simulated fleet goes through every verb twice: once as the code is, and once with every message of the deciding
modules worded differently, by each command in another way than by the one before. What a command reads of an earlier
one, in the ledger or in a plan file, is worded in a way that it doesn't know itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.cli.main import Commands
from reports.columns import TIME
from reports.data_files import read_csv
from reports.schema import BY_NAME
from simulator.faults import FaultDocument
from simulator.kinds import Kind
from simulator.overrides import apply_overrides
from simulator.serve import Running, running
from simulator.write_config import write_config
from tests.pace import QUICK
from tests.prefect_server import clean_environ, prefect_server, prefect_settings
from tests.preloaded import AT_WORK, PHONEFLEET, Preloaded
from tests.reworded import REWORDINGS, is_prose

Json = dict[str, Any]
ROOT = Path(__file__).parents[1]
KINDS = {
    "a1": Kind.TWILIO_SMS,
    "a2": Kind.TWILIO_BOTH,
    "a3": Kind.TWILIO_VOICE,
    "a4": Kind.TWILIO_SMS,
    "b1": Kind.ACTION_SINGLE,
    "b2": Kind.ACTION_MULTI_TRIGGER,
    "c1": Kind.PASSWORDLESS_TWILIO,
    "c2": Kind.PASSWORDLESS_GATEWAY,
    "c3": Kind.PASSWORDLESS_TWILIO,
    "d1": Kind.MERGED,
    "d2": Kind.MFA_AND_PASSWORDLESS_TWILIO,
    "e1": Kind.LEGACY_AUTH0,
    "e2": Kind.PHONE_IDENTIFIER,
    "e3": Kind.HALF_MIGRATED,
    "e4": Kind.BROKEN,
    "e5": Kind.ONE_WAY,
    "e6": Kind.ALREADY_MIGRATED,
    "f1": Kind.TOGGLE_MISSING_LEGACY,
    "f2": Kind.TOGGLE_MISSING_UPE,
    "f3": Kind.MISSING_SCOPES,
    "f4": Kind.WRONG_CREDENTIALS,
    "f5": Kind.FACTOR_ON_NOT_CONFIGURED,
    "f6": Kind.EMPTY,
}
FAULTS: Json = {
    "rate_limit": {"burst": 1000, "per_second": 1000},
    "rules": [
        # Accepted, and without effect: whether a rollback has anything to undo depends on what was recorded.
        {"domain": "a4.*", "method": "PATCH", "path": "/tenants/settings", "effect": "lie", "times": 1},
        {
            "domain": "a3.*",
            "method": "POST",
            "path": "/branding/phone/*/try",
            "effect": "test_message_fails",
        },
        {
            "domain": "d2.*",
            "method": "POST",
            "path": "/branding/phone/*/try",
            "effect": "test_message_lost",
        },
    ],
}
IMPORTED = (
    *AT_WORK,
    *sorted({source.module for source in Commands.sources.values()}),
    "flows.cli.main",
    "flows.plan",
    "flows.compliance",
    "flows.finalize",
    "flows.migrate",
    "flows.rollback",
)
DECIDED: Mapping[str, tuple[str, ...]] = {
    "tenants": ("domain", "verdict", "route", "reversibility", "reasons", "outcome", "outcome_reason"),
    "waves": ("wave", "batch", "planned", "failed", "verdict"),
    "steps": ("domain", "index", "kind", "key", "result"),
    "findings": ("domain", "source", "reason_no", "evidence_no", "code", "endpoint"),
    "messages": ("domain", "delivery_method", "evidence", "log_type", "receipt", "error_code"),
    "dependents": ("domain", "kind", "on_switch", "on_rollback", "on_finalize"),
    "actions": ("domain", "result", "strategy"),
    "deviations": ("domain", "outcome"),
    "run": ("verb", "exit_code", "verdict"),
}
"""Columns of the frames that say what was decided."""


class Fleet:
    """A simulated fleet, and the commands that run over it in turn."""

    def __init__(
        self, directory: Path, served: Running, programs: Iterator[Preloaded], environ: Json
    ) -> None:
        self._directory, self._served = directory, served
        self._programs, self._environ = programs, environ
        fleet = served.app.state.world.fleet
        for name, kind in KINDS.items():
            fleet.put(f"{name}.eu.auth0.com", kind, {"tier": "unlimited"})
        self._file = write_config(directory, served.url, fleet)
        document = yaml.safe_load(self._file.read_text())
        rollout = document["rollout"] | {"max_change": "100%", "on_failure": "hold", "concurrency": 8}
        rollout |= {"evidence_deadline": "3s"}
        waves = [{"name": "all", "failure_tolerance": "100%", "inconclusive_limit": "100%"}]
        document |= {"rollout": rollout, "waves": waves}
        self._file.write_text(yaml.safe_dump(document, sort_keys=False))
        self.said: list[str] = []
        """The messages about tenants, in the order of commands and tenants."""

    def change(self, name: str, **changes: Any) -> None:
        """Change a tenant as somebody else would."""
        apply_overrides(self._served.app.state.world.fleet.get(f"{name}.eu.auth0.com"), changes)

    def run(self, *args: str) -> tuple[int, Json]:
        """Run a command to its end: its exit code, and what it decided by frame."""
        process = next(self._programs).start(*args, cwd=self._directory, environ=self._environ)
        out, err = process.communicate(timeout=240)
        assert "Traceback" not in err, err[-4000:]
        document = json.loads(out) if out.strip() else {}
        files: Mapping[str, str] = document.get("reports", {})
        self.said += [t["outcome_message"] for t in document.get("tenants", ()) if "outcome_message" in t]
        return process.returncode or 0, {
            name: _decided(name, self._directory / files[f"csv:{name}"], columns)
            for name, columns in DECIDED.items()
            if f"csv:{name}" in files
        }

    def verb(self, verb: str, *args: str) -> tuple[int, Json]:
        """Run a verb over the fleet."""
        return self.run(verb, str(self._file), *args, "--json")

    def approve(self, name: str) -> tuple[int, Json]:
        """Approve a tenant's plan."""
        tenant = ["--tenant", f"{name}.eu.auth0.com", "--reason", "looked at", "--by", "me"]
        return self.run("approve", "plan.json", *tenant, "--fleet", str(self._file), "--yes", "--json")


def _decided(name: str, path: Path, columns: tuple[str, ...]) -> list[list[Any]]:
    frame = read_csv(name, path)
    types = {column.name: column.dtype for column in BY_NAME[name].columns}
    assert not {types[column] for column in columns} & {TIME}
    plain = frame[list(columns)].astype(dict.fromkeys(columns, "str")).fillna("")
    return sorted(plain.to_numpy().tolist())


def scenario(fleet: Fleet) -> Iterator[tuple[str, tuple[int, Json]]]:
    """Every verb, with refusals, approvals, failures, drift and what is accepted by name."""
    yield "assess", fleet.verb("assess")
    yield "plan", fleet.verb("plan", "--out", "plan.json")
    yield "approve", fleet.approve("d1")
    yield "migrate by the plan", fleet.verb("migrate", "--plan", "plan.json", "--yes")
    yield "roll back what had no effect", fleet.verb("rollback", "--tenant", "a4.eu.auth0.com", "--yes")
    yield "migrate again", fleet.verb("migrate", "--yes")
    yield "in sync", fleet.verb("compliance")
    fleet.change("a1", guardian={"message_types": ["voice"]})
    yield "drifted", fleet.verb("compliance")
    yield "accept drift", fleet.verb("compliance", "--accept", "a1.eu.auth0.com")
    yield "drift accepted", fleet.verb("compliance")
    yield "rollback refused", fleet.verb("rollback", "--wave", "all", "--yes")
    yield "finalize refused", fleet.verb("finalize", "--wave", "all")
    names = ("unbind_action", "clear_connection_twilio", "clear_gateway_secret")
    accepted = [part for name in names for part in ("--accept", name)]
    yield "finalize", fleet.verb("finalize", "--wave", "all", *accepted, "--yes")
    yield "rollback after finalize", fleet.verb("rollback", "--wave", "all", "--yes")
    yield (
        "rollback accepted",
        fleet.verb(*("rollback", "--wave", "all", "--yes"), "--accept-breakage", "changed:provider"),
    )


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of commands that use one Prefect server."""
    state = tmp_path_factory.mktemp("prefect")
    with prefect_server(state) as api:
        yield clean_environ() | prefect_settings(state) | {"PREFECT_API_URL": api, "COLUMNS": "200"}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_other_words_decide_nothing(tmp_path: Path, prefect: dict[str, str]) -> None:
    """The same exit codes, verdicts, routes, reasons, outcomes and steps, whatever the messages say."""
    with ExitStack() as stack:

        def preloaded(rewording: str) -> Preloaded:
            modules = ("tests.reworded", *IMPORTED)
            made = Preloaded(PHONEFLEET, modules, prefect | {"REWORDING": rewording, "PYTHONPATH": str(ROOT)})
            stack.callback(made.close)
            return made

        def fleet(name: str, programs: Iterator[Preloaded]) -> Fleet:
            faults, timing = FaultDocument.model_validate(FAULTS), replace(QUICK, log_lag=0.05)
            served = stack.enter_context(running(0, 1, faults=faults, timing=timing))
            return Fleet(tmp_path / name, served, programs, prefect)

        as_it_is = fleet("plain", cycle([preloaded("")]))
        reworded = fleet("reworded", cycle([preloaded(rewording) for rewording in REWORDINGS]))
        with ThreadPoolExecutor(2) as pool:
            plain, other = pool.map(lambda each: dict(scenario(each)), (as_it_is, reworded))
    differences = [f"{name}: {one}" for name in plain for one in _differences(plain[name], other[name])]
    if differences:
        pytest.fail("decided otherwise by other words:\n" + "\n".join(differences), pytrace=False)
    # Tenants that wait for a person hide the exit code of drift (1), so drift is looked for among the outcomes.
    assert {code for code, _ in plain.values()} == {0, 2, 3}
    assert any("drifted" in row for row in plain["drifted"][1]["tenants"])
    prose = [(a, b) for a, b in zip(as_it_is.said, reworded.said, strict=True) if is_prose(a)]
    assert len(prose) > len(KINDS)
    assert [a for a, b in prose if a == b] == [], "messages that were not worded differently"


def _differences(plain: tuple[int, Json], other: tuple[int, Json]) -> list[str]:
    found = [f"exit code {plain[0]} -> {other[0]}"] if plain[0] != other[0] else []
    for name in plain[1] | other[1]:
        before, after = plain[1].get(name, []), other[1].get(name, [])
        found += [f"{name}: gone {row}" for row in before if row not in after]
        found += [f"{name}: new {row}" for row in after if row not in before]
    return found
