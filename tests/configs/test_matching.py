"""What a `match` selects."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs import Match, SecretRef, TenantRef, Wave, first_match, select
from tests.configs.fleet_texts import fleet_text


def tenant(domain: str = "acme.eu.auth0.com", **keys: object) -> TenantRef:
    return TenantRef(domain=domain, client_id="abc", client_secret=SecretRef.parse("env:X"), **keys)


@pytest.mark.parametrize(
    ("match", "selected"),
    [
        ({}, True),
        ({"domain": "*.eu.auth0.com"}, True),
        ({"domain": "ACME.*"}, True),
        ({"domain": ["x.*", "acme.eu.auth0.com"]}, True),
        ({"domain": "acme"}, False),
        ({"environment": "production"}, True),
        ({"environment": "Production"}, False),
        ({"environment": ["staging", "production"]}, True),
        ({"region": "eu", "tier": "free"}, True),
        ({"region": "eu", "tier": "professional"}, False),
        ({"owner": "us"}, False),
        ({"labels": {"ring": "canary"}}, True),
        ({"labels": {"ring": ["early", "canary"]}}, True),
        ({"labels": {"ring": "canary", "team": "x"}}, False),
    ],
)
def test_a_match_selects_by_every_key(match, selected):
    found = tenant(region="eu", labels={"ring": "canary"})
    assert Match.model_validate(match).selects(found) is selected


def test_select_keeps_the_order():
    tenants = [tenant(f"{name}.auth0.com", region=name) for name in ("c", "a", "b")]
    assert [t.region for t in select(tenants, Match(region=("a", "c")))] == ["c", "a"]


@given(st.lists(st.sampled_from("abc"), max_size=3, unique=True), st.sampled_from("abcd"))
def test_the_first_wave_that_selects_has_the_tenant(regions, region):
    waves = [Wave(name=name, match=Match(region=(name,))) for name in regions]
    assert first_match(tenant(region=region), waves) == (region if region in regions else None)
    assert first_match(tenant(region=region), [*waves, Wave(name="rest")]) in {region, "rest"}


def test_selection_sees_defaults_and_overrides(load):
    rest = """
        overrides: [{match: {tier: free}, set: {region: eu}}]
        waves: [{name: eu, match: {region: eu, environment: production}}]
        """
    assert load(fleet_text(rest=rest)).tenants[0].region == "eu"
