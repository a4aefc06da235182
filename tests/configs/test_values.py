"""Amounts, durations, and the names for the two ways that a phone message goes out."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from configs import (
    Amount,
    DeliveryMethod,
    GateCheck,
    GateMoment,
    MessageType,
    delivery_method_of,
    message_type_of,
)
from configs.values import Duration

COUNTS = st.integers(0, 100_000)
TOTALS = st.integers(0, 100_000)
PERCENT = st.decimals(0, 100, places=2)
DURATION = TypeAdapter(Duration)


@given(COUNTS, TOTALS)
def test_a_count_is_itself_of_any_total(count, total):
    amount = Amount.parse(str(count))
    assert amount.of(total) == amount.at_least_of(total) == count
    assert str(amount) == str(count)


@given(PERCENT, TOTALS)
def test_a_percentage_is_rounded_exactly(percent, total):
    amount = Amount.parse(f"{percent}%")
    exact = Fraction(percent) * total / 100
    assert amount.of(total) <= exact < amount.of(total) + 1
    assert amount.at_least_of(total) - 1 < exact <= amount.at_least_of(total)
    assert amount.of(total) <= total


@given(TOTALS)
def test_all_and_nothing_are_exact(total):
    assert Amount.parse("100%").of(total) == Amount.parse("100%").at_least_of(total) == total
    assert Amount.parse("0%").of(total) == Amount.parse("0%").at_least_of(total) == 0


@given(st.one_of(COUNTS.map(str), PERCENT.map(lambda percent: f"{percent}%")))
def test_an_amount_reads_back_as_it_prints(text):
    assert Amount.parse(str(Amount.parse(text))) == Amount.parse(text)
    assert TypeAdapter(Amount).dump_python(Amount.parse(text)) == str(Amount.parse(text))


@pytest.mark.parametrize(
    "text", ["", "%", "-1", "1.5", "101%", "100.1%", "1e3", "NaN", "inf%", "٣", "5 tenants", "5%%"]
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValidationError, match="neither a count nor a percentage"):
        Amount.parse(text)


@pytest.mark.parametrize("data", [True, None, 1.5, [1], {"value": -1}, {"count": 1}])
def test_other_kinds_of_values_are_no_amount(data):
    with pytest.raises(ValidationError):
        TypeAdapter(Amount).validate_python(data)


@given(st.integers(0, 999), st.sampled_from(["ms", "s", "m", "h", "d"]))
def test_a_duration_is_its_number_times_its_unit(number, unit):
    name = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[unit]
    assert DURATION.validate_python(f"{number}{unit}") == timedelta(**{name: number})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", timedelta(0)),
        ("1h30m", timedelta(minutes=90)),
        ("1h 30m", timedelta(minutes=90)),
        ("0.5s", timedelta(milliseconds=500)),
    ],
)
def test_durations_may_be_composed(text, expected):
    assert DURATION.validate_python(text) == expected
    assert DURATION.validate_python(expected) == expected


@pytest.mark.parametrize(
    "data", ["", "5", "-5s", "5 parsecs", "1h-30m", ".5s", "٣s", 5, None, timedelta(seconds=-1)]
)
def test_an_invalid_duration_is_refused(data):
    with pytest.raises(ValidationError, match="not a duration"):
        DURATION.validate_python(data)


def test_message_types_map_to_delivery_methods():
    assert {kind: delivery_method_of(kind) for kind in MessageType} == {"sms": "text", "voice": "voice"}
    for kind in MessageType:
        assert message_type_of(delivery_method_of(kind)) is kind
    for method in DeliveryMethod:
        assert delivery_method_of(message_type_of(method)) is method


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"url": "https://a.example/x", "command": ["true"]},
        {"url": "http://a.example/x"},
        {"url": "https://user:word@a.example/"},
        {"url": "ftp://a.example/"},
        {"url": "https://a.example/", "env": "TOKEN"},
        {"command": [" "]},
        {"command": ["true", "a\0b"]},
        {"command": ["true"], "at": "never"},
        {"command": ["true"], "timeout": "2h"},
        {"command": ["true"], "env": "A-B"},
    ],
)
def test_a_check_asks_exactly_one_safe_thing(keys):
    with pytest.raises(ValidationError):
        GateCheck.model_validate({"name": "x"} | keys)


def test_a_check_may_ask_this_machine():
    assert GateCheck.model_validate({"name": "x", "url": "http://localhost:9090/x?y=1"}).at == tuple(
        GateMoment
    )
