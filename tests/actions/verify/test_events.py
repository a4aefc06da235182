"""The messages of a verification: every combination that matters, each event with its own fields only."""

import itertools
import json

import pytest

from phonefleet.actions.parse.event_table import EVENT_FIELDS, OPTIONAL_FIELDS
from phonefleet.actions.verify.answers import PLANS, answer_to, plan_as_job
from phonefleet.actions.verify.corpus import corpus
from phonefleet.actions.verify.drawing import draw_messages
from phonefleet.actions.verify.sample_events import OTHER_TYPES, legacy_event, new_event
from phonefleet.actions.verify.sample_message import KINDS, Detail, Method, Purpose
from phonefleet.actions.verify.secret_values import names_in, stand_in, stand_ins


def test_twenty_messages_cover_all_kinds():
    kinds = [message.kind for message in corpus(20)]
    assert {(k.method, k.purpose) for k in kinds} == {(m, p) for m in Method for p in Purpose}
    assert {"ok", "400", "429", "500", "network error (refused)", "network error (reset)", "never"} <= {
        k.answers for k in kinds
    }
    assert {k.detail for k in kinds} == set(Detail)
    for method in Method:
        assert {"ok", "400", "429", "never"} <= {k.answers for k in kinds if k.method is method}


@pytest.mark.parametrize("number", [0, 1, 7])
def test_optional_fields_are_missing_in_all_pairs(number):
    """Of any two optional fields, 20 messages have both, either one and neither; the numbers' form counts as one."""
    messages = corpus(20, number)
    lacks = [m.absent | ({"dashes"} if "-" in m.recipient else set()) for m in messages]
    for one, other in itertools.combinations((*OPTIONAL_FIELDS, "dashes"), 2):
        assert len({(one in absent, other in absent) for absent in lacks}) == 4, (one, other)


def test_both_events_lack_the_same_optional_fields():
    assert {field for message in corpus(20) for field in message.absent} == set(OPTIONAL_FIELDS)
    for message in corpus(20):
        legacy, new = legacy_event(message, {}), new_event(message, {})
        for row in EVENT_FIELDS:
            if row.legacy in message.absent:
                assert not has(legacy, row.legacy), row.legacy
                assert not row.new or not has(new, row.new), row.new


def has(event, path):
    for name in path.split("."):
        if name not in event:
            return False
        event = event[name]
    return True


def message_data(messages):
    return [(m.recipient, m.code, m.seed, m.user) for m in messages]


def test_messages_are_the_same_in_every_process():
    assert corpus(20, 1) is corpus(20, 1)
    first = message_data(corpus(20, 1))
    corpus.cache_clear()
    assert message_data(corpus(20, 1)) == first != message_data(corpus(20))


def test_stored_messages_match_drawn_ones():
    """Hypothesis draws on the constants of all loaded modules too, so another process may draw other values."""
    drawn, kept = draw_messages(KINDS, 0), corpus(len(KINDS))
    assert [m.kind for m in kept] == list(KINDS)
    assert [shape(m) for m in kept] == [shape(m) for m in drawn]
    assert corpus(20) == kept[:20]


def shape(message):
    """Which fields the events carry."""
    user, client = message.user, message.client
    return (
        set(user),
        client and set(client),
        set(message.request),
        message.identities is None,
        message.language is None,
    )


def test_clocks_cover_many_hours_in_close_pairs():
    starts = [m.start_ms for m in corpus(20)]
    assert len({start // 3_600_000 % 24 for start in starts}) >= 8
    assert starts == sorted(starts)
    assert all(second - first < 120_000 for first, second in zip(starts[::2], starts[1::2], strict=True))


@pytest.mark.parametrize("message", corpus(26, 5))
def test_both_events_hold_the_same_message(message):
    old, new = legacy_event(message, {"K": "v"}), new_event(message, {"K": "v"})
    options, notification = old["message_options"], new["notification"]
    spoken = message.kind.method is Method.VOICE
    assert (
        options["text"]
        == notification["as_voice" if spoken else "as_text"]
        != notification["as_text" if spoken else "as_voice"]
    )
    assert (options["message_type"], notification["delivery_method"]) in {("sms", "text"), ("voice", "voice")}
    assert (options["action"], notification["message_type"]) in {
        ("enrollment", "otp_enroll"),
        ("second-factor-authentication", "otp_verify"),
    }
    assert options["recipient"] == notification["recipient"]
    assert options["code"] == notification["code"]
    assert old["tenant"] == {"id": new["tenant"]["id"]}
    assert ("client" in old) == ("client" in new)
    assert not {"notification", "organization", "connection"} & set(old)
    assert "new-only" not in json.dumps(old).lower()


def test_each_event_has_its_own_fields():
    full = next(m for m in corpus(20) if m.kind.detail is Detail.FULL)
    old, new = legacy_event(full, {}), new_event(full, {})
    assert "identities" in old["user"]
    assert "identities" not in new["user"]
    assert {"login_count"} == set(new["user"]) - set(old["user"])
    assert {"organization", "connection"} <= set(new)


@pytest.mark.parametrize("name", OTHER_TYPES)
def test_the_other_types_have_no_code(name):
    event = new_event(corpus(1)[0], {}, name)
    assert event["notification"]["message_type"] == name
    assert "code" not in event["notification"]


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_repeats_its_last_answer(name):
    job = plan_as_job(name)
    assert len(job) == 8
    assert answer_to(name, 100) == PLANS[name][-1]
    assert all("after" in one for one in job if one)
    assert answer_to(name, 0).surely_unsent == name.startswith(("429", "network error (refused)"))


@pytest.mark.parametrize(
    ("code", "names"),
    [
        (
            "event.secrets.A + event.secrets['B'] + event.secrets?.C + event?.secrets?.[\"D\"]",
            {"A", "B", "C", "D"},
        ),
        ("const { A, B: b, C = 'x' } = event.secrets;", {"A", "B", "C"}),
        ("const s = event.secrets; f(s.A, s.B)", {"A", "B"}),
        ("const { secrets } = event; secrets.A", {"A"}),
        ("event.user.A", set()),
    ],
)
def test_secrets_are_found_in_the_code(code, names):
    assert names_in(code) == names


def test_stand_ins_differ_and_have_the_needed_form():
    names = [
        "API_KEY",
        "API_SECRET",
        "API_URL",
        "TWILIO_ACCOUNT_SID",
        "FROM_NUMBER",
        "AWS_REGION",
        "TIMEOUT_MS",
        "HOST",
        "GATEWAY_SECRET",
    ]
    values = stand_ins(names)
    assert len(set(values.values())) == len(names)
    assert values["API_URL"].startswith("https://")
    assert values["TWILIO_ACCOUNT_SID"].startswith("AC")
    assert values["FROM_NUMBER"].startswith("+1555")
    assert values["TIMEOUT_MS"].isdigit()
    assert json.loads(stand_in("MAP", "JSON.parse(event.secrets.MAP)"))["name"] == "MAP"
