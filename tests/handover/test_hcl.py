"""HCL: any text comes back as it was."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phonefleet.handover.hcl import Attribute, Block, Comment, Expression, identifier, quote, render
from tests.handover.hcl_reader import blocks, text_of
from tests.handover.left_states import AWKWARD

TERRAFORM = shutil.which("terraform")
needs_terraform = pytest.mark.skipif(TERRAFORM is None, reason="needs the terraform program")


@given(text=AWKWARD, label=AWKWARD, member=AWKWARD)
def test_any_text_is_read_back(text: str, label: str, member: str) -> None:
    body = (Comment(text), Attribute("a", text), Attribute("list", (member, text)))
    file = render([Block("block", (label,), (*body, Block("inner", (), (Attribute("b", member),))))])
    ((labels, found),) = blocks(file, "block")
    assert labels == (label,)
    assert text_of(found["a"]) == text
    assert [text_of(each) for each in found["list"]] == [member, text]
    assert text_of(found["inner"][0]["b"]) == member


@needs_terraform
@settings(max_examples=20)
@given(texts=st.lists(AWKWARD, min_size=1, max_size=30))
def test_terraform_itself_reads_any_text(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Terraform normalizes texts to NFC."""
    expression = f"base64encode(jsonencode([{', '.join(map(quote, texts))}]))\n"
    done = subprocess.run(
        [str(TERRAFORM), "console"],
        input=expression,
        cwd=tmp_path_factory.getbasetemp(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(base64.b64decode(done.stdout.strip().splitlines()[-1].strip('"')))
    assert found == [unicodedata.normalize("NFC", text) for text in texts]


@given(names=st.lists(AWKWARD, max_size=8))
def test_labels_are_valid_and_unique(names: list[str]) -> None:
    taken: set[str] = set()
    labels = [identifier(name, taken) for name in names]
    assert len(set(labels)) == len(labels)
    assert all(label.isascii() and label.isidentifier() for label in labels)


def test_a_lone_surrogate_is_replaced() -> None:
    assert quote("a\ud800b") == '"a\ufffdb"'


def test_files_are_laid_out_as_terraform_does() -> None:
    body = (
        Attribute("a", True),
        Attribute("long_name", 3),
        Attribute("table", {"x": "1", "long": Expression("var.y")}),
        Block("empty"),
        Block("inner", (), (Comment("why"), Attribute("b", ()))),
    )
    assert render([Block("k", ("l",), body), Block("k")]) == (
        'k "l" {\n  a         = true\n  long_name = 3\n  table = {\n    x    = "1"\n    long = var.y\n  }\n\n'
        "  empty {}\n\n  inner {\n    # why\n    b = []\n  }\n}\n\nk {}\n"
    )
