"""The sources of simulated behaviors: the documentation shows them, and the assumed ones are listed here."""

from simulator.behavior_page import PAGE, written
from simulator.behavior_sources import BEHAVIORS, Marking

ASSUMED = {
    "action_arrival",
    "action_delete_in_use",
    "build_seconds",
    "global_client",
    "guardian_settings",
    "log_lag",
    "log_recipient",
    "not_offered_message",
    "options_null",
    "options_on_create",
    "private_cloud",
    "provider_second",
    "settings_no_toggle",
    "switch_truthy",
    "switch_values",
    "text_defaults",
    "text_engine",
    "text_spoken",
    "text_unrenderable",
    "token_assertion_error",
    "try_logs",
    "try_method",
    "try_template",
    "twilio_refused",
}
"""Remove a behavior from this set, and change its marking, once it is recorded or documented."""


def test_the_documentation_is_current():
    """`python -m simulator.behavior_page` writes it."""
    page = PAGE.read_text(encoding="utf-8")
    assert page == written(page)


def test_the_assumed_behaviors_are_these():
    assert {item.name for item in BEHAVIORS if item.marking is Marking.ASSUMED} == ASSUMED


def test_every_behavior_has_a_unique_name_and_a_source():
    assert len({item.name for item in BEHAVIORS}) == len(BEHAVIORS)
    assert all(item.what and item.source for item in BEHAVIORS)
    assert {item.marking for item in BEHAVIORS} == set(Marking)
