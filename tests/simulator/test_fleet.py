"""The same seed makes the same fleet; every kind is in it; thousands are made in seconds."""

import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.app import create_app
from simulator.dump import dump
from simulator.errors import UnknownTenantError
from simulator.fleet import domain_of, operator_inputs
from simulator.kinds import BLOCK, MIX, Kind, kind_of
from simulator.ratelimit import Tier

START = 1_790_000_000.0


def _fleet(size, seed):
    return create_app(size, seed, started_at=START).state.world.fleet


def _everything(fleet, domain):
    tenant = fleet.get(domain)
    inputs = operator_inputs(tenant).as_json()
    return dump(tenant), tenant.logs.visible(START), inputs


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 5000))
def test_a_seed_makes_the_same_tenant_every_time(seed, index):
    domain = domain_of(seed, index)
    assert _everything(_fleet(index + 1, seed), domain) == _everything(_fleet(5001, seed), domain)


def test_tenants_do_not_depend_on_their_order():
    forward, backward = _fleet(60, 5), _fleet(60, 5)
    domains = [domain for domain, _ in forward.kinds()]
    first = [_everything(forward, domain) for domain in domains]
    second = [_everything(backward, domain) for domain in reversed(domains)]
    assert first == second[::-1]


def test_seeds_differ():
    assert [kind_of(1, n) for n in range(40)] != [kind_of(2, n) for n in range(40)]
    assert operator_inputs(_fleet(1, 1).put("a.auth0.com", Kind.EMPTY, {})) != operator_inputs(
        _fleet(1, 2).put("a.auth0.com", Kind.EMPTY, {})
    )


@given(st.integers(0, 1000), st.integers(0, 20))
def test_every_block_holds_every_kind_in_its_share(seed, block):
    kinds = Counter(kind_of(seed, block * BLOCK + n) for n in range(BLOCK))
    assert kinds == Counter(MIX)


def test_most_of_a_fleet_is_worth_migrating():
    done = {
        Kind.NOT_CONFIGURED,
        Kind.EMPTY,
        Kind.ALREADY_MIGRATED,
        Kind.TOGGLE_MISSING_UPE,
        Kind.PHONE_IDENTIFIER,
    }
    assert sum(count for kind, count in MIX.items() if kind not in done) / BLOCK > 0.7


def test_ten_thousand_tenants_are_made_in_seconds():
    fleet, start = _fleet(10_000, 3), time.process_time()
    domains = [domain for domain, _ in fleet.kinds()]
    assert time.process_time() - start < 4
    assert len(set(domains)) == 10_000
    for domain in domains[::10]:
        fleet.get(domain)
    assert time.process_time() - start < 12


def test_credentials_are_a_tenants_own():
    fleet = _fleet(300, 9)
    secrets = [operator_inputs(fleet.get(domain)) for domain, _ in fleet.kinds()]
    assert len({inputs.client_id for inputs in secrets}) == 300
    tokens = [inputs.twilio_auth_token for inputs in secrets if inputs.twilio_auth_token]
    assert len(set(tokens)) == len(tokens) > 100
    assert secrets[0].client_secret not in repr(secrets[0])


@pytest.mark.parametrize(
    "domain", ["tenant-0301.eu.auth0.com", "tenant-0000.eu.auth0.com", "x.auth0.com", ""]
)
def test_other_domains_are_not_in_the_fleet(domain):
    with pytest.raises(UnknownTenantError, match="not a tenant of this fleet of 300"):
        _fleet(300, 9).get(domain)


def test_only_one_region_of_a_number_exists():
    domain = domain_of(9, 0)
    others = {f"tenant-0001.{region}.auth0.com" for region in ("eu", "us", "au", "jp")} - {domain}
    assert all(_fleet(300, 9).find(other) is None for other in others)


def test_a_fleet_has_grants_and_every_tier():
    fleet = _fleet(300, 9)
    tenants = [fleet.get(domain) for domain, _ in fleet.kinds()]
    scopes = [set(grant["scope"]) for tenant in tenants for grant in list(tenant.grants.values())[1:]]
    assert any("update:phone_providers" in granted for granted in scopes)
    assert any("update:phone_templates" in granted for granted in scopes)
    assert any("update:guardian_factors" in granted for granted in scopes)
    assert {tenant.tier for tenant in tenants} == {
        Tier.ENTERPRISE_PRODUCTION,
        Tier.ENTERPRISE_NONPRODUCTION,
        Tier.PROFESSIONAL,
        Tier.FREE,
    }
    codes = {action.name for tenant in tenants for action in tenant.actions.values()}
    assert len(codes) == 6
