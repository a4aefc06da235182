"""All mistakes of a file are reported at their lines, with key and advice."""

import os

import pytest

from configs import Problem
from tests.configs.fleet_texts import fleet_text

NUMBER = "Write a whole number such as 5"


def one(found: tuple[Problem, ...]) -> Problem:
    assert len(found) == 1, [str(problem) for problem in found]
    return found[0]


@pytest.mark.parametrize(
    ("tenant", "line", "key", "words"),
    [
        ("enviroment: staging", 6, "enviroment", ["unknown key", "Did you mean environment?"]),
        ("target:\n  providr: auto", 7, "target.providr", ["unknown key", "Did you mean provider?"]),
        (
            "target: {zzz: auto}",
            6,
            "target.zzz",
            ["unknown key", "Known keys: action, action_secrets, action_style, approve"],
        ),
        ("zzz:", 6, "zzz", ["unknown key"]),
        (
            "tier: enterprise",
            6,
            "tier",
            ["'enterprise' is not a known", "Did you mean enterprise_production?"],
        ),
        ("tier: gold", 6, "tier", ["Write one of enterprise_production, "]),
        ("target: {provider: [auto]}", 6, "target.provider", ["not a known value"]),
        ("target: auto", 6, "target", ["wrong kind", "Write keys and values"]),
        ("labels: canary", 6, "labels", ["wrong kind", "Write keys and values"]),
        ("labels: {ring: }", 6, "labels.ring", ["has no value"]),
        ("labels: {ring: [a]}", 6, "labels.ring", ["wrong kind", "Write a text"]),
        ("environment: ' '", 6, "environment", ["is empty"]),
        ("target: {delivery_methods: []}", 6, "target.delivery_methods", ["is empty", "Name at least one"]),
        ("target: {factors: [sms, sms]}", 6, "target.factors", ["twice"]),
        ("target:\n  factors:\n    - sms\n    - text", 9, "target.factors[1]", ["'text' is not a known"]),
        ("target: {approve: [Not-A-Code]}", 6, "target.approve[0]", ["not a known value"]),
        (
            "target: {approve: [factr_given_up]}",
            6,
            "target.approve[0]",
            ["'factr_given_up' is not a known value", "Did you mean factor_given_up?"],
        ),
        # A reason that no approval turns into a warning.
        ("target: {approve: [twilio_token_missing]}", 6, "target.approve[0]", ["not a known value"]),
        (
            "target: {twilio: {sid: AC1, auth_token: env:SECRET}}",
            6,
            "target.twilio.sid",
            ["AC[0-9a-fA-F]{32}"],
        ),
        (
            "target: {twilio: {auth_token: env:SECRET, api_url: 'http://127.0.0.1:80'}}",
            6,
            "target.twilio.api_url",
            ["is not encrypted", "Write https://"],
        ),
        ("target: {twilio: {default_from: x}}", 6, "target.twilio.auth_token", ["is required"]),
        ("target:\n  test_numbers:\n    text: 5005550006", 8, "target.test_numbers.text", ["E.164", '"+"']),
        (
            "target: {test_numbers: {voice: '+1500555000612345'}}",
            6,
            "target.test_numbers.voice",
            ["15 digits"],
        ),
        ("target: {notification_types: drop}", 6, "target.notification_types", ["unknown key"]),
        (
            "target:\n  delivery_methods: [text]\n  factors: [sms, voice]",
            8,
            "target.factors",
            ["factor voice is not among the delivery methods text", "Add voice to delivery_methods"],
        ),
    ],
)
def test_a_tenant_mistake_is_reported_at_its_line(problems, tenant, line, key, words):
    problem = one(problems(fleet_text(tenant)))
    assert (problem.file.name, problem.line, problem.key) == ("fleet.yaml", line, f"tenants[0].{key}")
    for word in words:
        assert word in str(problem)


@pytest.mark.parametrize(
    ("rest", "key", "words"),
    [
        ("wavs: []", "wavs", ["unknown key", "Did you mean waves?"]),
        ("waves: {name: all}", "waves", ["must be a list"]),
        ("waves: [all]", "waves[0]", ["wrong kind"]),
        ("waves: [{match: {}}]", "waves[0].name", ["is required"]),
        ("waves: [{name: all, match: }]", "waves[0].match", ["has no value"]),
        ("waves: [{name: all, match: {region: }}]", "waves[0].match.region", ["has no value"]),
        ("waves: [{name: all, match: {colour: red}}]", "waves[0].match.colour", ["Known keys: domain"]),
        ("waves: [{name: a/b}]", "waves[0].name", ["expected form"]),
        ("waves: [{name: all, size: 0}]", "waves[0].size", ["is zero"]),
        ("waves: [{name: all, size: [1, 0%]}]", "waves[0].size[1]", ["is zero"]),
        ("waves: [{name: all, size: many}]", "waves[0].size", ["neither a count nor a percentage", NUMBER]),
        ("waves: [{name: all, failure_tolerance: 101%}]", "waves[0].failure_tolerance", ["neither a count"]),
        ("waves: [{name: all, failure_tolerance: -1}]", "waves[0].failure_tolerance", ["neither a count"]),
        ("waves: [{name: all, inconclusive_limit: 1.5}]", "waves[0].inconclusive_limit", ["neither a count"]),
        ("waves: [{name: all, failure_tolerance: [1]}]", "waves[0].failure_tolerance", ["neither a count"]),
        ("waves: [{name: all, soak: 10}]", "waves[0].soak", ["not a duration", "such as 30s or 1h30m"]),
        ("waves: [{name: all, soak: 999999999d1d}]", "waves[0].soak", ["too long for a duration"]),
        ("waves: [{name: all, soak: [1s]}]", "waves[0].soak", ["not a duration"]),
        ("rollout: {concurrency: 0}", "rollout.concurrency", ["too small", "at least 1"]),
        ("rollout: {concurrency: 5000}", "rollout.concurrency", ["too large", "at most 1000"]),
        ("rollout: {concurrency: many}", "rollout.concurrency", ["Write a whole number"]),
        ("rollout: {strict: perhaps}", "rollout.strict", ["Write true or false"]),
        ("rollout: {max_change: 0%}", "rollout.max_change", ["is zero"]),
        ("rollout: {healthy_deadline: 0s}", "rollout.healthy_deadline", ["is zero"]),
        ("rollout: {on_failure: rolback}", "rollout.on_failure", ["Did you mean rollback?"]),
        ("rollout: fast", "rollout", ["Write keys and values"]),
        ("connection: {connect_to: 127.0.0.1}", "connection.connect_to", ["not the address of a server"]),
        (
            "connection: {connect_to: 'http://h:99999'}",
            "connection.connect_to",
            ["not the address of a server"],
        ),
        (
            "connection: {connect_to: 'http://h/path'}",
            "connection.connect_to",
            ["scheme, host and port only"],
        ),
        ("connection: {ca_file: ca.pem}", "connection.ca_file", ["cannot be read: No such file"]),
        ("secrets_file: gone.env", "", ["the secrets file cannot be read: No such file"]),
        ("ledger: mysql", "ledger", ["neither sqlite, a reference nor an SQLAlchemy URL"]),
        ("ledger: {password: env:SECRET}", "ledger", ["neither sqlite"]),
        (
            "ledger: {url: 'postgresql://h/a', url_from: env:SECRET}",
            "ledger",
            ["whole URL and parts of one", "Write either `url_from`"],
        ),
        ("ledger: {url_from: env:SECRET, password: env:SECRET}", "ledger", ["whole URL and parts of one"]),
        *(
            (f"{section}: {{{key}: }}", f"{section}.{key}", ["has no value"])
            for section, keys in {
                "rollout": ("caps", "windows", "freezes", "not_before", "deadline", "max_change", "approval"),
                "ledger": ("url", "url_from", "password", "audit_key"),
                "connection": ("connect_to", "ca_file"),
            }.items()
            for key in keys
        ),
        *((f"{section}:", section, ["has no value"]) for section in ("rollout", "ledger", "connection")),
        ("rollout: {caps: {owner: }}", "rollout.caps.owner", ["has no value"]),
        ("rollout: {caps: {region: {at_once: }}}", "rollout.caps.region.at_once", ["has no value"]),
        ("rollout: {approval: {by_other: }}", "rollout.approval.by_other", ["has no value"]),
        (
            "rollout: {not_before: 2026-12-02T08:00Z, deadline: 2026-12-01T08:00Z}",
            "rollout",
            ["`deadline` is not after `not_before`"],
        ),
        (
            "waves: [{name: all, not_before: 2026-12-02T08:00Z, deadline: 2026-12-02T08:00Z}]",
            "waves[0]",
            ["`deadline` is not after `not_before`"],
        ),
        ("defaults: [a]", "defaults", ["must be a mapping"]),
        ("defaults: {domain: a.eu.auth0.com}", "defaults.domain", ["cannot apply to several tenants"]),
        ("defaults: {ownr: me}", "defaults.ownr", ["Did you mean owner?"]),
        (
            "overrides: [{match: {region: mars}, set: {tear: free}}]",
            "overrides[0].set.tear",
            ["Did you mean tier?"],
        ),
        ("overrides: [{match: {region: mars}}]", "overrides[0].set", ["is required"]),
        ("overrides: [{match: , set: {tier: free}}]", "overrides[0].match", ["has no value"]),
        ("overrides: [{match: {region: mars}, set: free}]", "overrides[0].set", ["Write keys and values"]),
        ("tenants_from: [{csv: a, files: b}]", "tenants_from[0]", ["must name exactly one source"]),
        ("tenants_from: [{}]", "tenants_from[0]", ["must name exactly one source"]),
        ("tenants_from: [{files: 'none/*.yaml'}]", "tenants_from[0]", ["no file matches none/*.yaml"]),
    ],
)
def test_a_section_mistake_is_reported_with_its_key(problems, rest, key, words):
    problem = one(problems(fleet_text(rest=rest)))
    assert problem.key == key
    for word in words:
        assert word in str(problem)


@pytest.mark.parametrize("rest", ["", "tenants:", "tenants: []", "tenants_from: [{csv: t.csv}]"])
def test_a_fleet_without_tenants_is_refused(problems, rest):
    problem = one(problems(f"fleet: acme\n{rest}\n", {"t.csv": "domain\n"}))
    assert "the fleet has no tenants" in str(problem)


@pytest.mark.parametrize(
    ("domain", "advice"),
    [
        ("https://acme.eu.auth0.com/", "Write acme.eu.auth0.com"),
        ("acme.eu.auth0.com:443", "Write acme.eu.auth0.com"),
        ("acme.eu.auth0.com/api", "Write acme.eu.auth0.com"),
        ("acme", "Write the tenant's domain"),
        ("-acme.eu.auth0.com", "Write the tenant's domain"),
        ("acme_1.eu.auth0.com", "Write the tenant's domain"),
        ("äcme.eu.auth0.com", "Write the tenant's domain"),
        ("a" * 64 + ".auth0.com", "Write the tenant's domain"),
    ],
)
def test_a_domain_must_be_a_host_name(problems, domain, advice):
    problem = one(problems(fleet_text().replace("acme.eu.auth0.com", domain)))
    assert (problem.line, problem.key) == (3, "tenants[0].domain")
    assert "not a host name" in problem.fact
    assert advice in problem.advice


def test_missing_keys_are_reported_at_the_tenant(problems):
    found = problems("fleet: acme\ntenants:\n  - domain: a.eu.auth0.com\n  - client_id: abc\n")
    assert [(problem.line, problem.key, problem.fact) for problem in found] == [
        (3, "tenants[0].client_id", "is required"),
        (3, "tenants[0].client_secret", "is required"),
        (4, "tenants[1].domain", "is required"),
        (4, "tenants[1].client_secret", "is required"),
    ]


def test_a_domain_listed_twice_names_both_places(problems):
    problem = one(
        problems(
            fleet_text(
                rest="defaults: {client_id: a, client_secret: env:SECRET}\ntenants_from: [{csv: t.csv}]"
            ),
            {"t.csv": "domain\nother.eu.auth0.com\nACME.eu.auth0.com\n"},
        )
    )
    assert (problem.file.name, problem.line) == ("t.csv", 3)
    assert "acme.eu.auth0.com is already listed at" in problem.fact
    assert "fleet.yaml:3" in problem.fact


def test_a_mistake_in_the_defaults_is_reported_once(problems):
    tenants = "".join(f"- domain: t{n}.eu.auth0.com\n" for n in range(50))
    defaults = "defaults:\n  client_id: a\n  client_secret: env:GONE\n  tier: gold\n"
    text = f"fleet: acme\n{defaults}tenants:\n{tenants}"
    assert [(p.line, p.key) for p in problems(text)] == [(4, "defaults.client_secret"), (5, "defaults.tier")]


def test_problems_of_all_files_are_reported_together(problems):
    found = problems(
        """
        fleet: a b
        typo: 1
        defaults: {client_id: abc}
        tenants:
          - domain: https://a.eu.auth0.com
            client_secret: hunter2hunter2
          - domain: b.eu.auth0.com
            client_secret: env:GONE
            tier: gold
        tenants_from: [{csv: t.csv}, {files: "*.yml"}]
        waves: [{name: w, match: {region: mars}}, {name: w, soak: soon}]
        rollout: {concurrency: none}
        """,
        {"t.csv": "domain,colour\nc.eu.auth0.com,red\n", "broken.yml": "a: b: c\n"},
    )
    text = "\n".join(map(str, found))
    for key in (
        "fleet",
        "typo",
        "tenants[0].domain",
        "tenants[0].client_secret",
        "tenants[1].client_secret",
        "tenants[1].tier",
        "waves[1].soak",
        "rollout.concurrency",
        "colour",
        "client_secret",
    ):
        assert key in {problem.key for problem in found}, text
    assert any(problem.file.name == "broken.yml" and "not valid YAML" in problem.fact for problem in found)
    assert "hunter2" not in text


@pytest.mark.parametrize(
    ("waves", "line", "words"),
    [
        (
            "- name: a\n  match: {region: mars}\n- name: rest",
            7,
            ["wave a selects nothing: its `match` fits none of 1 tenant"],
        ),
        (
            "- name: first\n- name: second",
            8,
            ["second selects nothing: earlier waves select all that it matches (1 tenant)"],
        ),
        ("- name: a\n- name: a\n  match: {region: x}", 8, ["wave a is already defined at", "fleet.yaml:7"]),
    ],
)
def test_waves_that_cannot_be_meant_are_reported(problems, waves, line, words):
    found = problems(fleet_text(rest=f"waves:\n{waves}\n"))
    text = "\n".join(str(problem) for problem in found if problem.line == line)
    for word in words:
        assert word in text


def test_tenants_in_no_wave_are_counted_and_named(problems):
    tenants = "".join(f"- domain: t{n}.eu.auth0.com\n" for n in range(12))
    text = (
        f"fleet: a\ndefaults: {{client_id: a, client_secret: env:SECRET}}\ntenants:\n{tenants}"
        "waves: [{name: one, match: {domain: t1.*}}]\n"
    )
    problem = one(problems(text))
    assert problem.key == "waves"
    assert "11 tenants are in no wave: t0.eu.auth0.com (" in problem.fact
    assert problem.fact.endswith("and 1 more")
    assert "wave without `match`" in problem.advice


def test_waves_are_not_checked_without_all_tenants(problems):
    rest = "tenants_from: [{csv: gone.csv}]\nwaves: [{name: us, match: {region: us}}, {name: rest}]"
    problem = one(problems(fleet_text(rest=rest)))
    assert (problem.file.name, problem.fact) == ("gone.csv", "cannot be read: No such file or directory")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_an_unreadable_file_is_a_problem(load, problems, tmp_path):
    load(fleet_text())
    (tmp_path / "t.csv").touch(mode=0)
    assert "Permission denied" in one(problems(fleet_text(rest="tenants_from: [{csv: t.csv}]"))).fact
