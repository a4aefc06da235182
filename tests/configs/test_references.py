"""References are checked when the fleet is loaded, and no secret is printed."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from configs import SecretRef
from configs.references import Scheme
from tests.configs.fleet_texts import fleet_text

LITERAL = "s3cr3t-literal-value-0815"


@pytest.mark.parametrize(
    "tenant",
    [
        f"target: {{gateway_secret: {LITERAL}}}",
        f"target: {{twilio: {{auth_token: {LITERAL}}}}}",
        f"target: {{twilio: {{auth_tokn: {LITERAL}}}}}",
        f"target: {{action_secrets: {{API_KEY: '{LITERAL}'}}}}",
        f"target: {{action_secrets: {{API_KEY: [{LITERAL}]}}}}",
        f"target: {{action_secrets: {{API_KEY: {{value: {LITERAL}}}}}}}",
        f"target: {{action_secrets: {LITERAL}}}",
        f"target: {{gateway_secret: 'env:{LITERAL}'}}",
        f"target: {{gateway_secret: vault:{LITERAL}}}",
        f"client_secrt: {LITERAL}",
        f"client_secret: {LITERAL}",
        f"target: {LITERAL}",
    ],
)
def test_a_literal_is_refused_and_never_echoed(problems, tenant):
    found = problems(fleet_text(tenant))
    assert found
    assert LITERAL not in "".join(map(repr, found))


def test_a_literal_is_distinguished_from_mistakes(problems):
    (problem,) = problems(fleet_text().replace("env:SECRET", LITERAL))
    assert (problem.line, problem.key) == (5, "tenants[0].client_secret")
    assert "is a literal (not shown here)" in problem.fact
    assert all(f"{scheme}:" in problem.advice for scheme in Scheme)


@pytest.mark.parametrize(
    "ledger",
    [
        f"postgresql+psycopg://me:{LITERAL}@db/x",
        f"postgresql://db/x?user=me&password={LITERAL}",
        f"{{url: 'postgresql://me:{LITERAL}@db/x'}}",
        f"{{url: postgresql://me@db/x, password: {LITERAL}}}",
    ],
)
def test_a_password_in_the_ledger_url_is_refused(problems, ledger):
    found = problems(fleet_text(rest=f"ledger: {ledger}"))
    assert "not shown here" in str(found[0])
    assert LITERAL not in "".join(map(repr, found))


def test_an_unset_variable_names_the_searched_places(problems):
    (problem,) = problems(fleet_text("target: {gateway_secret: env:GONE}"))
    assert problem.fact == "GONE is not set in the environment"
    text = fleet_text("target: {gateway_secret: env:GONE}", "secrets_file: s.env")
    (problem,) = problems(text, {"s.env": "OTHER=x\nGONE=\n"})
    assert problem.fact.startswith("GONE is neither set in the environment nor in ")
    assert "add a line GONE=value" in problem.advice


def test_variables_are_found_in_the_secrets_file(load, tmp_path):
    text = fleet_text("target: {gateway_secret: env:THERE}", "secrets_file: s.env")
    fleet = load(text, {"s.env": "# comment\nexport THERE='x y'\n"})
    assert fleet.secrets_file == tmp_path / "s.env"
    assert fleet.tenants[0].target.gateway_secret.secrets_file == tmp_path / "s.env"


def test_an_unreadable_secrets_file_is_one_problem(problems):
    (problem,) = problems(fleet_text("target: {gateway_secret: env:THERE}", "secrets_file: gone.env"))
    assert "the secrets file cannot be read" in problem.fact


def test_secrets_file_mistakes_name_lines_not_values(problems):
    text = fleet_text(rest="secrets_file: s.env")
    found = problems(text, {"s.env": f"A={LITERAL}\n\n\nA=b\n{LITERAL} {LITERAL}\n"})
    assert [(problem.file.name, problem.line) for problem in found] == [("s.env", 4), ("s.env", 5)]
    assert "first on line 1" in found[0].fact
    assert LITERAL not in "".join(map(repr, found))
    (problem,) = problems(text, {"s.env": b"A=\xff\n"})
    assert "not UTF-8" in problem.fact


def test_a_file_reference_must_lead_to_a_file(load, problems, tmp_path):
    text = fleet_text("target: {gateway_secret: file:key}")
    (problem,) = problems(text)
    assert problem.fact == f"file:key names {tmp_path / 'key'}, which is not a file"
    (tmp_path / "key").mkdir()
    assert "which is not a file" in problems(text)[0].fact
    (tmp_path / "key").rmdir()
    assert load(text, {"key": "x"}).tenants[0].target.gateway_secret.path == tmp_path / "key"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_reference_needs_a_readable_file(problems, tmp_path):
    (tmp_path / "key").touch(mode=0)
    assert "which is not readable" in problems(fleet_text("target: {gateway_secret: file:key}"))[0].fact


@pytest.mark.parametrize(
    "text", ["", "env:", "env:1A", "env:A-B", "env:A B", "file:", "vault:x", "A", "ENV:A"]
)
def test_what_is_no_reference_is_refused(text):
    with pytest.raises(PydanticCustomError, match=r"must be a reference|names no variable"):
        SecretRef.parse(text)


@given(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True))
def test_a_reference_prints_as_it_was_written(name):
    for written in (
        f"env:{name}",
        f"file:{name}",
        f"keyring:{name}/{name}",
        f'cmd:["{name}"]',
        "prefect:a-1",
    ):
        assert str(SecretRef.parse(written)) == written
