"""The shards of one phase on a work pool: runs of the deployment `tenants`, some of them at once.

Prefect says how a run ended; the ledger says whether the process of a shard still lives, and what it came to. A shard
that died is replaced by another one for the tenants that are left of it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.deployments.flow_runs import arun_deployment
from prefect.exceptions import PrefectException
from prefect.states import Crashed

from flows.pausing import why_paused
from flows.pool_checks import deployment_name
from flows.shard_work import LEASED, OnPause, show
from phonefleet.errors import PhonefleetError
from phonefleet.ledger.lease_reader import shard_lease
from phonefleet.model.enums import ShardPhase
from tasks.run_context import RunContext

LOOK_EVERY_SECONDS = 1.0
_SILENT_SECONDS = 15.0
"""After its lease has ended, a shard's run has this long to end too."""
_UNBEGUN_SECONDS = 30.0
_CLAIMED_SECONDS = 90.0
"""A worker that took a shard begins it within this time, or is gone: Prefect gives its run to no other worker."""
_STOP_SECONDS = 45.0
"""How long shards have to finish their writes in hand; a worker kills them 30 s after it was asked to stop them."""
_FRUITLESS_SHARDS = 3


class ShardsLost(PhonefleetError):
    """Shard after shard died or was refused without a result: the run stays open and can be continued."""


@dataclass
class _Shard:
    """A shard that was given away.

    Attributes:
        number: its number in the ledger.
        run: the id of its run in Prefect.
        domains: its tenants.
        given_at: when, on the monotonic clock.
        silent_since: since when its process is known not to live, on the monotonic clock; None while it may.
        claimed_since: since when a worker has it that has not begun it, on the monotonic clock.
        said: whether it was reported that no worker begins it.
    """

    number: int
    run: UUID
    domains: list[str]
    given_at: float = field(default_factory=time.monotonic)
    silent_since: float | None = None
    claimed_since: float | None = None
    said: bool = False


class PoolPhase:
    """One phase of a run on its work pool.

    Args:
        context: the run, which this process drives.
        phase: what is done.
        domains: the tenants.
        mark: the number of the last end of a phase before this one.
        on_pause: is called with the reason when a pause begins, and with an empty text when it ends.
        at_once: how many tenants can be worked on at once.
    """

    def __init__(
        self,
        context: RunContext,
        phase: ShardPhase,
        domains: list[str],
        mark: int,
        on_pause: OnPause,
        at_once: int,
    ) -> None:
        self._context = context
        self._phase = phase
        self._mark = self._seen = mark
        self._on_pause = on_pause
        size, self._at_once = context.fleet.execution.shard, min(context.fleet.execution.at_once, at_once)
        self._queue = deque(domains[i : i + size] for i in range(0, len(domains), size))
        self._shards: list[_Shard] = []
        self._given_up: list[list[str]] = []
        self._ended: set[str] = set()
        self._fruitless = 0
        self._pause: str | None = None
        self._unanswered = ""

    async def run(self) -> None:
        """Give every tenant to a shard, and wait for all shards.

        Raises:
            ShardsLost: no result came of several shards one after the other.
        """
        async with get_client() as client:
            try:
                while self._queue or self._shards or self._given_up:
                    await self._tell_pauses()
                    try:
                        while self._queue and len(self._shards) < max(1, self._at_once):
                            await self._give(client, self._queue[0])
                            self._queue.popleft()
                        await asyncio.sleep(LOOK_EVERY_SECONDS)
                        await self._look(client)
                        self._unanswered = ""
                    except (PrefectException, httpx.HTTPError) as error:
                        await self._note_unanswered(type(error).__name__)
            except BaseException:
                await self._stop(client)
                raise

    async def _note_unanswered(self, error: str) -> None:
        """Go on without an answer of Prefect's server: the shards do, and it may come back."""
        if error != self._unanswered:
            self._unanswered = error
            self._context.progress.say(
                f"Prefect's server does not answer ({error}); asked again every second"
            )
        await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _give(self, client: PrefectClient, domains: list[str]) -> None:
        context, fleet = self._context, self._context.fleet
        number = await context.ledger.shards.add.in_thread(context.leases.driver(), self._phase, domains)
        if self._phase in LEASED:
            context.leases.lend(domains)
        run: FlowRun = await arun_deployment(
            deployment_name(fleet),
            client=client,
            parameters={
                "fleet_checksum": fleet.checksum,
                "run": context.run_id,
                "phase": self._phase.value,
                "shard": number,
                "tenants": domains,
            },
            timeout=0,
            flow_run_name=f"{self._phase} {fleet.name} {context.run_id} shard {number}",
            tags=["phonefleet", fleet.name, "tenants", context.run_id],
            idempotency_key=f"{context.run_id} shard {number}",
        )
        self._shards.append(_Shard(number, run.id, domains))

    async def _look(self, client: PrefectClient) -> None:
        """Report new results, and find the shards that have ended or died."""
        states = await self._states(client)
        begun, live = await self._context.ledger.leases.begun_and_live.in_thread(
            shard_lease(shard.number) for shard in self._shards
        )
        await self._collect()
        for shard in list(self._shards):
            state, name = states.get(shard.run), shard_lease(shard.number)
            if state is not None and state.is_final():
                failure = (state.message or str(state.name)).partition("\n")[0]
                await self._end(shard, "" if state.is_completed() else failure)
            elif name in begun and name not in live:
                shard.silent_since = shard.silent_since or time.monotonic()
                if time.monotonic() - shard.silent_since > _SILENT_SECONDS:
                    await self._give_up(client, shard)
            elif name not in begun and state is not None and not state.is_scheduled():
                shard.claimed_since = shard.claimed_since or time.monotonic()
                if time.monotonic() - shard.claimed_since > _CLAIMED_SECONDS:
                    await self._give_up(client, shard)
            elif name not in begun:
                self._say_unbegun(shard)
        await self._take_back()

    async def _give_up(self, client: PrefectClient, shard: _Shard) -> None:
        """Let another shard have the tenants of one whose process is gone."""
        if not await self._context.leases.void(shard.number):
            return
        message = "its process is gone; the rest of its tenants goes to another shard"
        await client.set_flow_run_state(shard.run, Crashed(message=message), force=True)
        await self._end(shard, message)

    def _say_unbegun(self, shard: _Shard) -> None:
        if shard.said or time.monotonic() - shard.given_at < _UNBEGUN_SECONDS:
            return
        shard.said = True
        self._context.progress.say(
            f"shard {shard.number} ({len(shard.domains)} tenant(s)) waits for a worker: prefect worker start --pool "
            f"'{self._context.options.pool}'"
        )

    async def _states(self, client: PrefectClient) -> dict[UUID, State | None]:
        wanted = FlowRunFilter(id=FlowRunFilterId(any_=[shard.run for shard in self._shards]))
        runs = await client.read_flow_runs(flow_run_filter=wanted) if self._shards else []
        return {run.id: run.state for run in runs}

    async def _collect(self) -> None:
        """Report the results that were recorded since the last look."""
        context = self._context
        ends = await context.ledger.shards.ends.in_thread(context.run_id, self._phase, self._mark, self._seen)
        for end in ends:
            self._seen = max(self._seen, end.number)
            if end.domain not in self._ended:
                self._ended.add(end.domain)
                show(context.progress, self._phase, end.domain, end)

    async def _end(self, shard: _Shard, failure: str) -> None:
        """Note that a shard is over; what is left of one that failed is given to another."""
        await self._collect()
        self._shards.remove(shard)
        left = [domain for domain in shard.domains if domain not in self._ended]
        if not failure:
            self._fruitless = 0
            await self._reclaim(shard.domains)
            return
        self._fruitless = 0 if len(left) < len(shard.domains) else self._fruitless + 1
        self._context.progress.say(
            f"shard {shard.number}: {failure}; {len(left)} of its {len(shard.domains)} tenants are left"
        )
        if self._fruitless >= _FRUITLESS_SHARDS:
            raise ShardsLost(
                f"run {self._context.run_id}: {self._fruitless} shards in a row came to nothing on pool "
                f"{self._context.options.pool} (the last one: {failure}): correct that and give the same command to "
                "continue"
            )
        await self._reclaim([domain for domain in shard.domains if domain in self._ended])
        if left:
            self._given_up.append(left)

    async def _take_back(self) -> None:
        """Queue what is left of dead shards, once none of their processes can write any more."""
        for left in list(self._given_up):
            if not await self._reclaim(left):
                self._given_up.remove(left)
                self._queue.appendleft(left)

    async def _reclaim(self, domains: list[str]) -> bool:
        """Acquire leases that a shard had; return whether a process of this run still has one of them."""
        if self._phase not in LEASED:
            return False
        leases = self._context.leases
        conflicts = await leases.reclaim(domains)
        ours = [c.domain for c in conflicts if c.held is not None and c.held.run_id == self._context.run_id]
        leases.lend(ours)
        return bool(ours)

    async def _tell_pauses(self) -> None:
        """Tell the shards of pauses that they cannot see: a file on this machine, a pause of this flow run."""
        why = await why_paused(self._context)
        if why != self._pause:
            await self._context.ledger.runs.hold_up.in_thread(self._context.run_id, why)
            if why or self._pause:
                await self._on_pause(why)
            self._pause = why

    async def _stop(self, client: PrefectClient) -> None:
        """Stop the shards as a cancelled run stops, and take their leases back."""
        if self._shards:
            self._context.progress.say(f"stopping {len(self._shards)} shard(s) after their writes in hand")
        for shard in self._shards:
            await client.set_flow_run_state(shard.run, State(type=StateType.CANCELLING))
        end = time.monotonic() + _STOP_SECONDS
        waiting = {shard.run for shard in self._shards}
        while waiting and time.monotonic() < end:
            await asyncio.sleep(LOOK_EVERY_SECONDS / 2)
            states = await self._states(client)
            waiting = {run for run, state in states.items() if state is not None and not state.is_final()}
        for shard in self._shards:
            await self._reclaim(shard.domains)
