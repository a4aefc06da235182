"""`phonefleet actions` needs only a local file: one JSON document, exit codes, no unverified file written."""

import json

import pytest
from typer.testing import CliRunner

from flows.cli.actions_commands import app

from .cases import FOLDER

RUN = CliRunner()


def _json(*arguments):
    result = RUN.invoke(app, [*arguments, "--json"])
    return result.exit_code, json.loads(result.output)


def test_verify_prints_one_document():
    code, document = _json("verify", str(FOLDER / "twilio_basic.js"), "--events", "6")
    assert code == 0
    assert set(document) == {"adapter", "rewrite"}
    for entry in document.values():
        assert set(entry) == {"result", "events", "reasons", "flags", "counterexample", "source"}
        assert entry["result"] == "verified"
        assert entry["events"] == 6
        assert "onExecuteCustomPhoneProvider" in entry["source"]
        assert {"code", "line", "message"} == set(entry["flags"][0])


@pytest.mark.parametrize(
    ("name", "code", "result"),
    [("vacuous_empty", 1, "vacuous"), ("bad_esm", 1, "refused")],
)
def test_unverified_exits_with_one_and_reasons(name, code, result):
    found, document = _json("verify", str(FOLDER / f"{name}.js"))
    assert found == code
    assert document["adapter"]["result"] == result
    assert document["adapter"]["reasons"]


@pytest.mark.parametrize("command", ["show", "translate", "verify"])
@pytest.mark.parametrize("code", ["exports.onExecuteSendPhoneMessage = async (event) => {", "<html>"])
def test_invalid_javascript_exits_with_two(tmp_path, command, code):
    file = tmp_path / "broken.js"
    file.write_text(code)
    result = RUN.invoke(app, [command, str(file)])
    assert result.exit_code == 2
    assert f"{file} cannot be used, line 1: not valid JavaScript" in result.output


def test_json_has_the_counterexample():
    code, document = _json("verify", str(FOLDER / "request_method.js"))
    assert code == 1
    example = document["adapter"]["counterexample"]
    assert "method" in example["legacy_event"]["request"]
    assert "method" not in example["new_event"]["request"]
    assert example["original"] != example["translation"]
    assert example["difference"]


def test_the_verdict_is_printed_before_the_diff():
    result = RUN.invoke(app, ["verify", str(FOLDER / "request_method.js")], env={"COLUMNS": "220"})
    verdict, diff = (
        result.output.index("adapter: differs"),
        result.output.index("onExecuteCustomPhoneProvider"),
    )
    assert verdict < result.output.index("legacy event:") < diff


def test_out_writes_only_what_is_verified(tmp_path):
    good, bad = tmp_path / "good.js", tmp_path / "bad.js"
    RUN.invoke(app, ["verify", str(FOLDER / "twilio_basic.js"), "--out", str(good), "--strategy", "rewrite"])
    RUN.invoke(app, ["verify", str(FOLDER / "vacuous_empty.js"), "--out", str(bad)])
    assert "oneTimeCodes" in good.read_text()
    assert not bad.exists()


def test_translate_prints_both_sources_side_by_side():
    result = RUN.invoke(
        app, ["translate", str(FOLDER / "helpers.js"), "--strategy", "rewrite"], env={"COLUMNS": "220"}
    )
    assert result.exit_code == 0
    assert "e.message_options.recipient" in result.output
    assert "e.notification.recipient" in result.output


def test_show_lists_fields_and_modules():
    result = RUN.invoke(app, ["show", str(FOLDER / "switch_channel.js")], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    assert "notification.delivery_method" in result.output
    assert "modules: axios (line 1)" in result.output


def test_show_names_the_line_of_a_refusal():
    result = RUN.invoke(app, ["show", str(FOLDER / "bad_eval.js")], env={"COLUMNS": "200"})
    assert result.exit_code == 1
    assert ":2: dynamic_code" in result.output


def test_the_json_beside_the_file_describes_the_action(tmp_path):
    source = tmp_path / "action.js"
    source.write_text((FOLDER / "twilio_basic.js").read_text())
    (tmp_path / "action.json").write_text(
        json.dumps(
            {
                "dependencies": [{"name": "twilio", "version": "latest"}],
                "secrets": [{"name": "ONLY_THIS"}],
                "runtime": "node12",
                "supported_triggers": [{"id": "send-phone-message"}, {"id": "post-login"}],
            }
        )
    )
    _, document = _json("translate", str(source))
    found = {flag["code"] for flag in document["adapter"]["flags"]}
    assert {"unpinned_dependency", "unlisted_secret", "runtime_raised", "several_triggers"} <= found
    _, document = _json("translate", str(source), "--dependency", "twilio@4.23.0", "--secret", "TWILIO_SID")
    assert "unpinned_dependency" not in {flag["code"] for flag in document["adapter"]["flags"]}


def test_other_types_come_from_a_file(tmp_path):
    handler = tmp_path / "other.js"
    handler.write_text("(event, api) => { api.notification.drop('not ours'); };\n")
    _, document = _json("translate", str(FOLDER / "twilio_basic.js"), "--other-types", str(handler))
    assert "drop('not ours')" in document["adapter"]["source"]


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_exits_with_two(tmp_path, content):
    file = tmp_path / "action.js"
    if content is not None:
        file.write_bytes(content)
    result = RUN.invoke(app, ["verify", str(file), "--json"])
    assert result.exit_code == 2
    assert str(file) in result.output


def test_a_broken_description_exits_with_two(tmp_path):
    (tmp_path / "a.js").write_text("exports.onExecuteSendPhoneMessage = () => {};")
    (tmp_path / "a.json").write_text("[]")
    assert RUN.invoke(app, ["show", str(tmp_path / "a.js")]).exit_code == 2
