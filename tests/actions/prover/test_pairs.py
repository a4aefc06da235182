# ruff: noqa: E501  (JavaScript reads best on one line)
"""A right translation is proved, whichever client it sends with."""

import pytest

from phonefleet.actions.model import ProofResult
from phonefleet.actions.prover import prove

from .pairs import BODIES, RICH, legacy, new


@pytest.mark.parametrize("name", BODIES)
def test_a_right_translation_is_proved(name):
    proof = prove(legacy(BODIES[name]), new(BODIES[name]))
    assert proof.result is ProofResult.PROVED, proof
    assert proof.events == 20
    assert proof.counterexample is None


def test_the_rich_action_is_proved_before_it_is_broken():
    assert prove(legacy(*RICH), new(*RICH)).result is ProofResult.PROVED


@pytest.mark.parametrize("events", [1, 2, 5, 37])
def test_any_number_of_events_can_be_asked_for(events):
    proof = prove(legacy(BODIES["fetch"]), new(BODIES["fetch"]), events=events)
    assert (proof.result, proof.events) == (ProofResult.PROVED, events)


def test_other_seeds_prove_the_same():
    results = {prove(legacy(*RICH), new(*RICH), seed=seed).result for seed in range(4)}
    assert results == {ProofResult.PROVED}


def test_a_package_without_a_model_is_named_in_the_proof():
    proof = prove(legacy(BODIES["an unknown package"]), new(BODIES["an unknown package"]))
    assert any("@some-vendor/sms" in reason for reason in proof.reasons)


@pytest.mark.parametrize("verdict", ["retry", "drop"])
def test_throwing_or_dropping_are_both_the_end_of_a_throwing_original(verdict):
    body = "await fetch('https://a.example', { method: 'POST', body: to + text }); throw new Error('always');"
    translation = new(body).replace("drop(String", f"{verdict}(String")
    result = prove(legacy(body), translation).result
    assert result is (ProofResult.PROVED if verdict == "drop" else ProofResult.DIFFERS)


def test_a_retry_is_accepted_where_nothing_can_have_been_sent():
    body = BODIES["axios"]
    careful = new(body).replace(
        "api.notification.drop(String(error && error.message));",
        "if (/status 429|ECONNREFUSED/.test(error.message)) api.notification.retry('later'); else api.notification.drop('no');",
    )
    assert prove(legacy(body), careful).result is ProofResult.PROVED
    careless = careful.replace("status 429", "status 5")
    proof = prove(legacy(body), careless)
    assert proof.result is ProofResult.DIFFERS
    assert "retry" in proof.counterexample.difference


def test_a_translation_must_not_throw_where_it_can_drop():
    body = BODIES["fetch"]
    thrown = new(body).replace("api.notification.drop(String", "throw new Error(String")
    proof = prove(legacy(body), thrown)
    assert proof.result is ProofResult.DIFFERS
    assert "api.notification.drop or retry" in proof.counterexample.difference


def test_a_return_in_the_inserted_try_needs_its_await():
    body = "return await require('axios').post('https://a.example', { to, text });"
    assert prove(legacy(body), new(body)).result is ProofResult.PROVED
    assert prove(legacy(body), new(body.replace("await ", ""))).result is ProofResult.DIFFERS
