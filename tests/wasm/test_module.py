"""The module in wasmtime as a command: what it prints, keeps and refuses, compiled on the spot and beforehand."""

from __future__ import annotations

import json

import pytest

from tests.wasm.conftest import HOME, Weft


@pytest.fixture(params=["cold", "precompiled"])
def weft(request, folder):
    return Weft(request.getfixturevalue(request.param), folder)


def test_its_version_is_the_products(weft):
    version = (weft.host.run(weft.folder, "--version")).out
    assert version.startswith("weft 0.")
    assert weft.host.run(weft.folder, "--version", "--verbose").out.startswith(
        f"{version.strip()} (wasm32-wasi)\n"
    )


def test_it_explains_itself(weft):
    done = weft("--help")
    assert (done.code, done.err) == (0, "")
    assert "\nUsage: weft [OPTIONS] COMMAND\n" in done.out


def test_status_says_that_it_is_a_sandbox_and_what_is_not_there(weft):
    done = weft("status")
    assert (done.code, done.err) == (0, "")
    assert "Confinement:          a sandbox: it starts no processes" in done.out
    assert "exec" not in done.out.partition("Tools:")[2].partition("\n")[0].replace(",", " ").split()
    assert f"Workspace:            {HOME}/.clawft/workspace\n" in done.out


def test_it_is_said_that_the_addresses_of_a_name_are_for_the_host_to_judge(weft):
    for command in (("status",), ("policy", "show")):
        assert "its host says which folders and addresses there are" in weft(*command).out
    checked = weft("policy", "check", "url", "https://example.com/")
    assert checked.code == 0
    assert "its addresses are for the sandbox's host to judge" in checked.out
    said = weft("status", CLAWFT__TOOLS__URL_POLICY__ALLOW_PRIVATE="false").err
    assert "cannot see in a sandbox what addresses a name leads to" in said


def test_an_address_that_a_url_names_is_judged_all_the_same(weft):
    denied = weft("policy", "check", "url", "http://10.0.0.1/")
    assert denied.code == 3
    assert "private" in denied.out


def test_a_message_is_answered_offline_and_kept(weft):
    done = weft("agent", "-m", "hello")
    assert done.code == 0
    assert done.out.startswith("I am clawft without a model")
    assert "the offline provider answered" in done.err
    (session,) = (weft.home / ".clawft/state/sessions").iterdir()
    roles = [json.loads(line).get("role") for line in session.read_text("utf-8").splitlines()]
    assert [role for role in roles if role] == ["user", "assistant"]


def test_json_lines_are_answered_line_by_line(weft):
    said = b'{"message": "one", "id": 1}\nnot json\n{"message": "/help", "id": 3}\n'
    done = weft("agent", "--jsonl", said=said)
    lines = [json.loads(line) for line in done.out.splitlines()]
    answers = {answer["id"]: answer for answer in lines}
    assert set(answers) == {1, 3, None}
    assert len(lines) == 3
    assert answers[1]["reply"].startswith("I am clawft without a model")
    assert answers[3]["reply"]
    assert "line 2" in answers[None]["error"]
    assert done.code == 1


def test_a_piped_message_is_answered(weft):
    done = weft("agent", said="¿qué tal?\n".encode())
    assert done.code == 0, done.err
    assert done.out.startswith("I am clawft without a model")
    (session,) = (weft.home / ".clawft/state/sessions").iterdir()
    assert "¿qué tal?" in session.read_text("utf-8")


def test_a_piped_message_that_is_not_utf8_is_no_crash(weft):
    done = weft("agent", said=b"\xff\xfe\n")
    assert done.code in (0, 1, 2)
    assert "Traceback" not in done.err


def test_a_model_without_its_key_ends_with_what_to_do(weft):
    done = weft("agent", "-m", "hello", CLAWFT__AGENTS__DEFAULTS__MODEL="openai/gpt-5")
    assert (done.code, done.out) == (2, "")
    assert "OPENAI_API_KEY" in done.err


def test_a_broken_configuration_ends_with_where_and_why(weft):
    (weft.home / ".clawft").mkdir()
    (weft.home / ".clawft/config.json").write_text('{"agents": {"defaults": {"max_tokens": "many"}}}')
    done = weft("agent", "-m", "hello")
    assert (done.code, done.out) == (2, "")
    assert "agents.defaults.max_tokens" in done.err
    (weft.home / ".clawft/config.json").write_text("{")
    done = weft("status")
    assert done.code == 2
    assert f"{HOME}/.clawft/config.json" in done.err


def test_an_unknown_command_is_refused(weft):
    done = weft("agnet")
    assert (done.code, done.out) == (2, "")
    assert "unknown command 'agnet'" in done.err


def test_without_any_folder_a_message_cannot_be_kept_and_that_is_said(weft):
    done = weft.host.run(weft.folder, "agent", "-m", "hello")
    assert (done.code, done.out) == (1, "")
    assert "Traceback" not in done.err
    assert "cannot make this folder" in done.err
    assert weft.host.run(weft.folder, "--version").code == 0
    assert weft.host.run(weft.folder, "status").code == 0


def test_a_folder_that_may_only_be_read_is_an_error_that_says_so(weft):
    done = weft.host.run(
        weft.folder, "agent", "-m", "hello", environment={"HOME": HOME}, read_only={HOME: weft.home}
    )
    assert (done.code, done.out) == (1, "")
    assert f"{HOME}/.clawft" in done.err
    assert "Traceback" not in done.err
    assert list(weft.home.iterdir()) == []
