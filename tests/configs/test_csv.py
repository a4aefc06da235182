"""CSV files become tenants; problems are reported at their row or once for a column."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs import DeliveryMethod
from configs.csv_source import read_csv
from tests.configs.fleet_texts import fleet_text

FLEET = """fleet: acme
row_secrets: {env_prefixes: [SECRET]}
defaults: {client_id: abc, client_secret: env:SECRET}
tenants_from: [{csv: t.csv}]
"""


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_any_spreadsheets_csv_is_read(load, separator, encoding, ending):
    rows = [
        ["domain", "owner", "labels.ring", "target.delivery_methods", "target.twilio.auth_token"],
        ["a.eu.auth0.com", "Zoë", " canary ", '"text voice"', "env:SECRET"],
        ["", "", "", "", ""],
        ["b.eu.auth0.com", "", "", "", ""],
    ]
    text = ending.join(separator.join(row) for row in rows)
    first, second = load(FLEET, {"t.csv": text.encode(encoding)}).tenants
    assert (first.owner, first.labels) == ("Zoë", {"ring": "canary"})
    assert first.target.delivery_methods == (DeliveryMethod.TEXT, DeliveryMethod.VOICE)
    assert str(first.target.twilio.auth_token) == "env:SECRET"
    assert (second.owner, second.labels, second.target.twilio) == ("", {}, None)


def test_an_empty_cell_leaves_the_default(load):
    fleet = load(
        FLEET + "overrides: [{match: {}, set: {owner: me}}]\n", {"t.csv": "domain,owner\na.eu.auth0.com,\n"}
    )
    assert fleet.tenants[0].owner == "me"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_first_line_may_name_the_separator(load, separator):
    text = f"sep={separator}\r\ndomain{separator}owner\r\na.eu.auth0.com{separator}A, B; C\r\n"
    text = text.replace("A, B; C", '"A, B; C"')
    (tenant,) = load(FLEET, {"t.csv": text}).tenants
    assert tenant.owner == "A, B; C"


@pytest.mark.parametrize("header", ["domian,client_id", "domain,client_idd"])
def test_a_misspelt_column_is_the_only_problem(problems, header):
    """Every row lacks what the column was meant for; that is said once, at the header."""
    rows = "".join(f"t{n}.eu.auth0.com,x\n" for n in range(20))
    fleet = "fleet: acme\ndefaults: {client_secret: env:SECRET}\ntenants_from: [{csv: t.csv}]\n"
    found = problems(fleet, {"t.csv": f"{header}\n{rows}"})
    assert {(problem.file.name, problem.line) for problem in found} == {("t.csv", 1)}
    (header_problem, row_problem) = problems(fleet, {"t.csv": f"{header}\n{rows}https://x,y\n"})
    assert (header_problem.line, row_problem.line) == (1, 22)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("colour", "Known keys: audience"),
        ("onwer", "Did you mean owner?"),
        ("target.providr", "Did you mean provider?"),
        ("target.twilio.token", "Did you mean auth_token?"),
        ("target", "Name the column target.KEY"),
        ("labels", "Name the column labels.NAME"),
        ("labels.a.b", "Name the column labels.NAME"),
        ("target.action_secrets", "Name the column target.action_secrets.NAME"),
        ("owner.name", "Name the column owner"),
        ("domain", "this column occurs twice"),
    ],
)
def test_an_unknown_column_is_reported_once(problems, column, words):
    cell = {"target.providr": "twilio", "target.twilio.token": "env:SECRET"}.get(column, "x")
    rows = "".join(f"t{n}.eu.auth0.com,{cell}\n" for n in range(20))
    (problem,) = problems(FLEET, {"t.csv": f"domain,{column}\n{rows}"})
    assert (problem.file.name, problem.line, problem.key) == ("t.csv", 1, column)
    assert words in str(problem)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("client_id\nabc\n", 1, "has no column `domain`"),
        ("", 1, "has no column `domain`"),
        ("domain,owner\na.eu.auth0.com,x,y\n", 2, "this row has 3 cells but there are 2 columns"),
        ("domain,owner\na.eu.auth0.com\n", 2, "this row has 1 cell but there are 2 columns"),
        ("domain\na.eu.auth0.com,x\n", 2, "this row has 2 cells but there is 1 column"),
        (
            "domain,owner,region\na.eu.auth0.com,EU\n",
            2,
            "this row has 2 cells but there are 3 columns",
        ),
        ("sep=;\ndomain;owner\na.eu.auth0.com;x;y\n", 3, "this row has 3 cells but there are 2 columns"),
        ("sep=;\ndomain;colour\na.eu.auth0.com;x\n", 2, "no tenant key has this name"),
        ('domain,owner\na.eu.auth0.com,"x"y\n', 0, "is not valid CSV"),
        ('domain,owner\na.eu.auth0.com,"x\n', 0, "is not valid CSV"),
        (b"domain\n\xff\n", 0, "is not UTF-8 text at byte 7"),
        ('domain,owner\n"a.eu.auth0.com","two\nlines"\nhttp://b.c,x\n', 4, "not a host name"),
    ],
)
def test_invalid_csv_is_reported_at_its_row(problems, text, line, words):
    found = problems(FLEET, {"t.csv": text})
    assert any(problem.line == line and words in problem.fact for problem in found), [str(p) for p in found]


def test_a_csv_file_that_is_not_there_is_a_problem(problems):
    assert "cannot be read: No such file" in problems(fleet_text(rest="tenants_from: [{csv: t.csv}]"))[0].fact


CELL = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=10))
def test_every_cell_arrives_as_written(tmp_path_factory, rows):
    import csv

    path = tmp_path_factory.mktemp("csv") / "t.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("domain", "labels.x"), *rows])
    found: list = []
    tables = read_csv(path, lambda _: None, found)
    assert not found
    assert [(table["domain"], table["labels"]["x"]) for table in tables] == rows
    assert [table["labels"]["x"].origin.path for table in tables] == ["labels.x"] * len(rows)
