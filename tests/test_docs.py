"""The documentation: what it links to exists, every page is reachable, and it is written as docs/style.md says."""

from __future__ import annotations

import importlib
import re
import runpy
import shlex
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

from configs.target import Target
from flows.cli.main import Commands, app
from phonefleet.ledger.tables import metadata
from phonefleet.model.enums import ReasonCode
from phonefleet.model.exit_codes import EXIT_CODES, INTERRUPTED
from simulator.faults import Effect

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
INDEX = DOCS / "README.md"
GENERATED = {".venv", ".state", ".git", "node_modules", "build", "dist"}
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
PACKAGES = ("configs", "flows", "phonefleet", "reports", "simulator", "tasks", "benchmarks")

AVOIDED = {
    "told",
    "anew",
    "whoever",
    "whomever",
    "stands",
    "standing",
    "nobody",
    "somebody",
    "mend",
    "mends",
    "mended",
    "wish",
    "wishes",
    "poke",
    "pokes",
    "poked",
    "prove",
    "proves",
    "proved",
    "proven",
    "prover",
    "unproved",
    "proof",
    "proofs",
    "door",
    "doors",
    "lane",
    "lanes",
    "desk",
    "fate",
    "fates",
    "thrown",
}
"""Words of the project's early language. docs/style.md says how we write."""
AVOIDED_PHRASES = ("the very", "lies with", "a way back", "taken up", "held against", "carried over")
ALLOWED = {
    # What verification is not, and what JavaScript does with errors.
    "docs/reference/action-verification.md": {"proof", "thrown"},
    "docs/decisions/0006-results-of-verification.md": {"proof"},
    "docs/reference/action-translation.md": {"thrown"},
}
"""Legitimate uses, by page. Keep this list short."""

LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)
CODE_SPAN = re.compile(r"`([^`\n]+)`")
PATH = re.compile(rf"(?:{'|'.join((*PACKAGES, 'tests', 'docs'))})/[\w./*-]*")
DOTTED = re.compile(rf"(?:{'|'.join(PACKAGES)})(?:\.\w+)+")


def markdown_files() -> list[Path]:
    """Every Markdown file of the repository."""
    files = sorted(ROOT.rglob("*.md"))
    return [file for file in files if not GENERATED.intersection(file.relative_to(ROOT).parts)]


def own_pages() -> list[Path]:
    """The pages that we write ourselves."""
    return [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(
        DOCS.rglob("*.md")
    )


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


pages = pytest.mark.parametrize("page", own_pages(), ids=name_of)


def without_code(text: str) -> str:
    """Blank code blocks and code spans, keeping the lines."""
    text = FENCE.sub(lambda block: "\n" * block[0].count("\n"), text)
    return CODE_SPAN.sub(" ", text)


def links(page: Path) -> list[str]:
    """Targets of a page's links and images within the repository."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return [target for target in LINK.findall(text) if not re.match(r"[a-z]+:", target)]


def target_of(page: Path, link: str) -> Path:
    path = link.partition("#")[0]
    return (page.parent / path).resolve() if path else page


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors that GitHub gives a page's headings."""
    found: list[str] = []
    for heading in re.findall(
        r"^#+ +(.+?) *$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE
    ):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        repeated = sum(1 for other in found if re.fullmatch(rf"{re.escape(slug)}(-\d+)?", other))
        found.append(f"{slug}-{repeated}" if repeated else slug)
    return frozenset(found)


def code_spans(page: Path) -> list[str]:
    return CODE_SPAN.findall(FENCE.sub("", page.read_text(encoding="utf-8")))


def command_lines(page: Path) -> Iterator[str]:
    """Every `phonefleet …` in code blocks and code spans, continuation lines joined."""
    text = page.read_text(encoding="utf-8")
    lines = [line for block in FENCE.finditer(text) for line in re.sub(r"\\\n\s*", "", block[0]).splitlines()]
    for line in (*lines, *code_spans(page)):
        command = re.sub(r"^\s*(\$ )?(\.venv/bin/)?", "", line).partition("  #")[0].strip()
        if re.match(r"phonefleet [a-z]", command):
            yield command


@pytest.mark.parametrize("page", markdown_files(), ids=name_of)
def test_no_line_is_too_long(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    assert [f"{number}: {line}" for number, line in enumerate(lines, 1) if len(line) > 120] == []


@pages
def test_every_link_resolves(page: Path) -> None:
    for link in links(page):
        target = target_of(page, link)
        assert target.exists(), link
        if "#" in link:
            assert link.partition("#")[2] in anchors(target), link


def test_every_page_is_linked_from_the_index() -> None:
    """By links from page to page within the documentation, beginning at its index."""
    reached, to_read = {INDEX}, [INDEX]
    while to_read:
        page = to_read.pop()
        for target in {target_of(page, link) for link in links(page)} - reached:
            reached.add(target)
            if target.suffix == ".md" and target.is_relative_to(DOCS):
                to_read.append(target)
    assert {name_of(page) for page in DOCS.rglob("*.md")} - {name_of(page) for page in reached} == set()
    assert {name_of(image) for image in (DOCS / "images").iterdir()} - {
        name_of(page) for page in reached
    } == set()


def test_the_index_links_every_page_itself() -> None:
    listed = {target_of(INDEX, link) for link in links(INDEX)}
    assert {name_of(page) for page in DOCS.rglob("*.md")} - {
        name_of(page) for page in {*listed, INDEX}
    } == set()


@pages
def test_plain_words_only(page: Path) -> None:
    text = without_code(page.read_text(encoding="utf-8")).lower()
    allowed = ALLOWED.get(name_of(page), set())
    used = set(re.findall(r"(?<![\w-])[a-z]+(?![\w-])", text)) & AVOIDED
    used |= {phrase for phrase in AVOIDED_PHRASES if re.search(rf"\b{phrase}\b", re.sub(r"\s+", " ", text))}
    assert used - allowed == set()


@pages
def test_every_exception_is_needed(page: Path) -> None:
    text = without_code(page.read_text(encoding="utf-8")).lower()
    assert {word for word in ALLOWED.get(name_of(page), ()) if not re.search(rf"\b{word}\b", text)} == set()


@pages
def test_every_named_path_exists(page: Path) -> None:
    spans = [span for span in code_spans(page) if " " not in span or "." in span]
    named = [path for span in spans for path in PATH.findall(span) if not path.rpartition("/")[2].isupper()]
    assert [path for path in named if not any(ROOT.glob(path.rstrip("/.")))] == []


@cache
def names_of_tests() -> frozenset[str]:
    found = (
        re.findall(r"^ *(?:async )?def (test_\w+)", file.read_text("utf-8"), re.MULTILINE) for file in TESTS
    )
    return frozenset(name for names in found for name in names)


@pages
def test_every_named_test_exists(page: Path) -> None:
    """A name that begins so may also be that of a reason, of a fault or of a key of the fleet file."""
    others = {*map(str, ReasonCode), *map(str, Effect), *Target.model_fields}
    named = [span for span in code_spans(page) if re.fullmatch(r"test_\w+", span)]
    assert [name for name in named if name not in names_of_tests() | others] == []


@pages
def test_every_dotted_name_exists(page: Path) -> None:
    for span in code_spans(page):
        if DOTTED.fullmatch(span.partition("(")[0]):
            assert_importable(span.partition("(")[0])


def assert_importable(name: str) -> None:
    """Import as much of the name as is a module; the rest must be attributes."""
    module, rest = name, []
    while True:
        try:
            value = importlib.import_module(module)
            break
        except ModuleNotFoundError:
            module, _, attribute = module.rpartition(".")
            assert module, name
            rest.insert(0, attribute)
    for attribute in rest:
        assert hasattr(value, attribute), name
        value = getattr(value, attribute)


@cache
def loaded(verb: str) -> TyperCommand | TyperGroup:
    return Commands.sources[verb].load(verb)


@pages
def test_every_command_exists(page: Path) -> None:
    """Verbs, sub-commands and options that a page gives are those of the command line."""
    for line in command_lines(page):
        words = shlex.split(line, posix=True)[1:]
        verb = words.pop(0) if words and not words[0].startswith("-") else ""
        assert not verb or verb in Commands.sources, line
        command = loaded(verb) if verb else typer.main.get_command(app)
        while isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
            verb = words.pop(0)
            assert verb in command.commands, line
            command = command.commands[verb]
        options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        assert [
            word for word in words if word.startswith("--") and word.partition("=")[0] not in options
        ] == [], line


@pages
def test_every_make_target_exists(page: Path) -> None:
    if page.name == "CHANGELOG.md":
        return  # It names targets that are no more.
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = page.read_text(encoding="utf-8")
    blocks = "\n".join(block[0] for block in FENCE.finditer(text))
    named = re.findall(r"^(?:\$ )?make ([a-z-]+)", "\n".join((blocks, *code_spans(page))), re.MULTILINE)
    assert set(named) - targets == set()


def test_the_command_line_page_has_every_verb() -> None:
    text = (DOCS / "reference" / "command-line.md").read_text(encoding="utf-8")
    missing = [verb for verb in Commands.sources if f"`{verb}" not in text]
    assert missing == []


def test_the_command_line_page_has_every_exit_code() -> None:
    """In the order of severity, with the meanings of the code, and the help has them too."""
    text = (DOCS / "reference" / "command-line.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", text.partition("## Exit codes")[2], re.MULTILINE)
    stated = [(int(code), meaning) for code, meaning in rows if int(code) != INTERRUPTED]
    assert stated == [(code, spec.meaning) for code, spec in EXIT_CODES.items()]
    assert int(rows[-1][0]) == INTERRUPTED
    epilog = app.info.epilog or ""
    for code, spec in EXIT_CODES.items():
        assert f"{int(code)} {spec.meaning.replace('`', '')}" in epilog


def test_the_ledger_page_has_every_table() -> None:
    text = (DOCS / "reference" / "ledger.md").read_text(encoding="utf-8")
    tables = text.partition("## Tables")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)`", tables, re.MULTILINE)) == set(metadata.tables)


def test_the_reasons_page_is_current() -> None:
    """`python docs/reasons.py` writes it."""
    page = runpy.run_path(str(DOCS / "reasons.py"))["page"]()
    assert (DOCS / "reference" / "reasons.md").read_text(encoding="utf-8") == page


def test_the_page_of_event_fields_is_current() -> None:
    """`python docs/event_fields.py` writes it."""
    page = runpy.run_path(str(DOCS / "event_fields.py"))["page"]()
    assert (DOCS / "reference" / "event-fields.md").read_text(encoding="utf-8") == page


def test_the_page_of_commands_is_current() -> None:
    """`python docs/commands.py` writes it."""
    page = runpy.run_path(str(DOCS / "commands.py"))["page"]()
    assert sys.prefix not in page, "the page would differ on every machine"
    assert (DOCS / "reference" / "commands.md").read_text(encoding="utf-8") == page


def test_the_page_of_fleet_keys_is_current() -> None:
    """`python docs/fleet_keys.py` writes it."""
    page = runpy.run_path(str(DOCS / "fleet_keys.py"))["page"]()
    assert (DOCS / "reference" / "fleet-file-keys.md").read_text(encoding="utf-8") == page


def test_the_figures_have_their_place() -> None:
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    assert re.search(r"<!-- figures -->\n\n\| figure .*\n\n<!-- /figures -->\n$", text, re.DOTALL)
