"""The verification that an Action and its translation do the same, by running both on the same messages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from phonefleet.actions.translation_model import (
    Counterexample,
    NpmPackage,
    OriginalKind,
    Verification,
    VerificationResult,
)
from phonefleet.actions.verify.compare import difference, dropped_alike
from phonefleet.actions.verify.corpus import corpus
from phonefleet.actions.verify.discover import Setting, settle
from phonefleet.actions.verify.gateway import verify_gateway
from phonefleet.actions.verify.obstacles import obstacles, remarks, waits_forever
from phonefleet.actions.verify.program_run import ProgramRun
from phonefleet.actions.verify.programs import Conditions, in_order, run_again, run_original, run_translation
from phonefleet.actions.verify.sample_events import OTHER_TYPES, legacy_event, new_event
from phonefleet.actions.verify.sample_message import Message
from phonefleet.actions.verify.secret_values import names_in
from phonefleet.actions.verify.shrink import by_size, simpler
from phonefleet.actions.verify.traces import Trace

MAX_CODE_CHARS = 400_000
_SHIFTED = 8
"""On how many messages programs that read the clock or chance are compared once more under others."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """The two programs and what both are given."""

    original: str
    translation: str
    messages: tuple[Message, ...]
    conditions: Conditions
    assumes: tuple[str, ...] = ()
    delivers: bool = False


def verify_translation(
    original: str,
    translation: str,
    *,
    dependencies: Sequence[NpmPackage] = (),  # noqa: ARG001  every package has a stand-in, listed or not
    secret_names: Sequence[str] = (),
    runtime: str = "node22",  # noqa: ARG001  all of Auth0's Node versions run the same here
    events: int = 20,
    seed: int = 0,
    mode: OriginalKind = OriginalKind.ACTION,
    drops_other_types: bool = True,
    more_secrets: bool = False,
) -> Verification:
    """Run both programs on the same messages and say whether they do the same.

    Args:
        original: source of the ``send-phone-message`` Action; in mode ``gateway`` the gateway's settings as JSON.
        translation: source of the ``custom-phone-provider`` Action.
        dependencies: npm packages of both.
        secret_names: names of the Action's secrets; empty when not known (then all that are read exist).
        runtime: Auth0's name of the Node version.
        events: how many messages, at least 1; each comes with the network's answers.
        seed: draws another set of messages.
        mode: what ``original`` is.
        drops_other_types: whether the translation must drop notices that carry no one-time code.
        more_secrets: whether there may be secrets beyond those named; then all that are read exist.

    Returns:
        ``verified``, ``differs`` with the smallest differing event, ``not_verifiable`` or ``vacuous``. A bad program is
        a verdict: it cannot raise from here, nor run longer than 2 s on one event.
    """
    messages = corpus(max(events, 1), seed)
    if mode is OriginalKind.GATEWAY:
        return _too_large(translation) or verify_gateway(original, translation, messages, secret_names)
    return verify_on_messages(
        original,
        translation,
        messages,
        secret_names=secret_names,
        drops_other_types=drops_other_types,
        more_secrets=more_secrets,
    )


def verify_on_messages(
    original: str,
    translation: str,
    messages: tuple[Message, ...],
    *,
    secret_names: Sequence[str] = (),
    drops_other_types: bool = True,
    more_secrets: bool = False,
) -> Verification:
    """As ``verify`` of an Action, on messages of the caller's."""
    too_large = _too_large(original, translation)
    if too_large is not None:
        return too_large
    names = frozenset(secret_names) or (names_in(original) | names_in(translation))
    setting, run = settle(original, messages, names, named=bool(secret_names) and not more_secrets)
    if setting.without is not None:
        before = run_original(original, setting.without.messages, setting.without.conditions)
        plain = _under(setting.without, original, translation, before, drops_other_types)
        if plain.result is not VerificationResult.VACUOUS:
            return plain
    return _under(setting, original, translation, run, drops_other_types)


def _under(
    setting: Setting, original: str, translation: str, run: ProgramRun, drops_other_types: bool
) -> Verification:
    """The verification under one setting, of which the original's run is known."""
    pair = _Pair(
        original, translation, setting.messages, setting.conditions, setting.assumes, setting.delivers
    )
    found = [*obstacles(run, "original"), *waits_forever(run, setting.messages)]
    return _not_verifiable(found) if found else _against(pair, run, drops_other_types)


def _too_large(*programs: str) -> Verification | None:
    longest = max(map(len, programs))
    if longest <= MAX_CODE_CHARS:
        return None
    return _not_verifiable([f"too_large: {longest} characters, {MAX_CODE_CHARS} can be run"])


def _against(pair: _Pair, original: ProgramRun, drops_other_types: bool) -> Verification:
    translation = run_translation(pair.translation, pair.messages, pair.conditions)
    found = obstacles(translation, "translation")
    if found:
        return _broken_translation(found)
    differing = _differing(pair, original, translation)
    if differing:
        return _differs(pair, original, translation, differing)
    if drops_other_types and (other := _other_types(pair, translation)) is not None:
        return other
    if original.notes_of("uses") or translation.notes_of("uses"):
        shifted = _shifted(pair)
        if shifted is not None:
            return shifted
    return _conclude(pair, original, translation)


def _broken_translation(found: list[str]) -> Verification:
    """A translation that cannot even be loaded is no translation of an original that can."""
    broken = [reason for reason in found if reason.split(":")[0] in ("syntax", "no_handler", "load")]
    return _plain(VerificationResult.DIFFERS, 0, broken) if broken else _not_verifiable(found)


def _conclude(pair: _Pair, original: ProgramRun, translation: ProgramRun) -> Verification:
    notes = sorted({*remarks(original), *remarks(translation)})
    notes += [f"assumes: {what}, else nothing goes out" for what in pair.assumes]
    if pair.delivers:
        return _plain(VerificationResult.VERIFIED, len(pair.messages), notes)
    why = "vacuous: in no event did the recipient and the code or text go out, so no user would get a message"
    return _plain(VerificationResult.VACUOUS, len(pair.messages), [why, *notes])


# ---- differences -------------------------------------------------------------------------------------------------


def _differing(pair: _Pair, original: ProgramRun, translation: ProgramRun) -> list[tuple[int, str]]:
    """The runs that differ, by their place in the order, each with a sentence."""
    found = []
    for index, (message, _) in enumerate(in_order(pair.messages)):
        if original.raw[index] == translation.raw[index] and not translation.threw(index):
            continue
        if dropped_alike(original.raw[index], translation.raw[index]):
            continue
        reason = difference(original.trace(index), translation.trace(index), message.kind.answers)
        if reason is not None:
            found.append((index, reason))
    if not found and _loads(original) != _loads(translation):
        found.append((0, _loads_differ(_loads(original), _loads(translation))))
    return found


def _loads(run: ProgramRun) -> frozenset[str]:
    with_loads = [run.trace(i) for i, text in enumerate(run.raw) if b'"op":"load"' in text]
    traces = [*with_loads, *(load.trace for load in run.loads if load.trace is not None)]
    return frozenset(name for trace in traces for name in trace.loads())


def _loads_differ(mine: frozenset[str], theirs: frozenset[str]) -> str:
    only = f"only the original loads {', '.join(sorted(mine - theirs))}" if mine - theirs else ""
    other = f"only the translation loads {', '.join(sorted(theirs - mine))}" if theirs - mine else ""
    return "; ".join(filter(None, (only, other)))


def _differs(
    pair: _Pair, original: ProgramRun, translation: ProgramRun, differing: list[tuple[int, str]]
) -> Verification:
    again = run_again(pair.original, pair.messages, pair.conditions)
    if again.raw != original.raw:
        return _not_verifiable(
            ["not_deterministic: the original does not do the same twice on the same event"]
        )
    order = in_order(pair.messages)
    index, reason = min(differing, key=lambda found: by_size(order[found[0]][0]))
    message, mine, theirs = order[index][0], original.trace(index), translation.trace(index)
    smaller = _shrunk(pair, message)
    if smaller is not None:
        message, mine, theirs, reason = smaller
    reasons = [f"differs on {len(differing)} of {len(order)} runs: {reason}", *_explained(pair)]
    example = _counterexample(message, pair.conditions, mine, theirs, reason)
    return Verification(VerificationResult.DIFFERS, len(pair.messages), tuple(reasons), example)


def _shrunk(pair: _Pair, message: Message) -> tuple[Message, Trace, Trace, str] | None:
    """The simplest message that still differs, found by leaving out one thing after another."""
    best: tuple[Message, Trace, Trace, str] | None = None
    for simplify in simpler():
        candidate = simplify(best[0] if best else message)
        differing = _differs_alone(pair, candidate)
        if differing is not None:
            best = (candidate, *differing)
    return best


def _differs_alone(pair: _Pair, message: Message) -> tuple[Trace, Trace, str] | None:
    mine = run_original(pair.original, (message,), pair.conditions)
    theirs = run_translation(pair.translation, (message,), pair.conditions)
    if not mine.raw or not theirs.raw:
        return None
    reason = difference(mine.trace(0), theirs.trace(0), message.kind.answers)
    return None if reason is None else (mine.trace(0), theirs.trace(0), reason)


def _explained(pair: _Pair) -> list[str]:
    """Whether only what the new event no longer has makes the difference."""
    kept = tuple(replace(m, identities=None, keeps_http_method=True) for m in pair.messages)
    mine = run_original(pair.original, kept, pair.conditions)
    theirs = run_translation(pair.translation, kept, pair.conditions)
    if len(mine.raw) != len(in_order(kept)) or len(theirs.raw) < len(mine.raw):
        return []
    if _differing(replace(pair, messages=kept), mine, theirs):
        return []
    return [
        "removed_fields: equal on all events once user.identities (removed) and request.method (optional) agree"
    ]


def _counterexample(
    message: Message, conditions: Conditions, mine: Trace, theirs: Trace, reason: str
) -> Counterexample:
    secrets = dict(conditions.secrets)
    legacy, new = legacy_event(message, secrets), new_event(message, secrets)
    return Counterexample(
        legacy_event=json.dumps(legacy, ensure_ascii=False, indent=2),
        new_event=json.dumps(new, ensure_ascii=False, indent=2),
        answer=message.kind.answers,
        original=mine.lines(),
        translation=theirs.lines(),
        difference=reason,
    )


def _other_types(pair: _Pair, translation: ProgramRun) -> Verification | None:
    """Notices that carry no one-time code must send nothing and be dropped."""
    first = len(in_order(pair.messages))
    for offset, name in enumerate(OTHER_TYPES):
        trace = translation.trace(first + offset)
        if trace.effects() or trace.decided != "drop" or trace.end != "returned":
            reason = f"a notification of type {name} must be dropped and nothing sent"
            new = new_event(pair.messages[0], dict(pair.conditions.secrets), name)
            text = json.dumps(new, ensure_ascii=False, indent=2)
            example = Counterexample("null", text, pair.messages[0].kind.answers, (), trace.lines(), reason)
            return Verification(
                VerificationResult.DIFFERS, len(pair.messages), (f"other_types: {reason}",), example
            )
    return None


def _shifted(pair: _Pair) -> Verification | None:
    """A program that reads the clock or chance must also agree at another time and with other chance."""
    few = pair.messages[:_SHIFTED]
    other = replace(pair, messages=few, conditions=replace(pair.conditions, shifted=True))
    mine = run_original(other.original, other.messages, other.conditions)
    theirs = run_translation(other.translation, other.messages, other.conditions)
    found = [*obstacles(mine, "original"), *obstacles(theirs, "translation")]
    if found:
        return _not_verifiable(found)
    differing = _differing(other, mine, theirs)
    return _differs(other, mine, theirs, differing) if differing else None


def _plain(result: VerificationResult, events: int, reasons: Sequence[str]) -> Verification:
    match result:
        case (
            VerificationResult.VERIFIED
            | VerificationResult.DIFFERS
            | VerificationResult.NOT_VERIFIABLE
            | VerificationResult.VACUOUS
        ):
            return Verification(result, events, tuple(reasons))
        case VerificationResult.REFUSED:
            raise ValueError("a refusal is made before anything is run")


def _not_verifiable(reasons: Sequence[str]) -> Verification:
    return _plain(VerificationResult.NOT_VERIFIABLE, 0, reasons)
