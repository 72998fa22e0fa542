"""The agent as a component: real turns over HTTP and HTTPS, in both wire formats, in wasmtime and in Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest
import wasmtime
from wasmtime import component as wasm_component

from tests.fakes.model_server import ModelServer
from tests.fakes.raw_server import ROOT_CERTIFICATE, SERVER_CERTIFICATE
from tests.wasm.components import HOSTS, LIMIT_S, configure, environment, wasmtime_program
from tools import npm

WIRES = [
    ("openai", "openai/gpt-5", "/v1/chat/completions"),
    ("anthropic", "anthropic/claude-sonnet-4-5", "/v1/messages"),
]


@pytest.fixture(params=HOSTS)
def host(request):
    return request.param


@pytest.fixture
def weft(components, host, tmp_path):
    def run(*arguments, said="", **variables):
        return subprocess.run(
            components.command_line(host, tmp_path, *arguments),
            input=said.encode(),
            capture_output=True,
            timeout=LIMIT_S,
            env=environment(HOME=str(tmp_path), **variables),
            check=False,
        )

    return run


def answer_of(done):
    assert done.stderr == b""
    return json.loads(done.stdout)


def test_the_version_is_printed(weft):
    done = weft("--version")
    assert (done.returncode, done.stdout[:5], done.stderr) == (0, b"weft ", b"")


def test_without_a_model_the_offline_provider_answers(weft):
    done = weft("agent", "-m", "hello", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["provider"] == "offline"


@pytest.mark.parametrize(("provider", "model", "path"), WIRES)
@pytest.mark.parametrize("is_streamed", [True, False])
def test_a_turn_over_http_uses_a_tool_and_keeps_its_session(
    weft, tmp_path, provider, model, path, is_streamed
):
    call = {"name": "write_file", "arguments": {"path": "note.txt", "content": "from a sandbox"}}
    steps: list[dict[str, Any]] = [
        {"tool_calls": [call]},
        {"text": "it is written"},
        {"text": "again", "expect": "what did you do?"},
    ]
    more = () if is_streamed else ("--no-stream",)
    with ModelServer(steps) as server:
        configure(tmp_path, provider, model, server.base_url)
        done = weft("agent", "-m", "write a note", "--json", *more)
        assert (done.returncode, answer_of(done)["reply"]) == (0, "it is written")
        done = weft("agent", "-m", "what did you do?", "--json", *more)
        assert answer_of(done)["reply"] == "again"
        assert [request.path for request in server.requests] == [path] * 3
    assert (tmp_path / ".clawft/workspace/note.txt").read_text() == "from a sandbox"
    assert len(server.requests[-1].body["messages"]) > len(server.requests[0].body["messages"])
    assert server.requests[0].body.get("stream", False) is is_streamed


def test_a_provider_that_fails_is_the_error_of_the_turn(weft, tmp_path):
    with ModelServer([{"status": 500, "message": "boom"}]) as server:
        configure(tmp_path, "openai", "openai/gpt-5", server.base_url)
        done = weft("agent", "-m", "hello", "--json")
    assert done.returncode == 1
    assert answer_of(done)["error"] == "openai/gpt-5: openai failed inside (HTTP 500): boom"


def test_a_provider_that_is_not_there_is_the_error_of_the_turn(weft, tmp_path):
    with ModelServer([]) as server:
        url = server.base_url
    configure(tmp_path, "openai", "openai/gpt-5", url)
    done = weft("agent", "-m", "hello", "--json")
    assert done.returncode == 1
    assert "could not connect (connection refused)" in answer_of(done)["error"]


def test_tools_that_need_processes_are_absent(weft, tmp_path):
    with ModelServer([{"text": "hello"}]) as server:
        configure(tmp_path, "openai", "openai/gpt-5", server.base_url)
        assert weft("agent", "-m", "hello").returncode == 0
    names = {tool["function"]["name"] for tool in server.requests[0].body["tools"]}
    assert {"read_file", "write_file", "web_fetch"} <= names
    assert not names & {"exec_shell", "spawn"}


@pytest.mark.parametrize(("provider", "model", "path"), WIRES)
def test_a_turn_over_https_in_node(components, tmp_path, provider, model, path):
    with ModelServer([{"text": "privately"}], certificate=SERVER_CERTIFICATE) as server:
        configure(tmp_path, provider, model, server.base_url)
        done = subprocess.run(
            components.command_line("node", tmp_path, "agent", "-m", "hello"),
            capture_output=True,
            timeout=LIMIT_S,
            env=environment(HOME=str(tmp_path), NODE_EXTRA_CA_CERTS=ROOT_CERTIFICATE),
            check=False,
        )
        assert (done.returncode, done.stdout.decode(), done.stderr.decode()) == (0, "privately\n", "")
        assert [request.path for request in server.requests] == [path]


def test_a_certificate_of_a_stranger_ends_a_turn(weft, tmp_path):
    """wasmtime trusts the public roots and nothing else, so that this is all of HTTPS that loopback can show there."""
    with ModelServer([{"text": "never"}], certificate=SERVER_CERTIFICATE) as server:
        configure(tmp_path, "openai", "openai/gpt-5", server.base_url)
        done = weft("agent", "-m", "hello", "--json")
        assert list(server.requests) == []
    assert done.returncode == 1
    assert "https://127.0.0.1" in answer_of(done)["error"]


def test_a_message_on_standard_input_is_answered(weft, tmp_path):
    with ModelServer([{"text": "heard"}]) as server:
        configure(tmp_path, "openai", "openai/gpt-5", server.base_url)
        done = weft("agent", said="hello from a pipe")
    assert (done.stdout, done.stderr) == (b"heard\n", b"")


def test_lines_of_json_are_answered_at_once(weft, tmp_path):
    lines = "".join(
        [json.dumps({"id": number, "chat": str(number), "message": "hello"}) + "\n" for number in range(3)]
    )
    with ModelServer([{"text": "heard"}] * 3) as server:
        configure(tmp_path, "openai", "openai/gpt-5", server.base_url)
        done = weft("agent", "--jsonl", said=lines)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(line["id"] for line in found) == [0, 1, 2]
    assert {line["reply"] for line in found} == {"heard"}


def test_wasmtimes_own_command_line_runs_it(components, tmp_path):
    with ModelServer([{"text": "from the command line"}]) as server:
        configure(tmp_path, "openai", "openai/gpt-5", server.base_url)
        done = subprocess.run(
            [
                *(str(wasmtime_program()), "run", "-S", "http", "--dir", str(tmp_path)),
                *("--env", f"HOME={tmp_path}", str(components.command), "agent", "-m", "hello"),
            ],
            capture_output=True,
            timeout=LIMIT_S,
            env=environment(),
            check=False,
        )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"from the command line\n", b"")


# ---- the interface clawft:weft/agent


@pytest.fixture
def agent(components, tmp_path):
    """Calls a function of the interface in wasmtime, in one instance."""
    engine = wasmtime.Engine()
    linker = wasm_component.Linker(engine)
    linker.add_wasip2()
    linker.add_wasi_http()
    store = wasmtime.Store(engine)
    wasi = wasmtime.WasiConfig()
    wasi.env = [("HOME", str(tmp_path))]
    wasi.preopen_dir(str(tmp_path), str(tmp_path))
    store.set_wasi(wasi)
    store.set_wasi_http()
    made = wasm_component.Component.from_file(engine, str(components.command))
    instance = linker.instantiate(store, made)
    interface = instance.get_export_index(store, "clawft:weft/agent")
    assert interface is not None

    def call(name, *arguments):
        index = instance.get_export_index(store, name, interface)
        assert index is not None
        function = instance.get_func(store, index)
        assert function is not None
        found = function(store, *arguments)
        function.post_return(store)
        return found

    return call


def test_a_host_calls_the_agent_as_a_library(agent, tmp_path):
    with ModelServer([{"text": "zur Begrüßung"}, {"text": "more", "expect": "go on"}]) as server:
        configure(tmp_path, "openai", "openai/gpt-5", server.base_url)
        assert agent("init") == 0
        found = json.loads(agent("process-message", "grüß dich", "me"))
        assert (found["reply"], found["error"], found["session"]) == ("zur Begrüßung", None, "wasm:me")
        assert json.loads(agent("process-message", "go on", "me"))["reply"] == "more"
        assert len(server.requests[1].body["messages"]) == len(server.requests[0].body["messages"]) + 2
    assert server.requests[0].body["messages"][-1]["content"].endswith("grüß dich")


def test_the_component_says_what_it_can_do(agent):
    found = json.loads(agent("capabilities"))
    assert (found["status"], found["platform"]) == ("ready", "wasm32-wasi")
    assert "read_file" in found["tools"]
    assert "exec_shell" not in found["tools"]


def test_an_empty_message_and_an_empty_session_are_answered(agent):
    found = json.loads(agent("process-message", "", ""))
    assert found["reply"] is None
    assert "not empty" in found["error"]


def test_a_configuration_that_is_wrong_is_the_code_of_init(agent, tmp_path):
    (tmp_path / ".clawft").mkdir()
    (tmp_path / ".clawft/config.json").write_text("{")
    assert agent("init") == 2


def test_a_program_in_node_calls_the_agent_as_a_library(components, tmp_path):
    script = tmp_path / "program.mjs"
    script.write_text(
        'import { _addPreopen } from "@bytecodealliance/preview2-shim/filesystem";\n'
        'import { agent } from "./weft.js";\n'
        "_addPreopen(process.env.HOME, process.env.HOME);\n"
        'const answers = [agent.init(), agent.processMessage("hello", ""), agent.processMessage("", "me")];\n'
        "console.log(JSON.stringify(answers));\n"
    )
    folder = tmp_path / "node"
    shutil.copytree(components.node, folder)
    shutil.move(script, folder)
    (tmp_path / "node_modules").symlink_to(npm.modules())
    done = subprocess.run(
        [str(npm.node()), str(folder / "program.mjs")],
        capture_output=True,
        timeout=LIMIT_S,
        env=environment(HOME=str(tmp_path)),
        check=False,
    )
    code, first, second = json.loads(done.stdout)
    assert code == 0
    assert json.loads(first)["provider"] == "offline"
    assert json.loads(first)["session"] == "wasm:default"
    assert "not empty" in json.loads(second)["error"]
