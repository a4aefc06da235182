"""Found tenants become a fleet file that loads, without the value of any secret."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs import ConfigError, load_fleet
from configs.draft.deploy_cli_folder import tenants_in_deploy_cli
from configs.draft.domain_list import table_of, tenants_in_csv
from configs.draft.drafted_fleet import Choices, draft_fleet
from configs.draft.fleet_text import FLEET_FILE, SECRETS_FILE, fleet_text, secrets_text
from configs.draft.found_tenant import FoundTenant, by_domain
from configs.draft.terraform_folder import tenants_in_terraform
from configs.problems import Origin
from configs.references import PLACEHOLDER

CHOICES = Choices("acme", client_id="abc")


def _written(folder: Path, found, choices=CHOICES):
    """Write the files of a draft, and load them."""
    fleet = draft_fleet(by_domain([found]), choices, [])
    folder.mkdir(exist_ok=True)
    (folder / FLEET_FILE).write_text(fleet_text(fleet))
    (folder / SECRETS_FILE).write_text(secrets_text(fleet))
    return load_fleet(folder / FLEET_FILE, environ={})


def _listed(*domains: str) -> list[FoundTenant]:
    return [FoundTenant(table_of(Origin(Path("d.csv"), n), domain=each)) for n, each in enumerate(domains, 1)]


def test_a_plain_list_of_domains_is_a_fleet(tmp_path):
    (tmp_path / "d.csv").write_text("\ufeffAcme-Dev.eu.auth0.com\n\nacme.auth0.com\nb.au.auth0.com\n")
    fleet = _written(tmp_path / "out", tenants_in_csv(tmp_path / "d.csv", []))
    assert [(t.domain, t.region, t.environment) for t in fleet.tenants] == [
        ("acme-dev.eu.auth0.com", "eu", "development"),
        ("acme.auth0.com", "us", "production"),
        ("b.au.auth0.com", "au", "production"),
    ]
    assert [wave.name for wave in fleet.waves] == ["canary", "early", "rest"]
    assert fleet.tenants[0].labels == {"ring": "canary"}


def test_columns_of_a_csv_are_kept(tmp_path):
    (tmp_path / "d.csv").write_text(
        "domain;client_id;owner;labels.ring;client_secret\na.eu.auth0.com;x1;Zoë: #1;late;env:OTHER_SECRET\n"
    )
    found = tenants_in_csv(tmp_path / "d.csv", [])
    text = fleet_text(draft_fleet(found, CHOICES, []))
    assert "client_secret: env:OTHER_SECRET" in text
    assert 'owner: "Zoë: #1"' in text
    assert "{ring: late}" in text


domains = st.from_regex(r"\A[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?(\.(eu|us|au|jp))?\.auth0\.com\Z")


@given(st.lists(domains, min_size=1, max_size=40, unique=True), st.booleans(), st.booleans())
def test_any_list_of_domains_loads(tmp_path_factory, listed, by_key, twilio):
    """Names of secrets never collide, and every wave has a tenant."""
    choices = Choices("f", client_id="abc", by_key=by_key, shared_twilio=twilio, test_number="+15005550006")
    fleet = _written(tmp_path_factory.mktemp("f"), _listed(*listed), choices)
    assert [tenant.domain for tenant in fleet.tenants] == listed
    credentials = [str(tenant.credential) for tenant in fleet.tenants]
    assert len(set(credentials)) == len(credentials)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip))
def test_any_text_reads_as_itself(tmp_path_factory, text):
    table = table_of(Origin(Path("d.csv"), 1), domain="a.eu.auth0.com", owner=text)
    fleet = _written(tmp_path_factory.mktemp("f"), [FoundTenant(table)])
    assert fleet.tenants[0].owner == text


def test_a_deploy_cli_folder_gives_its_tenants(tmp_path):
    prod, dev = tmp_path / "prod", tmp_path / "dev"
    prod.mkdir(), dev.mkdir()
    (prod / "config.json").write_text(
        json.dumps(
            {
                "AUTH0_DOMAIN": "acme.eu.auth0.com",
                "AUTH0_CLIENT_ID": "prodClient",
                "AUTH0_CLIENT_SECRET": "a-secret-value-of-prod",
                "AUTH0_ALLOW_DELETE": True,
            },
            indent=2,
        )
    )
    (prod / "tenant.yaml").write_text(
        "tenant: {friendly_name: ##NAME##, allowed_logout_urls: @@URLS@@}\n"
        "guardianPhoneFactorSelectedProvider: {provider: twilio}\n"
        "connections:\n"
        "  - {name: sms, strategy: sms, options: {provider: sms_gateway, gateway_authentication: {method: bearer}}}\n"
        "actions:\n"
        "  - name: send\n"
        "    supported_triggers: [{id: send-phone-message, version: v2}]\n"
        "    secrets: [{name: API_KEY, value: a-secret-value-of-code}]\n"
    )
    (dev / ".env").write_text(
        "# the key\n\nAUTH0_DOMAIN=acme-dev.eu.auth0.com\nAUTH0_CLIENT_ID=devClient\n"
        "AUTH0_CLIENT_SIGNING_KEY_PATH=./private.pem\nAUTH0_CLIENT_SIGNING_ALGORITHM=PS256\n"
    )
    problems = []
    found = tenants_in_deploy_cli(tmp_path, problems)
    assert problems == []
    fleet = _written(tmp_path / "out", found)
    by_key, by_secret = fleet.tenants
    assert (by_key.domain, by_key.client_id) == ("acme-dev.eu.auth0.com", "devClient")
    assert str(by_key.signing_algorithm) == "PS256"
    assert set(by_secret.secret_refs()) == {
        "client_secret",
        "target.twilio.auth_token",
        "target.gateway_secret",
        "target.action_secrets.API_KEY",
    }
    text = (tmp_path / "out" / FLEET_FILE).read_text()
    assert "AUTH0_ALLOW_DELETE" in text
    template = (tmp_path / "out" / SECRETS_FILE).read_text()
    assert f"now at {prod / 'config.json'}:4" in template
    assert "a-secret-value" not in text + template
    assert f"ACME_EU_CLIENT_SECRET={PLACEHOLDER}" in template


def test_terraform_providers_give_their_tenants(tmp_path):
    (tmp_path / "main.tf").write_text(
        'variable "domain" {}\n'
        'variable "id" {\n  default = "sharedClient"\n}\n'
        'provider "auth0" {\n'
        "  domain = var.domain\n"
        "  client_id = var.id\n"
        "  client_secret = var.secret\n"
        "}\n"
        'provider "auth0" {\n'
        '  alias = "own"\n'
        '  domain = "own.au.auth0.com"\n'
        '  client_id = "ownClient"\n'
        '  client_assertion_private_key = file("key.pem")\n'
        '  client_assertion_signing_alg = "PS256"\n'
        "}\n"
    )
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "prod.tfvars").write_text('domain = "acme.eu.auth0.com"\nsecret = "a-secret-value"\n')
    (tmp_path / "env" / "test.tfvars").write_text('domain = "acme-test.eu.auth0.com"\nid = "testClient"\n')
    problems = []
    found = tenants_in_terraform(tmp_path, problems)
    assert problems == []
    fleet = _written(tmp_path / "out", found, Choices("tf"))
    assert [(t.domain, t.client_id) for t in fleet.tenants] == [
        ("acme.eu.auth0.com", "sharedClient"),
        ("acme-test.eu.auth0.com", "testClient"),
        ("own.au.auth0.com", "ownClient"),
    ]
    assert fleet.tenants[2].private_key is not None
    written = (tmp_path / "out" / FLEET_FILE).read_text() + (tmp_path / "out" / SECRETS_FILE).read_text()
    assert "a-secret-value" not in written
    assert f"now at {tmp_path / 'main.tf'}:8" in written


@pytest.mark.parametrize(
    ("name", "content", "line", "part"),
    [
        ("main.tf", 'provider "auth0" {\n  domain =\n}\n', 2, "is not valid HCL"),
        ("main.tf", '\nprovider "auth0" {}\n', 2, "names no domain"),
        (
            "main.tf",
            'provider "auth0" {\n  domain = var.d\n}\n',
            2,
            "var.d, which no file here gives a value",
        ),
        ("main.tf", 'provider "auth0" {\n  domain = "${local.n}.auth0.com"\n}\n', 2, "is computed"),
        ("main.tf", 'resource "x" "y" {}\n', 0, "has no provider"),
    ],
)
def test_a_terraform_problem_has_its_line(tmp_path, name, content, line, part):
    (tmp_path / name).write_text(content)
    problems = []
    assert tenants_in_terraform(tmp_path, problems) == []
    (problem,) = problems
    assert problem.line == line
    assert part in problem.fact
    assert problem.advice


@pytest.mark.parametrize(
    ("name", "content", "line", "part"),
    [
        ("config.json", '{"AUTH0_DOMAIN":\n "a.eu.auth0.com",,}', 2, "is not valid YAML"),
        ("config.json", "{}", 0, "has no Deploy CLI configuration"),
        (".env", "AUTH0_DOMAIN=a.eu.auth0.com\n= x\n", 2, "not NAME=value"),
        (".env", b"AUTH0_DOMAIN=\xff\n", 0, "is not UTF-8"),
    ],
)
def test_a_deploy_cli_problem_has_its_line(tmp_path, name, content, line, part):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    problems = []
    tenants_in_deploy_cli(tmp_path, problems)
    assert (problems[0].line, part in problems[0].fact) == (line, True)
    assert problems[0].advice


def test_every_problem_is_reported_at_its_line(tmp_path):
    """A missing client, a domain that is none, one that is listed twice, and a literal secret."""
    (tmp_path / "d.csv").write_text(
        "domain,client_id,client_secret\na.eu.auth0.com,,\nhttps://b,x,\nc.eu.auth0.com,x,\n"
        "c.eu.auth0.com,x,\nd.eu.auth0.com,x,literal-secret\n"
    )
    problems = []
    found = tenants_in_csv(tmp_path / "d.csv", problems)
    with pytest.raises(ConfigError) as raised:
        draft_fleet(found, Choices("acme"), problems)
    assert [(p.line, p.key) for p in raised.value.problems] == [
        (2, "client_id"),
        (3, "domain"),
        (6, "client_secret"),
        (5, "domain"),
    ]
    assert "literal-secret" not in str(raised.value)


def test_an_empty_list_is_a_problem(tmp_path):
    (tmp_path / "d.csv").write_text("domain\n")
    problems = []
    assert tenants_in_csv(tmp_path / "d.csv", problems) == []
    assert [problem.fact for problem in problems] == ["lists no tenant"]


def test_two_sources_describe_one_tenant():
    deploy_cli = FoundTenant(
        table_of(Origin(Path("config.json"), 2), domain="a.eu.auth0.com", client_id="x"), sends_by_twilio=True
    )
    merged = by_domain([_listed("A.eu.auth0.com", "b.eu.auth0.com"), [deploy_cli]])
    assert [tenant.domain for tenant in merged] == ["a.eu.auth0.com", "b.eu.auth0.com"]
    assert merged[0].table["client_id"] == "x"
    assert merged[0].sends_by_twilio
    assert "also in config.json:2" in merged[0].remarks
