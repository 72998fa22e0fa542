"""Memory on a real disk: limits, processes that write at the same time, and histories longer than what is read."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from clawft.core import memory as memory_module
from clawft.core.errors import StorageError
from clawft.core.fakes import run
from clawft.core.memory import HISTORY, MEMORY, MEMORY_LIMIT_BYTES, PREVIOUS, MemoryStore
from clawft.core.memory_search import MemoryMatch, with_words
from tests.fakes.host_files import HostFiles

if TYPE_CHECKING:
    from pathlib import Path

APPENDER = """
import sys
from clawft.core.fakes import run
from clawft.core.memory import MemoryStore
from tests.fakes.host_files import HostFiles
store = MemoryStore(HostFiles(), sys.argv[1])
for index in range(50):
    run(store.append("note " + sys.argv[2] + " " + str(index)))
"""


def found_in(memory: MemoryStore, query: str, limit: int = 10) -> list[MemoryMatch]:
    return with_words(memory.entries(), query, limit)


def store_of(folder: Path) -> MemoryStore:
    return MemoryStore(HostFiles(), str(folder))


def test_notes_of_two_processes_are_all_kept(tmp_path: Path) -> None:
    programs = [
        subprocess.Popen([sys.executable, "-c", APPENDER, str(tmp_path / "m"), name]) for name in "ab"
    ]
    assert [program.wait(60) for program in programs] == [0, 0]
    notes = store_of(tmp_path / "m").read().split("\n\n")
    wanted = [f"note {name} {index}" for name in "ab" for index in range(50)]
    assert sorted(note.strip() for note in notes) == sorted(wanted)


def test_too_much_is_refused_with_its_size_and_nothing_is_written(tmp_path: Path) -> None:
    memory = store_of(tmp_path)
    (tmp_path / MEMORY).write_bytes(b"x" * (MEMORY_LIMIT_BYTES - 6))
    run(memory.append("abc"))
    assert (tmp_path / MEMORY).stat().st_size == MEMORY_LIMIT_BYTES
    for write in (lambda: run(memory.append("d")), lambda: memory.overwrite("y" * (MEMORY_LIMIT_BYTES + 1))):
        with pytest.raises(StorageError, match=str(MEMORY_LIMIT_BYTES)):
            write()
    assert (tmp_path / MEMORY).stat().st_size == MEMORY_LIMIT_BYTES
    assert len(memory.read()) == MEMORY_LIMIT_BYTES


def test_a_file_that_grew_too_long_can_still_be_replaced(tmp_path: Path) -> None:
    memory = store_of(tmp_path)
    (tmp_path / MEMORY).write_bytes(b"x" * (MEMORY_LIMIT_BYTES + 1))
    with pytest.raises(StorageError, match="shorten it"):
        memory.read()
    memory.overwrite("short")
    assert memory.read() == "short"
    assert (tmp_path / PREVIOUS).stat().st_size == MEMORY_LIMIT_BYTES + 1


def test_of_a_long_history_the_end_is_read_from_a_whole_line_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_module, "HISTORY_READ_BYTES", 1000)
    memory = store_of(tmp_path)
    (tmp_path / HISTORY).write_text("".join(f"é entry {index}\n\n" for index in range(500)))
    history = memory.history()
    assert history.endswith("é entry 499\n\n")
    assert 900 < len(history.encode()) <= 1000
    assert all(line.startswith("é entry ") for line in history.split("\n") if line)
    run(memory.append_history("the last"))
    assert (tmp_path / HISTORY).read_text().endswith("entry 499\n\nthe last\n")
    assert found_in(memory, "the last")[0].source == HISTORY
    assert [
        match.text for match in found_in(memory, "é entry 3", 99) if match.text == "é entry 3"
    ] == []  # too long ago


def test_a_folder_in_place_of_the_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / MEMORY).mkdir()
    with pytest.raises(StorageError, match=MEMORY):
        store_of(tmp_path).read()
    with pytest.raises(StorageError, match=MEMORY):
        run(store_of(tmp_path).append("x"))
