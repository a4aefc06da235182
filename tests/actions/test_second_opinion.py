"""Real Node agrees with the verifier's V8 on every Action of both corpora (`make second-opinion`)."""

import json

import pytest

from phonefleet.actions.parse.event_table import TriggerVersion
from phonefleet.actions.translation_model import VerificationResult
from phonefleet.actions.translator import translate
from phonefleet.actions.verify.answers import PLANS, plan_as_job
from phonefleet.actions.verify.corpus import corpus
from phonefleet.actions.verify.discover import find_setting
from phonefleet.actions.verify.sample_events import legacy_event, new_event
from phonefleet.actions.verify.secret_values import names_in
from phonefleet.actions.verify.verifier import verify_translation
from phonefleet.model.endpoints import LEGACY_HANDLER, PROVIDER_HANDLER

from .cases import load
from .opinion import documented_events, node_runs
from .test_deceptive import GIVEN, MADE, _given, _source

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(node_runs.NODE is None, reason="node is not installed"),
]
CORPUS = load()
ENCRYPTED = {"cipher"}  # real Node really encrypts the message
START_MS = 1_764_374_400_000
VERIFIED, DIFFERS, VACUOUS = (
    VerificationResult.VERIFIED,
    VerificationResult.DIFFERS,
    VerificationResult.VACUOUS,
)


def _run(event, number, plan, *, fresh=False, start=None):
    return {
        "event": event,
        "start": start or START_MS + 40_000_001 * number,
        "seed": 77 + number,
        "answers": plan_as_job(plan),
        "fresh": fresh,
    }


def _documented(version):
    """Every documented pair, each with an answer of the network; some again in a new container."""
    plans = list(PLANS)
    legacy_runs, new_runs = [], []
    for number, (legacy, new) in enumerate(documented_events.pairs()):
        if version is TriggerVersion.V1:
            legacy = documented_events.as_version_1(legacy)
        for events, event in ((legacy_runs, legacy), (new_runs, new)):
            plan = plans[number % len(plans)] if number % 2 else "ok"
            events.append(_run(json.dumps(event), number, plan, fresh=number % 9 == 8))
    return legacy_runs, new_runs


def _of_verifier(source, names):
    """The verifier's own events under the values with which the Action sends, and those values."""
    named = frozenset(names) or names_in(source.code)
    setting, _ = find_setting(source.code, corpus(20), named, named=False, version=source.trigger_version)
    secrets = dict(setting.conditions.secrets)
    runs = ([], [])
    for number, message in enumerate(setting.messages):
        events = (legacy_event(message, {}, source.trigger_version), new_event(message, {}))
        for made, event in zip(runs, events, strict=True):
            made.append(_run(json.dumps(event), number, message.kind.answers, start=message.start_ms))
    return runs, secrets


def _opinion(source, code, secrets, legacy_runs, new_runs):
    """The first difference in real Node, ``None`` for none; what the original did, and the translation."""
    original = node_runs.run(source.code, LEGACY_HANDLER, "legacy", secrets, legacy_runs)
    translation = node_runs.run(code, PROVIDER_HANDLER, "new", secrets, new_runs)
    if original["failed"] or translation["failed"]:
        return f"original: {original['failed']}; translation: {translation['failed']}", original, translation
    for number, (mine, theirs) in enumerate(zip(original["runs"], translation["runs"], strict=True)):
        text = node_runs.difference(mine, theirs)
        if text is not None:
            return f"event {number}: {text}", original, translation
    mine, theirs = node_runs.loads(original["runs"]), node_runs.loads(translation["runs"])
    return (None if mine == theirs else f"loaded {mine ^ theirs}"), original, translation


def _agrees(source, code, secret_names, verification):
    """Compare the verdict with Node's on the documented events, the verifier's, and its counterexample."""
    (legacy_runs, new_runs), secrets = _of_verifier(source, secret_names)
    if verification.counterexample is not None and verification.result is DIFFERS:
        example = verification.counterexample
        if example.legacy_event != "null":
            legacy_runs = [_run(example.legacy_event, 1, example.answer), *legacy_runs]
            new_runs = [_run(example.new_event, 1, example.answer), *new_runs]
    documented = _documented(source.trigger_version)
    found, original, translation = _opinion(
        source, code, secrets, [*legacy_runs, *documented[0]], [*new_runs, *documented[1]]
    )
    if verification.result is DIFFERS:
        # A retry after a call is no other effect of this run, but may send a second message in the next.
        assert found is not None or node_runs.retries_after_a_call(translation["runs"]), verification.reasons
        return
    assert found is None
    sends = _sends(original["runs"], legacy_runs)
    assert sends or verification.result is not VERIFIED or source.name in ENCRYPTED


def _sends(done, runs):
    """Whether any run's calls hold its code, as it is or with dashes."""
    pairs = zip(done, (json.loads(run["event"]) for run in runs), strict=False)
    codes = [(json.dumps(run["calls"]), event.get("message_options", event)["code"]) for run, event in pairs]
    return any(code in text or "-".join(code) in text for text, code in codes)


@pytest.mark.parametrize("name", sorted(CORPUS))
def test_node_agrees_on_the_corpus(name):
    source = CORPUS[name].source
    translated = translate(source)
    for each in (translated.adapter, translated.rewrite):
        if each.result in (VERIFIED, DIFFERS, VACUOUS):
            _agrees(source, each.translation.code, each.translation.secret_names, each.verification)


@pytest.mark.parametrize("name", MADE)
def test_node_agrees_on_deceptive_actions(name):
    translated = translate(_source(name))
    for each in (translated.adapter, translated.rewrite):
        if each.result in (VERIFIED, DIFFERS, VACUOUS):
            _agrees(_source(name), each.translation.code, each.translation.secret_names, each.verification)


@pytest.mark.parametrize("name", GIVEN)
def test_node_agrees_on_given_translations(name):
    code = _given(name).read_text(encoding="utf-8")
    verification = verify_translation(_source(name).code, code)
    _agrees(_source(name), code, (), verification)


def test_events_have_only_documented_fields():
    for legacy, new in documented_events.pairs():
        assert documented_events.undocumented(legacy, documented_events.LEGACY) == []
        assert documented_events.undocumented(new, documented_events.NEW) == []
