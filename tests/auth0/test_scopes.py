from __future__ import annotations

import inspect
import json
import os
import re
import runpy
from pathlib import Path

import httpx
import pytest
import typer
from typer.testing import CliRunner

from flows.cli.scopes_command import scopes
from phonefleet.auth0.api_failures import from_answer
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.errors import InsufficientScope, PlanRefused
from phonefleet.model.api_scopes import (
    FIELDS,
    OPERATIONS,
    READ_OPTIONS,
    UPDATE_OPTIONS,
    VERBS,
    every_phone_scope,
    missing_scopes,
    required_scopes,
)

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
    "try_phone_template": ("post", "/branding/phone/templates/{id}/try"),
    "create_action": ("post", "/actions/actions"),
    "update_action": ("patch", "/actions/actions/{id}"),
    "deploy_action": ("post", "/actions/actions/{id}/deploy"),
    "deploy_action_version": ("post", "/actions/actions/{actionId}/versions/{id}/deploy"),
    "delete_action": ("delete", "/actions/actions/{id}"),
    "set_bindings": ("patch", "/actions/triggers/{triggerId}/bindings"),
}


ON_A_PAGE = {"deploy_action_version": {"create:actions"}}
"""What the file does not have, from the operation's page in Auth0's documentation."""


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
    if operation in ON_A_PAGE:
        assert set(OPERATIONS[operation]) == ON_A_PAGE[operation]
        return
    method, path = ENDPOINTS[operation]
    security = json.loads(DESCRIPTION.read_text())["paths"][path][method]["security"]
    described = {scope for way in security for scope in way.get("oAuth2ClientCredentials", [])}
    assert set(OPERATIONS[operation]) == described


def test_assessing_needs_nothing_but_reads() -> None:
    needed = required_scopes("assess")
    assert needed
    assert all(re.match("read:", scope) for scope in needed)


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


OPTIONS = {READ_OPTIONS, UPDATE_OPTIONS}


@pytest.mark.parametrize(
    ("verb", "scopes"),
    [("assess", {READ_OPTIONS}), ("migrate", OPTIONS), ("rollback", OPTIONS), ("finalize", OPTIONS)],
)
def test_options_have_scopes_of_their_own(verb: str, scopes: set[str]) -> None:
    """`read:connections` and `update:connections` are needed as well, and are not enough."""
    assert required_scopes(verb) & OPTIONS == scopes
    without = required_scopes(verb) - OPTIONS
    assert set(missing_scopes(verb, without).values()) == {(scope,) for scope in scopes}
    assert missing_scopes(verb, required_scopes(verb)) == {}


def test_fields_belong_to_operations() -> None:
    assert set(FIELDS) <= set(OPERATIONS)


@pytest.mark.skipif(not DESCRIPTION.exists(), reason="Auth0's description of its API is not here")
def test_the_description_names_both_scopes() -> None:
    schemas = json.loads(DESCRIPTION.read_text())["components"]["schemas"]
    assert READ_OPTIONS in schemas["ConnectionOptions"]["description"]
    assert UPDATE_OPTIONS in schemas["UpdateConnectionOptions"]["description"]


def test_a_refused_patch_names_both_scopes() -> None:
    """Auth0 answers the same 403 whichever of the two is missing."""
    body = {"statusCode": 403, "message": "Insufficient scope", "errorCode": "insufficient_scope"}
    request = httpx.Request("PATCH", "https://t.eu.auth0.com/api/v2/connections/con_1")
    answer = httpx.Response(403, json=body, request=request)
    refused = from_answer("t.eu.auth0.com", "update_connection_options", answer)
    assert isinstance(refused, InsufficientScope)
    assert refused.scopes == ("update:connections", UPDATE_OPTIONS)
    assert f"Grant the application update:connections and {UPDATE_OPTIONS} on" in str(refused)


def test_every_phone_scope_reaches_both_sides() -> None:
    assert {"read:guardian_factors", "delete:phone_providers", "create:phone_templates"} <= set(
        every_phone_scope()
    )


def test_the_page_of_permissions_is_current() -> None:
    """`python docs/permissions.py` writes it."""
    docs = Path(__file__).parents[2] / "docs"
    page = runpy.run_path(str(docs / "permissions.py"))["page"]()
    assert (docs / "reference" / "permissions.md").read_text(encoding="utf-8") == page


def test_scopes_prints_what_a_command_needs() -> None:
    run = CliRunner()
    app = typer.Typer()
    app.command()(scopes)
    assert run.invoke(app, ["rollback"]).output.split() == sorted(required_scopes("rollback"))
    printed = json.loads(run.invoke(app, ["compliance", "--test", "--json"]).output)
    assert printed == {"command": "compliance --test", "scopes": sorted(required_scopes("compliance --test"))}
    refused = run.invoke(app, ["approve"]).exception
    assert isinstance(refused, PlanRefused)
    assert "asks no tenant" in str(refused)
