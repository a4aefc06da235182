"""The page of published mappings: it is current, its names exist, and its rows say what the code does."""

from __future__ import annotations

import ast
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from phonefleet.actions.parse.event_fields import LEGACY_EVENTS, Shape
from phonefleet.actions.parse.event_table import TriggerVersion
from phonefleet.actions.reason_codes import FlagCode, RefusalCode
from phonefleet.actions.translation_model import ActionSource, VerificationResult
from phonefleet.actions.translator import translate
from phonefleet.auth0.answer_parser import experience_of
from phonefleet.model.api_scopes import OPERATIONS
from phonefleet.model.snapshot import Experience

ROOT = Path(__file__).parent.parent
EVENT = LEGACY_EVENTS[TriggerVersion.V2]
EXPERIENCES = {"legacy": Experience.LEGACY, "new": Experience.NEW, "both": None}


def load(name: str) -> ModuleType:
    """Import one of the scripts beside the documentation."""
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        return import_module(name)
    finally:
        sys.path.remove(str(ROOT / "docs"))


PAGE, TABLES = load("mapping"), load("published_tables")
FIELDS: list[Any] = [row for rows in TABLES.FIELD_TABLES.values() for row in rows]
KEPT = [row for row in FIELDS if row.place]
NEW = [row for row in FIELDS if not row.legacy]
ENDPOINTS: list[Any] = [row for rows in TABLES.ENDPOINT_TABLES.values() for row in rows]


def reading(path: str) -> ActionSource:
    """An Action that sends a field of its event."""
    field = "event." + path.replace(".", "?.")
    sent = f"{{ to: event.message_options.recipient, text: event.message_options.text, value: {field} }}"
    body = f"await require('axios').post('https://sms.example.com/send', {sent});"
    return ActionSource("one field", f"exports.onExecuteSendPhoneMessage = async (event) => {{ {body} }};")


def test_the_page_is_current() -> None:
    """`python docs/mapping.py` writes it."""
    assert PAGE.PAGE.read_text(encoding="utf-8") == PAGE.page()


def test_the_page_has_every_published_row() -> None:
    """As many rows as Auth0's tables have."""
    sizes = [len(rows) for rows in TABLES.FIELD_TABLES.values()]
    assert sizes == [6, 6, 5, 3, 18]
    assert [len(rows) for rows in TABLES.ENDPOINT_TABLES.values()] == [6, 8, 4]
    assert PAGE.page().count("**Rule:**") == sum(sizes) + 24 + 18


@pytest.mark.parametrize("name", sorted(set(PAGE.names())))
def test_every_name_exists(name: str) -> None:
    """A test by its file and function, code by its module and attribute."""
    path, _, function = name.partition("::")
    if function:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert function in found
        return
    module, _, attribute = name.rpartition(".")
    try:
        import_module(name)
    except ModuleNotFoundError:
        assert hasattr(import_module(module), attribute)


@pytest.mark.parametrize("row", KEPT, ids=lambda row: row.legacy)
def test_a_field_is_read_as_its_row_says(row: Any) -> None:
    """The code keeps it at the row's place, and an Action that sends it does the same before and after."""
    assert EVENT.shape(tuple(row.legacy.split("."))) not in (Shape.UNKNOWN, Shape.LOST)
    assert EVENT.new_place(tuple(row.legacy.split("."))).path == f"event.{row.place}"
    assert (
        f"`{row.place}`" in row.rule
        or "under the same name" in row.rule
        or f"`event.{row.place}`" in row.rule
    )
    part = ".countryCode" if row.legacy == "request.geoip" else ""
    report = translate(reading(row.legacy + part))
    result = VerificationResult.VERIFIED if row.same_without else VerificationResult.DIFFERS
    assert (report.adapter.result, report.rewrite.result) == (result, result)
    flags = {flag.code for flag in report.flags}
    assert (FlagCode.OPTIONAL_NOW in flags) == ("`optional_now`" in row.rule)
    assert (FlagCode.LOCALE_FORMAT in flags) == ("`locale_format`" in row.rule)


@pytest.mark.parametrize("row", NEW, ids=lambda row: row.published)
def test_a_new_field_is_never_set_before(row: Any) -> None:
    assert EVENT.shape(tuple(row.published.split("."))) is Shape.UNKNOWN
    assert FlagCode.NEVER_SET_FIELD in {flag.code for flag in translate(reading(row.published)).flags}


def test_a_removed_field_is_refused() -> None:
    (row,) = [row for row in FIELDS if row.status == "removed"]
    refused = translate(reading(row.legacy)).adapter.refusal
    assert refused is not None
    assert [reason.code for reason in refused.reasons] == [RefusalCode.READS_REMOVED_FIELD]


@pytest.mark.parametrize("row", ENDPOINTS, ids=lambda row: row.endpoints[0])
def test_an_endpoint_belongs_where_its_row_says(row: Any) -> None:
    for endpoint in row.endpoints:
        assert experience_of(f"/api/v2/{endpoint.partition(' ')[2]}") is EXPERIENCES[row.experience]
    for operation in row.operations:
        assert row.scope == OPERATIONS[operation][0]
