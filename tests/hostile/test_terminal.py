"""What tenants say reaches a terminal as text, and one odd tenant costs no other tenant's findings."""

from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from flows.cli.terminal import Terminal, escape_controls
from tests.auth0.http_peer import Peer, Seen, token_reply
from tests.flows.fleet_bench import Done, phonefleet
from tests.hostile.answers import raw

WORDS = "[/x] [bold]a[/bold] :smile: \x1b[2J\x1b]0;owned\x07 \x9b31m \u202egnp.exe \r\x08 \U000e0041 \ud800"
HOSTILE = "\x1b\x07\x9b\u202e\r\x08\U000e0041\ud800"


def harmless(text: str) -> bool:
    return not any(c in text for c in HOSTILE)


async def doctor(directory: Path, peer: Peer, count: int, *options: str) -> Done:
    """Run `doctor` over tenants t0, t1, … of which t3's secret is no text."""
    domains = [f"t{n}.eu.auth0.com" for n in range(count)]
    document = {
        "fleet": "hostile",
        "state_dir": str(directory / ".state"),
        "connection": {"connect_to": peer.address},
        "tenants": [
            {"domain": d, "client_id": f"client-{d[:2]}", "client_secret": f"env:S_{d[:2].upper()}"}
            for d in domains
        ],
    }
    file = directory / "fleet.yaml"
    file.write_text(yaml.safe_dump(document))
    secrets = {f"S_T{n}": f"secret-of-t{n}" for n in range(count)}
    if count > 3:
        secrets["S_T3"] = b"secret-\xff-of-t3".decode("utf-8", "surrogateescape")
    return await asyncio.to_thread(
        phonefleet, "doctor", str(file), *options, api=None, cwd=directory, **secrets
    )


def odd_token(seen: Seen) -> Any:
    match seen.headers["host"].partition(".")[0]:
        case "t1":
            body = json.dumps({"error": "access_denied", "error_description": WORDS})
            return raw(403, body.encode())
        case "t2":
            return raw(200, b"<p>\x1b[2J[/x]", "content-type: text/html; charset=zlib_codec")
        case _:
            return token_reply(scope="")


@pytest.mark.parametrize("options", [(), ("--json",)])
async def test_doctor_survives_odd_tenants(tmp_path: Path, peer: Peer, options: tuple[str, ...]) -> None:
    peer.token_rule = odd_token
    done = (await doctor(tmp_path, peer, 5, *options)).expect(2)
    assert harmless(done.out + done.err)
    assert "secret-" not in done.out + done.err
    for n in range(5):
        assert f"t{n}.eu.auth0.com" in done.out
    if options:
        found = {t["domain"][:2]: t for t in done.document["tenants"]}
        assert "[/x] [bold]a[/bold]" in found["t1"]["problem"]
        assert "unexpected UnicodeEncodeError" in found["t3"]["problem"]
        assert not found["t0"]["problem"]
        assert found["t4"]["missing"]


@pytest.mark.parametrize(
    "make",
    [
        lambda words: words,
        Text,
        lambda words: Syntax(words, "javascript", line_numbers=True),
        lambda words: table_of(words),
        lambda words: table_of(Text(words)),
    ],
)
def test_no_words_control_the_terminal(make: Any) -> None:
    written = io.StringIO()
    console = Terminal(file=written, width=200, force_terminal=True, color_system=None)
    console.print(make(WORDS))
    text = written.getvalue()
    assert harmless(text)
    assert "[/x] [bold]a[/bold] :smile:" in text


def table_of(cell: Any) -> Table:
    table = Table("words")
    table.add_row(cell)
    return table


@pytest.mark.parametrize("char", [*map(chr, range(32)), *map(chr, range(127, 160)), *HOSTILE])
def test_control_characters_are_escaped(char: str) -> None:
    if char in "\n\t":
        assert escape_controls(char) == char
    else:
        assert escape_controls(f"a{char}b").isprintable()
        assert json.loads(f'"{escape_controls(char)}"') == char
