"""What a report shows of one translated Action, in plain data without secrets."""

from __future__ import annotations

from phonefleet.model.fact import Fact


class ReportMapping(Fact):
    """One row of the mapping table: an access of the original, its place in the translation, and a note.

    ``line`` is the first use in the original; 0 where the original is no code.
    """

    legacy: str
    new: str
    note: str = ""
    line: int = 0


class ReportPackage(Fact):
    """One npm package and its version as the Action lists it (may be ``latest``)."""

    name: str
    version: str


class ReportFlag(Fact):
    """Something to look at; ``line`` counts from 1 in the original, 0 is the whole Action."""

    code: str
    line: int
    message: str


class ReportCounterexample(Fact):
    """The smallest event on which both differ: the events as JSON texts, the traces a line an entry."""

    legacy_event: str
    new_event: str
    answer: str
    original: tuple[str, ...]
    translation: tuple[str, ...]
    difference: str


class TranslationReport(Fact):
    """One Action carried over, or refused.

    Attributes:
        name: the Action's name, the connection's for a gateway.
        original: its source; of a gateway, its settings as JSON. Literal secrets are masked.
        translation: the new source, masked likewise; empty when the Action is refused.
        strategy: ``adapter``, ``rewrite``, ``gateway`` or ``merged``.
        result: ``verified``, ``differs``, ``not_verifiable``, ``vacuous`` or ``refused``.
        events: how many events the verification ran; 0 when none was reached.
        reasons: why the result is what it is, each beginning with its code.
        counterexample: what differs, when the result is ``differs``.
        mapping: the mapping table in the order of first use.
        secret_names: names of the secrets that the operator must supply.
        dependencies: the packages carried over.
        runtime: Auth0's name of the Node version of the new Action; ``runtime_before`` of the old one, empty where
            there was none.
        flags: what a person should look at, by line.
        decisions: sentences about what a person must still decide.
        disputed: fields of the legacy event that alone make the difference, and on whose existence Auth0's sources
            disagree.
        optional: fields that make the difference only in new events that lack them.
        masked_lines: lines of ``original`` where a literal secret was masked.
    """

    name: str
    original: str
    translation: str
    strategy: str
    result: str
    events: int = 0
    reasons: tuple[str, ...] = ()
    counterexample: ReportCounterexample | None = None
    mapping: tuple[ReportMapping, ...] = ()
    secret_names: tuple[str, ...] = ()
    dependencies: tuple[ReportPackage, ...] = ()
    runtime: str = ""
    runtime_before: str = ""
    flags: tuple[ReportFlag, ...] = ()
    decisions: tuple[str, ...] = ()
    disputed: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    masked_lines: tuple[int, ...] = ()
