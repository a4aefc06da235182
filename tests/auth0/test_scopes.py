from __future__ import annotations

import inspect
import json
import os
import re
from pathlib import Path

import pytest

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.model.api_scopes import OPERATIONS, VERBS, missing_scopes, required_scopes

DESCRIPTION = (
    Path(os.environ.get("PHONEFLEET_REFERENCE_DIR") or Path(__file__).parents[3] / "shared")
    / "auth0/management-api-subset.openapi.json"
)
ENDPOINTS = {
    "settings": ("get", "/tenants/settings"),
    "factors": ("get", "/guardian/factors"),
    "message_types": ("get", "/guardian/factors/phone/message-types"),
    "selected_provider": ("get", "/guardian/factors/phone/selected-provider"),
    "twilio_provider": ("get", "/guardian/factors/phone/providers/twilio"),
    "guardian_templates": ("get", "/guardian/factors/phone/templates"),
    "mfa_policies": ("get", "/guardian/policies"),
    "phone_providers": ("get", "/branding/phone/providers"),
    "phone_provider": ("get", "/branding/phone/providers/{id}"),
    "phone_templates": ("get", "/branding/phone/templates"),
    "actions": ("get", "/actions/actions"),
    "action": ("get", "/actions/actions/{id}"),
    "triggers": ("get", "/actions/triggers"),
    "bindings": ("get", "/actions/triggers/{triggerId}/bindings"),
    "connections": ("get", "/connections"),
    "connection": ("get", "/connections/{id}"),
    "connection_clients": ("get", "/connections/{id}/clients"),
    "client_grants": ("get", "/client-grants"),
    "clients": ("get", "/clients"),
    "logs": ("get", "/logs"),
    "set_phone_consolidated_experience": ("patch", "/tenants/settings"),
    "update_connection_options": ("patch", "/connections/{id}"),
    "set_factor": ("put", "/guardian/factors/{name}"),
    "set_message_types": ("put", "/guardian/factors/phone/message-types"),
    "set_twilio_provider": ("put", "/guardian/factors/phone/providers/twilio"),
    "set_selected_provider": ("put", "/guardian/factors/phone/selected-provider"),
    "set_guardian_templates": ("put", "/guardian/factors/phone/templates"),
    "create_phone_provider": ("post", "/branding/phone/providers"),
    "update_phone_provider": ("patch", "/branding/phone/providers/{id}"),
    "delete_phone_provider": ("delete", "/branding/phone/providers/{id}"),
    "try_phone_provider": ("post", "/branding/phone/providers/{id}/try"),
    "create_phone_template": ("post", "/branding/phone/templates"),
    "update_phone_template": ("patch", "/branding/phone/templates/{id}"),
    "delete_phone_template": ("delete", "/branding/phone/templates/{id}"),
    "create_action": ("post", "/actions/actions"),
    "update_action": ("patch", "/actions/actions/{id}"),
    "deploy_action": ("post", "/actions/actions/{id}/deploy"),
    "delete_action": ("delete", "/actions/actions/{id}"),
    "set_bindings": ("patch", "/actions/triggers/{triggerId}/bindings"),
}


def test_every_operation_of_the_api_has_its_scopes_and_the_other_way_round() -> None:
    methods = {
        name
        for name, _ in inspect.getmembers(ManagementApi, inspect.iscoroutinefunction)
        if not name.startswith("_") and name != "granted_scopes"
    }
    assert methods == set(OPERATIONS) == set(ENDPOINTS)


@pytest.mark.skipif(not DESCRIPTION.exists(), reason="Auth0's description of its API is not here")
@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_scopes_are_those_of_auth0s_own_description(operation: str) -> None:
    method, path = ENDPOINTS[operation]
    security = json.loads(DESCRIPTION.read_text())["paths"][path][method]["security"]
    described = {scope for way in security for scope in way.get("oAuth2ClientCredentials", [])}
    assert set(OPERATIONS[operation]) == described


def test_assessing_needs_nothing_but_reads() -> None:
    assert all(re.match("read:", scope) for scope in required_scopes("assess"))


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_reads_all_that_an_assessment_reads(verb: str) -> None:
    assert required_scopes("assess") <= required_scopes(verb)


def test_a_migration_may_roll_back_on_the_spot() -> None:
    assert required_scopes("rollback") <= required_scopes("migrate")


def test_an_unknown_verb_is_an_error() -> None:
    with pytest.raises(KeyError):
        required_scopes("destroy")


def test_any_one_of_several_scopes_will_do() -> None:
    granted = required_scopes("assess") - {"read:clients"} | {"read:client_summary"}
    assert missing_scopes("assess", granted) == {}


def test_a_missing_scope_is_reported_for_each_operation_that_needs_it() -> None:
    assert missing_scopes("assess", required_scopes("assess") - {"read:actions"}) == dict.fromkeys(
        ("action", "actions", "bindings", "triggers"), ("read:actions",)
    )
