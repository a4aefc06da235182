"""Which handler handles which step. A new kind of step gets its line here."""

from __future__ import annotations

from typing import Any

from phonefleet.execution.steps.action_steps import AdoptAction, CreateAction, DeployAction, UpdateAction
from phonefleet.execution.steps.factor_steps import EnableFactor, SetMessageTypes
from phonefleet.execution.steps.handler import Handler
from phonefleet.execution.steps.leftover_steps import ClearConnection, UnbindAction
from phonefleet.execution.steps.provider_steps import CreateProvider, UpdateProvider
from phonefleet.execution.steps.send_test_step import SendTest
from phonefleet.execution.steps.switch_steps import SwitchConnection, SwitchTenant
from phonefleet.execution.steps.template_steps import CreateTemplate, UpdateTemplate
from phonefleet.model import steps
from phonefleet.model.steps import Step

AnyHandler = Handler[Any, Any]
"""A handler whose step and observation are of some one kind; only the handler itself looks into them."""


def handler_for(step: Step) -> AnyHandler:
    """Return the handler for a step."""
    match step:
        case steps.CreateActionStep():
            return CreateAction(step)
        case steps.UpdateActionStep():
            return UpdateAction(step)
        case steps.AdoptActionStep():
            return AdoptAction(step)
        case steps.DeployActionStep():
            return DeployAction(step)
        case steps.CreateProviderStep():
            return CreateProvider(step)
        case steps.UpdateProviderStep():
            return UpdateProvider(step)
        case steps.CreateTemplateStep():
            return CreateTemplate(step)
        case steps.UpdateTemplateStep():
            return UpdateTemplate(step)
        case steps.SendTestStep():
            return SendTest(step)
        case steps.EnableFactorStep():
            return EnableFactor(step)
        case steps.SetMessageTypesStep():
            return SetMessageTypes(step)
        case steps.SwitchTenantStep():
            return SwitchTenant(step)
        case steps.SwitchConnectionStep():
            return SwitchConnection(step)
        case steps.UnbindActionStep():
            return UnbindAction(step)
        case steps.ClearGatewaySecretStep() | steps.ClearConnectionTwilioStep():
            return ClearConnection(step)
