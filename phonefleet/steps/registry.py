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
    StepKind.create_action: CreateAction(),
    StepKind.update_action: UpdateAction(),
    StepKind.deploy_action: DeployAction(),
    StepKind.create_provider: CreateProvider(),
    StepKind.update_provider: UpdateProvider(),
    StepKind.create_template: CreateTemplate(),
    StepKind.update_template: UpdateTemplate(),
    StepKind.send_test: SendTest(),
    StepKind.enable_factor: EnableFactor(),
    StepKind.set_message_types: SetMessageTypes(),
    StepKind.switch_tenant: SwitchTenant(),
    StepKind.switch_connection: SwitchConnection(),
    StepKind.unbind_action: UnbindAction(),
    StepKind.clear_gateway_secret: ClearConnection(),
    StepKind.clear_connection_twilio: ClearConnection(),
}


def handler(step: Step) -> Handler:
    """The handler for a step."""
    return _HANDLERS[step.kind]
