"""Which handler serves which kind of step."""

from __future__ import annotations

from phonefleet.execution.steps.action_steps import CreateAction, DeployAction, UpdateAction
from phonefleet.execution.steps.factor_steps import EnableFactor, SetMessageTypes
from phonefleet.execution.steps.handler import Handler
from phonefleet.execution.steps.leftover_steps import ClearConnection, UnbindAction
from phonefleet.execution.steps.provider_steps import CreateProvider, UpdateProvider
from phonefleet.execution.steps.switch_steps import SwitchConnection, SwitchTenant
from phonefleet.execution.steps.template_steps import CreateTemplate, UpdateTemplate
from phonefleet.execution.steps.test_message_step import SendTest
from phonefleet.model.enums import StepKind
from phonefleet.model.plan import Step

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
