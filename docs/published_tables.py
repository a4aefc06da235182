"""Auth0's published tables of fields and endpoints, row by row, with what phonefleet does for each.

Source of the rows: Auth0 documentation, "Use Auth0's Unified Phone Experience for Multi-Factor Authentication". The
rows about factors are in `phonefleet/assessment/published_rows.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

_PLACES = "phonefleet.actions.parse.event_fields.LegacyEvent"
_SHAPES = "phonefleet.actions.parse.event_table.EVENT_FIELDS"
_FLAGS = "phonefleet.actions.translate.flags"
_READ_BOTH = "tests/test_mapping_page.py::test_a_field_is_read_as_its_row_says"
_NEVER_READ = "tests/test_mapping_page.py::test_a_new_field_is_never_set_before"
_EVENTS = "tests/actions/verify/test_events.py::test_both_events_hold_the_same_message"
_SUBSET = "phonefleet.assessment.delivery_methods.undelivered"
_CLOSES = "phonefleet.auth0.answer_parser.experience_of"
_SCOPES = "phonefleet.model.api_scopes.OPERATIONS"
_CLOSED = "tests/simulator/test_guardian.py::test_legacy_endpoints_close_with_the_switch"
_ENDPOINT = "tests/test_mapping_page.py::test_an_endpoint_belongs_where_its_row_says"


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A published row about a field of the event, below `event.`.

    Attributes:
        legacy: the field of `send-phone-message`; empty for a new field. The page writes fields of
            `message_options` without it.
        published: the field of `custom-phone-provider`; empty for a removed one.
        status: the page's word for the row.
        rule: what phonefleet does.
        place: where the new event has the value; empty if nowhere, or if the Action never read it.
        where: the dotted names of the code.
        tests: as pytest names them.
        chosen: what was chosen where sources disagree; empty where they agree.
        same_without: False if an Action that sends the value is not verified: the new event may lack it, or it is
            disputed.
    """

    legacy: str
    published: str
    status: str
    rule: str
    place: str = ""
    where: tuple[str, ...] = (_PLACES,)
    tests: tuple[str, ...] = (_READ_BOTH,)
    chosen: str = ""
    same_without: bool = True


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """A published row about endpoints of the Management API.

    Attributes:
        endpoints: methods and paths.
        scope: the scope that the page gives.
        operations: phonefleet's names of the operations that it calls; empty if it calls none of them.
        experience: `legacy` if they close with the switch, `new`, or `both`.
    """

    endpoints: tuple[str, ...]
    scope: str
    operations: tuple[str, ...]
    experience: str
    rule: str
    where: tuple[str, ...]
    tests: tuple[str, ...]
    chosen: str = ""


def _same(path: str, status: str = "unchanged", chosen: str = "") -> FieldRow:
    return FieldRow(path, path, status, f"Read as `event.{path}`.", path, chosen=chosen)


def _new(path: str) -> FieldRow:
    rule = "The legacy event never had it. A legacy Action that reads it finds nothing (`never_set_field`)."
    return FieldRow("", path, "new", rule, "", (_SHAPES, _FLAGS), (_NEVER_READ,))


_SAME_NAME = "The page calls it updated; both event references have it under this name."
MESSAGE_ROWS = (
    FieldRow(
        "message_options.text",
        "notification.as_text and notification.as_voice",
        "updated",
        "Read as `notification.as_text`, or as `notification.as_voice` when `delivery_method` is `voice`.",
        "notification.as_text",
        tests=(_READ_BOTH, _EVENTS),
        chosen="The page names both fields and does not say when. A spoken message had the text of a call.",
    ),
    FieldRow(
        "message_options.message_type",
        "notification.message_type",
        "updated",
        "Read from `notification.delivery_method`: `text` is `sms`, `voice` is `voice`.",
        "notification.delivery_method",
        tests=(
            _READ_BOTH,
            _EVENTS,
            "tests/actions/test_translator.py::test_the_mapping_crosses_the_two_fields",
        ),
        chosen="The page pairs the fields by name. Both event references, with their values, cross them.",
    ),
    FieldRow(
        "message_options.action",
        "notification.delivery_method",
        "updated",
        "Read from `notification.message_type`: `otp_enroll` is `enrollment`, `otp_verify` is "
        "`second-factor-authentication`.",
        "notification.message_type",
        tests=(
            _READ_BOTH,
            _EVENTS,
            "tests/actions/test_translator.py::test_the_mapping_crosses_the_two_fields",
        ),
        chosen="Crossed as above. The page's note on values pairs `second-factor-authentication` with `otp_enroll`; "
        "the event references give `otp_verify` for it.",
    ),
    FieldRow(
        "message_options.language",
        "notification.locale",
        "updated",
        "Read as `notification.locale`, flagged `locale_format`. An Action that sends it is not verified.",
        "notification.locale",
        tests=(_READ_BOTH, "tests/actions/test_flags.py::test_a_risk_is_flagged_at_its_line"),
        chosen="The page has the field; the event reference of trigger v2 does not list it. It is disputed: the "
        "original runs with it and without it, and a difference waits for approval (`action_disputed_field`).",
        same_without=False,
    ),
    FieldRow(
        "message_options.code",
        "notification.code",
        "updated",
        "Read as `notification.code`, which notifications other than codes lack.",
        "notification.code",
        tests=(_READ_BOTH, _EVENTS),
    ),
    FieldRow(
        "message_options.recipient",
        "notification.recipient",
        "updated",
        "Read as `notification.recipient`.",
        "notification.recipient",
        tests=(_READ_BOTH, _EVENTS),
    ),
)
_OPTIONAL = "Read under the same name, flagged `optional_now`: the new event may lack it."
REQUEST_ROWS = (
    _same("request.ip"),
    _same("request.user_agent"),
    _same("request.language", "updated", _SAME_NAME),
    FieldRow(
        "request.method",
        "request.method",
        "updated",
        f"{_OPTIONAL} An Action that sends it is not verified.",
        "request.method",
        (_PLACES, _FLAGS),
        same_without=False,
    ),
    FieldRow(
        "request.hostname",
        "request.hostname",
        "updated",
        "Read under the same name.",
        "request.hostname",
        chosen="The page calls it optional in the new event alone; the event reference of trigger v2 calls it optional "
        "on the legacy side too, so both events lack it together.",
    ),
    _same("request.geoip", "updated", _SAME_NAME),
)
TENANT_ROWS = (
    FieldRow(
        "tenant.id",
        "tenant",
        "updated",
        "Read as `event.tenant.id`.",
        "tenant.id",
        tests=(_READ_BOTH, _EVENTS),
        chosen="The page says `tenant`; the event reference says `tenant.id`, beside the four fields below.",
    ),
    *map(_new, ("tenant.home_url", "tenant.logo_url", "tenant.support_email", "tenant.support_url")),
)
CLIENT_ROWS = (
    FieldRow(
        "client.client_metadata",
        "client.metadata",
        "updated",
        "Read as `client.metadata`. An Action that sends it is not verified.",
        "client.metadata",
        chosen="The page names the legacy field `client_metadata`, the event reference of trigger v2 `metadata`. Both "
        "names are read; `client_metadata` is disputed and runs with and without.",
        same_without=False,
    ),
    _same("client.client_id"),
    _same("client.name"),
)
USER_ROWS = (
    *(
        _same(f"user.{name}")
        for name in (
            *("user_id", "name", "email", "app_metadata", "user_metadata", "email_verified", "phone_number"),
            *("phone_verified", "picture", "created_at", "updated_at", "multifactor"),
        )
    ),
    FieldRow(
        "user.identities",
        "",
        "removed",
        "An Action that reads it is not translated (`reads_removed_field`).",
        "",
        (_SHAPES,),
        (
            "tests/test_mapping_page.py::test_a_removed_field_is_refused",
            "tests/actions/verify/test_events.py::test_each_event_has_its_own_fields",
        ),
        "The page removes it; the event reference shows it as optional. It counts as removed.",
    ),
    *(_same(f"user.{name}") for name in ("family_name", "given_name", "nickname", "username")),
    _new("user.login_count"),
)
FIELD_TABLES: dict[str, tuple[FieldRow, ...]] = {
    "Core payload": MESSAGE_ROWS,
    "Request": REQUEST_ROWS,
    "Tenant": TENANT_ROWS,
    "Application": CLIENT_ROWS,
    "User": USER_ROWS,
}


def _twins(method: str, path: str) -> tuple[str, str]:
    return f"{method} guardian/factors/phone/{path}", f"{method} guardian/factors/sms/{path}"


def _legacy(
    method: str, path: str, operation: str, rule: str, tests: tuple[str, ...] = (), chosen: str = ""
) -> EndpointRow:
    scope = "read:guardian_factors" if method == "GET" else "update:guardian_factors"
    where = (_CLOSES, _SCOPES)
    tests = (_ENDPOINT, _CLOSED, *tests)
    return EndpointRow(_twins(method, path), scope, (operation,), "legacy", rule, where, tests, chosen)


def _phone(
    endpoints: tuple[str, ...], scope: str, operations: tuple[str, ...], rule: str, chosen: str = ""
) -> EndpointRow:
    tests = (
        _ENDPOINT,
        "tests/auth0/test_simulator.py::test_every_write_passes_the_sdks_models_and_is_read_back",
    )
    return EndpointRow(
        tuple(e.replace(" ", " branding/phone/") for e in endpoints),
        *(scope, operations, "new", rule, (_CLOSES, _SCOPES), tests, chosen),
    )


_UNWRITTEN = "No step writes it, so a rollback finds the legacy configuration as it was."
_UNCHANGED = ("tests/execution/test_rollback.py::test_a_rolled_back_tenant_is_what_it_was",)
_LISTED_TWICE = (
    "The page lists it among the endpoints that no longer work and among those of the factor that still do. It counts "
    "as one that closes; a tenant where it still answers is decided by the other endpoints."
)
_STILL = (
    "tests/assessment/test_verdict.py::test_a_selected_provider_that_can_still_be_read_does_not_make_a_tenant_legacy",
)
_MESSAGE_TYPES = "guardian/factors/phone/message-types"
ENDPOINT_TABLES: dict[str, tuple[EndpointRow, ...]] = {
    "Guardian endpoints that close with the switch": (
        _legacy(
            "GET", "providers/twilio", "twilio_provider", "Read to copy SID and sender; 403 after the switch."
        ),
        _legacy(
            "GET",
            "selected-provider",
            "selected_provider",
            "Read to find the sender, and to tell the two sides of a tenant without the toggle apart.",
            _STILL,
            _LISTED_TWICE,
        ),
        _legacy("PUT", "providers/twilio", "set_twilio_provider", _UNWRITTEN, _UNCHANGED),
        _legacy("PUT", "selected-provider", "set_selected_provider", _UNWRITTEN, _UNCHANGED, _LISTED_TWICE),
        _legacy(
            "GET", "templates", "guardian_templates", "Read to translate the messages; 204 where never set."
        ),
        _legacy("PUT", "templates", "set_guardian_templates", _UNWRITTEN, _UNCHANGED),
    ),
    "Phone provider endpoints": (
        _phone(
            ("GET providers", "GET providers/{id}"),
            "read:phone_providers",
            ("phone_providers",),
            "The list is read for each decision and after each write.",
        ),
        _phone(
            ("PATCH providers/{id}",),
            "update:phone_providers",
            ("update_phone_provider",),
            "Written where a tenant has a provider already.",
        ),
        _phone(
            ("POST providers",),
            "create:phone_providers",
            ("create_phone_provider",),
            "Written where a tenant has no provider. Sending a test message needs this scope too.",
        ),
        _phone(
            ("GET templates", "GET templates/{id}"),
            "read:phone_templates",
            ("phone_templates",),
            "The list is read; it holds every template.",
        ),
        _phone(
            ("PATCH templates/{id}",),
            "update:phone_templates",
            ("update_phone_template",),
            "Written where a template has other words.",
        ),
        _phone(
            ("POST templates",),
            "create:phone_templates",
            ("create_phone_template",),
            "Written where a type has no template.",
        ),
        _phone(
            ("DELETE templates/{id}",),
            "delete:phone_templates",
            ("delete_phone_template",),
            "Called by a rollback for templates that a migration created.",
            "The page links this row to the deletion of a provider; the API description has both.",
        ),
        _phone(
            ("DELETE providers/{id}",),
            "delete:phone_providers",
            ("delete_phone_provider",),
            "Called by a rollback for a provider that a migration created.",
        ),
    ),
    "MFA phone factor endpoints": (
        EndpointRow(
            (f"GET {_MESSAGE_TYPES}",),
            "read:guardian_factors",
            ("message_types",),
            "both",
            "Read before and after the switch.",
            (_CLOSES, _SCOPES),
            (_ENDPOINT, "tests/simulator/test_guardian.py::test_factors_and_policies_stay_open"),
        ),
        EndpointRow(
            (f"PUT {_MESSAGE_TYPES}",),
            "update:guardian_factors",
            ("set_message_types",),
            "both",
            "Written only with types that the provider delivers: 409 otherwise.",
            (_CLOSES, _SUBSET, _SCOPES),
            (_ENDPOINT, "tests/simulator/test_guardian.py::test_message_types_must_match_the_provider"),
        ),
        EndpointRow(
            ("GET guardian/factors/phone/selected-provider",),
            "read:guardian_factors",
            ("selected_provider",),
            "legacy",
            "As in the first table.",
            (_CLOSES,),
            (_ENDPOINT, *_STILL),
            _LISTED_TWICE,
        ),
        EndpointRow(
            ("PUT guardian/factors/phone/selected-provider",),
            "update:guardian_factors",
            ("set_selected_provider",),
            "legacy",
            "As in the first table.",
            (_CLOSES,),
            (_ENDPOINT, _CLOSED),
            _LISTED_TWICE,
        ),
    ),
}
