"""`weft policy` and `weft audit` as anybody runs them: decisions in order, and a log that shows who touched it."""

from __future__ import annotations

import json
import os
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.flows.process import weft

if TYPE_CHECKING:
    from pathlib import Path


def judged(home: Path, *records: object) -> list[dict[str, Any]]:
    text = "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in records)
    done = weft(home, "policy", "check", "--jsonl", stdin=text)
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def decisions(home: Path, *records: object) -> list[str]:
    return [one["decision"] for one in judged(home, *records)]


def test_each_line_is_answered_in_order_with_its_id(tmp_path: Path) -> None:
    found = judged(
        tmp_path,
        {"id": 7, "kind": "url", "value": "https://example.com/"},
        {"id": {"a": [1]}, "kind": "command", "value": "ls"},
        "",
        "nonsense",
        "[1]",
        '{"id":1e999,"kind":"command","value":"ls"}',
        {"id": "x", "kind": "path", "value": "a", "operation": "write"},
        {"kind": "path", "value": "../a"},
    )
    assert [one.get("id") for one in found] == [7, {"a": [1]}, None, None, None, None, "x", None]
    assert [one["decision"] for one in found] == [
        "allow",
        "allow",
        "error",
        "error",
        "error",
        "error",
        "allow",
        "deny",
    ]
    assert all(set(one) - {"id"} == {"decision", "rule", "reason"} for one in found)
    assert all(one["rule"] and one["reason"] for one in found)


def test_the_exit_code_of_a_stream_says_if_every_line_could_be_read(tmp_path: Path) -> None:
    denied = json.dumps({"kind": "url", "value": "http://10.0.0.1/"}) + "\n"
    wrong = json.dumps({"kind": "nonsense"}) + "\n"
    assert weft(tmp_path, "policy", "check", "--jsonl", stdin=denied + wrong).returncode == 0
    assert weft(tmp_path, "policy", "check", "--jsonl", stdin="").returncode == 0
    assert weft(tmp_path, "policy", "check", "--jsonl", stdin=denied + "{\n" + denied).returncode == 2


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"kind": "URL", "value": "http://example.com/"},
        {"kind": "url"},
        {"kind": "url", "value": 1},
        {"kind": "url", "value": "http://e.com/", "policy": {"blocked_domain": []}},
        {"kind": "url", "value": "http://e.com/", "resolve": {"e.com": "1.2.3.4"}},
        {"kind": "command", "value": "ls", "tool": "bash"},
        {"kind": "command", "value": "ls", "args": ["-l"]},
        {"kind": "command", "tool": "spawn", "value": "ls", "args": "-l"},
        {"kind": "command", "value": "ls", "policy": []},
        {"kind": "command", "value": "ls", "policy": {"mode": "allow"}},
        {"kind": "command", "value": "ls", "policy": {"mode": 1}},
        {"kind": "command", "value": "ls", "policy": {"allow": ["ls"]}},
        {"kind": "command", "value": "ls", "policy": {"allowlist": "ls"}},
        {"kind": "path", "value": "a", "operation": "delete"},
        {"kind": "path", "value": "a", "workspace": "here"},
        {"kind": "path", "value": "a", "workspace": 5},
        {"kind": "path", "value": "a", "policy": {}},
    ],
)
def test_a_wrong_record_is_an_error_and_stops_nothing(tmp_path: Path, record: object) -> None:
    found = judged(tmp_path, record, {"kind": "command", "value": "ls"})
    assert [one["decision"] for one in found] == ["error", "allow"]
    assert found[0]["rule"] == "input"


def test_urls_are_judged_by_what_they_resolve_to_and_nobody_is_asked(tmp_path: Path) -> None:
    url = {"kind": "url", "value": "http://a.example/"}
    assert decisions(
        tmp_path,
        url | {"resolve": {"a.example": ["93.184.216.34"]}},
        url | {"resolve": {"a.example": ["93.184.216.34", "10.0.0.1"]}},
        url | {"resolve": {}},
        url,
        url | {"policy": {"allow_private": True}, "resolve": {"a.example": ["10.0.0.1"]}},
        url | {"policy": {"allow_private": True}, "resolve": {"a.example": ["169.254.169.254"]}},
        url | {"policy": {"blocked_domains": ["example"]}},
        url | {"policy": {"allowedDomains": ["a.example"]}},
        url | {"policy": {"allowed_domains": ["b.example"]}},
    ) == ["allow", "deny", "deny", "allow", "allow", "deny", "deny", "allow", "deny"]


def test_commands_are_judged_by_the_policy_that_comes_along(tmp_path: Path) -> None:
    git = {"kind": "command", "value": "git status"}
    assert decisions(
        tmp_path,
        git,
        git | {"policy": {"allowlist": ["git"]}},
        git | {"policy": {"allowlist": ["git log"]}},
        git | {"policy": {"mode": "denylist"}},
        git | {"policy": {"mode": "denylist", "denylist": ["git"]}},
        {"kind": "command", "tool": "spawn", "value": "echo", "args": ["; id"]},
        {"kind": "command", "tool": "spawn", "value": "echo hi"},
        {"kind": "command", "tool": "exec_shell", "value": "echo 'x"},
    ) == ["deny", "allow", "deny", "allow", "deny", "allow", "deny", "error"]


def test_without_a_policy_the_one_in_force_decides(tmp_path: Path) -> None:
    settings = (
        *("--set", "tools.command_policy.allowlist=git", "--set", "tools.url_policy.blocked_domains=e.com"),
        *("--set", "tools.url_policy.allowed_ports=81"),
    )
    assert weft(tmp_path, "policy", "check", "command", "git status", *settings).returncode == 0
    assert weft(tmp_path, "policy", "check", "command", "ls", *settings).returncode == 3
    assert weft(tmp_path, "policy", "check", "url", "http://e.com:81/", *settings).returncode == 3
    assert weft(tmp_path, "policy", "check", "url", "http://f.com:81/", *settings).returncode == 0
    shown = json.loads(weft(tmp_path, "policy", "show", "--json", *settings).stdout)
    assert shown["command"]["allowlist"] == ["git"]
    assert shown["url"]["allowed_ports"] == [81]


class TestPaths:
    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        """A workspace with all that could lead out of it."""
        place = tmp_path / "work"
        (place / "sub").mkdir(parents=True)
        (tmp_path / "secret").write_text("x")
        (place / "a").write_text("a")
        (place / "inside").symlink_to("sub")
        (place / "out").symlink_to("..")
        (place / "file_out").symlink_to("../secret")
        (place / "dangling_out").symlink_to("../none")
        (place / "dangling_in").symlink_to("sub/none")
        (place / "loop").symlink_to("loop")
        os.mkfifo(place / "pipe")
        os.link(tmp_path / "secret", place / "hard")
        os.link(place / "a", place / "sub" / "hard")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(place / "socket"))
        return place

    @pytest.mark.parametrize("operation", ["read", "write", "edit"])
    def test_what_a_path_really_leads_to_decides(self, place: Path, operation: str) -> None:
        def record(value: str) -> dict[str, object]:
            return {"kind": "path", "value": value, "operation": operation, "workspace": str(place)}

        allowed = [
            "a",
            "./a",
            "sub/new",
            "new/deep/x",
            "inside/x",
            "sub/hard",
            "dangling_in",
            str(place / "a"),
        ]
        denied = [
            *("../secret", "out/secret", "file_out", "dangling_out", "loop", "pipe", "hard", "socket"),
            *("new/../../x", "/etc/passwd", "~/x", str(place) + "2/a", "inside/../../x", "a\x00", "a\n"),
            *(".clawft/config.json", "out/work/a"),
        ]
        found = judged(place.parent, *[record(value) for value in [*allowed, *denied]])
        assert {value: one["decision"] for value, one in zip(allowed + denied, found, strict=True)} == {
            value: "allow" if value in allowed else "deny" for value in allowed + denied
        }

    def test_asking_changes_nothing(self, place: Path) -> None:
        before = sorted(str(one) for one in place.rglob("*"))
        ask = {"kind": "path", "value": "new/x", "operation": "write", "workspace": str(place)}
        assert decisions(place.parent, ask, ask | {"workspace": str(place / "none")}) == ["allow", "allow"]
        assert sorted(str(one) for one in place.rglob("*")) == before

    def test_without_a_workspace_the_configured_one_is_meant(self, tmp_path: Path) -> None:
        assert decisions(
            tmp_path,
            {"kind": "path", "value": "a"},
            {"kind": "path", "value": str(tmp_path / ".clawft" / "workspace" / "a")},
            {"kind": "path", "value": str(tmp_path / ".clawft" / "config.json")},
        ) == ["allow", "allow", "deny"]

    def test_reading_widely_is_told(self, tmp_path: Path) -> None:
        wide = ("--set", "tools.restrict_to_workspace=false")
        done = weft(tmp_path, "policy", "check", "path", "/etc/hostname", *wide)
        assert (done.returncode, "path.reads_outside" in done.stdout) == (0, True)
        assert "restrict_to_workspace" in done.stderr
        write = ("--operation", "write")
        assert weft(tmp_path, "policy", "check", "path", "/etc/hostname", *wide, *write).returncode == 3
        state = str(tmp_path / ".clawft" / "state" / "x")
        assert weft(tmp_path, "policy", "check", "path", state, *wide).returncode == 3


class TestAudit:
    @pytest.fixture
    def home(self, tmp_path: Path) -> Path:
        """A home where three tool calls were made: two allowed, one denied."""
        for message in ("/read a", "/ls", "/read ../x"):
            assert weft(tmp_path, "agent", "-m", message).returncode == 0
        return tmp_path

    def log(self, home: Path) -> Path:
        (found,) = (home / ".clawft" / "state" / "audit").glob("*.jsonl")
        return found

    def test_what_was_decided_is_listed_and_whole(self, home: Path) -> None:
        records = json.loads(weft(home, "audit", "list", "--json").stdout)
        assert [(one["decision"], one["tool"]) for one in records] == [
            ("allow", "read_file"),
            ("allow", "list_directory"),
            ("allow", "read_file"),
            ("deny", "read_file"),
        ]
        newest = json.loads(weft(home, "audit", "list", "-n", "1", "--json").stdout)
        assert newest == records[-1:]
        assert "path.outside" in weft(home, "audit", "list").stdout
        verified = json.loads(weft(home, "audit", "verify", "--json").stdout)
        assert (verified["is_whole"], verified["count"]) == (True, 4)
        assert weft(home, "audit", "verify", "--expect", verified["hash"]).returncode == 0

    def test_a_changed_record_is_found(self, home: Path) -> None:
        log = self.log(home)
        log.write_bytes(log.read_bytes().replace(b'"allow"', b'"deny"', 1))
        done = weft(home, "audit", "verify")
        assert done.returncode == 1
        assert "line 2: the line before it" in done.stderr

    def test_a_shortened_log_is_found_by_its_hash(self, home: Path) -> None:
        newest = json.loads(weft(home, "audit", "verify", "--json").stdout)["hash"]
        log = self.log(home)
        log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-1]))
        assert weft(home, "audit", "verify").returncode == 0
        assert weft(home, "audit", "verify", "--expect", newest).returncode == 1


def test_where_nobody_can_be_asked_a_tool_that_asks_is_refused(tmp_path: Path) -> None:
    asking = ("--set", "tools.approval.ask=*")
    done = weft(tmp_path, "agent", "-m", "/ls", *asking)
    assert "approval.nobody" in done.stdout
    line = json.dumps({"id": 1, "message": "/ls"}) + "\n"
    done = weft(tmp_path, "agent", "--jsonl", *asking, stdin=line)
    assert "approval.nobody" in json.loads(done.stdout)["reply"]
    assert (
        json.loads(weft(tmp_path, "audit", "list", "-n", "1", "--json").stdout)[0]["rule"]
        == "approval.nobody"
    )
