# ruff: noqa: E501  (JavaScript reads best on one line)
"""A correct translation is verified, with every client."""

import pytest

from phonefleet.actions.translation_model import VerificationResult
from phonefleet.actions.verify.verifier import verify_translation

from .pairs import BODIES, RICH, legacy, new


@pytest.mark.parametrize("name", BODIES)
def test_a_right_translation_is_verified(name):
    verification = verify_translation(legacy(BODIES[name]), new(BODIES[name]))
    assert verification.result is VerificationResult.VERIFIED, verification
    assert verification.events == 20
    assert verification.counterexample is None


def test_the_rich_action_is_verified_unbroken():
    assert verify_translation(legacy(*RICH), new(*RICH)).result is VerificationResult.VERIFIED


@pytest.mark.parametrize("events", [1, 2, 5, 37])
def test_any_number_of_events_can_be_run(events):
    verification = verify_translation(legacy(BODIES["fetch"]), new(BODIES["fetch"]), events=events)
    assert (verification.result, verification.events) == (VerificationResult.VERIFIED, events)


def test_other_seeds_verify_the_same():
    results = {verify_translation(legacy(*RICH), new(*RICH), seed=seed).result for seed in range(4)}
    assert results == {VerificationResult.VERIFIED}


def test_a_package_without_a_model_is_named():
    verification = verify_translation(legacy(BODIES["an unknown package"]), new(BODIES["an unknown package"]))
    assert any("@some-vendor/sms" in reason.message for reason in verification.reasons)


@pytest.mark.parametrize("verdict", ["retry", "drop"])
def test_a_throw_may_become_a_drop(verdict):
    body = "await fetch('https://a.example', { method: 'POST', body: to + text }); throw new Error('always');"
    translation = new(body).replace("drop(String", f"{verdict}(String")
    result = verify_translation(legacy(body), translation).result
    assert result is (VerificationResult.VERIFIED if verdict == "drop" else VerificationResult.DIFFERS)


def test_a_retry_is_accepted_if_nothing_was_sent():
    body = BODIES["axios"]
    careful = new(body).replace(
        "api.notification.drop(String(error && error.message));",
        "if (/status 429|ECONNREFUSED/.test(error.message)) api.notification.retry('later'); else api.notification.drop('no');",
    )
    assert verify_translation(legacy(body), careful).result is VerificationResult.VERIFIED
    careless = careful.replace("status 429", "status 5")
    verification = verify_translation(legacy(body), careless)
    assert verification.result is VerificationResult.DIFFERS
    assert "retry" in verification.counterexample.difference


def test_a_translation_must_drop_instead_of_throw():
    body = BODIES["fetch"]
    thrown = new(body).replace("api.notification.drop(String", "throw new Error(String")
    verification = verify_translation(legacy(body), thrown)
    assert verification.result is VerificationResult.DIFFERS
    assert "api.notification.drop or retry" in verification.counterexample.difference


def test_a_return_in_the_inserted_try_needs_its_await():
    body = "return await require('axios').post('https://a.example', { to, text });"
    assert verify_translation(legacy(body), new(body)).result is VerificationResult.VERIFIED
    assert (
        verify_translation(legacy(body), new(body.replace("await ", ""))).result is VerificationResult.DIFFERS
    )
