"""The types of the fields that phonefleet reads from answers of the Management API, by operation.

The SDK's models check more fields and raise less: what they do not know they pass on, and some of them take a number
for a text. A field that is absent or null is allowed wherever phonefleet can do without it. Fields that phonefleet
does not read may have any type.

Source: Auth0's Management API description and recorded answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

Text = str | None
LONGEST_TEXT = 256_000
"""Characters of a text that is searched for keys or parsed; Auth0 documentation, "Actions Limitations": an Action's
code has 100 kB at most."""
LongText = Annotated[str, Field(max_length=LONGEST_TEXT)] | None
Flag = bool | None
_YEARS = range(1970, 9999)
_DATETIME = TypeAdapter(datetime)


def _moment(value: str) -> str:
    # Both readers of a moment must take it: the parsers of answers use Python's, the models of a snapshot pydantic's.
    _DATETIME.validate_python(value)
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None or moment.year not in _YEARS:
        raise ValueError("no moment with a time zone in the years 1970 to 9998")
    moment.astimezone(UTC)
    return value


Moment = Annotated[str, AfterValidator(_moment)]


class _Answer(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class _Settings(_Answer):
    friendly_name: Text = None
    phone_consolidated_experience: Flag = None


class _Factor(_Answer):
    name: str
    enabled: Flag = None


class _MessageTypes(_Answer):
    message_types: list[Literal["sms", "voice"]] | None = None


class _SelectedProvider(_Answer):
    provider: Text = None


class _TwilioProvider(_Answer):
    sid: Text = None
    auth_token: Text = None
    sender: Text = Field(default=None, alias="from")
    messaging_service_sid: Text = None


class _GuardianTemplates(_Answer):
    enrollment_message: LongText = None
    verification_message: LongText = None


class _ProviderConfiguration(_Answer):
    delivery_methods: list[str] | None = None
    sid: Text = None
    default_from: Text = None
    mssid: Text = None


class _Provider(_Answer):
    id: str
    name: Literal["twilio", "custom"]
    """Steps compare it: a provider of a later Auth0 is refused by name, not read as one of these."""
    disabled: Flag = None
    configuration: _ProviderConfiguration | None = None
    updated_at: Moment | None = None


class _Providers(_Answer):
    providers: list[_Provider] | None = None


class _TemplateBody(_Answer):
    text: LongText = None
    voice: LongText = None


class _TemplateContent(_Answer):
    body: _TemplateBody | None = None
    sender: Text = Field(default=None, alias="from")
    syntax: Text = None


class _Template(_Answer):
    id: Text = None
    type: str
    disabled: Flag = None
    content: _TemplateContent | None = None


class _Templates(_Answer):
    templates: list[_Template] | None = None


class _Trigger(_Answer):
    id: str
    version: Text = None


class _Triggers(_Answer):
    triggers: list[_Trigger] | None = None


class _Named(_Answer):
    name: str
    version: Text = None


class _ActionVersion(_Answer):
    id: Text = None
    code: LongText = None
    runtime: Text = None
    status: Text = None
    number: int | None = None
    dependencies: list[_Named] | None = None
    secrets: list[_Named] | None = None
    supported_triggers: list[_Trigger] | None = None


class _Action(_ActionVersion):
    id: str
    name: Text = None
    deployed_version: _ActionVersion | None = None
    all_changes_deployed: Flag = None


class _Actions(_Answer):
    actions: list[_Action] | None = None
    total: int | None = None


class _Binding(_Answer):
    id: Text = None
    display_name: Text = None
    action: _Action


class _Bindings(_Answer):
    bindings: list[_Binding] | None = None
    total: int | None = None


class _GatewayAuthentication(_Answer):
    method: Text = None
    subject: Text = None
    audience: Text = None
    secret: Text = None


class _Identifier(_Answer):
    active: Flag = None


class _PhoneAttribute(_Answer):
    identifier: _Identifier | None = None


class _Attributes(_Answer):
    phone_number: _PhoneAttribute | None = None


class _Method(_Answer):
    enabled: Flag = None


class _Methods(_Answer):
    phone_otp: _Method | None = None


class _ShownOptions(_Answer):
    provider: Text = None
    template: LongText = None
    syntax: Text = None
    sender: Text = Field(default=None, alias="from")
    twilio_sid: Text = None
    twilio_token: Text = None
    messaging_service_sid: Text = None
    gateway_url: LongText = None
    gateway_authentication: _GatewayAuthentication | None = None
    use_phone_provider: Any = None
    attributes: _Attributes | None = None
    authentication_methods: _Methods | None = None


class _Connection(_Answer):
    id: str
    name: Text = None
    options: _ShownOptions | None = None


class _ListedConnection(_Connection):
    strategy: str
    """Lists of several strategies are split by it."""


class _Connections(_Answer):
    connections: list[_ListedConnection] | None = None
    next: Text = None


class _Client(_Answer):
    client_id: str
    name: Text = None


class _Clients(_Answer):
    clients: list[_Client] | None = None
    next: Text = None


class _Grant(_Answer):
    client_id: str
    scope: list[str] | None = None
    allow_all_scopes: Flag = None


class _Grants(_Answer):
    client_grants: list[_Grant] | None = None
    next: Text = None


class _LogEntry(_Answer):
    date: Moment
    type: str
    client_id: Text = None
    client_name: Text = None
    description: Text = None
    details: dict[str, Any] | None = None


class _Logs(_Answer):
    logs: list[_LogEntry] | None = None


_BY_OPERATION: Mapping[str, TypeAdapter[Any]] = {
    "settings": TypeAdapter(_Settings),
    "factors": TypeAdapter(list[_Factor]),
    "message_types": TypeAdapter(_MessageTypes),
    "selected_provider": TypeAdapter(_SelectedProvider),
    "twilio_provider": TypeAdapter(_TwilioProvider),
    "guardian_templates": TypeAdapter(_GuardianTemplates),
    "mfa_policies": TypeAdapter(list[str]),
    "phone_providers": TypeAdapter(_Providers),
    "phone_provider": TypeAdapter(_Provider),
    "phone_templates": TypeAdapter(_Templates),
    "triggers": TypeAdapter(_Triggers),
    "bindings": TypeAdapter(_Bindings),
    "actions": TypeAdapter(_Actions),
    "action": TypeAdapter(_Action),
    "connections": TypeAdapter(_Connections),
    "connection": TypeAdapter(_Connection),
    "connection_clients": TypeAdapter(_Clients),
    "client_grants": TypeAdapter(_Grants),
    "clients": TypeAdapter(_Clients),
    "logs": TypeAdapter(_Logs),
}


def shape_problem(operation: str, body: Any) -> str:
    """Return the fields of an answer that have another type than documented; empty where there are none."""
    adapter = _BY_OPERATION.get(operation)
    if adapter is None:
        return ""
    try:
        adapter.validate_python(body)
    except ValidationError as error:
        return described(error)
    except (OverflowError, RecursionError) as error:
        return type(error).__name__
    return ""


def described(error: ValidationError) -> str:
    """Return the first fields that a model refused, with the kind of problem and without their values."""
    problems = error.errors(include_input=False, include_context=False, include_url=False)
    first = "; ".join(f"{'.'.join(map(str, p['loc'])) or 'body'}: {p['type']}" for p in problems[:3])
    return f"{first[:300]} ({len(problems)} in all)"
