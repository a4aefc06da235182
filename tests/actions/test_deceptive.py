"""No Action that would do something else in production is verified, however harmless it looks."""

from pathlib import Path

import pytest
import yaml

from phonefleet.actions.parse.event_table import trigger_version_of
from phonefleet.actions.translation_model import ActionSource, VerificationResult
from phonefleet.actions.translator import translate
from phonefleet.actions.verify.verifier import verify_translation

FOLDER = Path(__file__).parent / "deceptive"
LISTED = yaml.safe_load((FOLDER / "expectations.yaml").read_text(encoding="utf-8"))


def _source(name):
    code = (FOLDER / f"{name}.js").read_text(encoding="utf-8")
    version = trigger_version_of(LISTED[name].get("trigger_version", ""))
    return ActionSource(name, code, trigger_version=version, runtime=LISTED[name].get("runtime", "node22"))


def _given(name):
    """The translation that is given for an Action."""
    return FOLDER / f"{name}.new.js"


MADE = sorted(name for name in LISTED if not _given(name).exists())
GIVEN = sorted(name for name in LISTED if _given(name).exists())


def test_each_deceptive_action_says_what_differs():
    assert {path.name.split(".")[0] for path in FOLDER.glob("*.js")} == set(LISTED)
    assert len({entry["why"] for entry in LISTED.values()}) == len(LISTED) >= 110


@pytest.mark.parametrize("kind", ["reach", "retry", "runtime", "sandbox"])
def test_each_kind_has_at_least_ten(kind):
    assert sum(name.startswith(f"{kind}_") for name in LISTED) >= 10


@pytest.mark.parametrize("name", MADE)
def test_a_deceptive_action_is_not_verified(name):
    translated = translate(_source(name))
    adapter = translated.adapter
    assert f"{adapter.result} {adapter.reasons[0].code}" == LISTED[name]["finds"]
    assert translated.rewrite.result is not VerificationResult.VERIFIED
    assert translated.best is None


@pytest.mark.parametrize("name", GIVEN)
def test_a_deceptive_translation_is_not_verified(name):
    verification = verify_translation(_source(name).code, _given(name).read_text(encoding="utf-8"))
    assert f"{verification.result} {verification.reasons[0].code}" == LISTED[name]["finds"]


@pytest.mark.parametrize("name", GIVEN)
def test_the_right_translation_is_verified(name):
    """The pair's difference, and nothing else, prevents the verdict."""
    assert translate(_source(name)).adapter.result is VerificationResult.VERIFIED
