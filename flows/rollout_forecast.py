"""Foresee how long each wave takes, from the plans, the pace at which tenants answered, and what earlier runs took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from configs import OrderBy, TenantRef
from flows.pace import Pace
from flows.tenant_pages import tenant_pages
from phonefleet.auth0.rate_limits import LIMITS, OTHERS
from phonefleet.auth0.token_bucket import left_to_others
from phonefleet.model.enums import StepKind
from phonefleet.model.spoken_time import spoken
from phonefleet.model.wave_forecast import WaveForecast, basis_text
from phonefleet.rollout.forecast import RolloutOutlook, forecast_waves
from phonefleet.rollout.ordering import size_of_use
from phonefleet.rollout.tenant_cost import Allowance, ApiPace, PlannedWork, work_of
from phonefleet.rollout.waves import Batch, schedule
from tasks.run_context import RunContext


async def forecast_plan(context: RunContext, domains: Iterable[str]) -> None:
    """Forecast a migration of those of the tenants that have a plan, if it started now."""
    outline = await context.ledger.runs.outline.in_thread(context.run_id)
    planned = {tenant.domain for tenant in outline.tenants if tenant.plan_checksum}
    tenants = [context.tenants[domain] for domain in domains if domain in planned]
    uses = await sizes_of_use(context, (tenant.domain for tenant in tenants))
    await forecast_rollout(context, schedule(tenants, context.fleet.waves, uses))


async def sizes_of_use(context: RunContext, domains: Iterable[str]) -> dict[str, int]:
    """Return the size of each assessed tenant's use, by domain; none of them where no wave is ordered by it."""
    if all(wave.order.by is not OrderBy.USE for wave in context.fleet.waves):
        return {}
    found: dict[str, int] = {}
    async for page in tenant_pages(context, domains):
        found |= {tenant.domain: size_of_use(tenant.assessment) for tenant in page if tenant.assessment}
    return found


async def forecast_rollout(
    context: RunContext, batches: Sequence[Batch], *, is_revised: bool = False
) -> None:
    """Forecast these batches as they would run from now on, record it, and report it.

    Args:
        context: the run.
        batches: in the order in which they run.
        is_revised: whether an earlier wave of the run has ended, which measured builds and logs.
    """
    domains = [domain for batch in batches for domain in batch.domains]
    pace, works = await _measured_pace(context, domains), dict[str, PlannedWork]()
    async for page in tenant_pages(context, domains):
        works |= {tenant.domain: work_of(tenant.plan, pace) for tenant in page if tenant.plan is not None}
    timing = Pace.of_run(context)
    outlook = RolloutOutlook(
        batches=batches,
        works=works,
        allowances={domain: allowance_of(context.tenants[domain]) for domain in domains},
        times=timing.times,
        caps=timing.caps,
        rollout=context.fleet.rollout,
        pace=pace,
        is_revised=is_revised,
    )
    waves = forecast_waves(outlook, timing.clock.now())
    await context.ledger.waves.add_forecasts.in_thread(context.run_id, waves)
    for wave in waves:
        context.progress.say(sentence(wave))


def allowance_of(tenant: TenantRef) -> Allowance:
    """Return what the client takes of the rate limit that Auth0 publishes for a tenant's tier."""
    limit = LIMITS[tenant.tier][OTHERS]
    return Allowance(limit.burst - left_to_others(limit.burst), limit.per_second)


async def _measured_pace(context: RunContext, domains: Sequence[str]) -> ApiPace:
    """Return the pace that this run has seen; what it has not seen is taken from earlier runs, or assumed.

    Args:
        context: the run.
        domains: tenants that this run has read and not changed.
    """
    ledger, meter, assumed = context.ledger, context.meter, ApiPace()
    build = mean_of(await ledger.steps.recent_durations.in_thread(StepKind.DEPLOY_ACTION))
    lag = mean_of(await ledger.messages.recent_lags.in_thread())
    waits = replace(
        assumed,
        build=build or assumed.build,
        log_lag=lag or assumed.log_lag,
        build_is_recorded=build is not None,
        log_lag_is_recorded=lag is not None,
    )
    if not meter.requests:
        return waits
    reads = round(meter.per_tenant(domains)) or assumed.reads
    return replace(
        waits,
        latency=meter.latency,
        cpu=meter.cpu,
        reads=reads,
        readings=meter.readings(domains),
        measured=True,
    )


def mean_of(times: list[timedelta]) -> timedelta | None:
    """Return the mean; None of nothing."""
    return sum(times, timedelta()) / len(times) if times else None


def sentence(wave: WaveForecast) -> str:
    """Return a forecast as a sentence for the terminal."""
    parts = [
        f"{wave.tenants} tenant(s)",
        f"{wave.requests} requests",
        f"{spoken(wave.active)} of work" + (f" and {spoken(wave.soak)} of soak" if wave.soak else ""),
        *_messages(wave.messages),
        *([f"{wave.one_way} cannot be taken back"] if wave.one_way else []),
        *([f"{wave.no_opening} have no opening"] if wave.no_opening else []),
    ]
    return (
        f"forecast of wave {wave.wave}: {', '.join(parts)}; ends between {wave.earliest_end:%Y-%m-%d %H:%M} and "
        f"{wave.latest_end:%Y-%m-%d %H:%M} UTC{'; ' if wave.basis else ''}{basis_text(wave.basis)}"
    )


def _messages(messages: Mapping[str, int]) -> list[str]:
    return [f"{count} test message(s) to …{number[-2:]}" for number, count in sorted(messages.items())]
