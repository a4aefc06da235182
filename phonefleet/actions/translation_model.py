"""The words that reading, translating and verifying an Action share.

An Action travels one way: ``ActionSource -> Translation | Refusal -> Verification``. Everything here is immutable
data; nothing in this module runs code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from phonefleet.model.endpoints import LEGACY_TRIGGER


class VerificationResult(StrEnum):
    """What is known about a translation after the attempt to verify it."""

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
    """How a translation is made: the old code kept and fed, or the old code rewritten."""

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


@dataclass(frozen=True, slots=True)
class Flag:
    """Something a human should look at. ``line`` counts from 1 in the original; 0 is the whole Action."""

    code: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """One row of the mapping table: what the original read and where the translation takes it from."""

    legacy: str
    new: str
    line: int


@dataclass(frozen=True, slots=True)
class Translation:
    """A new Action's source and all that must be known to deploy it.

    ``secret_names`` is the manifest of secrets that the operator must supply; ``decisions`` are sentences
    about what a human must still decide.
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
class RefusalReason:
    """Why a translation is refused: a stable code, a sentence and its line (0: the whole Action)."""

    code: str
    message: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class TranslationRefusal:
    """No translation is offered, and these are the reasons (at least one)."""

    reasons: tuple[RefusalReason, ...]


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The smallest event on which original and translation differ, and what each of them did.

    ``legacy_event`` and ``new_event`` are JSON texts; ``answer`` names the answer that the network gave
    (``ok``, ``429``, ``never`` …); ``original`` and ``translation`` are the traces, one entry a line,
    and ``difference`` says in a sentence where they part.
    """

    legacy_event: str
    new_event: str
    answer: str
    original: tuple[str, ...]
    translation: tuple[str, ...]
    difference: str


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome of running original and translation side by side on ``events`` events."""

    result: Literal[
        VerificationResult.VERIFIED,
        VerificationResult.DIFFERS,
        VerificationResult.NOT_VERIFIABLE,
        VerificationResult.VACUOUS,
    ]
    events: int
    reasons: tuple[str, ...] = ()
    counterexample: Counterexample | None = None
