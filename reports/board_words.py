"""The state of a fleet in words: the three answers for a manager, what waits for whom, and the commands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from phonefleet.model.command_lines import typed
from phonefleet.model.reasons import REASONS
from phonefleet.model.spoken_time import spoken_roughly
from phonefleet.rollout.completion_forecast import CompletionForecast, NotKnown
from phonefleet.rollout.fleet_board import Direction, FleetBoard, OpenDecision, WaveTally
from phonefleet.rollout.tenant_state import NextCommand, TenantPosition, TenantState
from reports.status import Status
from reports.text import joined, plural, visible

STATES: dict[TenantState, str] = {
    TenantState.DONE: "done",
    TenantState.READY: "ready",
    TenantState.WAITING_FOR_YOU: "waiting for you",
    TenantState.WAITING_FOR_WAVE: "waiting for its wave",
    TenantState.NOTHING_TO_DO: "nothing to do",
    TenantState.FAILING: "failing now",
    TenantState.NOT_READ: "not read yet",
}
"""Each state as every report and command shows it, in the order of columns."""
LIGHTS: dict[TenantState, Status | None] = {
    TenantState.DONE: Status.GREEN,
    TenantState.WAITING_FOR_YOU: Status.AMBER,
    TenantState.FAILING: Status.RED,
    TenantState.NOT_READ: Status.AMBER,
}
"""The traffic light of a state; None for states that are neither good nor bad."""
DIRECTIONS = {Direction.BETTER: "better", Direction.WORSE: "worse", Direction.NEITHER: "changed"}
"""Each direction of a change, in a word."""
_NAMED = 3
_IN_COMMAND = 8
_NOT_KNOWN = {
    NotKnown.PACE: "how long a tenant takes, because no batch has ended",
    NotKnown.PEOPLE: "how long people take for what waits for them",
    NotKnown.UNREAD: "what the tenants need that were not read",
    NotKnown.CALENDAR: "when runs are started, maintenance windows and freezes",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A manager's question, its answer in a few words, and what supports it."""

    question: str
    light: Status
    text: str
    detail: str


def answers(board: FleetBoard) -> tuple[Answer, Answer, Answer]:
    """Return whether the fleet is safe, how far it is, and what it needs from its reader."""
    return _safety(board), _progress(board), _needed(board)


def board_status(board: FleetBoard) -> Status:
    """Return the worst light of the three answers."""
    return max((answer.light for answer in answers(board)), key=list(Status).index)


def _safety(board: FleetBoard) -> Answer:
    question = "Are we safe?"
    failing = board.counts[TenantState.FAILING]
    read = [each.read_at for each in board.tenants if each.read_at]
    when = f"Last read {span(min(read), max(read))}." if read else ""
    unsure = list(_unsure(board))
    if failing:
        names = named(each for each in board.tenants if each.state is TenantState.FAILING)
        text = f"No. Users of {plural(failing, 'tenant')} get no messages now: {names}."
        return Answer(question, Status.RED, text, _sentences(*unsure, when))
    if board.uncertain:
        return Answer(question, Status.RED, f"Not certain. {unsure[0]}", _sentences(*unsure[1:], when))
    if not read:
        return Answer(question, Status.AMBER, "Not known. No tenant was read yet.", "")
    if unsure:
        return Answer(question, Status.AMBER, f"As far as known. {unsure[0]}", _sentences(*unsure[1:], when))
    return Answer(question, Status.GREEN, "Yes. No tenant is known to fail.", when)


def _unsure(board: FleetBoard) -> Iterator[str]:
    """Yield why the answer is not certain, the gravest first."""
    if board.uncertain:
        verb = "was" if len(board.uncertain) == 1 else "were"
        yield (
            f"{plural(len(board.uncertain), 'tenant')} {verb} changed and not confirmed since: "
            f"{named(board.uncertain)}."
        )
    if board.unread:
        yield f"{plural(len(board.unread), 'tenant')} could not be read at the last attempt: {named(board.unread)}."
    if unknown := board.counts[TenantState.NOT_READ]:
        yield f"{plural(unknown, 'tenant was', 'tenants were')} never read."


def _progress(board: FleetBoard) -> Answer:
    counts, needed = board.counts, board.to_migrate
    question, done = "How far are we?", counts[TenantState.DONE]
    rest = [
        f"{counts[state]:,} {STATES[state]}"
        for state in STATES
        if state is not TenantState.DONE and counts[state]
    ]
    detail = _sentences(f"{joined(rest).capitalize()}." if rest else "", *forecast_sentences(board.forecast))
    if not board.tenants:
        return Answer(question, Status.GREEN, "The fleet has no tenants.", "")
    if not needed:
        return Answer(question, Status.GREEN, "Nothing to migrate in any tenant.", detail)
    if done == needed:
        return Answer(question, Status.GREEN, f"Done: all {needed:,} tenants that need it.", detail)
    text = f"{done:,} of {plural(needed, 'tenant')} done ({100 * done // needed} %)."
    light = Status.AMBER if board.forecast.is_late else Status.GREEN
    return Answer(question, light, text, detail)


def _needed(board: FleetBoard) -> Answer:
    question, counts = "What do you need from me?", board.counts
    waiting = counts[TenantState.WAITING_FOR_YOU] + counts[TenantState.FAILING]
    following = _following(board)
    if counts[TenantState.FAILING]:
        first = board.decisions[0]
        text = f"Repair {named(first.tenants)} now."
        others = (
            f"{plural(waiting - len(first.tenants), 'other tenant')} " if waiting > len(first.tenants) else ""
        )
        more = f"{others}{'waits' if others.startswith('1 ') else 'wait'} for you." if others else ""
        return Answer(question, Status.RED, text, _sentences(more, following))
    if waiting:
        kinds = plural(len(board.decisions), "decision or repair", "decisions or repairs")
        text = f"{kinds} for {plural(waiting, 'tenant')}, listed below."
        return Answer(question, Status.AMBER, text, following)
    if counts[TenantState.NOT_READ]:
        text = f"Read {plural(counts[TenantState.NOT_READ], 'tenant')}: phonefleet assess {board.file}"
        return Answer(question, Status.AMBER, text, following)
    return Answer(question, Status.GREEN, "Nothing.", following)


def _following(board: FleetBoard) -> str:
    wave = board.next_wave
    if wave is None:
        return ""
    ready = wave.counts[TenantState.READY]
    return f"Next: wave {visible(wave.wave.name)}, {plural(ready, 'tenant')} ready."


def forecast_sentences(forecast: CompletionForecast) -> Iterator[str]:
    """Yield when the rest is done, as far as it is known, and what is not known."""
    if not forecast.left:
        return
    if forecast.foreseen and forecast.foreseen[1]:
        early, late_end = (spoken_roughly(each) for each in forecast.foreseen)
        yield f"Foreseen for the waves left: {early if early == late_end else f'{early} to {late_end}'}."
    elif forecast.work is not None and forecast.earliest is not None:
        yield (
            f"The {plural(forecast.left, 'tenant')} left take about {spoken_roughly(forecast.work)} "
            f"at the pace of {plural(forecast.measured, 'tenant')} so far: "
            f"not before {moment(forecast.earliest)}."
        )
    if forecast.deadline:
        late = "; the forecast is later" if forecast.is_late else ""
        yield f"Deadline {moment(forecast.deadline)}{late}."
    if forecast.not_known:
        yield f"Not known: {joined(_NOT_KNOWN[each] for each in forecast.not_known)}."


def wave_times(wave: WaveTally) -> str:
    """Return what the fleet file plans for a wave, and when it ran."""
    planned = [
        f"planned from {moment(wave.wave.not_before)}" if wave.wave.not_before else "",
        f"deadline {moment(wave.wave.deadline)}" if wave.wave.deadline else "",
    ]
    if wave.forecast:
        foreseen = wave.forecast.earliest_end - wave.forecast.starts_at
        planned.append(f"foreseen {spoken_roughly(foreseen)} for {plural(wave.forecast.tenants, 'tenant')}")
    ran = f"started {moment(wave.started_at)}" if wave.started_at else "not started"
    if wave.ended_at and wave.took is not None:
        ran += f", last batch ended {moment(wave.ended_at)}, took {spoken_roughly(wave.took)}"
    return "; ".join(part for part in (*planned, ran) if part)


def since_sentence(board: FleetBoard) -> str:
    """Return what the changes are counted from."""
    since = board.since
    if since is None:
        return "No earlier run to compare with."
    if since.waves:
        waves = "wave" if len(since.waves) == 1 else "waves"
        names = joined(visible(wave) for wave in since.waves)
        return f"Since the end of {waves} {names} on {moment(since.at)}" + (
            ":" if board.changes else ": nothing changed."
        )
    return f"Since the first run, {since.verb}, on {moment(since.at)}" + (
        ":" if board.changes else ": nothing changed."
    )


def change_rows(board: FleetBoard) -> list[tuple[Direction, str, str, tuple[str, ...]]]:
    """Return direction, state before, state now and tenants of each kind of change: worse first, then better."""
    rows: dict[tuple[Direction, TenantState, TenantState], list[str]] = {}
    for change in board.changes:
        rows.setdefault((change.direction, change.before, change.after), []).append(change.domain)
    order = [Direction.WORSE, Direction.BETTER, Direction.NEITHER]
    ranked = sorted(rows.items(), key=lambda item: (order.index(item[0][0]), -len(item[1])))
    return [
        (towards, STATES[before], STATES[after], tuple(domains))
        for (towards, before, after), domains in ranked
    ]


def meaning(decision: OpenDecision) -> str:
    """Return why these tenants wait."""
    return REASONS[decision.reason].meaning if decision.reason else "The tenant was rolled back on purpose."


def next_step(decision: OpenDecision) -> str:
    """Return what a person does next."""
    if decision.reason:
        return REASONS[decision.reason].next_step
    return "Decide when to migrate it again."


def owners(decision: OpenDecision) -> str:
    """Return whom to ask."""
    names = list(dict.fromkeys(each.owner for each in decision.tenants if each.owner))
    if not names:
        return "no owner named"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"ask {', '.join(visible(name) for name in names[:_NAMED])}{more}"


def command(board: FleetBoard, decision: OpenDecision) -> str:
    """Return the exact command that follows the next step, for at most eight tenants; empty without one."""
    domains = [each.domain for each in decision.tenants[:_IN_COMMAND]]
    tenants = [word for domain in domains for word in ("--tenant", domain)]
    match decision.command:
        case NextCommand.APPROVE:
            return typed("approve", "plan.json", "--fleet", board.file, *tenants, "--reason", "WHY")
        case NextCommand.PLAN:
            return typed("plan", board.file)
        case NextCommand.MIGRATE:
            return typed("migrate", board.file, *tenants)
        case NextCommand.RESUME:
            return board.continuations.get(decision.run_id, "")
        case NextCommand.REPEAT:
            return typed(decision.verb or "rollback", board.file, *tenants)
        case NextCommand.ACCEPT:
            accepted = [word for domain in domains for word in ("--accept", domain)]
            return typed("compliance", board.file, *accepted)
        case NextCommand.CHECK:
            return typed("compliance", board.file)
        case NextCommand.TEST:
            return typed("compliance", board.file, "--test")
        case NextCommand.DOCTOR:
            return typed("doctor", board.file)
        case NextCommand.ASSESS:
            return typed("assess", board.file)
        case None:
            return ""


def more_in_command(decision: OpenDecision) -> int:
    """Return how many tenants the command leaves out."""
    per_tenant = decision.command in (
        *(NextCommand.APPROVE, NextCommand.MIGRATE, NextCommand.REPEAT),
        NextCommand.ACCEPT,
    )
    return max(0, len(decision.tenants) - _IN_COMMAND) if per_tenant else 0


def named(some: Iterable[TenantPosition]) -> str:
    """Return the first domains and how many more there are."""
    domains = [visible(each.domain) for each in some]
    more = len(domains) - _NAMED
    return joined([*domains[:_NAMED], *([f"{more:,} more"] if more > 0 else [])])


def moment(at: datetime) -> str:
    """Return a moment as reports show it."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def span(first: datetime, last: datetime) -> str:
    """Return two moments as one, or as a range."""
    return moment(first) if moment(first) == moment(last) else f"between {moment(first)} and {moment(last)}"


def _sentences(*parts: str) -> str:
    return " ".join(part for part in parts if part)
