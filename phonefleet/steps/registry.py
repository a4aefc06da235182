"""Which handler serves which kind of step."""

from __future__ import annotations

from phonefleet.plan import Step
from phonefleet.steps.action import CreateAction, DeployAction, UpdateAction
from phonefleet.steps.base import Handler
from phonefleet.steps.guardian import EnableFactor, SetMessageTypes
from phonefleet.steps.leftovers import ClearConnection, UnbindAction
from phonefleet.steps.message import SendTest
from phonefleet.steps.provider import CreateProvider, UpdateProvider
from phonefleet.steps.switch import SwitchConnection, SwitchTenant
from phonefleet.steps.template import CreateTemplate, UpdateTemplate
from phonefleet.vocabulary import StepKind

_HANDLERS: dict[StepKind, Handler] = {
    StepKind.CREATE_ACTION: CreateAction(),
    StepKind.UPDATE_ACTION: UpdateAction(),
    StepKind.DEPLOY_ACTION: DeployAction(),
    StepKind.CREATE_PROVIDER: CreateProvider(),
    StepKind.UPDATE_PROVIDER: UpdateProvider(),
    StepKind.CREATE_TEMPLATE: CreateTemplate(),
    StepKind.UPDATE_TEMPLATE: UpdateTemplate(),
    StepKind.SEND_TEST: SendTest(),
    StepKind.ENABLE_FACTOR: EnableFactor(),
    StepKind.SET_MESSAGE_TYPES: SetMessageTypes(),
    StepKind.SWITCH_TENANT: SwitchTenant(),
    StepKind.SWITCH_CONNECTION: SwitchConnection(),
    StepKind.UNBIND_ACTION: UnbindAction(),
    StepKind.CLEAR_GATEWAY_SECRET: ClearConnection(),
    StepKind.CLEAR_CONNECTION_TWILIO: ClearConnection(),
}


def handler(step: Step) -> Handler:
    """The handler for a step."""
    return _HANDLERS[step.kind]
