"""Examine a `custom-phone-provider` Action: what it does with each kind of message that a tenant needs.

It runs on the documented events of the trigger, which shows nothing about other events.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from itertools import chain, islice

from phonefleet.actions.embedded_secrets import Mask, mask_secrets
from phonefleet.actions.reason_codes import VerificationCode
from phonefleet.actions.verify.compare import TELEMETRY, delivers
from phonefleet.actions.verify.enrichment import Lookups, enriched, value_of
from phonefleet.actions.verify.kept_results import KeptResult
from phonefleet.actions.verify.obstacles import obstacles
from phonefleet.actions.verify.programs import Conditions, run_on
from phonefleet.actions.verify.sample_events import new_event
from phonefleet.actions.verify.sample_message import Message, Method, Purpose, stored_messages
from phonefleet.actions.verify.secret_values import Form, reshaped, stand_ins
from phonefleet.actions.verify.served import does_the_same, doubt_of, missing_packages
from phonefleet.actions.verify.traces import ProgramRun, Trace, strings_in
from phonefleet.actions.verify.variations import FIELDS, numbers_in, varied, words_in

MAX_CODE_CHARS = 400_000
CACHE_SIZE = 512
"""Results kept: fleets run the same Action in many tenants."""
_ANSWERS = ("ok", "ok (201)", "ok (text)", "ok (empty)")
"""The network accepts every request: what an Action does after a refusal is not examined."""
_PER_NEED = 8
_ROUNDS = 4
_TRIALS = 120
_SEARCH_CPU_SECONDS = 3.0
_BROKEN = frozenset({VerificationCode.SYNTAX, VerificationCode.NO_HANDLER, VerificationCode.LOAD})
_FIELDS = {**FIELDS, "notification.locale": "locale"}
_LOOKED_UP = ("user_metadata", "app_metadata", "metadata", "configuration")


class Handling(StrEnum):
    """What an Action does with one kind of message."""

    SENDS = "sends"
    """Sends one request with the recipient and the code or text, on every event."""
    DROPS = "drops"
    RETRIES = "retries"
    """Requests a retry each time, so the message is dropped after the last one."""
    SENDS_NOTHING = "sends_nothing"
    THROWS = "throws"
    UNKNOWN = "unknown"
    """The runs do not show whether users get the message."""


@dataclass(frozen=True, slots=True)
class MessageNeed:
    """A kind of message that the tenant's users need.

    Attributes:
        purpose: why it is sent.
        method: how it is sent.
        connection: the name of the connection that sends it; empty for MFA.
        strategy: of that connection.
    """

    purpose: Purpose
    method: Method
    connection: str = ""
    strategy: str = ""

    def __str__(self) -> str:
        where = f" of connection {self.connection}" if self.connection else ""
        return f"{self.purpose} by {self.method}{where}"


@dataclass(frozen=True, slots=True)
class NeedResult:
    """What an Action did with one kind of message, on how many events, and why (for people; without secrets)."""

    need: MessageNeed
    handling: Handling
    events: int
    detail: str = ""


@lru_cache(maxsize=CACHE_SIZE)
def examine(
    code: str, secret_names: frozenset[str], packages: frozenset[str], needs: tuple[MessageNeed, ...]
) -> tuple[NeedResult, ...]:
    """Run an Action on the events of each need; a bad program never raises from here.

    Results are kept in this process, and over runs where the Action sends everything.

    Args:
        code: its source.
        secret_names: the names of all of its secrets, as Auth0 shows them; their values are stand-ins.
        packages: the names of its npm packages; Auth0 offers it no other.
        needs: what the tenant needs.
    """
    return _examine_once(code, secret_names, packages, needs)


def _examine(
    code: str, secret_names: frozenset[str], packages: frozenset[str], needs: tuple[MessageNeed, ...]
) -> tuple[NeedResult, ...]:
    if len(code) > MAX_CODE_CHARS:
        detail = f"it has {len(code)} characters; at most {MAX_CODE_CHARS} can be run"
        return tuple(NeedResult(need, Handling.UNKNOWN, 0, detail) for need in needs)
    trial = _settle(code, secret_names, _messages_of(needs))
    mask = Mask.of(code)
    results = [
        _without_parts(result, trial, packages)
        if result.handling is Handling.SENDS
        else _with_assumption(code, trial, result)
        for result in _results(needs, trial)
    ]
    results = _with_doubts(code, trial, results)
    return tuple(replace(result, detail=mask.hide(result.detail)) for result in results)


def _sends_all(results: tuple[NeedResult, ...]) -> bool:
    return bool(results) and all(result.handling is Handling.SENDS for result in results)


_examine_once = KeptResult(_examine, _sends_all, mask_secrets)


# ---- the messages ------------------------------------------------------------------------------------------------


def _messages_of(needs: Sequence[MessageNeed]) -> tuple[Message, ...]:
    """Return the messages of all needs, `_PER_NEED` for each, in order."""
    return tuple(message for need in needs for message in _messages_for(need))


def _messages_for(need: MessageNeed) -> Iterator[Message]:
    """Yield messages with every field that the trigger's event reference does not call optional."""
    for index, message in enumerate(stored_messages()[:_PER_NEED]):
        kind = replace(
            message.kind,
            purpose=need.purpose,
            method=need.method,
            answers=_ANSWERS[index % len(_ANSWERS)],
        )
        connection = (
            {"id": "con_needed", "name": need.connection, "strategy": need.strategy, "metadata": {}}
            if need.connection
            else None
        )
        yield replace(
            message,
            kind=kind,
            connection=connection,
            client=message.client or {"client_id": "client", "name": "An App", "metadata": {}},
            user={"user_metadata": {}, "app_metadata": {}, **message.user},
            keeps_http_method=True,
        )


@dataclass(frozen=True, slots=True)
class _Trial:
    """The messages, the conditions, and the run of the Action on them."""

    messages: tuple[Message, ...]
    conditions: Conditions
    run: ProgramRun


def _run(code: str, messages: tuple[Message, ...], conditions: Conditions) -> _Trial:
    run = run_on(code, [(m, new_event(m, {}), False) for m in messages], conditions)
    return _Trial(messages, conditions, run)


def _settle(code: str, names: frozenset[str], messages: tuple[Message, ...]) -> _Trial:
    """Run the Action until its secrets have the form that it needs and its lookups find something."""
    forms: dict[str, Form] = {}
    lookups: Lookups = frozenset()
    addresses: Lookups = frozenset()
    trial = _run(code, messages, Conditions(tuple(stand_ins(names, code).items())))
    for _ in range(_ROUNDS):
        known = (dict(forms), lookups, addresses)
        called = trial.run.notes_of("asks address")
        addresses |= {pair for pair in lookups if any(text.startswith(value_of(*pair)) for text in called)}
        lookups |= {(place, key) for place in _LOOKED_UP for key in trial.run.notes_of(f"missing {place}")}
        forms |= reshaped(trial.run, dict(trial.conditions.secrets))
        if (forms, lookups, addresses) == known:
            break
        conditions = Conditions(tuple(stand_ins(names, code, forms).items()))
        trial = _run(code, enriched(messages, lookups, addresses), conditions)
    return trial


# ---- what the runs show ------------------------------------------------------------------------------------------


def _results(needs: Sequence[MessageNeed], trial: _Trial) -> list[NeedResult]:
    reasons = obstacles(trial.run, "Action")
    if broken := next((reason for reason in reasons if reason.code in _BROKEN), None):
        return [NeedResult(need, Handling.THROWS, 0, broken.message) for need in needs]
    if len(trial.run.raw) < len(trial.messages):
        detail = "; ".join(reason.message for reason in reasons) or "it cannot be run to its end"
        return [NeedResult(need, Handling.UNKNOWN, 0, detail) for need in needs]
    opaque = [f"{name} has no model" for name in trial.run.notes_of("recorder")]
    hindered = "; ".join([*(reason.message for reason in reasons), *opaque])
    return [_result(need, index, trial, hindered) for index, need in enumerate(needs)]


def _result(need: MessageNeed, index: int, trial: _Trial, hindered: str) -> NeedResult:
    start = index * _PER_NEED
    runs = range(start, min(start + _PER_NEED, len(trial.messages)))
    seen = [_handling(trial.run.trace(i), trial.messages[i]) for i in runs]
    sent = sum(handling is Handling.SENDS for handling, _ in seen)
    if sent == len(seen):
        return NeedResult(need, Handling.SENDS, len(seen))
    failed = [each for each in seen if each[0] is not Handling.SENDS]
    handling, detail = next((each for each in failed if each[0] is Handling.UNKNOWN), failed[0])
    if sent:
        handling, detail = (
            Handling.UNKNOWN,
            f"it sends on {sent} of {len(seen)} events; on another it {detail}",
        )
    elif hindered and handling is not Handling.UNKNOWN:
        handling, detail = Handling.UNKNOWN, f"it {detail}, and that may be due to this: {hindered}"
    else:
        detail = f"it {detail}"
    return NeedResult(need, handling, len(seen), detail)


def _handling(trace: Trace, message: Message) -> tuple[Handling, str]:
    """Return what one run did; the text continues a sentence that begins with `it`."""
    if delivers(trace, message):
        doubt = doubt_of(trace, message)
        return (Handling.UNKNOWN, doubt) if doubt else (Handling.SENDS, "")
    if asked := [call.path for call in trace.calls if _asks(trace, call.number)]:
        return Handling.UNKNOWN, f"calls {asked[0]} without the recipient or without the code and text"
    match trace.end, trace.decided:
        case "threw", _:
            return Handling.THROWS, f"throws {': '.join(trace.error or ('an error',))}"
        case "returned", "drop":
            return Handling.DROPS, "drops the message"
        case "returned", "retry":
            return Handling.RETRIES, "requests a retry each time"
        case "returned", _:
            return Handling.SENDS_NOTHING, "returns and sends nothing"
        case _:
            return Handling.UNKNOWN, "does not end"


def _asks(trace: Trace, number: int | None) -> bool:
    """Whether a call reaches something outside that may deliver, or decide, what becomes of the message."""
    if number is None:
        return False
    call = next(call for call in trace.calls if call.number == number)
    return not TELEMETRY.search(" ".join([call.path, *strings_in(call.args)]))


def _without_parts(result: NeedResult, trial: _Trial, packages: frozenset[str]) -> NeedResult:
    """Doubt an Action that reads secrets or loads packages that it does not have: what it then does may fail."""
    for parts, missing in (
        ("reads secrets", trial.run.notes_of("missing secrets")),
        ("loads packages", missing_packages(trial.run, packages)),
    ):
        if missing:
            detail = f"it {parts} that it does not have: {', '.join(missing)}"
            return replace(result, handling=Handling.UNKNOWN, detail=detail)
    return result


# ---- under an assumption -----------------------------------------------------------------------------------------


def _with_assumption(code: str, trial: _Trial, result: NeedResult) -> NeedResult:
    """Look for a value of a secret or of the event with which the Action sends; then it depends on that value."""
    messages = _of(result.need, trial)
    used = 0.0
    for what, tried, conditions in islice(_variants(code, messages, trial.conditions), _TRIALS):
        run = _run(code, tried, conditions).run
        used += run.cpu_seconds
        if run.stopped is not None or used > _SEARCH_CPU_SECONDS:
            break
        if len(run.raw) == len(tried) and any(delivers(run.trace(i), m) for i, m in enumerate(tried)):
            detail = f"it sends only with {what}, and whether that is so is not known"
            return replace(result, handling=Handling.UNKNOWN, detail=detail)
    return result


def _of(need: MessageNeed, trial: _Trial) -> tuple[Message, ...]:
    """Return the messages of one need."""
    return tuple(
        m
        for m in trial.messages
        if (m.kind.purpose, m.kind.method) == (need.purpose, need.method)
        and (m.connection or {}).get("name", "") == need.connection
    )


def _variants(
    code: str, messages: tuple[Message, ...], conditions: Conditions
) -> Iterator[tuple[str, tuple[Message, ...], Conditions]]:
    """Yield other conditions in words, and the messages and conditions themselves, the likeliest first."""
    for start in numbers_in(code):
        yield f"recipients in {start}", varied(messages, "recipient", start), conditions
    words = words_in(code)
    for name, _ in conditions.secrets:
        for word in words:
            secrets = tuple((key, word if key == name else value) for key, value in conditions.secrets)
            yield f"secret {name} = {word!r}", messages, replace(conditions, secrets=secrets)
    for field, token in _FIELDS.items():
        for word in words if token in code else ():
            yield f"event.{field} = {word!r}", varied(messages, field, word), conditions


# ---- doubts about what is sent -----------------------------------------------------------------------------------


def _with_doubts(code: str, trial: _Trial, results: list[NeedResult]) -> list[NeedResult]:
    """Doubt what an Action sends where a message is spoken, or where a value that its code names stops it."""
    served = [result.need for result in results if result.handling is Handling.SENDS]
    doubts = dict.fromkeys((n for n in served if n.method is Method.VOICE), _no_call(code, trial, served))
    doubts |= _exceptions(code, trial, [n for n in served if not doubts.get(n)])
    return [
        replace(result, handling=Handling.UNKNOWN, detail=doubt)
        if (doubt := doubts.get(result.need))
        else result
        for result in results
    ]


def _no_call(code: str, trial: _Trial, served: Sequence[MessageNeed]) -> str:
    """Say so if messages by voice lead to the same requests as messages by text with the same words."""
    spoken = [replace(m, text=m.voice) for n in served if n.method is Method.VOICE for m in _of(n, trial)]
    written = [replace(m, kind=replace(m.kind, method=Method.TEXT)) for m in spoken]
    if not spoken:
        return ""
    run = _run(code, (*spoken, *written), trial.conditions).run
    if len(run.raw) < 2 * len(spoken):
        return "it cannot be run to its end on messages by voice and by text with the same words"
    if all(does_the_same(run.trace(i), run.trace(i + len(spoken))) for i in range(len(spoken))):
        return "it sends the same requests by voice as by text, so no run shows that it calls the user"
    return ""


def _exceptions(code: str, trial: _Trial, served: Sequence[MessageNeed]) -> dict[MessageNeed, str]:
    """Look for a value that the code names, or another time, with which the Action does not send."""
    messages = tuple(m for need in served for m in _of(need, trial))
    found: dict[MessageNeed, str] = {}
    if not messages:
        return found
    another_time = ("another time of day or random number", messages, replace(trial.conditions, shifted=True))
    variants = (v for v in _variants(code, messages, trial.conditions) if v[2] == trial.conditions)
    for what, tried, conditions in islice(chain([another_time], variants), _TRIALS):
        run = _run(code, tried, conditions).run
        if len(run.raw) < len(tried):
            # It hangs on this value, or the process died: what it does with this value and the rest is not known.
            return dict.fromkeys(served, f"with {what} it cannot be run to its end") | found
        for index, message in enumerate(tried):
            handling, detail = _handling(run.trace(index), message)
            need = served[index // _PER_NEED]
            if handling is not Handling.SENDS and need not in found:
                found[need] = f"with {what} it {detail}"
        if len(found) == len(served):
            break
    return found
