"""Give a tenant its verdict. Pure: the same snapshot and target always give the same assessment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from configs import Target
from phonefleet.assessment.action_examination import OwnActions
from phonefleet.assessment.availability import missing_for_target, missing_for_use, not_available
from phonefleet.assessment.blockers import log_blockers, scope_blockers
from phonefleet.assessment.delivery_methods import required_methods
from phonefleet.assessment.dependents import find_dependents
from phonefleet.assessment.desired_state import derive_desired_state
from phonefleet.assessment.migrated_verdict import judge_migrated
from phonefleet.assessment.owners import find_owners
from phonefleet.assessment.planning_input import DesiredState, Judgement
from phonefleet.assessment.reversibility import hidden_reversibility, judge_reversibility
from phonefleet.assessment.snapshot_evidence import flag_evidence, legacy_endpoint_evidence
from phonefleet.assessment.usage import Usage, find_usage, usage_reasons
from phonefleet.errors import CredentialsRejected, InsufficientScope, NotRecorded, TenantError, TokenLimited
from phonefleet.model.assessment import Assessment, Evidence, Reason
from phonefleet.model.endpoints import DATABASE_CONNECTIONS, PHONE_PROVIDERS, UPE_FLAG
from phonefleet.model.enums import ReasonCode, Verdict
from phonefleet.model.snapshot import Snapshot

_NO_OWN_ACTIONS = OwnActions()
_STATED = frozenset(
    {
        ReasonCode.FACTOR_STARTS_SENDING,
        ReasonCode.CONNECTION_STARTS_SENDING,
        ReasonCode.CUSTOM_ACTION_SENDS,
        ReasonCode.CUSTOM_ACTION_ADOPTED,
        ReasonCode.CUSTOM_ACTION_UNUSED,
    }
)
"""Warnings of a plan that the assessment states too."""


def classify(snapshot: Snapshot, target: Target, own: OwnActions = _NO_OWN_ACTIONS) -> Judgement:
    """Return a tenant's verdict, with the reasons and the evidence for it, and with its owners.

    Args:
        snapshot: what was read.
        target: what the operator wants.
        own: what the ledger says about the tenant's Action; without it every Action is examined.
    """
    judgement = _judge(snapshot, target, own)
    assessment = judgement.assessment.model_copy(
        update={"owners": find_owners(snapshot), "skipped": snapshot.skipped}
    )
    return replace(judgement, assessment=assessment)


def _judge(snapshot: Snapshot, target: Target, own: OwnActions) -> Judgement:
    if snapshot.on_upe and not snapshot.lacks(PHONE_PROVIDERS):
        return judge_migrated(snapshot, target, own)
    usage = find_usage(snapshot)
    if missing := missing_for_use(snapshot, usage):
        return Judgement(not_available(snapshot, usage, missing))
    if not usage and not snapshot.hidden_connections:
        return Judgement(_not_applicable(snapshot, usage))
    if snapshot.flag is None:
        return Judgement(_contact_support(snapshot, usage))
    if snapshot.hidden_connections:
        return Judgement(_hidden(snapshot, usage))
    desired = derive_desired_state(snapshot, usage, target, own)
    if missing := missing_for_target(snapshot, desired):
        return Judgement(not_available(snapshot, usage, missing))
    blockers = (*desired.blockers, *scope_blockers(snapshot), *log_blockers(snapshot))
    assessment = _migratable(snapshot, usage, desired, blockers)
    return Judgement(assessment, desired, desired.blockers, desired.warnings)


def is_unused(snapshot: Snapshot) -> bool:
    """Whether a tenant on the legacy experience uses no phone messages, whatever else is read of it.

    Phone identifiers are no use that is migrated, but the tenant-level provider sends for them.

    Args:
        snapshot: with the parts that show what the tenant uses.
    """
    if snapshot.on_upe:
        return False
    usage = find_usage(snapshot)
    hidden = any(refusal.endpoint == DATABASE_CONNECTIONS for refusal in snapshot.unread)
    in_use = usage or snapshot.hidden_connections or snapshot.enabled_identifiers or hidden
    return not (in_use or missing_for_use(snapshot, usage))


_NOT_OF_THE_NETWORK = frozenset({ReasonCode.INTERNAL_ERROR, ReasonCode.CREDENTIAL_MISSING})
"""A defect of phonefleet, and a reference without a value: the tenant may well be reachable."""


def unreachable(error: TenantError) -> Assessment:
    """Return the verdict for a tenant that could not be read."""
    match error:
        case CredentialsRejected() | TokenLimited():
            code = ReasonCode(error.reason)
        case InsufficientScope():
            code = ReasonCode.INSUFFICIENT_SCOPE
        case NotRecorded():
            code = ReasonCode.NOT_RECORDED
        case _ if error.reason in _NOT_OF_THE_NETWORK:
            code = ReasonCode(error.reason)
        case _:
            code = ReasonCode.UNREACHABLE
    return Assessment(
        domain=error.domain, verdict=Verdict.UNREACHABLE, reasons=(Reason(code=code, message=str(error)),)
    )


def _migratable(
    snapshot: Snapshot, usage: Usage, desired: DesiredState, blockers: tuple[Reason, ...]
) -> Assessment:
    # Stated beside blockers too: a factor or connection that starts to send may be their only cause.
    stated = (w for w in desired.warnings if w.code in _STATED)
    return Assessment(
        domain=snapshot.domain,
        verdict=Verdict.BLOCKED if blockers else Verdict.ELIGIBLE,
        route=desired.route,
        reasons=(
            *blockers,
            *usage_reasons(usage, snapshot),
            *_half_done(snapshot),
            *usage.unused,
            *stated,
        ),
        reversibility=judge_reversibility(snapshot, usage, desired),
        dependents=find_dependents(snapshot, legacy_remains=not snapshot.legacy_refusal),
        factors=usage.factors,
        required_methods=required_methods(
            usage.factors, texts=bool(usage.passwordless or snapshot.enabled_identifiers)
        ),
        passwordless=bool(usage.passwordless),
        texts=desired.texts,
        action=desired.report,
        custom_action=desired.custom_action,
    )


def _hidden(snapshot: Snapshot, usage: Usage) -> Assessment:
    """Block a tenant with a connection in use whose options are not shown: what sends, and so the route, is unknown."""
    return Assessment(
        domain=snapshot.domain,
        verdict=Verdict.BLOCKED,
        reasons=(
            *scope_blockers(snapshot),
            *usage_reasons(usage, snapshot),
            *_half_done(snapshot),
            *usage.unused,
        ),
        reversibility=hidden_reversibility(snapshot.hidden_connections),
        dependents=find_dependents(snapshot, legacy_remains=not snapshot.legacy_refusal),
        factors=usage.factors,
        required_methods=required_methods(usage.factors, texts=True),
        passwordless=True,
    )


def _half_done(snapshot: Snapshot) -> Iterator[Reason]:
    if provider := snapshot.provider:
        yield Reason(
            code=ReasonCode.HALF_DONE,
            message=f"a tenant-level {provider.name} provider exists although the flag is false",
            evidence=(
                flag_evidence(snapshot),
                Evidence(endpoint=PHONE_PROVIDERS, field="name", value=provider.name),
            ),
        )


def _not_applicable(snapshot: Snapshot, usage: Usage) -> Assessment:
    reasons = usage.unused or (
        Reason(
            code=ReasonCode.NO_PHONE_MESSAGING,
            message="neither MFA by phone nor Passwordless SMS is enabled and configured",
            evidence=(flag_evidence(snapshot),),
        ),
    )
    return Assessment(
        domain=snapshot.domain,
        verdict=Verdict.NOT_APPLICABLE,
        reasons=reasons,
        dependents=find_dependents(snapshot, legacy_remains=True),
    )


def _contact_support(snapshot: Snapshot, usage: Usage) -> Assessment:
    reason = Reason(
        code=ReasonCode.TOGGLE_MISSING_ON_LEGACY,
        message=f"the tenant settings have no {UPE_FLAG} and the legacy endpoints are not closed, so phonefleet cannot "
        "switch the tenant. Look for Unified Phone Experience in the dashboard, Tenant Settings, Advanced",
        evidence=(flag_evidence(snapshot), legacy_endpoint_evidence(snapshot)),
    )
    passwordless = bool(usage.passwordless or snapshot.hidden_connections)
    return Assessment(
        domain=snapshot.domain,
        verdict=Verdict.CONTACT_SUPPORT,
        reasons=(reason, *usage_reasons(usage, snapshot)),
        dependents=find_dependents(snapshot, legacy_remains=True),
        factors=usage.factors,
        required_methods=required_methods(
            usage.factors, texts=passwordless or bool(snapshot.enabled_identifiers)
        ),
        passwordless=passwordless,
    )
