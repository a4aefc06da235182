"""Hostile configurations: each is refused with its message, in seconds and without much memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from configs.budget import MAX_TENANTS
from tests.configs.fleet_texts import fleet_text

SECONDS = 60
MEBIBYTES = 400
LOAD = """
import resource, sys, time
from pathlib import Path
# Here and not before the process begins: the tests' own process may hold more than the limit.
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
from configs import ConfigError, load_fleet
started = time.monotonic()
try:
    load_fleet(Path(sys.argv[1]), environ={"SECRET": "x"})
except ConfigError as error:
    print(*error.problems[:20], sep="\\n")
# Not ru_maxrss, which counts the process that began this one.
used = next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(f"seconds={time.monotonic() - started:.1f} MiB={used}")
"""
FROM_CSV = fleet_text(rest="tenants_from: [{csv: t.csv}]")
ROW = "b.eu.auth0.com,abc"


@dataclass(frozen=True)
class Attack:
    """A configuration, and what is said of it.

    Attributes:
        said: part of the message.
        files: contents by name; `fleet.yaml` is loaded.
        prepare: makes what is not a file with a content.
    """

    said: str
    files: dict[str, str | Callable[[], bytes]]
    prepare: Callable[[Path], object] = lambda _: None


def large(name: str) -> Callable[[Path], None]:
    """Make a file of 50 MB, without writing it."""

    def make(folder: Path) -> None:
        with (folder / name).open("wb") as file:
            file.truncate(50_000_000)

    return make


def fifo(name: str) -> Callable[[Path], None]:
    """Make a FIFO that nothing writes to."""
    return lambda folder: os.mkfifo(folder / name)


def device(name: str) -> Callable[[Path], None]:
    """Make a link to a device that never ends."""
    return lambda folder: (folder / name).symlink_to("/dev/zero")


def chain(length: int) -> str:
    """Make lists inside each other, by anchors."""
    lines = "".join(f"l{n}: &l{n} [*l{n - 1}]\n" for n in range(1, length))
    return f"l0: &l0 [x]\n{lines}"


ONE_FILE = {"fleet.yaml": fleet_text(rest="secrets_file: s")}
AS_SECRET = {"fleet.yaml": fleet_text("target: {gateway_secret: file:s}")}
AS_CA = {"fleet.yaml": fleet_text(rest="connection: {ca_file: s}")}
AS_YAML = {"fleet.yaml": fleet_text(rest="tenants_from: [{files: s*}]")}
AS_CSV = {"fleet.yaml": fleet_text(rest="tenants_from: [{csv: s}]")}

ATTACKS = {
    "a fleet file of 50 MB": Attack("is larger than 16 MiB", {}, large("fleet.yaml")),
    "a fleet file that is a FIFO": Attack("is not a regular file but a FIFO", {}, fifo("fleet.yaml")),
    "a fleet file that never ends": Attack("is not a regular file but a device", {}, device("fleet.yaml")),
    "a fleet file that is a folder": Attack(
        "but a folder", {}, lambda folder: (folder / "fleet.yaml").mkdir()
    ),
    "a list of 16 MB": Attack(
        "goes beyond 600000 values", {"fleet.yaml": lambda: b"a:\n" + b"- x\n" * 4_000_000}
    ),
    "10,000 unknown keys": Attack(
        "unknown key", {"fleet.yaml": lambda: "".join(f"k{n}: x\n" for n in range(10_000)).encode()}
    ),
    "500,000 unknown keys": Attack(
        "has more than 10000 keys",
        {"fleet.yaml": lambda: "".join(f"k{n}: x\n" for n in range(500_000)).encode()},
    ),
    "a text of 1 MB": Attack("longer than 65536 characters", {"fleet.yaml": f"fleet: {'a' * 1_000_000}\n"}),
    "anchors that nest": Attack("nested deeper than 30 levels", {"fleet.yaml": chain(5_000)}),
    "anchors that repeat": Attack(
        "has more than 50000 aliases",
        {"fleet.yaml": lambda: b"a: &a x\nb: [" + b"*a, " * 60_000 + b"]\n"},
    ),
    "1,000,000 tenants": Attack(
        "goes beyond 600000 values", {"fleet.yaml": lambda: b"tenants:\n" + b"- {domain: x}\n" * 1_000_000}
    ),
    "200,000 waves": Attack(
        "has 200000 members, more than 200",
        {"fleet.yaml": lambda: fleet_text().encode() + b"waves:\n" + b"- {name: a}\n" * 200_000},
    ),
    "a secrets file of 50 MB": Attack("the secrets file is larger than 2 MiB", ONE_FILE, large("s")),
    "a secrets file that is a FIFO": Attack("the secrets file is not a regular file", ONE_FILE, fifo("s")),
    "a secrets file that never ends": Attack("the secrets file is not a regular", ONE_FILE, device("s")),
    "a secret of 50 MB": Attack("which is larger than 65536 bytes", AS_SECRET, large("s")),
    "a secret that is a FIFO": Attack("which is not a file", AS_SECRET, fifo("s")),
    "a secret that never ends": Attack("which is not a file", AS_SECRET, device("s")),
    "a certificate of 50 MB": Attack("is larger than 4 MiB", AS_CA, large("s")),
    "a certificate that is a FIFO": Attack("is not a regular file but a FIFO", AS_CA, fifo("s")),
    "a certificate that never ends": Attack("is not a regular file but a device", AS_CA, device("s")),
    "a CSV file of 50 MB": Attack("is larger than 16 MiB", AS_CSV, large("s")),
    "a CSV file that is a FIFO": Attack("is not a regular file but a FIFO", AS_CSV, fifo("s")),
    "a CSV file that never ends": Attack("is not a regular file but a device", AS_CSV, device("s")),
    "1,000,000 rows": Attack(
        f"has more than {MAX_TENANTS} rows",
        {"fleet.yaml": FROM_CSV, "t.csv": lambda: b"domain\n" + b"b.example\n" * 1_000_000},
    ),
    "1,000,000 columns": Attack(
        "has 1000000 columns, more than 1000",
        {"fleet.yaml": FROM_CSV, "t.csv": lambda: b"domain" + b",x" * 999_999 + b"\n" + b"a,b\n"},
    ),
    "a row of 1,000,000 cells": Attack(
        "this row has 1000000 cells",
        {"fleet.yaml": FROM_CSV, "t.csv": lambda: b"domain,client_id\n" + b"a," * 999_999 + b"x\n"},
    ),
    "a cell of 1 MB": Attack(
        "is not valid CSV: field larger than",
        {"fleet.yaml": FROM_CSV, "t.csv": "domain,client_id\n" + "a" * 1_000_000 + ",b\n"},
    ),
    "a tenants file of 50 MB": Attack("is larger than 16 MiB", AS_YAML, large("s.yaml")),
    "a tenants file that is a FIFO": Attack("is not a regular file but a FIFO", AS_YAML, fifo("s.yaml")),
    "a tenants file that never ends": Attack("is not a regular file", AS_YAML, device("s.yaml")),
    "a glob at the root": Attack(
        "/**/*.yaml would search the whole file system",
        {"fleet.yaml": fleet_text(rest="tenants_from: [{files: '/**/*.yaml'}]")},
    ),
    "a glob of everything below a folder": Attack(
        "would search more than 50000 files",
        {"fleet.yaml": fleet_text(rest="tenants_from: [{files: '/usr/**/none-*.yaml'}]")},
    ),
    "a glob that goes up": Attack(
        "would search the whole file system",
        {"fleet.yaml": fleet_text(rest=f"tenants_from: [{{files: '{'../' * 40}**/x.yaml'}}]")},
    ),
    "a home folder of no user": Attack(
        "a user that this machine does not have",
        {"fleet.yaml": fleet_text(rest="secrets_file: ~nosuchuser/s")},
    ),
    "a secret of no user": Attack(
        "a user that this machine does not have",
        {"fleet.yaml": fleet_text("target: {gateway_secret: file:~nosuchuser/s}")},
    ),
    "a state folder of no user": Attack(
        "a user that this machine does not have", {"fleet.yaml": fleet_text(rest="state_dir: ~nosuchuser")}
    ),
    "a source of no user": Attack(
        "a user that this machine does not have",
        {"fleet.yaml": fleet_text(rest="tenants_from: [{csv: ~nosuchuser/t.csv}]")},
    ),
    "a certificate of no user": Attack(
        "a user that this machine does not have",
        {"fleet.yaml": fleet_text(rest="connection: {ca_file: ~nosuchuser/ca.pem}")},
    ),
    "a calendar of no user": Attack(
        "a user that this machine does not have",
        {"fleet.yaml": fleet_text(rest="rollout: {freezes: [{calendar: ~nosuchuser/f.ics, reason: x}]}")},
    ),
    "a name that is too long": Attack(
        "has a name of more than 255 bytes", {"fleet.yaml": fleet_text(rest=f"secrets_file: {'n' * 300}")}
    ),
    "a path that is too long": Attack(
        "is longer than 4096 bytes", {"fleet.yaml": fleet_text(rest=f"state_dir: {'n/' * 3_000}")}
    ),
    "a NUL in a path": Attack(
        "has a NUL in it", {"fleet.yaml": fleet_text(rest='tenants_from: [{csv: "a\\0b"}]')}
    ),
    "a long pause file": Attack(
        "has a name of more than 255 bytes",
        {"fleet.yaml": fleet_text(rest=f"rollout: {{pause_file: {'n' * 300}}}")},
    ),
    "a plain connection to another machine": Attack(
        "plain HTTP to another machine",
        {"fleet.yaml": fleet_text(rest="connection: {connect_to: 'http://proxy.example:80'}")},
    ),
}


@pytest.mark.parametrize("name", ATTACKS, ids=lambda name: name.replace(" ", "-"))
def test_a_hostile_configuration_is_refused_soon(tmp_path: Path, name: str) -> None:
    attack = ATTACKS[name]
    for file, content in attack.files.items():
        (tmp_path / file).write_bytes(content() if callable(content) else content.encode())
    attack.prepare(tmp_path)
    started = time.monotonic()
    shown = loaded_apart(tmp_path / "fleet.yaml")
    assert time.monotonic() - started < SECONDS
    assert attack.said in shown
    assert "Traceback" not in shown
    assert int(shown.rpartition("MiB=")[2]) < MEBIBYTES


def loaded_apart(fleet: Path) -> str:
    """Load a fleet file in a process that may take at most 2 GiB, and return what it says."""
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(fleet)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("domain", ["10.0.0.1", "127.1", "169.254.169.254", "a.0x7f", "1.2.3.04"])
def test_an_address_is_no_domain(problems, domain):
    (problem,) = problems(fleet_text().replace("acme.eu.auth0.com", domain))
    assert (problem.key, problem.fact) == ("tenants[0].domain", "is an IP address")


@pytest.mark.parametrize("domain", ["[::1]", "::1", "https://10.0.0.1/"])
def test_an_address_in_other_forms_is_no_domain(problems, domain):
    (problem,) = problems(fleet_text().replace("acme.eu.auth0.com", f"'{domain}'"))
    assert problem.fact.startswith("is not a host name")


@pytest.mark.parametrize("address", ["127.0.0.1:8765", "localhost:1", "[::1]:80", "127.9.9.9:1"])
def test_plain_http_is_for_this_machine_only(load, address):
    assert load(fleet_text(rest=f"connection: {{connect_to: 'http://{address}'}}"))


@pytest.mark.parametrize("host", ["10.0.0.1", "proxy.example", "localhost.example", "0.0.0.0"])
def test_plain_http_to_elsewhere_is_refused(problems, host):
    (problem,) = problems(fleet_text(rest=f"connection: {{connect_to: 'http://{host}:80'}}"))
    assert problem.fact == "would send secrets over plain HTTP to another machine"


TWO_ROWS = "domain,client_id,client_secret\nb.eu.auth0.com,abc,{}\n"


@pytest.mark.parametrize("reference", ["env:SECRET", "file:/etc/hostname", "file:../outside"])
def test_a_row_may_not_name_any_secret(problems, tmp_path, reference):
    (tmp_path.parent / "outside").write_text("x")
    (problem,) = problems(FROM_CSV, {"t.csv": TWO_ROWS.format(reference)})
    assert (problem.file.name, problem.line, problem.key) == ("t.csv", 2, "client_secret")
    assert "a tenant of `tenants_from` may not name" in problem.fact


def test_a_link_does_not_lead_a_row_outside(problems, tmp_path):
    (tmp_path / "key").symlink_to("/etc/hostname")
    (problem,) = problems(FROM_CSV, {"t.csv": TWO_ROWS.format("file:key")})
    assert "may not name" in problem.fact


def test_a_yaml_row_is_limited_as_well(problems):
    row = (
        "domain: b.eu.auth0.com\nclient_id: abc\nclient_secret: env:SECRET\nrow_secrets: {folders: [/etc]}\n"
    )
    found = problems(fleet_text(rest="tenants_from: [{files: 't/*'}]"), {"t/b.yaml": row})
    assert [problem.key for problem in found] == ["client_secret", "row_secrets"]


@pytest.mark.parametrize(
    ("reference", "rest"),
    [
        ("env:SECRET", "row_secrets: {env_prefixes: [SEC]}"),
        ("env:IN_FILE", "secrets_file: s.env"),
        ("file:key", ""),
        ("file:/etc/hostname", "row_secrets: {folders: [/etc]}"),
    ],
)
def test_a_row_may_name_what_the_fleet_file_allows(load, reference, rest):
    others = {"t.csv": TWO_ROWS.format(reference), "s.env": "IN_FILE=x\n", "key": "x"}
    fleet = load(f"{FROM_CSV}\n{rest}\n", others)
    assert str(fleet.tenants[1].client_secret) == reference


@pytest.mark.parametrize(
    ("reference", "allowed"),
    [
        ('cmd:["echo", "one", "two"]', "commands: [[echo, one]]"),
        ("keyring:acme/bot", "keyring_services: [acme]"),
        ("prefect:acme-token", "prefect_prefixes: [acme-]"),
    ],
)
def test_other_stores_are_allowed_by_the_fleet_file(load, problems, reference, allowed):
    others = {"t.yaml": f"domain: b.eu.auth0.com\nclient_id: abc\nclient_secret: {reference!r}\n"}
    rest = "tenants_from: [{files: t.yaml}]"
    (problem,) = problems(fleet_text(rest=rest), others)
    assert problem.key == "client_secret"
    assert "a tenant of `tenants_from` may not" in problem.fact
    fleet = load(fleet_text(rest=f"{rest}\nrow_secrets: {{{allowed}}}"), others)
    assert str(fleet.tenants[1].client_secret) == reference


@pytest.mark.parametrize("file", ["rows/t.yaml", "t.yaml"])
def test_a_rows_command_starts_beside_the_fleet_file(load, file):
    """Otherwise the row's author could put a program where an allowed command looks for it."""
    reference = 'cmd:["sh", "tools/secret.sh", "b"]'
    row = f"domain: b.eu.auth0.com\nclient_id: abc\nclient_secret: {reference!r}\n"
    others = {file: row, "rows/tools/secret.sh": "echo of-the-rows-author\n"}
    rest = f"tenants_from: [{{files: {file}}}]\nrow_secrets: {{commands: [[sh, tools/secret.sh]]}}"
    fleet = load(fleet_text(rest=rest), others)
    assert fleet.tenants[1].client_secret.base == fleet.source.parent


@pytest.mark.parametrize("allowed", ["[[sh]]", "[[]]"])
def test_no_row_may_run_a_program_with_anything(problems, allowed):
    (problem,) = problems(fleet_text(rest=f"row_secrets: {{commands: {allowed}}}"))
    assert "allows any argument of a program" in problem.fact


def test_no_row_says_where_twilio_is(load, problems):
    """The AuthToken of the defaults would be sent there."""
    row = (
        "domain: b.eu.auth0.com\nclient_id: abc\nclient_secret: env:IN_FILE\n"
        "target: {twilio: {api_url: 'https://x.example'}}"
    )
    defaults = "defaults: {target: {twilio: {auth_token: env:SECRET}}}"
    rest = f"tenants_from: [{{files: t.yaml}}]\nsecrets_file: s.env\n{defaults}"
    others = {"t.yaml": row, "s.env": "IN_FILE=x\n"}
    (problem,) = problems(fleet_text(rest=rest), others)
    assert (problem.file.name, problem.key) == ("t.yaml", "target.twilio.api_url")
    assert "may not be set by a tenant of `tenants_from`" in problem.fact
    there = rest.replace("env:SECRET", "env:SECRET, api_url: 'https://api.ie1.twilio.com'")
    fleet = load(fleet_text(rest=there), others | {"t.yaml": row.partition("target")[0]})
    assert fleet.tenants[1].target.twilio.api_url == "https://api.ie1.twilio.com"


def test_no_row_may_name_every_file(problems):
    (problem,) = problems(fleet_text(rest="row_secrets: {folders: [/]}"))
    assert "allows every file of this machine" in problem.fact


def test_the_fleet_file_itself_is_not_limited(load):
    text = "fleet: acme\ndefaults: {client_secret: env:SECRET}\ntenants_from: [{csv: t.csv}]\n"
    assert load(text, {"t.csv": f"domain,client_id\n{ROW}\n"}).tenants[0].client_secret


def test_a_file_is_read_once(problems):
    rest = "tenants_from: [{csv: t.csv}, {csv: ./t.csv}]"
    (problem,) = problems(fleet_text(rest=rest), {"t.csv": TWO_ROWS.format("file:t.csv")})
    assert (problem.key, problem.advice) == ("tenants_from[1]", "Name each file once")
    assert "is read already by tenants_from[0]" in problem.fact


def test_globs_find_what_they_found(load):
    rest = "tenants_from: [{files: 't/**/*.yaml'}]"
    row = "{{domain: {}.eu.auth0.com, client_id: a, client_secret: file:key}}\n"
    names = ["t/b.yaml", "t/x/c.yaml", "t/x/y/d.yaml", "t/.hidden/e.yaml", "t/x/.f.yaml"]
    others = {name: row.format(name.rpartition("/")[2][:-5].strip(".")) for name in names}
    keys = {f"{folder}/key": "x" for folder in ("t", "t/x", "t/x/y")}
    found = load(fleet_text(rest=rest), others | keys).tenants
    assert [tenant.domain[0] for tenant in found] == ["a", "b", "c", "d"]
