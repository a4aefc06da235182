"""No file of a tenant's code contains a secret, and what phonefleet writes itself passes."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from phonefleet.handover import secret_check
from phonefleet.handover.code_files import code_files
from phonefleet.handover.secret_check import find_secret
from phonefleet.model.left_state import CodeFormat, LeftState
from phonefleet.model.snapshot import PhoneTemplate
from phonefleet.secrets.known_values import KnownValues
from tests.handover.left_states import custom, every_part, left_state, phone_action, twilio

TWILIO_KEY = f"SK{'0a' * 16}"


def found(state: LeftState, code_format: CodeFormat) -> str:
    secret = find_secret(state, code_files(state, {}, code_format))
    return secret.field if secret else ""


@pytest.mark.parametrize("code_format", CodeFormat)
def test_what_migrations_leave_passes(code_format: CodeFormat) -> None:
    assert not found(every_part(), code_format)
    assert not found(left_state(provider=twilio()), code_format)


@pytest.mark.parametrize("code_format", CodeFormat)
def test_names_in_code_are_no_secrets(code_format: CodeFormat) -> None:
    action = phone_action(code="const authToken = twilioAuthToken1;\n")
    assert not found(left_state(provider=custom(), actions=(action,)), code_format)


@pytest.mark.parametrize("code_format", CodeFormat)
def test_a_secret_is_found_with_its_field(code_format: CodeFormat) -> None:
    action = phone_action(code=f"// {TWILIO_KEY}\n")
    assert (
        found(left_state(provider=custom(), actions=(action,)), code_format)
        == f"the code of Action {action.name}"
    )
    template = PhoneTemplate(id="tem_1", type="otp_verify", text=f"{{{{ code }}}} {TWILIO_KEY}")
    assert found(left_state(templates=(template,)), code_format) == "phone template otp_verify"


def test_a_secret_of_the_process_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    known = KnownValues()
    known.add(SecretStr("hunter2!winter").get_secret_value())
    monkeypatch.setattr(secret_check, "KNOWN", known)
    options: dict[str, Any] = {"sms": {"upstream": {"note": "use hunter2!winter"}}}
    secret = find_secret(
        state := left_state(connections=options), code_files(state, {}, CodeFormat.DEPLOY_CLI)
    )
    assert secret
    assert secret.field == "options.upstream.note of connection sms"
    assert secret.kind == "a secret that phonefleet uses or has read"
