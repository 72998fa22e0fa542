"""Notes are kept, found again, never lost, and hold nothing invisible."""

# ruff: noqa: RUF001 - letters of other scripts look like Latin ones, and are what is tested

from __future__ import annotations

from typing import TYPE_CHECKING

from clawft.core.errors import FileChanged, StorageError
from clawft.core.memory import HISTORY, MEMORY, MemoryStore, paragraphs
from clawft.core.memory_search import MemoryMatch, with_words
from clawft.core.sanitize import sanitize_content

if TYPE_CHECKING:
    from clawft.core.fakes import FakeRuntime

FOLDER = "/home/user/.clawft/workspace/memory"
LEGACY = "/home/user/.nanobot/workspace/memory"


def found_in(memory: MemoryStore, query: str, limit: int = 10) -> list[MemoryMatch]:
    return with_words(memory.entries(), query, limit)


def store(runtime: FakeRuntime) -> MemoryStore:
    return MemoryStore(runtime.files, FOLDER, LEGACY)


def test_nothing_is_there_and_nothing_is_made_by_reading(runtime: FakeRuntime) -> None:
    memory = store(runtime)
    assert memory.read() == ""
    assert memory.history() == ""
    assert found_in(memory, "word") == []
    assert not memory.has_memory()
    assert runtime.files.calls == []
    assert FOLDER not in runtime.files.folders


async def test_notes_stand_in_paragraphs_of_their_own(runtime: FakeRuntime) -> None:
    memory = store(runtime)
    assert await memory.append("  first\n") == 5
    assert await memory.append("second\nline") == 11
    runtime.files.add(FOLDER + "/" + MEMORY, b"by hand")
    assert await memory.append("third") == 5
    assert memory.read() == "by hand\n\nthird\n"
    runtime.files.add(FOLDER + "/" + MEMORY, b"by hand\n\n")
    await memory.append("fourth")
    assert memory.read() == "by hand\n\nfourth\n"
    assert await memory.append_history("once") == 4
    assert await memory.append_history("twice") == 5
    assert memory.history() == "once\n\ntwice\n"


async def test_a_note_without_visible_text_is_not_written(runtime: FakeRuntime) -> None:
    memory = store(runtime)
    assert await memory.append(" \n\u200b\0") == 0
    assert not memory.has_memory()
    assert await memory.append("a\0b") == 2
    assert memory.read() == "ab\n"


async def test_another_process_may_append_at_the_same_moment(runtime: FakeRuntime) -> None:
    memory = store(runtime)
    await memory.append("first")
    runtime.files.fail_next("append_durable", FileChanged(MEMORY, 1))
    await memory.append("second")
    assert memory.read() == "first\n\nsecond\n"


def test_replacing_keeps_the_one_before(runtime: FakeRuntime) -> None:
    memory = store(runtime)
    assert memory.overwrite("old notes") == 9
    assert memory.overwrite("new notes") == 9
    assert memory.read() == "new notes"
    assert runtime.files.contents[FOLDER + "/MEMORY.md.previous"] == b"old notes"
    memory.overwrite("new notes")
    assert runtime.files.contents[FOLDER + "/MEMORY.md.previous"] == b"old notes"
    names = [path.split("/")[-1] for operation, path in runtime.files.calls if operation == "write"]
    assert names == [
        MEMORY,
        "MEMORY.md.previous",
        MEMORY,
        MEMORY,
    ]  # the copy is on disk before it is replaced


async def test_upstreams_notes_are_read_and_carried_over_by_the_first_write(runtime: FakeRuntime) -> None:
    runtime.files.add(LEGACY + "/" + MEMORY, b"from before\n")
    runtime.files.add(LEGACY + "/" + HISTORY, b"long ago\n")
    memory = store(runtime)
    assert memory.read() == "from before\n"
    await memory.append("new")
    assert memory.read() == "from before\n\nnew\n"
    assert memory.history() == "long ago\n"
    assert runtime.files.contents[LEGACY + "/" + MEMORY] == b"from before\n"
    runtime.files.add(LEGACY + "/" + MEMORY, b"changed later")
    assert memory.read() == "from before\n\nnew\n"


def test_replacing_upstreams_notes_keeps_them_too(runtime: FakeRuntime) -> None:
    runtime.files.add(LEGACY + "/" + MEMORY, b"from before\n")
    store(runtime).overwrite("new")
    assert runtime.files.contents[FOLDER + "/MEMORY.md.previous"] == b"from before\n"


def test_search_wants_every_word_and_puts_the_best_first(runtime: FakeRuntime) -> None:
    runtime.files.add(
        FOLDER + "/" + MEMORY,
        b"Likes green\ntea.\n\nBrown TEA in the morning, green salad.\n\n \nHas a cat.\r\n\r\nTea green tea green.\n",
    )
    runtime.files.add(FOLDER + "/" + HISTORY, b"2026: bought green tea\n")
    memory = store(runtime)
    found = found_in(memory, "Green  tea")
    assert [(match.text, match.source) for match in found] == [
        ("Tea green tea green.", MEMORY),
        ("Likes green\ntea.", MEMORY),
        ("2026: bought green tea", HISTORY),
        ("Brown TEA in the morning, green salad.", MEMORY),
    ]
    assert [match.text for match in found_in(memory, "CAT")] == ["Has a cat."]
    assert found_in(memory, "green dog") == []
    assert found_in(memory, "") == []
    assert found_in(memory, "   ") == []
    assert found_in(memory, "tea", 0) == []
    assert len(found_in(memory, "tea", 2)) == 2


def test_search_knows_case_beyond_ascii(runtime: FakeRuntime) -> None:
    runtime.files.add(FOLDER + "/" + MEMORY, "Élan vital\n\nПРИВЕТ, МИР\n\nΑΘΗΝΑ".encode())
    memory = store(runtime)
    assert len(found_in(memory, "élan")) == 1
    assert len(found_in(memory, "привет")) == 1
    assert len(found_in(memory, "αθηνα")) == 1


def test_paragraphs_stand_between_blank_lines() -> None:
    assert paragraphs("") == []
    assert paragraphs("\n\n \n") == []
    assert paragraphs("a\nb\n\n\n  c  \n\t\nd") == ["a\nb", "c", "d"]


def test_other_bytes_than_utf8_are_an_error_that_names_the_file(runtime: FakeRuntime) -> None:
    runtime.files.add(FOLDER + "/" + MEMORY, b"caf\xe9")
    try:
        store(runtime).read()
    except StorageError as error:
        assert MEMORY in error.message
        assert "UTF-8" in error.message
    else:
        raise AssertionError("it was read")


def test_what_a_reader_sees_is_kept() -> None:
    for text in (
        "plain\tascii\r\nand ~",
        "日本語 한국어 Ελληνικά",
        "שלום \u200fעולם\u200e, مرحبا",
        "می\u200cخواهم",  # ZWNJ
        "क्\u200dष",  # ZWJ
        "👨\u200d👩\u200d👧 ❤\ufe0f\u200d🔥 👋🏽 🇫🇷 1\ufe0f\u20e3",
        "葛\U000e0100城",
        "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f!",
        "a\u00a0b\u2028c\u00adé",
    ):
        assert sanitize_content(text) == text, text


def test_what_a_reader_cannot_see_is_dropped() -> None:
    for text, clean in (
        ("a\0b\x01\x08\x0b\x0c\x1b[0m\x1f", "ab[0m"),
        ("a\x7f\x80\x85\x9fb", "ab"),
        ("a\u202eb\u2066c\u2069d\u202a", "abcd"),
        ("a\u200bb\u2060c\ufeffd\u2064e\u180ef", "abcdef"),
        ("\u200da\u200c\u200d\u200cb", "a\u200cb"),
        (" \u200d\ufe0f", " "),
        ("a\ufe00\ufe01\ufe02\U000e0101", "a\ufe00"),
        ("\U000e0041\U000e0042hi\U000e007f", "hi"),
        ("🏴\U000e0061\U000e0062\U000e0063\U000e0064\U000e0065\U000e007f!", "🏴!"),
        ("\ufff9a\ufffab\ufffb", "ab"),
    ):
        assert sanitize_content(text) == clean, repr(text)
        assert sanitize_content(clean) == clean
