"""Turns what a model asks of files into reads and writes inside the workspace. Decides no paths and opens no files.

Which text is a path is `security.paths`; which file that really is, is `core.interfaces.Folder`.
"""

from __future__ import annotations

from clawft.core.errors import PolicyDenied, ToolError
from clawft.core.interfaces import Tool
from clawft.core.messages import ToolSchema
from clawft.security.paths import inside_path, outside_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import Files, FileStat, Folder

FILE_LIMIT_BYTES = 16 * 1024 * 1024
# A page fits the agent's limit for one result (64 KiB of JSON), so that it arrives whole and the next can be asked for.
PAGE_LIMIT_BYTES = 50_000
WHOLE_LINE_LIMIT_BYTES = 1024 * 1024
ENTRY_LIMIT = 1000

PATH = {"type": "string", "description": "Path relative to the workspace, folders separated by /"}


def file_schema(
    name: str, description: str, properties: dict[str, object], required: list[str]
) -> ToolSchema:
    """The schema of a tool that takes exactly these arguments."""
    return ToolSchema(
        name,
        description,
        {"type": "object", "properties": properties, "required": required, "additionalProperties": False},
    )


class Workspace:
    """The one folder that file tools see. It is made, and opened, when it is first needed."""

    def __init__(self, files: Files, path: str, private_folders: tuple[str, ...] = ()) -> None:
        self.path = path
        self.private_folders = private_folders
        self._files = files
        self._folder: Folder | None = None

    @property
    def folder(self) -> Folder:
        if self._folder is None:
            self._folder = self._files.folder(self.path)
        return self._folder

    def inside(self, path: str) -> str:
        """The path relative to the workspace. PolicyDenied if it leads out, or to what is private."""
        return inside_path(path, (self.path, self.folder.root), self.private_folders)

    def read(self, relative: str) -> bytes:
        """The whole file. ToolError if it is missing, outside, not a regular file, or over FILE_LIMIT_BYTES."""
        return self.folder.read(relative, FILE_LIMIT_BYTES)


class ReadFile(Tool):
    """Reads text by pages of whole lines. `wide_files`: where to read absolute paths outside the workspace."""

    schema = file_schema(
        "read_file",
        "Read a text file of the workspace. A long file comes in pages: when the result has next_offset, call "
        "again with it as offset to read on.",
        {
            "path": PATH,
            "offset": {"type": "integer", "minimum": 1, "description": "First line to read, counted from 1"},
            "limit": {"type": "integer", "minimum": 1, "description": "How many lines to read at most"},
        },
        ["path"],
    )

    def __init__(self, place: Workspace, wide_files: Files | None = None) -> None:
        self._place = place
        self._wide_files = wide_files

    async def call(self, arguments: dict[str, object], _session: str = "") -> dict[str, object]:
        shown, wide_files = self._judged(arguments)
        offset = arguments.get("offset")
        limit = arguments.get("limit")
        if wide_files is None:
            data = self._place.read(shown)
        else:
            private = self._place.private_folders
            data = wide_files.read_judged(shown, FILE_LIMIT_BYTES, lambda real: outside_path(real, private))
        text = text_of(data, shown)
        if text.startswith("\ufeff"):
            text = text[1:]
        return page_of(
            text, shown, offset if isinstance(offset, int) else 1, limit if isinstance(limit, int) else None
        )

    def check(self, arguments: dict[str, object]) -> None:
        self._judged(arguments)

    def _judged(self, arguments: dict[str, object]) -> tuple[str, Files | None]:
        """The path in the workspace, or outside of it and what reads it there. PolicyDenied if neither may be read."""
        path = str(arguments["path"])
        try:
            return self._place.inside(path), None
        except PolicyDenied as denied:
            if self._wide_files is None or denied.rule != "path.outside":
                raise
            return outside_path(path, self._place.private_folders), self._wide_files


class WriteFile(Tool):
    """Replaces or creates a file in one step, making the folders on its way."""

    schema = file_schema(
        "write_file",
        "Create a file in the workspace, or replace it whole. To change part of a file use edit_file.",
        {"path": PATH, "content": {"type": "string", "description": "The whole new text of the file"}},
        ["path", "content"],
    )

    def __init__(self, place: Workspace) -> None:
        self._place = place

    async def call(self, arguments: dict[str, object], _session: str = "") -> dict[str, object]:
        relative = _file_path(self._place, str(arguments["path"]))
        data = bytes_of(str(arguments["content"]), "content")
        self._place.folder.write(relative, data)
        return {"message": f"Successfully wrote {len(data)} bytes to {relative}"}

    def check(self, arguments: dict[str, object]) -> None:
        _file_path(self._place, str(arguments["path"]))


class EditFile(Tool):
    """Replaces a piece of text that stands in a file exactly once, or everywhere if asked to."""

    schema = file_schema(
        "edit_file",
        "Replace a piece of text in a file of the workspace. old_text must stand in the file exactly once (add "
        "lines around it until it does), unless replace_all is true. The result shows the change as a diff.",
        {
            "path": PATH,
            "old_text": {"type": "string", "description": "The text to replace, exactly as in the file"},
            "new_text": {"type": "string", "description": "The text to put in its place"},
            "replace_all": {"type": "boolean", "description": "Replace every occurrence (default false)"},
        },
        ["path", "old_text", "new_text"],
    )

    def __init__(self, place: Workspace) -> None:
        self._place = place

    async def call(self, arguments: dict[str, object], _session: str = "") -> dict[str, object]:
        from clawft.tools.diff import unified_diff  # noqa: PLC0415 - only edits need it
        from clawft.tools.edit import edited  # noqa: PLC0415 - only edits need it

        relative = _file_path(self._place, str(arguments["path"]))
        data = self._place.read(relative)
        text = text_of(data, relative)
        edit = edited(
            text,
            str(arguments["old_text"]),
            str(arguments["new_text"]),
            relative,
            is_everywhere=arguments.get("replace_all") is True,
        )
        self._place.folder.write(relative, bytes_of(edit.text, "new_text"), data)
        result: dict[str, object] = {
            "message": "Successfully edited " + relative,
            "diff": unified_diff(text, edit.text, relative),
        }
        if edit.count > 1:
            result["replacements"] = edit.count
        if edit.note:
            result["note"] = edit.note
        return result

    def check(self, arguments: dict[str, object]) -> None:
        _file_path(self._place, str(arguments["path"]))


class ListDirectory(Tool):
    """Names, kinds and sizes in one folder, sorted by name; at most ENTRY_LIMIT of them."""

    schema = file_schema(
        "list_directory",
        'List a folder of the workspace ("" or "." is the workspace itself). Not recursive.',
        {"path": PATH},
        ["path"],
    )

    def __init__(self, place: Workspace) -> None:
        self._place = place

    async def call(self, arguments: dict[str, object], _session: str = "") -> dict[str, object]:
        relative = self._place.inside(str(arguments["path"]))
        found = self._place.folder.list(relative)
        result: dict[str, object] = {"entries": [_entry(name, facts) for name, facts in found[:ENTRY_LIMIT]]}
        if len(found) > ENTRY_LIMIT:
            result["truncated"] = len(found) - ENTRY_LIMIT
        return result

    def check(self, arguments: dict[str, object]) -> None:
        self._place.inside(str(arguments["path"]))


def text_of(data: bytes, path: str) -> str:
    """The text of a file. ToolError, with its size, for anything that is not UTF-8 text."""
    if b"\0" in data:
        raise ToolError(f"{path}: a binary file ({len(data)} bytes), expected UTF-8 text")
    try:
        return data.decode()
    except UnicodeError:
        raise ToolError(f"{path}: not UTF-8 text ({len(data)} bytes); convert it first")


def bytes_of(text: str, argument: str) -> bytes:
    """The bytes of a text. ToolError if it holds half of a surrogate pair, or is over FILE_LIMIT_BYTES."""
    try:
        data = text.encode()
    except UnicodeError:
        raise ToolError(
            argument + ": holds half of a surrogate pair (\\ud800-\\udfff); write whole characters"
        )
    if len(data) > FILE_LIMIT_BYTES:
        raise ToolError(f"{argument}: has {len(data)} bytes, expected at most {FILE_LIMIT_BYTES}")
    return data


def page_of(text: str, path: str, offset: int, limit: int | None) -> dict[str, object]:
    """`content` of whole lines from `offset` (counted from 1); `next_offset` and `total_lines` if it is a part.

    At most `limit` lines, and PAGE_LIMIT_BYTES unless one line alone is longer. ToolError past the end.
    """
    if offset == 1 and limit is None and len(text.encode()) <= PAGE_LIMIT_BYTES:
        return {"content": text}
    lines = text.split("\n")
    total = len(lines) - 1 if text.endswith("\n") else len(lines)
    if offset > max(total, 1):
        raise ToolError(
            f"{path}: has {total} lines, expected an offset from 1 to {max(total, 1)}, found {offset}"
        )
    end = offset - 1
    size = 0
    while end < total and (limit is None or end - offset + 1 < limit):
        size += len(lines[end].encode()) + 1
        if size > PAGE_LIMIT_BYTES and end >= offset:
            break
        end += 1
    content = "\n".join(lines[offset - 1 : end]) + ("\n" if end < total or text.endswith("\n") else "")
    if len(content.encode()) > WHOLE_LINE_LIMIT_BYTES:
        raise ToolError(
            f"{path}: line {offset} is too long; at most {WHOLE_LINE_LIMIT_BYTES} bytes can be read"
        )
    result: dict[str, object] = {"content": content}
    if offset > 1 or end < total:
        result["total_lines"] = total
    if end < total:
        result["next_offset"] = end + 1
    return result


def _file_path(place: Workspace, path: str) -> str:
    relative = place.inside(path)
    if not relative:
        raise ToolError("path: expected a file in the workspace, found the workspace itself")
    return relative


def _entry(name: str, facts: FileStat) -> dict[str, object]:
    is_folder = facts.kind == "folder"
    return {"name": name, "is_dir": is_folder, "size": 0 if is_folder else facts.size_bytes}
