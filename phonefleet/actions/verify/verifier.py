"""Verify that an Action and its translation do the same, by running both on the same messages.

This is differential testing: it shows that both did the same on the events that were run, and is no proof for others.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from phonefleet.actions.parse.event_fields import LEGACY_EVENTS
from phonefleet.actions.parse.event_table import LOST_FIELDS, Path, TriggerVersion
from phonefleet.actions.parse.parser import MAX_SOURCE, analyze
from phonefleet.actions.reason_codes import VerificationCode
from phonefleet.actions.translation_model import (
    ActionSource,
    Counterexample,
    OriginalKind,
    TranslationReason,
    Verification,
    VerificationResult,
)
from phonefleet.actions.verify.compare import difference, dropped_alike
from phonefleet.actions.verify.corpus import corpus
from phonefleet.actions.verify.discover import Setting, delivered, find_setting
from phonefleet.actions.verify.gateway import verify_gateway
from phonefleet.actions.verify.mention_check import unseen_by_runs
from phonefleet.actions.verify.obstacles import obstacles, remarks, silence, waits_forever
from phonefleet.actions.verify.programs import in_order, run_again, run_original, run_translation
from phonefleet.actions.verify.reach import explore, translation_doubts, unreached_reason
from phonefleet.actions.verify.retries import retry_fault
from phonefleet.actions.verify.sample_events import OTHER_TYPES, legacy_event, new_event
from phonefleet.actions.verify.sample_message import Message
from phonefleet.actions.verify.secret_values import names_in
from phonefleet.actions.verify.shrink import by_size, simpler
from phonefleet.actions.verify.traces import ProgramRun, Trace

MAX_CODE_CHARS = 400_000
_SHIFTED = 8
"""On how many messages programs that read the clock or random numbers are compared again, with others."""
_BROKEN = frozenset({VerificationCode.SYNTAX, VerificationCode.NO_HANDLER, VerificationCode.LOAD})


@dataclass(frozen=True, slots=True)
class _Pair:
    """The two programs and what both are run on."""

    original: str
    translation: str
    setting: Setting

    @property
    def messages(self) -> tuple[Message, ...]:
        return self.setting.messages

    def lacking(self, *fields: Path) -> _Pair:
        """The pair with a legacy event without these fields."""
        conditions = replace(self.setting.conditions, lacks=fields)
        return replace(self, setting=replace(self.setting, conditions=conditions))

    def legacy_event(self, message: Message) -> str:
        """The message's legacy event as JSON text."""
        given = self.setting.conditions
        event = legacy_event(message, dict(given.secrets), given.version, lacks=given.lacks)
        return json.dumps(event, ensure_ascii=False, indent=2)

    def on(self, messages: tuple[Message, ...], *, shifted: bool | None = None) -> _Pair:
        """The pair on other messages; ``shifted`` if given."""
        conditions = self.setting.conditions
        if shifted is not None:
            conditions = replace(conditions, shifted=shifted)
        return replace(self, setting=replace(self.setting, messages=messages, conditions=conditions))

    def run_original(self) -> ProgramRun:
        return run_original(self.original, self.setting.messages, self.setting.conditions)

    def run_translation(self) -> ProgramRun:
        return run_translation(self.translation, self.setting.messages, self.setting.conditions)


@dataclass(frozen=True, slots=True)
class _Difference:
    """A run on which both programs differ: its index, and the first difference for people."""

    index: int
    text: str


def verify_translation(
    original: str,
    translation: str,
    *,
    secret_names: Sequence[str] = (),
    events: int = 20,
    seed: int = 0,
    mode: OriginalKind = OriginalKind.ACTION,
    drops_other_types: bool = True,
    more_secrets: bool = False,
    version: TriggerVersion = TriggerVersion.V2,
) -> Verification:
    """Run both programs on the same messages and compare what they do.

    Every npm package has a stand-in, listed as a dependency or not, and all of Auth0's Node versions run the same here.

    Args:
        original: source of the ``send-phone-message`` Action; in mode ``gateway`` the gateway's settings as JSON.
        translation: source of the ``custom-phone-provider`` Action.
        secret_names: names of the Action's secrets; empty if not known (then all that are read exist).
        events: how many messages, at least 1; each comes with the network's answers.
        seed: selects another set of messages.
        mode: what ``original`` is.
        drops_other_types: whether the translation must drop notices without a one-time code.
        more_secrets: whether there may be secrets beyond those named; then all that are read exist.
        version: the version of the original's trigger.

    Returns:
        ``verified``, ``differs`` with the smallest differing event, ``not_verifiable`` or ``vacuous``. A bad program
        never raises from here and runs at most 2 s on one event.
    """
    messages = corpus(max(events, 1), seed)
    if mode is OriginalKind.GATEWAY:
        return _too_large("", translation) or verify_gateway(original, translation, messages, secret_names)
    return verify_on_messages(
        original,
        translation,
        messages,
        secret_names=secret_names,
        drops_other_types=drops_other_types,
        more_secrets=more_secrets,
        version=version,
    )


def verify_on_messages(
    original: str,
    translation: str,
    messages: tuple[Message, ...],
    *,
    secret_names: Sequence[str] = (),
    drops_other_types: bool = True,
    more_secrets: bool = False,
    version: TriggerVersion = TriggerVersion.V2,
    whole: bool = True,
) -> Verification:
    """Run both programs on given messages; see ``verify_translation``.

    ``whole`` says that these messages are all that the translation is for, so that what it never runs is in doubt.
    """
    too_large = _too_large(original, translation)
    if too_large is not None:
        return too_large
    names = frozenset(secret_names) or (names_in(original) | names_in(translation))
    asked = _Asked(original, translation, names, bool(secret_names) and not more_secrets, version)
    found = asked.verify(messages, drops_other_types, whole=whole)
    if all(reason.code is not VerificationCode.REMOVED_FIELDS for reason in found.reasons):
        return found
    kept = tuple(replace(message, keeps_http_method=True) for message in messages)
    if asked.verify(kept, drops_other_types, whole=whole).result is not VerificationResult.VERIFIED:
        return found
    why = "both do the same wherever the new event has event.request.method, which it may lack"
    reasons = (TranslationReason(VerificationCode.OPTIONAL_FIELD, why), *found.reasons)
    return replace(found, reasons=reasons, optional=("event.request.method",))


@dataclass(frozen=True, slots=True)
class _Asked:
    """Two programs to verify on some messages; ``named`` if no secrets exist beyond ``names``."""

    original: str
    translation: str
    names: frozenset[str]
    named: bool
    version: TriggerVersion

    def verify(self, messages: tuple[Message, ...], drops_other_types: bool, *, whole: bool) -> Verification:
        setting, run = find_setting(
            self.original, messages, self.names, named=self.named, version=self.version
        )
        if setting.without is not None:
            plain = _Pair(self.original, self.translation, setting.without)
            verification = _verify(plain, plain.run_original(), drops_other_types)
            if verification.result is not VerificationResult.VACUOUS:
                return verification
        pair = _Pair(self.original, self.translation, setting)
        verification = _verify(pair, run, drops_other_types)
        match verification.result:
            case VerificationResult.VERIFIED:
                return _verify_reached(pair, run, verification, whole=whole and drops_other_types)
            case VerificationResult.VACUOUS:
                return self._verify_silent(pair, run, verification, drops_other_types, whole=whole)
            case _:
                return verification

    def _verify_silent(
        self, pair: _Pair, run: ProgramRun, vacuous: Verification, drops_other_types: bool, *, whole: bool
    ) -> Verification:
        """Search for an input on which the original sends; it is vacuous only where no part that never ran may send."""
        why = silence(run, pair.messages)
        explored = explore(pair.original, pair.translation, pair.setting, run, analyze)
        if explored is None:
            return _uncounted()
        unseen = unseen_by_runs(explored.parsed.flow)
        if unseen:
            return Verification(VerificationResult.NOT_VERIFIABLE, vacuous.events, tuple(unseen))
        known = dict(pair.setting.conditions.secrets)
        for setting in explored.further:
            if self.named and not set(dict(setting.conditions.secrets)) <= set(known):
                continue  # no such secret exists
            other = replace(pair, setting=setting)
            ran = other.run_original()
            if delivered(setting.messages, ran):
                other = replace(pair, setting=replace(setting, delivers=True))
                verification = _verify(other, ran, drops_other_types)
                if verification.result is not VerificationResult.VERIFIED:
                    return verification
                return _verify_reached(other, ran, verification, whole=whole and drops_other_types)
        unreached = [
            reason
            for reason in unreached_reason(explored, vacuous.events)
            if reason.code is VerificationCode.UNREACHED
        ]
        if unreached or any(reason.code is VerificationCode.OPAQUE for reason in why):
            return Verification(VerificationResult.NOT_VERIFIABLE, vacuous.events, (*why, *unreached))
        first, *rest = vacuous.reasons
        return replace(vacuous, reasons=(first, *why, *rest))


def _uncounted() -> Verification:
    why = "what ran of the original cannot be counted: it may read its own source"
    return _not_verifiable([TranslationReason(VerificationCode.UNREACHED, why)])


def _verify_reached(pair: _Pair, run: ProgramRun, verification: Verification, *, whole: bool) -> Verification:
    """Withhold a verdict that parts which never ran may change; both must do the same on the inputs found for them."""
    explored = explore(pair.original, pair.translation, pair.setting, run, analyze)
    if explored is None:
        return _uncounted()
    unseen = unseen_by_runs(explored.parsed.flow)
    if unseen:
        return Verification(VerificationResult.NOT_VERIFIABLE, verification.events, tuple(unseen))
    events = verification.events
    for setting in explored.further:
        other = replace(pair, setting=setting)
        further = _verify(other, other.run_original(), drops_other_types=False)
        events += further.events
        if further.result not in (VerificationResult.VERIFIED, VerificationResult.VACUOUS):
            return further
    reasons = unreached_reason(explored, events)
    doubtful = any(reason.code is VerificationCode.UNREACHED for reason in reasons)
    if not doubtful and whole:
        settings = [pair.setting, *explored.further]
        doubts = translation_doubts(explored, pair.translation, settings, pair.run_translation())
        doubtful, reasons = bool(doubts), doubts or reasons
    if doubtful:
        return Verification(VerificationResult.NOT_VERIFIABLE, events, tuple(reasons))
    return replace(verification, events=events, reasons=(*verification.reasons, *reasons))


def _too_large(original: str, translation: str) -> Verification | None:
    size = len(translation.encode("utf-8", "surrogatepass"))
    if len(original) > MAX_CODE_CHARS:
        message = f"the original has {len(original)} characters; at most {MAX_CODE_CHARS} can be run"
    elif size > MAX_SOURCE:
        message = f"the translation has {size} bytes; Auth0 accepts {MAX_SOURCE}: shorten the original"
    else:
        return None
    return _not_verifiable([TranslationReason(VerificationCode.TOO_LARGE, message)])


def _verify(pair: _Pair, original: ProgramRun, drops_other_types: bool) -> Verification:
    """Verify a pair in one setting, of which the original's run is known."""
    reasons = [*obstacles(original, "original"), *waits_forever(original, pair.messages)]
    if reasons:
        return _not_verifiable(reasons)
    translation = pair.run_translation()
    reasons = obstacles(translation, "translation")
    if reasons:
        # A translation that cannot even be loaded differs from an original that can.
        broken = tuple(reason for reason in reasons if reason.code in _BROKEN)
        return Verification(VerificationResult.DIFFERS, 0, broken) if broken else _not_verifiable(reasons)
    differences = _differences(pair, original, translation)
    if differences:
        return _differs(pair, original, translation, differences)
    if (disputed := _verify_disputed(pair, original, translation)) is not None:
        return disputed
    source = ActionSource("", pair.original, trigger_version=pair.setting.conditions.version)
    unsafe = retry_fault(source, pair.translation, pair.messages, (original, translation), analyze)
    if unsafe is not None:
        return _not_verifiable([unsafe])
    if drops_other_types and (other := _other_types(pair, translation)) is not None:
        return other
    if original.notes_of("uses") or translation.notes_of("uses"):
        shifted = _verify_shifted(pair)
        if shifted is not None:
            return shifted
    notes = sorted({*remarks(original), *remarks(translation)}, key=str)
    notes += [
        TranslationReason(VerificationCode.ASSUMES, f"{what}, else nothing is sent")
        for what in pair.setting.assumes
    ]
    if pair.setting.delivers:
        return Verification(VerificationResult.VERIFIED, len(pair.messages), tuple(notes))
    why = "in no event were the recipient and the code or text sent, so no user would get a message"
    vacuous = TranslationReason(VerificationCode.VACUOUS, why)
    return Verification(VerificationResult.VACUOUS, len(pair.messages), (vacuous, *notes))


# ---- differences -------------------------------------------------------------------------------------------------


def _differences(pair: _Pair, original: ProgramRun, translation: ProgramRun) -> list[_Difference]:
    """The runs that differ, in their order."""
    differences = []
    for index, (message, _) in enumerate(in_order(pair.messages)):
        if original.raw[index] == translation.raw[index] and not translation.threw(index):
            continue
        if dropped_alike(original.raw[index], translation.raw[index]):
            continue
        text = difference(original.trace(index), translation.trace(index), message.kind.answers)
        if text is not None:
            differences.append(_Difference(index, text))
    mine, theirs = _loads(original), _loads(translation)
    if not differences and mine != theirs:
        only = [("original", mine - theirs), ("translation", theirs - mine)]
        texts = (f"only the {who} loads {', '.join(sorted(names))}" for who, names in only if names)
        differences.append(_Difference(0, "; ".join(texts)))
    return differences


def _loads(run: ProgramRun) -> frozenset[str]:
    with_loads = [run.trace(i) for i, text in enumerate(run.raw) if b'"op":"load"' in text]
    traces = [*with_loads, *(load.trace for load in run.loads if load.trace is not None)]
    return frozenset(name for trace in traces for name in trace.loads())


def _differs(
    pair: _Pair, original: ProgramRun, translation: ProgramRun, differences: list[_Difference]
) -> Verification:
    again = run_again(pair.original, pair.messages, pair.setting.conditions)
    if again.raw != original.raw:
        why = "the original does not do the same twice on the same event"
        return _not_verifiable([TranslationReason(VerificationCode.NOT_DETERMINISTIC, why)])
    order = in_order(pair.messages)
    first = min(differences, key=lambda each: by_size(order[each.index][0]))
    message, text = order[first.index][0], first.text
    mine, theirs = original.trace(first.index), translation.trace(first.index)
    # The simplest message that still differs, found by leaving out one thing after another.
    simplified = message
    for simplify in simpler():
        candidate = simplify(simplified)
        alone = _differs_alone(pair.on((candidate,)), candidate)
        if alone is not None:
            simplified = message = candidate
            mine, theirs, text = alone
    message_reason = f"on {len(differences)} of {len(order)} runs: {text}"
    reasons = [TranslationReason(VerificationCode.DIFFERS, message_reason)]
    if _equal_without_removed_fields(pair):
        why = (
            "equal on all events once user.identities and security_context, which have no counterpart, and the "
            "optional request.method agree"
        )
        reasons.append(TranslationReason(VerificationCode.REMOVED_FIELDS, why))
    secrets = dict(pair.setting.conditions.secrets)
    example = Counterexample(
        legacy_event=pair.legacy_event(message),
        new_event=json.dumps(new_event(message, secrets), ensure_ascii=False, indent=2),
        answer=message.kind.answers,
        original=mine.lines(),
        translation=theirs.lines(),
        difference=text,
    )
    return Verification(VerificationResult.DIFFERS, len(pair.messages), tuple(reasons), example)


def _differs_alone(pair: _Pair, message: Message) -> tuple[Trace, Trace, str] | None:
    mine, theirs = pair.run_original(), pair.run_translation()
    if not mine.raw or not theirs.raw:
        return None
    text = difference(mine.trace(0), theirs.trace(0), message.kind.answers)
    return None if text is None else (mine.trace(0), theirs.trace(0), text)


def _equal_without_removed_fields(pair: _Pair) -> bool:
    """Whether only the fields that the new event no longer has make the difference."""
    kept = pair.on(
        tuple(
            replace(m, identities=None, keeps_http_method=True, absent=m.absent | LOST_FIELDS)
            for m in pair.messages
        )
    )
    mine, theirs = kept.run_original(), kept.run_translation()
    if len(mine.raw) != len(in_order(kept.messages)) or len(theirs.raw) < len(mine.raw):
        return False
    return not _differences(kept, mine, theirs)


def _verify_disputed(pair: _Pair, original: ProgramRun, translation: ProgramRun) -> Verification | None:
    """Both must do the same, too, if the legacy event lacks the fields on which Auth0's sources disagree."""
    fields = LEGACY_EVENTS[pair.setting.conditions.version].disputed()
    if pair.lacking(*fields).run_original().raw == original.raw:
        return None
    decisive: list[Path] = []
    found: Verification | None = None
    for field in (*((each,) for each in fields), fields):
        lacking = pair.lacking(*field)
        run = lacking.run_original()
        reasons = obstacles(run, "original")
        if reasons:
            return _not_verifiable(reasons)
        differences = [] if run.raw == original.raw else _differences(lacking, run, translation)
        if differences and not (found and len(field) > 1):
            decisive += field
            found = found or _differs(lacking, run, translation, differences)
    if found is None or found.result is not VerificationResult.DIFFERS:
        return found
    names = " and ".join(".".join(("event", *path)) for path in decisive)
    why = (
        f"Auth0's sources disagree on whether the legacy event has {names}: both do the same where it has, and not "
        "where it has not"
    )
    reasons = [TranslationReason(VerificationCode.DISPUTED_FIELD, why), *found.reasons]
    disputed = tuple(".".join(("event", *path)) for path in decisive)
    return replace(found, reasons=tuple(reasons), disputed=disputed)


def _other_types(pair: _Pair, translation: ProgramRun) -> Verification | None:
    """Notices without a one-time code must send nothing and be dropped."""
    first = len(in_order(pair.messages))
    for offset, name in enumerate(OTHER_TYPES):
        trace = translation.trace(first + offset)
        if trace.effects() or trace.decided != "drop" or trace.end != "returned":
            text = f"a notification of type {name} must be dropped and nothing sent"
            event = new_event(pair.messages[0], dict(pair.setting.conditions.secrets), name)
            event_text = json.dumps(event, ensure_ascii=False, indent=2)
            answers = pair.messages[0].kind.answers
            example = Counterexample("null", event_text, answers, (), trace.lines(), text)
            reason = TranslationReason(VerificationCode.OTHER_TYPES, text)
            return Verification(VerificationResult.DIFFERS, len(pair.messages), (reason,), example)
    return None


def _verify_shifted(pair: _Pair) -> Verification | None:
    """Programs that read the clock or random numbers must also do the same with another clock and seed."""
    other = pair.on(pair.messages[:_SHIFTED], shifted=True)
    mine, theirs = other.run_original(), other.run_translation()
    reasons = [*obstacles(mine, "original"), *obstacles(theirs, "translation")]
    if reasons:
        return _not_verifiable(reasons)
    differences = _differences(other, mine, theirs)
    return _differs(other, mine, theirs, differences) if differences else None


def _not_verifiable(reasons: Sequence[TranslationReason]) -> Verification:
    return Verification(VerificationResult.NOT_VERIFIABLE, 0, tuple(reasons))
