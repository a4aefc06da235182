"""Verify that an Action and its translation do the same, by running both on the same messages.

This is differential testing: it shows that both did the same on the events that were run, and is no proof for others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from phonefleet.actions.embedded_secrets import mask_secrets
from phonefleet.actions.parse.event_table import TriggerVersion
from phonefleet.actions.parse.flow_types import WHOLE_USES
from phonefleet.actions.parse.parser import MAX_SOURCE, analyze
from phonefleet.actions.parse.syntax import parse
from phonefleet.actions.reason_codes import VerificationCode
from phonefleet.actions.translation_model import (
    ActionSource,
    OriginalKind,
    TranslationReason,
    Verification,
    VerificationResult,
)
from phonefleet.actions.verify.corpus import corpus
from phonefleet.actions.verify.differing import ProgramPair, differences_of, differs, not_verifiable
from phonefleet.actions.verify.discover import delivered, find_setting
from phonefleet.actions.verify.gateway import verify_gateway
from phonefleet.actions.verify.kept_results import KeptResult, without_title
from phonefleet.actions.verify.mention_check import unseen_by_runs
from phonefleet.actions.verify.obstacles import obstacles, remarks, silence, waits_forever
from phonefleet.actions.verify.other_events import (
    other_types,
    verify_disputed,
    verify_reordered,
    verify_retried,
    verify_shifted,
)
from phonefleet.actions.verify.reach import explore, unreached_reason
from phonefleet.actions.verify.retries import requests_retry, retry_fault
from phonefleet.actions.verify.sample_message import Message
from phonefleet.actions.verify.secret_values import names_in
from phonefleet.actions.verify.serving import MAX_CODE_CHARS
from phonefleet.actions.verify.traces import ProgramRun
from phonefleet.actions.verify.translation_parts import OriginalRan, translation_doubts

_BROKEN = frozenset({VerificationCode.SYNTAX, VerificationCode.NO_HANDLER, VerificationCode.LOAD})


def verify_translation(
    original: str,
    translation: str,
    *,
    secret_names: Sequence[str] = (),
    events: int = 20,
    seed: int = 0,
    mode: OriginalKind = OriginalKind.ACTION,
    other_code: str = "",
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
        other_code: an operator's handler in the translation for the types without a one-time code; it is not verified.
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
        other_code=other_code,
        drops_other_types=drops_other_types,
        more_secrets=more_secrets,
        version=version,
    )


def is_verified(verification: Verification) -> bool:
    """Whether both programs did the same on all events."""
    return verification.result is VerificationResult.VERIFIED


verify_once = KeptResult(
    verify_translation,
    is_verified,
    mask_secrets,
    alike=lambda asked: asked | {"translation": without_title(asked["translation"])},
)
"""As `verify_translation`, with the results kept over runs; the name of the Action does not count."""


def verify_on_messages(
    original: str,
    translation: str,
    messages: tuple[Message, ...],
    *,
    secret_names: Sequence[str] = (),
    other_code: str = "",
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
    named = bool(secret_names) and not more_secrets
    asked = _Asked(original, translation, names, named, version, other_code)
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
    other_code: str

    def verify(self, messages: tuple[Message, ...], drops_other_types: bool, *, whole: bool) -> Verification:
        setting, run = find_setting(
            self.original, messages, self.names, named=self.named, version=self.version
        )
        optional_api = self._optional_api()
        if setting.without is not None:
            plain = ProgramPair(self.original, self.translation, setting.without, optional_api)
            verification = _verify(plain, plain.run_original(), drops_other_types)
            if verification.result is not VerificationResult.VACUOUS:
                return verification
        pair = ProgramPair(self.original, self.translation, setting, optional_api)
        verification = _verify(pair, run, drops_other_types)
        match verification.result:
            case VerificationResult.VERIFIED:
                return _verify_reached(pair, run, verification, whole=whole, other_code=self.other_code)
            case VerificationResult.VACUOUS:
                return self._verify_silent(pair, run, verification, drops_other_types, whole=whole)
            case _:
                return verification

    def _optional_api(self) -> frozenset[str]:
        """What the original uses of the api only if it exists."""
        source = ActionSource("", self.original, trigger_version=self.version)
        calls = analyze(source, parse(self.original)).api_calls
        needed = {call.path[0] for call in calls if not call.guarded}
        return frozenset(f"api.{call.path[0]}" for call in calls if call.path[0] not in needed)

    def _verify_silent(
        self,
        pair: ProgramPair,
        run: ProgramRun,
        vacuous: Verification,
        drops_other_types: bool,
        *,
        whole: bool,
    ) -> Verification:
        """Search for an input on which the original sends; it is vacuous only where no part that never ran may send."""
        why = silence(run, pair.messages)
        explored = explore(pair.original, pair.translation, pair.setting, run, analyze)
        if explored is None:
            return _uncounted()
        if explored.crash is not None:
            return not_verifiable(obstacles(explored.crash, "original"))
        unseen = unseen_by_runs(run, explored.parsed.flow)
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
                return _verify_reached(other, ran, verification, whole=whole, other_code=self.other_code)
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
    return not_verifiable([TranslationReason(VerificationCode.UNREACHED, why)])


def _verify_reached(
    pair: ProgramPair, run: ProgramRun, verification: Verification, *, whole: bool, other_code: str
) -> Verification:
    """Withhold a verdict that parts which never ran may change; both must do the same on the inputs found for them."""
    explored = explore(pair.original, pair.translation, pair.setting, run, analyze)
    if explored is None:
        return _uncounted()
    if explored.crash is not None:
        return not_verifiable(obstacles(explored.crash, "original"))
    unseen = unseen_by_runs(run, explored.parsed.flow)
    if unseen:
        return Verification(VerificationResult.NOT_VERIFIABLE, verification.events, tuple(unseen))
    if any(access.use in WHOLE_USES for access in explored.parsed.accesses):
        reordered = verify_reordered(pair, run, pair.run_translation())
        if reordered is not None:
            return reordered
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
        ran = OriginalRan(
            explored.program, explored.parsed, explored.unreached(), explored.unreached_of_sender()
        )
        doubts = translation_doubts(ran, pair.translation, settings, pair.run_translation(), other_code)
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
    return not_verifiable([TranslationReason(VerificationCode.TOO_LARGE, message)])


def _verify(pair: ProgramPair, original: ProgramRun, drops_other_types: bool) -> Verification:
    """Verify a pair in one setting, of which the original's run is known."""
    reasons = [*obstacles(original, "original", pair.optional_api), *waits_forever(original, pair.messages)]
    if reasons:
        return not_verifiable(reasons)
    translation = pair.run_translation()
    reasons = obstacles(translation, "translation", pair.optional_api)
    if reasons:
        # A translation that cannot even be loaded differs from an original that can.
        broken = tuple(reason for reason in reasons if reason.code in _BROKEN)
        return Verification(VerificationResult.DIFFERS, 0, broken) if broken else not_verifiable(reasons)
    differences = differences_of(pair, original, translation)
    if differences:
        return differs(pair, original, translation, differences)
    if (disputed := verify_disputed(pair, original, translation)) is not None:
        return disputed
    source = ActionSource("", pair.original, trigger_version=pair.setting.conditions.version)
    unsafe = retry_fault(source, pair.translation, pair.messages, (original, translation), analyze)
    if unsafe is not None:
        return not_verifiable([unsafe])
    if requests_retry(pair.original, pair.translation) and (retried := verify_retried(pair)) is not None:
        return retried
    if drops_other_types and (other := other_types(pair, translation)) is not None:
        return other
    if original.notes_of("uses") or translation.notes_of("uses"):
        shifted = verify_shifted(pair)
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
