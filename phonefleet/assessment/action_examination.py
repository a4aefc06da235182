"""Examine the Action on `custom-phone-provider` that sends, or is to send, a tenant's messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from configs import DeliveryMethod, MessageType, delivery_method_of
from phonefleet.actions.verify.sample_message import Method, Purpose
from phonefleet.actions.verify.serving import Handling, MessageNeed, NeedResult, examine
from phonefleet.model.action_content import content_checksum
from phonefleet.model.assessment import Evidence
from phonefleet.model.custom_action_report import ActionOrigin, ActionStage, CustomActionReport, NeedReport
from phonefleet.model.endpoints import action_endpoint
from phonefleet.model.fact import ActionState
from phonefleet.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class OwnActions:
    """What the ledger's plans of a tenant say about its Action, as checksums of contents.

    Attributes:
        written: what plans wrote.
        kept: what plans kept after an examination or an approval of exactly this content.
        tested: by content, the delivery methods that these plans tested: an Action may drop any other.
    """

    written: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    tested: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def origin_of(self, action: ActionState, needs: Iterable[MessageNeed]) -> ActionOrigin:
        """Return what the ledger says of the code that runs, for this use: a need that came later is another use."""
        content = content_checksum(action)
        if any(need.method not in self.tested.get(content, ()) for need in needs):
            return ActionOrigin.FOREIGN
        if content in self.written:
            return ActionOrigin.DEPLOYED_HERE
        return ActionOrigin.KEPT_HERE if content in self.kept else ActionOrigin.FOREIGN

    def wrote(self, action: ActionState) -> bool:
        """Whether plans wrote all of it, also a newer draft."""
        return all(content_checksum(content) in self.written for content in action.contents)


@dataclass(frozen=True, slots=True)
class Examination:
    """What running an Action shows.

    Attributes:
        report: for people.
        failing: the kinds of message that users need and do not get.
        unclear: those of which the runs do not show it.
    """

    report: CustomActionReport
    failing: tuple[NeedReport, ...] = ()
    unclear: tuple[NeedReport, ...] = ()

    @property
    def endpoint(self) -> str:
        """The read of the Action, for evidence."""
        return action_endpoint(self.report.id)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What the Action does with each kind of message."""
        if not self.report.needs:
            return (Evidence(endpoint=self.endpoint, field="code", value=str(self.report.origin)),)
        return tuple(
            Evidence(endpoint=self.endpoint, field=f"code, run on {need.need}", value=need.handling)
            for need in self.report.needs
        )


def needs_of(
    snapshot: Snapshot, factors: Iterable[MessageType], methods: Iterable[str] = ()
) -> tuple[MessageNeed, ...]:
    """Return the kinds of message that a tenant's users need.

    MFA sends `otp_enroll` and `otp_verify` by each factor. A Passwordless connection, and a connection on which phone
    numbers identify users, send `otp_verify` by text (Auth0 documentation, "Configure a Custom Phone Provider").

    Args:
        snapshot: the tenant.
        factors: the MFA message types that are, or will be, in use.
        methods: the delivery methods to look at where nothing is in use.
    """
    return tuple(_needs(snapshot, factors)) or tuple(
        MessageNeed(purpose, Method(method)) for method in methods for purpose in Purpose
    )


def _needs(snapshot: Snapshot, factors: Iterable[MessageType]) -> Iterator[MessageNeed]:
    for factor in factors:
        for purpose in Purpose:
            yield MessageNeed(purpose, Method(delivery_method_of(factor)))
    text = Method(DeliveryMethod.TEXT)
    for connection in snapshot.enabled_connections:
        yield MessageNeed(Purpose.VERIFY, text, connection.name, "sms")
    for identifier in snapshot.enabled_identifiers:
        yield MessageNeed(Purpose.VERIFY, text, identifier.name, "auth0")


def examine_action(
    action: ActionState, needs: tuple[MessageNeed, ...], own: OwnActions, decision: str = ""
) -> Examination:
    """Run an Action's deployed code, unless the ledger says that it is the code that phonefleet deployed."""
    origin = own.origin_of(action, needs)
    known = origin is ActionOrigin.DEPLOYED_HERE or not action.deployed
    packages = frozenset(dependency.name for dependency in action.dependencies)
    results = () if known else examine(action.source, frozenset(action.secret_names), packages, needs)
    reports = tuple(map(_report, results))
    report = CustomActionReport(
        id=action.id,
        name=action.name,
        stage=_stage(action),
        origin=origin,
        content=action.content,
        draft=action.draft,
        decision=decision,
        needs=reports,
    )
    return Examination(
        report,
        failing=tuple(r for r in reports if r.handling not in (Handling.SENDS, Handling.UNKNOWN)),
        unclear=tuple(r for r in reports if r.handling == Handling.UNKNOWN),
    )


def _report(result: NeedResult) -> NeedReport:
    return NeedReport(
        need=str(result.need), handling=result.handling, events=result.events, detail=result.detail
    )


def _stage(action: ActionState) -> ActionStage:
    if not action.deployed:
        return ActionStage.DRAFT
    return ActionStage.NEWER_DRAFT if action.draft else ActionStage.DEPLOYED
