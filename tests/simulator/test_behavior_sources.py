"""What the simulator's behaviours rest on: the documentation says it, and the assumed ones are listed here."""

from pathlib import Path

from simulator.behavior_sources import BEHAVIORS, Standing, assumed, markdown

PAGE = Path(__file__).parents[2] / "docs" / "simulator.md"
ASSUMED = {
    "action_arrival",
    "action_delete_in_use",
    "build_seconds",
    "global_client",
    "guardian_settings",
    "log_lag",
    "log_recipient",
    "not_offered_words",
    "options_null",
    "options_on_create",
    "private_cloud",
    "provider_second",
    "settings_no_toggle",
    "switch_truthy",
    "switch_values",
    "token_assertion_error",
    "try_logs",
    "try_method",
}
"""Who sees one of these at Auth0 may take it out here and change its standing."""


def test_the_documentation_shows_the_table():
    shown = PAGE.read_text().partition("<!-- standing -->\n")[2].partition("\n<!-- /standing -->")[0]
    assert shown == markdown(), "write simulator.standing.markdown() between the marks of docs/simulator.md"


def test_the_assumed_behaviours_are_these():
    assert {known.name for known in assumed()} == ASSUMED


def test_every_behaviour_has_a_name_and_a_source_of_its_own():
    assert len({known.name for known in BEHAVIORS}) == len(BEHAVIORS)
    assert all(known.what and known.source for known in BEHAVIORS)
    assert {known.standing for known in BEHAVIORS} == set(Standing)
