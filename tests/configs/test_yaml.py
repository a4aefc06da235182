"""Broken, hostile or unusual YAML becomes a problem at its line, without its values."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs import ConfigError, load_fleet
from configs.tree import Items, Nothing, Table, Text
from configs.yaml_source import read_yaml
from tests.configs.fleet_texts import fleet_text

LAUGHS = "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("fleet: a: b\n", 1, "mapping values are not allowed"),
        ("fleet: acme\n\ttenants: []\n", 2, "not valid YAML"),
        ("fleet: 'acme\n", 2, "unexpected end of stream"),
        ("fleet: acme\nfleet: other\n", 2, "this key occurs twice: first at"),
        ("fleet: acme\n---\nfleet: b\n", 2, "second YAML document"),
        ("fleet: !!python/object:os.system x\n", 1, "uses a YAML tag"),
        ("fleet: !vault x\n", 1, "uses a YAML tag"),
        ("fleet: *nowhere\n", 1, "anchor not seen before"),
        ("fleet: acme\ntenants: &t [*t]\n", 2, "contains itself"),
        ("x: &a {}\ny:\n  <<: *a\n", 3, "merge key"),
        ("[a]: b\n", 1, "key that is not plain text"),
        ("? {a: b}\n: c\n", 1, "key that is not plain text"),
        ("a: &k b\n? *k\n: c\n", 1, "key that is not plain text"),
        (LAUGHS, 6, "goes beyond 600000 values"),
        ("a:" + " [" * 40 + "]" * 40 + "\n", 1, "nested deeper than 30 levels"),
        ("a: " + "[" * 50_000, 1, "nested deeper"),
        ("- " * 50_000, 1, "nested deeper"),
        (b"fleet: \xff\xfe\n", 0, "is not UTF-8 text at position 7"),
        (b"fleet: \x01\n", 0, "control characters"),
        ("", 0, "must be a mapping"),
        ("- fleet\n", 1, "must be a mapping"),
        ("just text\n", 1, "must be a mapping"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_invalid_yaml_is_reported_at_its_line(problems, text, line, words):
    started = time.process_time()
    found = problems(text)
    assert time.process_time() - started < 5
    assert any(problem.line == line and words in problem.fact for problem in found), [str(p) for p in found]


def test_a_fleet_file_that_is_not_there_is_a_problem(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_fleet(tmp_path / "fleet.yaml")


def test_a_syntax_error_does_not_echo_the_line(problems):
    text = fleet_text("target: {gateway_secret: hunter2hunter2: x}")
    assert "hunter2" not in "".join(map(str, problems(text)))


def test_an_alias_is_replaced_by_its_value(load):
    text = fleet_text(
        "labels: &shared {ring: canary}", "overrides: [{match: {region: x}, set: {labels: *shared}}]"
    )
    assert load(text).tenants[0].labels == {"ring": "canary"}


def test_duplicate_keys_are_reported_with_both_lines(problems):
    found = problems(fleet_text("region: a\nregion: b\nowner: a\nowner: b"))
    assert [(problem.line, problem.key) for problem in found] == [
        (7, "tenants[0].region"),
        (9, "tenants[0].owner"),
    ]
    assert "fleet.yaml:6" in found[0].fact


JSON = st.recursive(
    st.none() | st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=4)
    ),
    max_leaves=20,
)


def plain(node: object) -> object:
    match node:
        case Table():
            return {key: plain(value) for key, value in node.items()}
        case Items():
            return [plain(value) for value in node]
        case Nothing():
            return None
        case Text():
            return str(node)
    raise AssertionError(node)


@given(JSON)
def test_any_tree_is_read_as_written_with_its_paths(tmp_path_factory, tree):
    yaml = pytest.importorskip("yaml")
    path = tmp_path_factory.mktemp("tree") / "x.yaml"
    path.write_text(yaml.safe_dump(tree, default_style='"' if isinstance(tree, str) else None))
    found: list = []
    node = read_yaml(path, found)
    assert not found
    expected = plain_text(tree)
    assert plain(node) == expected
    check_paths(node, "")


def plain_text(tree: object) -> object:
    """Every scalar is read as text, whatever quotes the writer needs."""
    match tree:
        case dict():
            return {key: plain_text(value) for key, value in tree.items()}
        case list():
            return [plain_text(value) for value in tree]
        case _:
            return tree


def check_paths(node: object, path: str) -> None:
    assert node.origin.path == path  # type: ignore[attr-defined]
    match node:
        case Table():
            for key, value in node.items():
                check_paths(value, f"{path}.{key}" if path else key)
        case Items():
            for index, value in enumerate(node):
                check_paths(value, f"{path}[{index}]")
