"""The built-in tools, on files in memory: result keys, refusals, and errors that say what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clawft.agent.arguments import tool_arguments
from clawft.core.compat import json_text
from clawft.core.errors import PolicyDenied, ToolError, WeftError
from clawft.core.memory import MemoryStore
from clawft.core.memory_search import MemorySearch
from clawft.core.messages import ToolSchema
from clawft.tools.files import ENTRY_LIMIT, PAGE_LIMIT_BYTES, ListDirectory, Workspace
from clawft.tools.registry import ToolRegistry, built_in_tools

if TYPE_CHECKING:
    from clawft.core.fakes import FakeRuntime

WORKSPACE = "/home/user/.clawft/workspace"


def registry(runtime: FakeRuntime, *, restrict: bool = True, private: tuple[str, ...] = ()) -> ToolRegistry:
    memory = MemoryStore(runtime.files, WORKSPACE + "/memory")
    return ToolRegistry(
        built_in_tools(
            runtime.files,
            WORKSPACE,
            memory,
            lambda: MemorySearch(runtime, memory, "/home/user/.clawft/state/memory", print),
            restrict_to_workspace=restrict,
            private_folders=private,
        )
    )


async def call(tools: ToolRegistry, name: str, arguments: dict[str, object]) -> dict[str, object]:
    tool = tools.find(name)
    return await tool.call(tool_arguments(json_text(arguments), tool.schema.parameters))


async def problem(tools: ToolRegistry, name: str, arguments: dict[str, object]) -> str:
    try:
        result = await call(tools, name, arguments)
    except (ToolError, PolicyDenied) as error:
        return error.message
    raise AssertionError("it worked: " + str(result))


def put(runtime: FakeRuntime, path: str, text: str) -> None:
    runtime.files.add(WORKSPACE + "/" + path, text.encode())


def content(runtime: FakeRuntime, path: str) -> str:
    return runtime.files.contents[WORKSPACE + "/" + path].decode()


def test_the_tools_are_told_sorted_and_take_exactly_what_they_say(runtime: FakeRuntime) -> None:
    schemas = registry(runtime).schemas()
    assert [schema.name for schema in schemas] == [
        "edit_file",
        "list_directory",
        "memory_read",
        "memory_write",
        "read_file",
        "write_file",
    ]
    required = {
        "edit_file": ["path", "old_text", "new_text"],
        "list_directory": ["path"],
        "memory_read": [],
        "memory_write": ["content"],
        "read_file": ["path"],
        "write_file": ["path", "content"],
    }
    for schema in schemas:
        assert schema.parameters["required"] == required[schema.name]
        assert schema.parameters["additionalProperties"] is False
        assert schema.description


def test_a_tool_that_is_added_is_told_from_then_on(runtime: FakeRuntime) -> None:
    tools = registry(runtime)
    told = tools.schemas()
    assert tools.schemas() is told
    another = ListDirectory(Workspace(runtime.files, WORKSPACE, ()))
    another.schema = ToolSchema("another", "Another.", {})
    tools.add(another)
    assert [schema.name for schema in tools.schemas()] == ["another"] + [schema.name for schema in told]


def test_an_unknown_tool_is_an_error_that_names_the_near_ones(runtime: FakeRuntime) -> None:
    tools = registry(runtime)
    for name, hint in (("read_fil", "did you mean read_file"), ("teleport", "the tools are edit_file, ")):
        try:
            tools.find(name)
        except ToolError as error:
            assert hint in error.message, error.message
        else:
            raise AssertionError(name)


async def test_a_file_is_written_read_listed_and_edited(runtime: FakeRuntime) -> None:
    tools = registry(runtime)
    written = await call(tools, "write_file", {"path": "./notes//a.txt", "content": "one\ntwö\n"})
    assert written == {"message": "Successfully wrote 9 bytes to notes/a.txt"}
    assert await call(tools, "read_file", {"path": "notes/a.txt"}) == {"content": "one\ntwö\n"}
    assert await call(tools, "list_directory", {"path": "."}) == {
        "entries": [{"name": "notes", "is_dir": True, "size": 0}]
    }
    assert await call(tools, "list_directory", {"path": WORKSPACE + "/notes"}) == {
        "entries": [{"name": "a.txt", "is_dir": False, "size": 9}]
    }
    edited = await call(tools, "edit_file", {"path": "notes/a.txt", "old_text": "one", "new_text": "1"})
    assert edited == {
        "message": "Successfully edited notes/a.txt",
        "diff": "--- a/notes/a.txt\n+++ b/notes/a.txt\n@@ -1,2 +1,2 @@\n-one\n+1\n two\u0308\n".replace(
            "o\u0308", "ö"
        ),
    }
    assert content(runtime, "notes/a.txt") == "1\ntwö\n"


async def test_outside_and_missing_get_one_text(runtime: FakeRuntime) -> None:
    tools = registry(runtime)
    runtime.files.add("/etc/passwd", b"root")
    for name, rest in (
        ("read_file", {}),
        ("write_file", {"content": "x"}),
        ("edit_file", {"old_text": "a", "new_text": "b"}),
        ("list_directory", {}),
    ):
        for path in ("../x", "/etc/passwd", "/nowhere", "a/../../x", "~/x", "newdir/../../evil.txt"):
            arguments: dict[str, object] = {"path": path}
            arguments.update(rest)
            assert "no such file in the workspace" in await problem(tools, name, arguments), (name, path)
    assert "no such file in the workspace" in await problem(tools, "read_file", {"path": "missing"})
    assert runtime.files.calls == []


async def test_a_long_file_comes_in_pages_that_join_to_the_whole(runtime: FakeRuntime) -> None:
    tools = registry(runtime)
    text = "".join(["line " + str(index) + "\n" for index in range(60)])
    put(runtime, "long.txt", text)
    read = ""
    offset: object = 1
    while offset:
        page = await call(tools, "read_file", {"path": "long.txt", "offset": offset, "limit": 25})
        assert page["total_lines"] == 60
        read += str(page["content"])
        offset = page.get("next_offset")
    assert read == text
    assert (await call(tools, "read_file", {"path": "long.txt", "offset": 60}))["content"] == "line 59\n"
    assert "has 60 lines" in await problem(tools, "read_file", {"path": "long.txt", "offset": 61})
    assert "at least 1" in await problem(tools, "read_file", {"path": "long.txt", "offset": 0})


async def test_a_page_ends_before_its_byte_limit_but_holds_a_line(runtime: FakeRuntime) -> None:
    tools = registry(runtime)
    put(runtime, "a", "x" * 20000 + "\n" + "y" * 29998 + "\n" + "z\n")
    page = await call(tools, "read_file", {"path": "a"})
    assert len(str(page["content"])) == PAGE_LIMIT_BYTES
    assert (page["next_offset"], page["total_lines"]) == (3, 3)


async def test_empty_files_and_byte_order_marks(runtime: FakeRuntime) -> None:
    tools = registry(runtime)
    put(runtime, "empty", "")
    put(runtime, "marked", "\ufeffhi")
    assert await call(tools, "read_file", {"path": "empty"}) == {"content": ""}
    assert await call(tools, "read_file", {"path": "empty", "offset": 1, "limit": 5}) == {"content": ""}
    assert await call(tools, "read_file", {"path": "marked"}) == {"content": "hi"}


async def test_what_is_not_text_is_an_error_with_its_size(runtime: FakeRuntime) -> None:
    tools = registry(runtime)
    runtime.files.add(WORKSPACE + "/latin", b"caf\xe9")
    runtime.files.add(WORKSPACE + "/image", b"\x89PNG\0\0")
    assert (
        await problem(tools, "read_file", {"path": "latin"})
        == "latin: not UTF-8 text (4 bytes); convert it first"
    )
    assert "image: a binary file (6 bytes)" in await problem(tools, "read_file", {"path": "image"})
    assert "binary" in await problem(tools, "edit_file", {"path": "image", "old_text": "P", "new_text": "Q"})
    assert runtime.files.contents[WORKSPACE + "/image"] == b"\x89PNG\0\0"


async def test_the_workspace_itself_is_no_file(runtime: FakeRuntime) -> None:
    tools = registry(runtime)
    assert "expected a file" in await problem(tools, "write_file", {"path": ".", "content": "x"})
    assert "expected a file" in await problem(
        tools, "edit_file", {"path": "", "old_text": "a", "new_text": "b"}
    )
    put(runtime, "folder/a", "x")
    assert await problem(tools, "read_file", {"path": "folder"})
    assert await problem(tools, "write_file", {"path": "folder", "content": "x"})
    assert await problem(tools, "write_file", {"path": "folder/a/b", "content": "x"})
    assert await problem(tools, "list_directory", {"path": "folder/a"})


async def test_an_edit_must_match_once(runtime: FakeRuntime) -> None:
    tools = registry(runtime)
    put(runtime, "a", "one\ntwo\none\n")
    before = content(runtime, "a")
    told = await problem(tools, "edit_file", {"path": "a", "old_text": "one", "new_text": "1"})
    assert "appears 2 times (lines 1, 3)" in told
    assert "is empty" in await problem(tools, "edit_file", {"path": "a", "old_text": "", "new_text": "1"})
    assert "is the same" in await problem(
        tools, "edit_file", {"path": "a", "old_text": "two", "new_text": "two"}
    )
    assert content(runtime, "a") == before
    result = await call(
        tools, "edit_file", {"path": "a", "old_text": "one", "new_text": "1", "replace_all": True}
    )
    assert result["replacements"] == 2
    assert content(runtime, "a") == "1\ntwo\n1\n"


async def test_an_edit_that_does_not_match_shows_the_nearest_lines(runtime: FakeRuntime) -> None:
    tools = registry(runtime)
    put(runtime, "a.py", "def run(a, b):\n    return a + b\n")
    told = await problem(
        tools, "edit_file", {"path": "a.py", "old_text": "  return a + b\n\n", "new_text": "x"}
    )
    assert "old_text not found" in told
    assert "white space" in told
    assert "2:     return a + b" in told
    told = await problem(tools, "edit_file", {"path": "a.py", "old_text": "def run(a, c):", "new_text": "x"})
    assert "1: def run(a, b):" in told
    told = await problem(tools, "edit_file", {"path": "a.py", "old_text": "nothing like it", "new_text": "x"})
    assert "read the file again" in told


async def test_line_ends_of_the_file_are_kept(runtime: FakeRuntime) -> None:
    tools = registry(runtime)
    put(runtime, "dos", "one\r\ntwo\r\nthree\r\n")
    result = await call(tools, "edit_file", {"path": "dos", "old_text": "one\ntwo\n", "new_text": "1\n2\n"})
    assert content(runtime, "dos") == "1\r\n2\r\nthree\r\n"
    assert "CRLF" in str(result["note"])
    await call(tools, "edit_file", {"path": "dos", "old_text": "three", "new_text": "3\n4"})
    assert content(runtime, "dos") == "1\r\n2\r\n3\r\n4\r\n"
    put(runtime, "unix", "one\ntwo\n")
    await call(tools, "edit_file", {"path": "unix", "old_text": "one\r\ntwo", "new_text": "1\r\n2"})
    assert content(runtime, "unix") == "1\n2\n"
    put(runtime, "mixed", "one\r\ntwo\n")
    await call(tools, "edit_file", {"path": "mixed", "old_text": "two\n", "new_text": "2\n"})
    assert content(runtime, "mixed") == "one\r\n2\n"
    await problem(tools, "edit_file", {"path": "mixed", "old_text": "one\n", "new_text": "1\n"})


async def test_a_long_folder_is_cut_and_says_by_how_much(runtime: FakeRuntime) -> None:
    class ManyFiles:
        def __init__(self, root: str) -> None:
            self.root = root

        def list(self, path: str) -> list[tuple[str, object]]:
            facts = runtime.files.stat("/")
            return [("f" + str(index), facts) for index in range(ENTRY_LIMIT + 3)]

    from clawft.tools.files import ListDirectory, Workspace

    place = Workspace(runtime.files, WORKSPACE)
    place._folder = ManyFiles(WORKSPACE)  # type: ignore[assignment] # a thousand entries without a thousand files
    result = await ListDirectory(place).call({"path": ""})
    assert result["truncated"] == 3
    entries = result["entries"]
    assert isinstance(entries, list)
    assert len(entries) == ENTRY_LIMIT


async def test_without_the_restriction_only_reading_is_wider(runtime: FakeRuntime) -> None:
    runtime.files.add("/srv/data.txt", b"data")
    runtime.files.add("/home/user/.clawft/config.json", b"key")
    assert "no such file" in await problem(registry(runtime), "read_file", {"path": "/srv/data.txt"})
    tools = registry(runtime, restrict=False, private=("/srv/private",))
    assert await call(tools, "read_file", {"path": "/srv/data.txt"}) == {"content": "data"}
    assert "no such file" in await problem(tools, "read_file", {"path": "/srv/none"})
    assert "no such file" in await problem(tools, "read_file", {"path": "/srv"})
    assert "no such file" in await problem(tools, "read_file", {"path": "../../../../srv/data.txt"})
    for path in ("/home/user/.clawft/config.json", "/srv/private/x", "/proc/self/environ"):
        assert "path.private" in await problem(tools, "read_file", {"path": path}), path
    assert await problem(tools, "write_file", {"path": "/srv/data.txt", "content": "x"})
    assert await problem(tools, "edit_file", {"path": "/srv/data.txt", "old_text": "data", "new_text": "x"})
    assert await problem(tools, "list_directory", {"path": "/srv"})
    assert runtime.files.contents["/srv/data.txt"] == b"data"


async def test_private_folders_stay_private_where_the_workspace_holds_them(runtime: FakeRuntime) -> None:
    memory = MemoryStore(runtime.files, "/home/user/memory")
    tools = ToolRegistry(
        built_in_tools(
            runtime.files,
            "/home/user",
            memory,
            lambda: MemorySearch(runtime, memory, "/home/user/state", print),
            private_folders=("/home/user/keys",),
        )
    )
    runtime.files.add("/home/user/.clawft/config.json", b"key")
    runtime.files.add("/home/user/a", b"a")
    assert await call(tools, "read_file", {"path": "a"}) == {"content": "a"}
    assert await call(tools, "write_file", {"path": "keys2/.clawft2", "content": "x"})
    for path in (
        ".clawft/config.json",
        ".CLAWFT/config.json",
        ".cl\u200dawft/config.json",
        "/home/user/.clawft/config.json",
        "backup/.nanobot/config.json",
        "keys",
        "keys/a",
        "KEYS/a",
    ):
        assert "path.private" in await problem(tools, "read_file", {"path": path}), path
        assert "path.private" in await problem(tools, "write_file", {"path": path, "content": "x"}), path
    inside = registry(runtime, private=("/home/user/.clawft",))
    assert await call(inside, "write_file", {"path": "b", "content": "x"})


async def test_memory_tools_keep_and_find_notes(runtime: FakeRuntime) -> None:
    tools = registry(runtime)
    assert await call(tools, "memory_read", {}) == {"content": "", "message": "No memory file found"}
    assert await call(tools, "memory_write", {"content": "Likes tea"}) == {
        "message": "Successfully wrote 9 bytes to memory (mode: append)",
        "path": "memory/MEMORY.md",
    }
    await call(tools, "memory_write", {"content": "Has a cat", "mode": "append"})
    assert await call(tools, "memory_read", {}) == {"content": "Likes tea\n\nHas a cat\n"}
    assert await call(tools, "memory_read", {"query": "CAT"}) == {
        "query": "CAT",
        "matches": ["Has a cat"],
        "count": 1,
    }
    assert await call(tools, "memory_read", {"query": "dog"}) == {"query": "dog", "matches": [], "count": 0}
    result = await call(tools, "memory_write", {"content": "All new", "mode": "overwrite"})
    assert result["message"] == "Successfully wrote 7 bytes to memory (mode: overwrite)"
    assert await call(tools, "memory_read", {"query": " "}) == {"content": "All new"}
    assert content(runtime, "memory/MEMORY.md.previous") == "Likes tea\n\nHas a cat\n"
    assert "expected one of append, overwrite" in await problem(
        tools, "memory_write", {"content": "x", "mode": "erase"}
    )
    assert "no visible text" in await problem(tools, "memory_write", {"content": " \u200b"})
    try:
        await tools.find("memory_write").call({"content": "x", "mode": "erase"})
    except WeftError as error:
        assert "expected append or overwrite" in error.message
    else:
        raise AssertionError("it was written")
