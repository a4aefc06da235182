"""Killed with SIGKILL at any point, a rollback or a finalization is finished by the next one, a run of its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.crash.crash_bench import (
    CrashBench,
    check_nothing_lost_and_nothing_twice,
    simulated,
)
from tests.crash.crash_table import POINTS, REMOVED, REVERTED
from tests.crash.test_matrix import ADOPT, SCENES, THEIR_ACTION, Scene, set_scene
from tests.write_log import REQUESTS, WRITES, kind_of

AFTER = {
    "unbind_action": Scene("action_multi_trigger"),
    "clear_gateway_secret": Scene("passwordless_gateway"),
    "clear_connection_twilio": Scene("mfa_and_passwordless_twilio"),
}
REVERTING = {
    "deploy_action": Scene(
        "passwordless_gateway", ADOPT, there=("actions/actions", THEIR_ACTION), deployed=True
    )
}
"""Where what is to be reverted needs another scene than its step."""
NAMES = {"clear_gateway_secret": "gw1"}
"""A tenant whose gateway signs its requests."""
FAST = {
    ("revert switch_tenant", "before_outcome"),
    ("unbind_action", "answer_lost"),
    ("clear_gateway_secret", "after_intent"),
}
"""One of each verb and kind of danger; the rest are slow verifications."""


def cells() -> Iterator[Any]:
    for kind in (*(f"revert {kind}" for kind in REVERTED), *REMOVED):
        for point in POINTS:
            marks = [] if (kind, point) in FAST else [pytest.mark.slow]
            yield pytest.param(kind, point, marks=marks, id=f"{kind.replace(' ', '_')}-{point}")


def migrated(bench: CrashBench, kind: str) -> tuple[str, str]:
    """Make a migrated tenant that has something to revert or remove; return its domain and the verb."""
    reverting, _, forward = kind.rpartition(" ")
    scene = REVERTING.get(forward, SCENES[forward]) if reverting else AFTER[kind]
    domain = set_scene(bench, NAMES.get(kind, forward), scene)
    done = bench.work()
    assert done.endings() == {domain: ("migrated", "")}, (done.out, done.err)
    return domain, "rollback" if reverting else "finalize"


def written(bench: CrashBench, domain: str, kind: str) -> int:
    """How many writes like this kind's have been applied."""
    return [kind_of(seen) for seen in bench.writes(domain)].count(WRITES.get(kind, kind))


@cache
def undisturbed(kind: str) -> Any:
    """How the tenant ends if no process is killed."""
    with TemporaryDirectory() as scratch, simulated(Path(scratch)) as bench:
        domain, verb = migrated(bench, kind)
        before = written(bench, domain, kind)
        whole = bench.work(verb=verb)
        ending = "rolled_back" if verb == "rollback" else "finalized"
        assert whole.endings() == {domain: (ending, "")}, (whole.out, whole.err)
        assert written(bench, domain, kind) == before + 1
        check_nothing_lost_and_nothing_twice(bench, domain)
        return bench.state(domain)


@pytest.mark.parametrize(("kind", "point"), list(cells()))
def test_the_next_run_finishes_a_killed_one(
    kind: str, point: str, tmp_path: Path, record_property: Any
) -> None:
    """After SIGKILL at any point of any revert or removal the tenant ends as without it."""
    with simulated(tmp_path) as bench:
        domain, verb = migrated(bench, kind)
        before = written(bench, domain, kind)
        if point == "answer_lost":
            method, path = REQUESTS[WRITES.get(kind, kind)]
            bench.faults({"method": method, "path": path, "times": 1, "effect": "drop_after"})
        first = bench.work(verb=verb, point=point, kind=kind)
        assert first.code == -9, (first.out, first.err)
        bench.faults()
        assert written(bench, domain, kind) - before == (point not in ("before_intent", "after_intent"))

        second = bench.work(verb=verb)
        assert second.code == 0, second.err
        ((outcome, reason),) = second.endings().values()
        record_property("crash_cell", (kind, point, f"{outcome} {reason}".strip()))
        # What a run that died has reverted or removed is reported by the next one.
        assert (outcome, reason) == ("rolled_back" if verb == "rollback" else "finalized", "")
        check_nothing_lost_and_nothing_twice(bench, domain)
        assert bench.state(domain) == undisturbed(kind)
