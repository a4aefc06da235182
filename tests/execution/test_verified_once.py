"""The Actions of a fleet are verified once over all runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from phonefleet.actions.verify.kept_results import MEMORY
from phonefleet.actions.verify.pool import POOL
from phonefleet.actions.verify.serving import examine
from phonefleet.assessment import merged_action, provider_action
from tests.tenant_bench import TenantBench


def forget_this_process() -> None:
    """Do what the end of a process does to the results in its memory."""
    for cached in (
        provider_action._translate,
        provider_action._translate_gateway,
        merged_action._merge,
        examine,
    ):
        cached.cache_clear()
    MEMORY.clear()


def programs_run() -> dict[int, int]:
    return {worker.process.pid: worker.jobs for worker in POOL._idle}


KINDS = ("action_single", "passwordless_gateway", "merged", "foreign_action_deployed")


async def test_a_second_run_verifies_nothing(bench: TenantBench) -> None:
    tenants = [await bench.tenant(kind) for kind in KINDS]
    forget_this_process()
    before = programs_run()
    first = [await tenant.assess() for tenant in tenants]
    ran = programs_run()
    assert ran != before
    forget_this_process()
    second = [await tenant.assess() for tenant in tenants]
    assert programs_run() == ran, "the ledger has every result"
    assert [each.judgement for each in second] == [each.judgement for each in first]
    assert [each.plan for each in second] == [each.plan for each in first]


def rename_secret(version: Any) -> None:
    name = sorted(version.secrets)[0]
    version.secrets["RENAMED"] = version.secrets.pop(name)


def add_dependency(version: Any) -> None:
    version.dependencies.append({"name": "lodash", "version": "4.17.21"})


def change_code(version: Any) -> None:
    version.code += "\n"


@pytest.mark.parametrize("kind", ["action_single", "foreign_action_deployed"])
@pytest.mark.parametrize("change", [rename_secret, add_dependency, change_code])
async def test_a_changed_action_is_verified(
    bench: TenantBench, kind: str, change: Callable[[Any], None]
) -> None:
    tenant = await bench.tenant(kind)
    forget_this_process()
    await tenant.assess()
    ran = programs_run()
    for action in bench.world.fleet.get(tenant.domain).actions.values():
        for each in (action, *action.versions):
            change(each)
    forget_this_process()
    await tenant.assess()
    assert programs_run() != ran
