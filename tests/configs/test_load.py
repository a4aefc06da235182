import pickle
from datetime import timedelta
from pathlib import Path

import platformdirs
import pytest

import configs
from configs import (
    Amount,
    ConfigError,
    DeliveryMethod,
    MessageType,
    OnFailure,
    ProviderChoice,
    SecretRef,
    Target,
    TenantRef,
    Tier,
    TokenEndpointAuthMethod,
    WhenInconclusive,
    load_fleet,
)
from tests.configs.fleet_texts import fleet_text

EXAMPLES = Path(configs.__file__).parent / "examples"


def test_the_full_example_loads_with_all_layers():
    fleet = load_fleet(EXAMPLES / "fleet.yaml", environ={})
    assert [tenant.domain for tenant in fleet.tenants] == [
        "acme-eu-1.eu.auth0.com",
        "acme-eu-2.eu.auth0.com",
        "acme-eu-3.eu.auth0.com",
        "acme-us-1.us.auth0.com",
        "acme-us-staging.us.auth0.com",
        "acme-au.au.auth0.com",
    ]
    first, second, signing, third, staging, au = fleet.tenants
    assert first.target.factors == (MessageType.SMS,)
    assert first.target.delivery_methods == (DeliveryMethod.TEXT, DeliveryMethod.VOICE)
    assert second.target.approve == {"action_not_verified"}
    assert second.target.provider is ProviderChoice.CUSTOM
    assert signing.token_endpoint_auth_method is TokenEndpointAuthMethod.PRIVATE_KEY_JWT
    assert str(signing.credential) == "env:ACME_EU_3_PRIVATE_KEY"
    assert signing.tier is Tier.PRIVATE_CLOUD_BASIC
    assert (third.region, third.labels, third.target.delivery_methods) == (
        "us",
        {"ring": "early"},
        (DeliveryMethod.TEXT, DeliveryMethod.VOICE),
    )
    assert (staging.tier, staging.owner) == (Tier.ENTERPRISE_NONPRODUCTION, "staging@acme.example")
    assert au.target.test_numbers.text == "+15005550006"
    assert [wave.name for wave in fleet.waves] == ["canary", "staging", "rest"]
    assert fleet.state_dir == EXAMPLES / ".state"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_every_example_fleet_loads(path):
    assert load_fleet(path, environ={}).tenants


def test_absent_sections_get_the_documented_defaults(load):
    fleet = load(fleet_text())
    (wave,) = fleet.waves
    assert (wave.name, wave.size, wave.failure_tolerance.of(100), wave.soak) == ("all", (), 0, timedelta(0))
    rollout = fleet.rollout
    assert (str(rollout.max_change), rollout.concurrency, rollout.strict) == ("30%", 10, True)
    assert str(rollout.min_healthy) == "100%"
    assert rollout.healthy_deadline == timedelta(minutes=2)
    assert rollout.progress_deadline == timedelta(hours=1)
    assert rollout.evidence_deadline == timedelta(seconds=60)
    assert rollout.when_inconclusive is WhenInconclusive.HOLD
    assert rollout.on_failure is OnFailure.ROLLBACK
    assert rollout.finalize_after == timedelta(days=7)
    assert fleet.state_dir == platformdirs.user_state_path("phonefleet") / "acme"
    assert fleet.pause_file == fleet.state_dir / "PAUSE"
    assert fleet.ledger.url is fleet.ledger.url_from is None
    assert fleet.connection.timeout == timedelta(seconds=30)
    assert fleet.tenant("ACME.eu.auth0.com") is fleet.tenants[0]
    assert fleet.tenant("other.eu.auth0.com") is None


@pytest.mark.parametrize("target", ["", "target:", "target: {}"])
def test_an_absent_or_empty_target_is_the_default(load, target):
    assert load(fleet_text(target)).tenants[0].target == Target()


def test_keys_without_a_value_keep_the_defaults(load):
    fleet = load(
        fleet_text(
            "owner:\nenvironment: ~\ntarget:", "defaults: {owner: me, target: {provider: custom}}\nwaves:\n"
        )
    )
    assert fleet.tenants[0].owner == "me"
    assert fleet.tenants[0].environment == "production"
    assert fleet.tenants[0].target.provider is ProviderChoice.CUSTOM


def test_scalars_stay_as_written(load):
    tenant = load(
        fleet_text(
            """
            environment: no
            region: 0123
            owner: 2026-11-24
            labels: {ring: 1, on: yes}
            target: {test_numbers: {text: +15005550006}}
            """
        )
    ).tenants[0]
    assert (tenant.environment, tenant.region, tenant.owner) == ("no", "0123", "2026-11-24")
    assert tenant.labels == {"ring": "1", "on": "yes"}
    assert tenant.target.test_numbers.of(DeliveryMethod.TEXT) == "+15005550006"
    assert tenant.target.test_numbers.of(DeliveryMethod.VOICE) is None


def test_overrides_apply_in_order(load):
    fleet = load(
        """
        fleet: acme
        defaults:
          {client_secret: env:SECRET, client_id: abc, owner: default, target: {test_numbers: {text: "+441"}}}
        overrides:
          - {match: {domain: "*.eu.*"}, set: {environment: staging, owner: first}}
          - {match: {environment: staging}, set: {owner: second, target: {test_numbers: {voice: "+442"}}}}
          - {match: {region: us}, set: {owner: third}}
        tenants:
          - {domain: a.eu.auth0.com}
          - {domain: b.eu.auth0.com, environment: production}
          - {domain: c.us.auth0.com, region: us}
          - {domain: d.us.auth0.com, region: us, owner: own}
        """
    )
    assert [tenant.owner for tenant in fleet.tenants] == ["second", "first", "third", "own"]
    assert fleet.tenants[0].target.test_numbers.model_dump() == {"text": "+441", "voice": "+442"}


def test_a_domain_is_lower_cased(load):
    assert load(fleet_text().replace("acme.eu", "Acme.EU")).tenants[0].domain == "acme.eu.auth0.com"


def test_lists_may_be_one_text_and_are_ordered(load):
    target = (
        load(
            fleet_text("target: {delivery_methods: [voice, text], factors: voice sms, approve: key_in_code}")
        )
        .tenants[0]
        .target
    )
    assert target.delivery_methods == (DeliveryMethod.TEXT, DeliveryMethod.VOICE)
    assert target.factors == (MessageType.SMS, MessageType.VOICE)
    assert target.approve == {"key_in_code"}


def test_wave_sizes_are_counts_percentages_or_lists(load):
    fleet = load(
        fleet_text(
            rest="""
            waves:
              - {name: one, match: {domain: "acme.*"}, size: [1, 5, 20%], soak: 90s, failure_tolerance: 10%}
            """
        )
    )
    assert [str(size) for size in fleet.waves[0].size] == ["1", "5", "20%"]
    assert fleet.waves[0].soak == timedelta(seconds=90)
    single = load(fleet_text(rest="waves: [{name: one, size: 20%}]"))
    assert single.waves[0].size == (Amount.parse("20%"),)


def test_a_file_reference_is_relative_to_its_file(load, tmp_path):
    fleet = load(
        """
        fleet: acme
        defaults: {client_id: abc, target: {gateway_secret: file:keys/gateway}}
        tenants_from: [{files: "tenants/*.yaml"}]
        """,
        {
            "tenants/a.yaml": "domain: a.eu.auth0.com\nclient_secret: file:a.secret\n",
            "tenants/a.secret": "x",
            "keys/gateway": "y",
        },
    )
    refs = fleet.tenants[0].secret_refs()
    assert refs["client_secret"].path == tmp_path / "tenants/a.secret"
    assert refs["target.gateway_secret"].path == tmp_path / "keys/gateway"


def test_tenants_come_from_lists_csv_and_globs(load):
    fleet = load(
        """
        fleet: acme
        defaults: {client_id: abc, client_secret: env:SECRET}
        tenants: [{domain: one.eu.auth0.com}]
        tenants_from:
          - files: "**/many.yaml"
          - csv: more.csv
        """,
        {
            "deep/er/many.yaml": "- domain: two.eu.auth0.com\n- domain: three.eu.auth0.com\n",
            "more.csv": "domain\nfour.eu.auth0.com\n",
        },
    )
    assert [tenant.domain.split(".")[0] for tenant in fleet.tenants] == ["one", "two", "three", "four"]


@pytest.mark.parametrize(
    ("written", "field", "value"),
    [
        ("sqlite", "url", None),
        ("postgresql+psycopg://me@db/phonefleet", "url", "postgresql+psycopg://me@db/phonefleet"),
        ("sqlite:////var/lib/ledger.db", "url", "sqlite:////var/lib/ledger.db"),
        ("env:SECRET", "url_from", "env:SECRET"),
        ("{url: postgresql+psycopg://me@db/x, password: env:SECRET}", "password", "env:SECRET"),
    ],
)
def test_the_ledger_is_sqlite_a_url_or_a_reference(load, written, field, value):
    ledger = load(fleet_text(rest=f"ledger: {written}\n")).ledger
    found = getattr(ledger, field)
    assert (str(found) if found else None) == value


def test_connection_paths_start_at_the_fleet_file(load, tmp_path):
    fleet = load(
        fleet_text(
            rest="connection: {connect_to: 'HTTP://127.0.0.1:8765/', ca_file: ca.pem, timeout: 500ms}"
        ),
        {"ca.pem": "-----BEGIN CERTIFICATE-----"},
    )
    assert fleet.connection.connect_to == "http://127.0.0.1:8765"
    assert fleet.connection.ca_file == tmp_path / "ca.pem"
    assert fleet.connection.timeout == timedelta(milliseconds=500)


def test_a_tenant_dumps_without_secrets_and_pickles(load):
    tenant = load(fleet_text("target: {twilio: {auth_token: env:SECRET}}")).tenants[0]
    text = tenant.model_dump_json()
    assert '"client_secret":"env:SECRET"' in text
    assert "in-the-environment" not in text + repr(tenant)
    assert pickle.loads(pickle.dumps(tenant)) == tenant


def test_models_can_be_made_in_code_too():
    tenant = TenantRef(domain="Acme.eu.auth0.com", client_id="abc", client_secret=SecretRef.parse("env:X"))
    assert tenant.domain == "acme.eu.auth0.com"
    assert str(tenant.client_secret) == "env:X"
    with pytest.raises(ValueError, match="frozen"):
        tenant.owner = "x"  # type: ignore[misc]


def test_a_config_error_survives_pickling(problems):
    error = ConfigError(problems("fleet: 'a b'\n"))
    assert pickle.loads(pickle.dumps(error)).problems == error.problems
    assert "2 problems" in str(error)


def test_receipts_are_asked_for_by_default(load):
    tenant = load(fleet_text("target: {twilio: {auth_token: env:SECRET}}")).tenants[0]
    assert (tenant.target.twilio.receipts, tenant.target.twilio.api_url) == (True, "https://api.twilio.com")
    off = load(fleet_text("target: {twilio: {auth_token: env:SECRET, receipts: false}}")).tenants[0]
    assert off.target.twilio.receipts is False


def test_execution_names_a_pool_and_its_shards(load):
    plain = load(fleet_text())
    assert (plain.execution.pool, plain.execution.shard, plain.execution.at_once) == (None, 50, 4)
    pooled = load(fleet_text(rest="execution: {pool: fleet workers, shard: 20, at_once: 2}"))
    assert (pooled.execution.pool, pooled.execution.shard, pooled.execution.at_once) == (
        "fleet workers",
        20,
        2,
    )
    assert pooled.checksum != plain.checksum


@pytest.mark.parametrize("wrong", ["{pool: a/b}", "{shard: 0}", "{at_once: 101}"])
def test_execution_out_of_range_is_a_problem(problems, wrong):
    (problem,) = problems(fleet_text(rest=f"execution: {wrong}"))
    assert "execution" in str(problem)
