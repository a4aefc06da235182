"""No file of a tenant's code can steer a terminal or turn its text around, except an Action's own code."""

from __future__ import annotations

import pytest
import yaml

from phonefleet.handover.code_files import code_files
from phonefleet.handover.hcl import quote
from phonefleet.handover.yaml_text import to_yaml
from phonefleet.model.left_state import CodeFormat
from phonefleet.model.shown_text import UNSHOWN
from tests.handover.left_states import GATEWAY_OPTIONS, custom, left_state, phone_action

NAME = "Evil\x1b[2J\x9b31m\u202e|`#\nforged: line"


@pytest.mark.parametrize("code_format", CodeFormat)
def test_no_name_steers_a_terminal(code_format: CodeFormat) -> None:
    state = left_state(
        provider=custom(),
        actions=(phone_action(name=NAME, secret_names=(NAME,)),),
        legacy_actions=(phone_action(name=NAME, bound=True),),
        connections={NAME: GATEWAY_OPTIONS | {NAME: NAME}},
    )
    files = code_files(state, {}, code_format)
    note = files["HANDOVER.md"]
    assert "\\u001b[2J" in note
    assert "forged: line" not in [line.strip() for line in note.splitlines()]
    for text in files.values():
        assert not UNSHOWN.search(text.replace("\n", "")), text


def test_the_values_stay_the_same() -> None:
    assert yaml.safe_load(to_yaml({NAME: NAME})) == {NAME: NAME}
    assert "\\u202e" in quote(NAME)
