"""The table of event fields agrees with the facts taken from Auth0's documentation."""

import json

import pytest

from phonefleet.actions.parse.event_fields import LEGACY_EVENTS, MESSAGE_FIELDS, Shape
from phonefleet.actions.parse.event_table import (
    EVENT_FIELDS,
    Holds,
    Source,
    TriggerVersion,
    trigger_version_of,
)
from phonefleet.actions.verify.sample_events import legacy_event, new_event
from phonefleet.actions.verify.sample_message import Detail, stored_messages
from simulator.events import Message, custom_event
from simulator.events import legacy_event as simulated_legacy_event

from .auth0_events import FACTS

DOCUMENTED = json.loads(FACTS.read_text(encoding="utf-8"))
LEGACY = DOCUMENTED["references"]["send-phone-message"]
NEW = DOCUMENTED["references"]["custom-phone-provider"]
V1, V2 = TriggerVersion.V1, TriggerVersion.V2
SECTIONS = {"Request data": "request.", "Tenant data": "", "Application data": "", "User data": ""}


def _rows(place):
    return {getattr(row, place): row for row in EVENT_FIELDS if getattr(row, place)}


def test_every_documented_legacy_field_is_in_the_table():
    assert set(LEGACY) <= set(_rows("legacy"))


def test_every_documented_new_field_is_in_the_table():
    # The references name identities on both sides; the migration page calls it removed, which is the safe reading.
    assert set(NEW) - {"user.identities"} <= set(_rows("new"))


@pytest.mark.parametrize("row", [row for row in EVENT_FIELDS if row.legacy], ids=lambda row: row.legacy)
def test_a_legacy_field_is_as_documented(row):
    documented = LEGACY.get(row.legacy)
    assert (documented is not None) == (row.source is Source.REFERENCES)
    if documented is not None:
        assert row.optional == documented["optional"]
        nested = any(path.startswith(f"{row.legacy}.") for path in LEGACY)
        assert (row.holds is Holds.RECORD) == nested
        assert row.holds is not Holds.DICTIONARY or documented["type"] in ("dictionary", "secrets")


@pytest.mark.parametrize(
    "row", [row for row in EVENT_FIELDS if row.new], ids=lambda row: row.legacy or row.new
)
def test_a_new_field_is_as_documented(row):
    assert (row.new in NEW) == (row.source is Source.REFERENCES or row.legacy == "client.client_metadata"
                                or row.legacy == "message_options.language")  # fmt: skip
    documented = NEW.get(row.new)
    # The new reference has `client` in every event; the legacy one has not, and no page says what became of the rest.
    if (
        documented is not None
        and documented["optional"]
        and row.legacy
        and row.legacy != "message_options.code"
    ):
        assert row.optional or row.optional_new


def test_lost_fields_are_those_without_a_new_place():
    lost = {row.legacy for row in EVENT_FIELDS if row.lost}
    assert lost == (
        set(LEGACY) - set(NEW) - {path for path in LEGACY if path.startswith("message_options")}
    ) | {"user.identities"}


def test_disputed_fields_are_those_of_one_source_only():
    claimed = {
        legacy if section != "Core payload" else f"message_options.{legacy}"
        for section, legacy, new, _ in DOCUMENTED["migration_page"]
        if new != "N/A" and section in ("Core payload", "Application data")
    }
    disputed = {".".join(path) for path in LEGACY_EVENTS[V2].disputed()}
    assert disputed == claimed - set(LEGACY)


def test_version_1_is_certain_only_on_the_migration_page():
    named = {
        legacy
        if section in ("Core payload", "User data", "Tenant data", "Application data")
        else f"request.{legacy}"
        for section, legacy, *_ in DOCUMENTED["migration_page"]
    }
    event = LEGACY_EVENTS[V1]
    disputed = {".".join(path) for path in event.disputed()}
    for path in map(".".join, event.fields):
        steps = {path.rsplit(".", depth)[0] for depth in range(path.count(".") + 1)}
        below = any(name.startswith(f"{path}.") for name in named)
        assert steps & (named | disputed) or below or path in ("secrets", "configuration"), path


@pytest.mark.parametrize("row", DOCUMENTED["migration_page"], ids=lambda row: f"{row[1]} {row[2]}")
def test_the_migration_page_is_followed(row):
    section, legacy, new, status = row
    if section == "Core payload":
        assert legacy in MESSAGE_FIELDS
        assert LEGACY_EVENTS[V1].message_field((legacy,)) == legacy
        return
    legacy, new = (name if name == "N/A" else SECTIONS[section] + name for name in (legacy, new))
    match status:
        case "Removed":
            assert _rows("legacy")[legacy].lost
        case "New":
            assert not _rows("new")[new].legacy
        case _:
            expected = _rows("legacy")[legacy].new
            assert expected == new.removesuffix(" optional") or (legacy, expected) == (
                "tenant.id",
                "tenant.id",
            )


def _paths(value, row_paths, prefix=""):
    """The dotted paths of an event, as deep as the table goes."""
    for name, inner in value.items():
        path = f"{prefix}{name}"
        yield path
        if isinstance(inner, dict) and any(other.startswith(f"{path}.") for other in row_paths):
            yield from _paths(inner, row_paths, f"{path}.")


@pytest.mark.parametrize("version", TriggerVersion)
def test_a_full_legacy_event_has_every_field(version):
    known = {row.place(version) for row in EVENT_FIELDS if row.place(version)}
    event = legacy_event(stored_messages()[0], {}, version)
    assert set(_paths(event, known)) == known


def test_a_full_new_event_has_every_field():
    known = {row.new for row in EVENT_FIELDS if row.new}
    event = new_event(stored_messages()[0], {})
    assert set(_paths(event, known)) == known


def test_a_bare_event_has_only_what_is_always_there():
    bare = next(message for message in stored_messages() if message.kind.detail is Detail.BARE)
    known = {row.legacy for row in EVENT_FIELDS if row.legacy}
    present = set(_paths(legacy_event(bare, {}), known))
    assert not present & {row.legacy for row in EVENT_FIELDS if row.optional}


@pytest.mark.parametrize("version", TriggerVersion)
def test_the_simulator_sends_documented_fields_only(version, full_tenant):
    tenant, action, deployed = full_tenant(version)
    known = {row.place(version) for row in EVENT_FIELDS if row.place(version)}
    event = simulated_legacy_event(tenant, action, deployed, Message("otp_verify", "text"))
    assert set(_paths(event, known)) <= known
    known = {row.new for row in EVENT_FIELDS if row.new}
    assert (
        set(_paths(custom_event(tenant, deployed, Message("otp_verify", "text", connection="sms")), known))
        <= known
    )


@pytest.fixture
def full_tenant():
    from types import SimpleNamespace

    def make(version):
        tenant = SimpleNamespace(domain="acme.eu.auth0.com", settings={"friendly_name": "Acme"})
        action = SimpleNamespace(supported_triggers=[{"id": "send-phone-message", "version": str(version)}])
        return tenant, action, SimpleNamespace(secrets={})

    return make


def test_the_shape_follows_the_version():
    assert LEGACY_EVENTS[V2].shape(("message_options", "text")) is Shape.LEAF
    assert LEGACY_EVENTS[V1].shape(("text",)) is Shape.LEAF
    assert LEGACY_EVENTS[V2].shape(("text",)) is Shape.UNKNOWN
    assert LEGACY_EVENTS[V1].shape(("message_options",)) is Shape.UNKNOWN
    assert LEGACY_EVENTS[V2].shape(("security_context", "ja3")) is Shape.LOST
    assert str(LEGACY_EVENTS[V1].new_place(("text",))).startswith("event.notification.as_text")


@pytest.mark.parametrize(("text", "version"), [("", V2), ("v1", V1), ("v2", V2), ("v3", None)])
def test_a_version_is_read_from_its_text(text, version):
    assert trigger_version_of(text) is version
