"""Types shared by parsing, translating and verifying an Action.

``ActionSource -> Translation | TranslationRefusal -> Verification``. Everything here is immutable data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from phonefleet.actions.parse.event_table import TriggerVersion
from phonefleet.actions.reason_codes import FlagCode, RefusalCode, VerificationCode
from phonefleet.model.endpoints import LEGACY_TRIGGER


class VerificationResult(StrEnum):
    """The result of verifying a translation.

    ``verified`` means that original and translation did the same on all events that were run, not on all possible ones.
    """

    VERIFIED = "verified"
    DIFFERS = "differs"
    NOT_VERIFIABLE = "not_verifiable"
    VACUOUS = "vacuous"
    REFUSED = "refused"


class OriginalKind(StrEnum):
    """What the first program given to a verification is.

    ``ACTION``: the source of a send-phone-message Action, run on legacy events.
    ``GATEWAY``: the JSON text of a gateway's settings (the keys of ``GatewaySettings``: ``gateway_url``,
    ``sender``, ``forward_req_info``, ``authentication`` with ``subject``, ``audience``,
    ``secret_base64_encoded``); the original is the request Auth0 sent for it. The shared secret is the Action
    secret ``GATEWAY_SECRET``.
    """

    ACTION = "action"
    GATEWAY = "gateway"


class Strategy(StrEnum):
    """How a translation is made: the legacy code wrapped unchanged, or the legacy code rewritten."""

    ADAPTER = "adapter"
    REWRITE = "rewrite"


@dataclass(frozen=True, slots=True)
class NpmPackage:
    """One npm package of an Action, as Auth0 lists it (``version`` may be ``latest``)."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class ActionSource:
    """An Action as the Management API shows it: code, triggers and *names* of secrets, never their values."""

    name: str
    code: str = field(repr=False)
    triggers: tuple[str, ...] = (LEGACY_TRIGGER,)
    dependencies: tuple[NpmPackage, ...] = ()
    secret_names: tuple[str, ...] = ()
    runtime: str = "node22"
    trigger_version: TriggerVersion | None = TriggerVersion.V2
    """The version of ``send-phone-message``, which decides the form of the event; ``None`` for an unknown one."""


@dataclass(frozen=True, slots=True)
class Flag:
    """Something a person should review. ``line`` counts from 1 in the original; 0 is the whole Action."""

    code: FlagCode
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """One row of the mapping table: what the original reads and where the translation takes it from.

    ``line`` is the first use in the original; 0 where the original is no code. ``note`` says what differs.
    """

    legacy: str
    new: str
    note: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Translation:
    """A new Action's source and what is needed to deploy it.

    ``secret_names`` are the secrets that the operator must supply; ``decisions`` are sentences for people about what
    must still be decided.
    """

    strategy: Strategy
    code: str = field(repr=False)
    dependencies: tuple[NpmPackage, ...]
    secret_names: tuple[str, ...]
    runtime: str
    flags: tuple[Flag, ...]
    mapping: tuple[FieldMapping, ...]
    decisions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TranslationReason:
    """Why a translation is refused, or a verification has its result; ``line`` 0 is the whole Action.

    ``str`` gives the text for people; nothing may parse it.
    """

    code: RefusalCode | VerificationCode
    message: str
    line: int = 0

    def __str__(self) -> str:
        """For people: ``code: message (line 3)``."""
        where = f" (line {self.line})" if self.line else ""
        return f"{self.code}: {self.message}{where}"


@dataclass(frozen=True, slots=True)
class TranslationRefusal:
    """No translation is possible, for at least one reason."""

    reasons: tuple[TranslationReason, ...]


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The smallest event on which original and translation differ, and what each of them did.

    ``legacy_event`` and ``new_event`` are JSON texts; ``answer`` names the answer that the network gave
    (``ok``, ``429``, ``never`` …); ``original`` and ``translation`` are the traces, one entry per line,
    and ``difference`` describes their first difference.
    """

    legacy_event: str
    new_event: str
    answer: str
    original: tuple[str, ...]
    translation: tuple[str, ...]
    difference: str


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of running original and translation on the same ``events`` events.

    ``disputed`` are the fields that make the difference, where both do the same in the other of two cases on which
    Auth0's sources disagree: that the legacy event has the field, or that it has not. ``optional`` are fields that
    make the difference only in new events that lack them.
    """

    result: Literal[
        VerificationResult.VERIFIED,
        VerificationResult.DIFFERS,
        VerificationResult.NOT_VERIFIABLE,
        VerificationResult.VACUOUS,
    ]
    events: int
    reasons: tuple[TranslationReason, ...] = ()
    counterexample: Counterexample | None = None
    disputed: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StrategyResult:
    """One strategy's result: a translation with its verification (if requested), or a refusal."""

    strategy: Strategy
    translation: Translation | None = None
    refusal: TranslationRefusal | None = None
    verification: Verification | None = None

    @property
    def result(self) -> VerificationResult:
        """The result; ``not_verifiable`` for a translation without a verification."""
        if self.refusal is not None:
            return VerificationResult.REFUSED
        return self.verification.result if self.verification else VerificationResult.NOT_VERIFIABLE

    @property
    def reasons(self) -> tuple[TranslationReason, ...]:
        """Why the result is what it is."""
        if self.refusal is not None:
            return self.refusal.reasons
        if self.verification is not None:
            return self.verification.reasons
        return (TranslationReason(VerificationCode.NOT_REQUESTED, "no verification was requested"),)


@dataclass(frozen=True, slots=True)
class TranslationResult:
    """Both translations of one Action, and its flags."""

    source: ActionSource
    adapter: StrategyResult
    rewrite: StrategyResult
    flags: tuple[Flag, ...] = ()

    @property
    def best(self) -> StrategyResult | None:
        """The one to deploy: a verified adapter, else a verified rewrite, else none."""
        results = (self.adapter, self.rewrite)
        return next((each for each in results if each.result is VerificationResult.VERIFIED), None)

    def preferring(self, strategy: Strategy) -> StrategyResult | None:
        """As ``best``, but the rewrite where it is preferred and verified to the same degree as the adapter."""
        rewrite, adapter = self.rewrite.verification, self.adapter.verification
        alike = rewrite is not None and rewrite == adapter and rewrite.result is VerificationResult.VERIFIED
        return self.rewrite if strategy is Strategy.REWRITE and alike else self.best
