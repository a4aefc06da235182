"""Decide what becomes of an Action on `custom-phone-provider` that a tenant has before its migration.

A tenant can have one: a second is refused with 403 `actions_cardinality_custom_phone_provider_not_allowed` (Auth0's
API changes of January to March 2026). It is found by its trigger, whatever its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from configs import CustomActionChoice, ProviderChoice, Target
from phonefleet.actions.embedded_secrets import masked_lines
from phonefleet.actions.verify.serving import MessageNeed
from phonefleet.assessment.action_examination import Examination, OwnActions, examine_action
from phonefleet.assessment.planning_input import CustomCode
from phonefleet.model.action_content import content_checksum
from phonefleet.model.assessment import Evidence, Reason
from phonefleet.model.custom_action_report import CustomActionReport, NeedReport
from phonefleet.model.endpoints import PROVIDER_ACTIONS, PROVIDER_TRIGGER, action_endpoint
from phonefleet.model.enums import ReasonCode, Route
from phonefleet.model.fact import ActionContent, ActionState, NpmDependency

_CHOICE = (
    "set target.action: adopt (phonefleet replaces its code, and a rollback restores it) or keep (messages go out "
    "through it, unchanged)"
)


@dataclass(frozen=True, slots=True)
class ActionDecision:
    """What becomes of the Action; none of the fields is set where the tenant has none.

    Attributes:
        adopted: it is replaced.
        kept: messages go out through it.
        blockers: what the operator must decide first.
        notes: what the plan and the assessment mention.
        report: for people.
    """

    adopted: ActionState | None = None
    kept: ActionState | None = None
    blockers: tuple[Reason, ...] = ()
    notes: tuple[Reason, ...] = ()
    report: CustomActionReport | None = None


def keeps_action(actions: Sequence[ActionState], target: Target, own: OwnActions) -> bool:
    """Whether the operator wants messages to go out through the Action that the tenant has."""
    foreign = [action for action in actions if not own.wrote(action)]
    is_wanted = target.action is CustomActionChoice.KEEP and target.provider is not ProviderChoice.TWILIO
    return bool(foreign) and is_wanted


def decide_on_action(
    actions: Sequence[ActionState],
    route: Route,
    code: CustomCode | None,
    needs: tuple[MessageNeed, ...],
    target: Target,
    own: OwnActions,
) -> ActionDecision:
    """Return what becomes of the tenant's Action on the trigger.

    Args:
        actions: all Actions on the trigger.
        route: of the migration.
        code: what a custom provider would run; None where it is not made.
        needs: what the tenant's users need after the migration.
        target: the operator's choice.
        own: what the ledger says.
    """
    foreign = [a for a in actions if not own.wrote(a) and not _is_planned(a, code)]
    if not foreign:
        return ActionDecision()
    action = foreign[0]
    examination = examine_action(action, needs, own, str(target.action))
    report = examination.report
    if route is Route.TWILIO and (
        target.provider is ProviderChoice.TWILIO or target.action is CustomActionChoice.ADOPT
    ):
        return ActionDecision(notes=(_unused(action),), report=report)
    if len(actions) > 1:
        return ActionDecision(blockers=(_several(actions),), report=report)
    match target.action:
        case CustomActionChoice.REFUSE:
            return ActionDecision(blockers=(_refused(examination, route),), report=report)
        case CustomActionChoice.ADOPT:
            return replace(_adopt(action), report=report)
        case CustomActionChoice.KEEP:
            return replace(_keep(action, examination), report=report)


def _is_planned(action: ActionState, code: CustomCode | None) -> bool:
    """Whether it is what the migration would write anyway, for example left by a run of another ledger."""
    if code is None:
        return False
    planned = ActionContent(
        code=code.code,
        dependencies=tuple(NpmDependency(name=d.name, version=d.version) for d in code.dependencies),
        secret_names=tuple(name for name, _ in code.secrets),
    )
    return all(content_checksum(content) == content_checksum(planned) for content in action.contents)


def _described(report: CustomActionReport) -> str:
    return f"Action {report.name} ({report.id}, {report.stage.replace('_', ' ')})"


def _refused(examination: Examination, route: Route) -> Reason:
    leave = (
        ", or target.provider: twilio to leave it alone and send through Twilio"
        if route is Route.TWILIO
        else ""
    )
    return Reason(
        code=ReasonCode.CUSTOM_ACTION_TAKEN,
        message=f"{_described(examination.report)} on {PROVIDER_TRIGGER} exists, "
        f"no plan of this ledger wrote its code, and a tenant can have one: {_CHOICE}{leave}",
        evidence=examination.evidence,
    )


def _several(actions: Sequence[ActionState]) -> Reason:
    names = ", ".join(f"{action.name} ({action.id})" for action in actions)
    return Reason(
        code=ReasonCode.CUSTOM_ACTION_TAKEN,
        message=f"{len(actions)} Actions on {PROVIDER_TRIGGER} exist ({names}), a tenant can have one, and which of "
        "them Auth0 runs is not documented: ask their owner to delete all but one",
        evidence=(Evidence(endpoint=PROVIDER_ACTIONS, field="total", value=str(len(actions))),),
    )


def _unused(action: ActionState) -> Reason:
    return Reason(
        code=ReasonCode.CUSTOM_ACTION_UNUSED,
        message=f"Action {action.name} ({action.id}) on {PROVIDER_TRIGGER} stays as it is, and nothing sends through "
        "it: after the switch the provider is Twilio",
        evidence=(Evidence(endpoint=action_endpoint(action.id), field="name", value=action.name),),
    )


# ---- adopt -------------------------------------------------------------------------------------------------------


def _adopt(action: ActionState) -> ActionDecision:
    draft = draft_of(action)
    endpoint = action_endpoint(action.id)
    if others := ", ".join(trigger for trigger in action.triggers if trigger != PROVIDER_TRIGGER):
        evidence = Evidence(endpoint=endpoint, field="supported_triggers", value=others)
        why = f"it also serves {others}: ask its owner to split it"
    elif draft.fingerprint and (action.draft or not action.deployed):
        # The version at Auth0 keeps the key of a deployed Action.
        lines = ", ".join(str(line) for line in masked_lines(draft.code))
        evidence = Evidence(endpoint=endpoint, field="code.line", value=lines)
        why = (
            f"its draft holds what looks like a key (line {lines}), which the ledger does not keep, so no rollback "
            "could restore the draft: ask its owner to move the value into a secret (event.secrets.NAME) and to "
            "deploy the Action"
        )
    else:
        return _adopted(action)
    reason = Reason(
        code=ReasonCode.CUSTOM_ACTION_TAKEN,
        message=f"Action {action.name} ({action.id}) on {PROVIDER_TRIGGER} cannot be adopted: {why}",
        evidence=(evidence,),
    )
    return ActionDecision(blockers=(reason,))


def _adopted(action: ActionState) -> ActionDecision:
    draft = draft_of(action)
    dependencies = ", ".join(f"{d.name}@{d.version}" for d in action.dependencies) or "none"
    note = Reason(
        code=ReasonCode.CUSTOM_ACTION_ADOPTED,
        message=f"the code of Action {action.name} ({action.id}) is replaced. It had {len(action.code.splitlines())} "
        f"lines, dependencies {dependencies}, secrets {', '.join(action.secret_names) or 'none'}, runtime "
        f"{action.runtime}{', and a newer draft' if action.draft else ''}; the snapshot keeps all of it but the "
        "values of the secrets",
        evidence=(
            Evidence(endpoint=action_endpoint(action.id), field="code.sha256", value=content_checksum(draft)),
        ),
    )
    return ActionDecision(adopted=action, notes=(note,))


def draft_of(action: ActionState) -> ActionContent:
    """Return the content of an Action's draft."""
    return action.draft or action.content


# ---- keep --------------------------------------------------------------------------------------------------------


def _keep(action: ActionState, examination: Examination) -> ActionDecision:
    if not action.deployed:
        return ActionDecision(
            blockers=(
                Reason(
                    code=ReasonCode.CUSTOM_ACTION_NOT_DEPLOYED,
                    message=f"{_described(examination.report)} is to be kept, and it is not deployed, so "
                    "nothing can be sent through it: ask its owner to deploy it, or set target.action: adopt",
                    evidence=(
                        Evidence(
                            endpoint=action_endpoint(action.id), field="deployed_version", value="absent"
                        ),
                    ),
                ),
            )
        )
    if examination.failing:
        reason = _by_need(
            ReasonCode.CUSTOM_ACTION_NOT_SENDING,
            examination,
            examination.failing,
            "is to be kept and does not send",
            "ask its owner to correct it and to deploy it, or set target.action: adopt",
        )
        return ActionDecision(blockers=(reason,))
    if examination.unclear:
        return ActionDecision(kept=action, blockers=(not_verified(examination),))
    return ActionDecision(kept=action, notes=(sends(examination),))


# ---- reasons about an examined Action, before the switch and after it ------------------------------------------------


def not_verified(examination: Examination) -> Reason:
    """Say of which kinds of message the runs do not show that the Action sends them."""
    return _by_need(
        ReasonCode.CUSTOM_ACTION_NOT_VERIFIED,
        examination,
        (*examination.failing, *examination.unclear),
        "was run, and that does not show that it sends",
        "read its code, then accept by name (target.approve: [custom_action_not_verified])",
    )


def not_sending(examination: Examination) -> Reason:
    """Say which messages users do not get now."""
    return _by_need(
        ReasonCode.UPE_ACTION_NOT_SENDING,
        examination,
        examination.failing,
        "does not send",
        "users do not get these messages. Correct it and deploy it now",
    )


def sends(examination: Examination) -> Reason:
    """Say on what evidence the Action counts as one that sends."""
    report = examination.report
    if not report.needs:
        shown = "runs exactly the code that a plan of this ledger deployed"
    else:
        events = sum(need.events for need in report.needs)
        shown = f"sent every message on the {events} events that it was run on ({_names(report.needs)})"
    return Reason(
        code=ReasonCode.CUSTOM_ACTION_SENDS,
        message=f"Action {report.name} ({report.id}) {shown}",
        evidence=examination.evidence,
    )


def accepted(examination: Examination) -> Reason:
    """Say that a person accepted what the runs do not show."""
    report = examination.report
    return Reason(
        code=ReasonCode.CUSTOM_ACTION_ACCEPTED,
        message=f"no run shows that Action {report.name} ({report.id}) sends "
        f"{_names((*examination.failing, *examination.unclear))}; that was accepted by name",
        evidence=examination.evidence,
    )


def _by_need(
    code: ReasonCode, examination: Examination, needs: Sequence[NeedReport], what: str, next_step: str
) -> Reason:
    report = examination.report
    details = "; ".join(dict.fromkeys(need.detail for need in needs if need.detail))
    return Reason(
        code=code,
        message=f"Action {report.name} ({report.id}) {what} {_names(needs)} ({details}): {next_step}",
        evidence=examination.evidence,
    )


def _names(needs: Sequence[NeedReport]) -> str:
    return ", ".join(need.need for need in needs)
