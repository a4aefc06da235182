"""Terraform code: it parses, has no secret, and uses only what the provider has."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from phonefleet.handover.code_files import code_files
from phonefleet.model.left_state import CodeFormat, LeftState
from phonefleet.model.snapshot import EndpointRefusal, PhoneTemplate
from tests.handover.hcl_reader import blocks, document, paths, text_of
from tests.handover.left_states import (
    ANY_STATE,
    GATEWAY_OPTIONS,
    custom,
    every_part,
    left_state,
    phone_action,
    twilio,
)

TABLE = json.loads(Path(__file__).with_name("terraform_provider.json").read_text())
VERSIONS = pytest.mark.parametrize("version", sorted(TABLE["versions"]))
META = {"depends_on", "lifecycle", "lifecycle.ignore_changes"}


def files_of(state: LeftState, references: dict[Any, str] | None = None) -> dict[str, str]:
    return code_files(state, references or {}, CodeFormat.TERRAFORM)


def resources(state: LeftState) -> dict[tuple[str, ...], dict[str, Any]]:
    return dict(blocks(files_of(state)["phone.tf"], "resource"))


STATES = {
    "every part": every_part(),
    "twilio": left_state(provider=twilio(mssid="MG1"), connections={"1 sms": GATEWAY_OPTIONS}),
    "no toggle": left_state(provider=twilio(), flag=None, policies=()),
    "no factor": left_state(provider=twilio(), factor=False),
}
states = pytest.mark.parametrize("state", STATES.values(), ids=STATES)


@VERSIONS
@states
def test_only_what_the_provider_has_is_written(state: LeftState, version: str) -> None:
    known = TABLE["versions"][version]["resources"]
    for (kind, _), body in resources(state).items():
        assert set(paths(body)) - META <= set(known[kind]), kind
        required = {name for name, what in known[kind].items() if what.startswith("required")}
        written = set(paths(body))
        for name in required:
            above = name.rpartition(".")[0]
            assert name in written or (above and above not in written), f"{kind} lacks {name}"


def test_the_oldest_version_asked_for_is_in_the_table() -> None:
    asked = document(files_of(every_part())["versions.tf"])["terraform"][0]["required_providers"][0]["auth0"]
    assert text_of(asked["version"]).removeprefix(">= ") == min(TABLE["versions"])


@states
def test_each_resource_is_imported_once(state: LeftState) -> None:
    files = files_of(state)
    imported = [body["to"] for _, body in blocks(files["imports.tf"], "import")]
    declared = ["${" + ".".join(labels) + "}" for labels, _ in blocks(files["phone.tf"], "resource")]
    assert imported == declared
    assert len(set(declared)) == len(declared)


@states
def test_each_variable_is_sensitive_and_used(state: LeftState) -> None:
    files = files_of(state)
    declared = {labels[0]: body for labels, body in blocks(files.get("variables.tf", ""), "variable")}
    assert all(body["sensitive"] is True for body in declared.values())
    assert set(re.findall(r"\bvar\.(\w+)", files["phone.tf"])) == set(declared)


def test_no_value_of_a_secret_is_written() -> None:
    text = "".join(files_of(every_part()).values())
    assert "s3cret-of-the-gateway" not in text
    assert "abc123def456" not in text


def test_the_whole_tenant_is_written() -> None:
    found = resources(every_part())
    assert list(found) == [
        ("auth0_tenant", "tenant"),
        ("auth0_action", "phone"),
        ("auth0_phone_provider", "phone"),
        ("auth0_branding_phone_notification_template", "otp_enroll"),
        ("auth0_branding_phone_notification_template", "otp_verify"),
        ("auth0_guardian", "guardian"),
        ("auth0_connection", "sms"),
        ("auth0_connection", "sms_2"),
    ]
    assert found["auth0_tenant", "tenant"]["phone_consolidated_experience"] is True
    assert [text_of(s["name"]) for s in found["auth0_action", "phone"]["secrets"]] == ["TOKEN", "token"]
    assert found["auth0_phone_provider", "phone"]["depends_on"] == ["${auth0_action.phone}"]
    guardian = found["auth0_guardian", "guardian"]
    assert (guardian["email"], guardian["otp"], guardian["recovery_code"]) == (False, True, False)
    assert set(guardian["phone"][0]) == {"enabled", "message_types", "__is_block__"}
    options = found["auth0_connection", "sms"]["options"][0]
    assert options["forward_request_info"] is True
    assert json.loads(text_of(options["upstream_params"])) == GATEWAY_OPTIONS["upstream_params"]
    secret = options["gateway_authentication"][0]["secret"]
    assert secret == "${var.connection_sms_gateway_authentication_secret}"
    assert found["auth0_connection", "sms"]["lifecycle"][0]["ignore_changes"] == "all"


@pytest.mark.parametrize(
    "state",
    [
        left_state(provider=twilio(), policies=("all-applications", "confidence-score")),
        left_state(provider=twilio(), policies=("something-new",)),
        left_state(
            provider=twilio(), unread=(EndpointRefusal(endpoint="GET guardian/policies", status=403),)
        ),
    ],
    ids=["two policies", "unknown policy", "policies unread"],
)
def test_an_unknown_policy_is_not_written(state: LeftState) -> None:
    assert ("auth0_guardian", "guardian") not in resources(state)
    note = files_of(state)["HANDOVER.md"]
    assert "There is no `auth0_guardian` here" in note
    assert 'message_types = ["sms"]' in note


def test_the_note_says_what_to_delete_and_supply() -> None:
    note = files_of(every_part(), {("action", "TOKEN"): "env:TOKEN_OF_A"})["HANDOVER.md"]
    assert (
        "`phone_action_token` | secret TOKEN of Action phonefleet-phone-provider | `env:TOKEN_OF_A`" in note
    )
    assert "`provider`, `options` and `twilio_config`" in note
    assert "does not know `options.use_phone_provider`" in note
    assert "legacy Action `` old `code` ``" in note
    assert "auth0_trigger_action" in note


@given(state=ANY_STATE)
def test_any_tenant_is_read_back(state: LeftState) -> None:
    files = files_of(state)
    found = resources(state)
    action, template = state.action, state.snapshot.templates[0]
    if action:
        assert files["action.js"] == action.code
        if action.name:
            assert text_of(found["auth0_action", "phone"]["name"]) == action.name
        names = [text_of(s["name"]) for s in found["auth0_action", "phone"].get("secrets", []) if "name" in s]
        assert names == [name for name in action.secret_names if name]
    body = found["auth0_branding_phone_notification_template", "otp_enroll"]["content"][0]["body"][0]
    assert text_of(body.get("text", '""')) == template.text
    assert text_of(body.get("voice", '""')) == template.voice
    connections = [each for (kind, _), each in found.items() if kind == "auth0_connection"]
    assert [text_of(c["name"]) for c in connections if "name" in c] == [
        c.name for c in state.snapshot.connections if c.name
    ]
    variables = [labels[0] for labels, _ in blocks(files.get("variables.tf", ""), "variable")]
    assert len(set(variables)) == len(variables)
    assert all(name.isascii() and name.isidentifier() for name in variables)


@pytest.mark.skipif(shutil.which("terraform") is None, reason="needs the terraform program")
@states
def test_terraform_would_not_format_it_otherwise(state: LeftState, tmp_path: Path) -> None:
    for path, text in files_of(state).items():
        (tmp_path / path).write_text(text)
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-diff"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_defaults_of_auth0_are_left_out() -> None:
    state = left_state(
        provider=custom(), actions=(phone_action(),), templates=(PhoneTemplate(type="otp_enroll", text="x"),)
    )
    kinds = [kind for kind, _ in resources(state)]
    assert kinds
    assert not [kind for kind in kinds if "template" in kind]
