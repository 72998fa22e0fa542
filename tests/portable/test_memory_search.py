"""What has every word is found first, then what is similar; vectors are kept, made anew only where notes changed, and
never trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clawft.core.errors import ProviderError, StorageError
from clawft.core.memory import MEMORY, MemoryStore
from clawft.core.memory_index import DAMAGED
from clawft.core.memory_search import SIMILAR, WORDS, MemorySearch

if TYPE_CHECKING:
    from clawft.core.fakes import FakeRuntime

FOLDER = "/home/user/.clawft/workspace/memory"
STATE = "/home/user/.clawft/state/memory"
NOTES = """My mother's birthday is on 3 May; she likes orchids.

The server makes backups every night at two.

Allergic to peanuts and hazelnuts.
"""


class FakeModel:
    """Embeds by counting three letters; `failures` are raised first."""

    name = "fake/letters"
    batch = 2

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.failures: list[ProviderError | None] = []

    async def embed(self, texts: list[str]) -> list[list[float]]:
        self.asked.append(texts)
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        return [[1.0 + text.count("a"), float(text.count("e")), float(text.count("o"))] for text in texts]


class Said:
    """Remembers what was reported."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, line: str) -> None:
        self.lines.append(line)


def search_of(
    runtime: FakeRuntime,
    report: Said | None = None,
    model: FakeModel | None = None,
    floor: float | None = None,
) -> MemorySearch:
    memory = MemoryStore(runtime.files, FOLDER)
    return MemorySearch(runtime, memory, STATE, report if report is not None else Said(), model, floor)


def with_notes(runtime: FakeRuntime, notes: str = NOTES) -> FakeRuntime:
    runtime.files.add(FOLDER + "/" + MEMORY, notes.encode())
    return runtime


def kept(runtime: FakeRuntime) -> list[str]:
    return sorted([path for path in runtime.files.contents if path.startswith(STATE + "/")])


async def test_what_has_every_word_comes_first_and_what_is_similar_after_it(runtime: FakeRuntime) -> None:
    search = search_of(with_notes(runtime, NOTES + "\nBirthdays are listed in the calendar.\n"))
    found = await search.search("birthday")
    assert [match.match for match in found] == [WORDS, WORDS]
    found = await search.search("birthday May")
    assert [(match.match, match.text[:9]) for match in found] == [
        (WORDS, "My mother"),
        (SIMILAR, "Birthdays"),
    ]
    assert found[0].score == 1.0
    assert 0.18 <= found[1].score < 1.0
    assert [match.text[:9] for match in await search.search("birthday May", 1)] == ["My mother"]


async def test_misspelt_words_and_other_forms_are_found_and_what_has_nothing_in_common_is_not(
    runtime: FakeRuntime,
) -> None:
    search = search_of(with_notes(runtime))
    for query, begins in (
        ("mothers birthdy", "My mother"),
        ("nightly backup", "The server"),
        ("peanut allergies", "Allergic"),
    ):
        found = await search.search(query)
        assert [(match.match, match.source, match.text[: len(begins)]) for match in found] == [
            (SIMILAR, MEMORY, begins)
        ], query
    for query in ("quantum chromodynamics", "—, !", "zxcv"):
        assert await search.search(query) == [], query


async def test_only_words_are_found_where_only_they_are_asked_for_or_there_are_no_vectors(
    runtime: FakeRuntime,
) -> None:
    with_notes(runtime)
    assert await search_of(runtime).search("birthdys", is_exact=True) == []
    runtime.lacks_vectors = True
    assert await search_of(runtime).search("birthdys") == []
    assert len(await search_of(runtime).search("birthday")) == 1
    assert kept(runtime) == []


async def test_an_empty_memory_or_query_finds_nothing_and_keeps_nothing(runtime: FakeRuntime) -> None:
    assert await search_of(runtime).search("word") == []
    with_notes(runtime)
    assert await search_of(runtime).search(" \n") == []
    assert kept(runtime) == []


async def test_vectors_are_kept_in_the_state_folder_and_made_anew_only_for_what_changed(
    runtime: FakeRuntime,
) -> None:
    model = FakeModel()
    await search_of(with_notes(runtime), None, model).search("xyz")
    assert [len(texts) for texts in model.asked] == [1, 2, 1]  # the query, then the notes in batches
    assert len(kept(runtime)) == 1
    before = runtime.files.contents[kept(runtime)[0]]
    model.asked.clear()
    await search_of(runtime, None, model).search("xyz")
    assert model.asked == [["xyz"]]
    assert runtime.files.contents[kept(runtime)[0]] == before
    with_notes(runtime, NOTES.replace("two", "three") + "\nAnother one.\n\nAnother one.\n")
    model.asked.clear()
    await search_of(runtime, None, model).search("xyz")
    assert model.asked == [["xyz"], ["The server makes backups every night at three.", "Another one."]]


async def test_a_file_that_is_damaged_is_kept_aside_and_made_again(runtime: FakeRuntime) -> None:
    await search_of(with_notes(runtime)).search("peanut allergies")
    path = kept(runtime)[0]
    good = runtime.files.contents[path]
    for bad in (b"", b"\x00" * 100, good[:-1], good[:50] + b"\xff" + good[51:]):
        runtime.files.contents[path] = bad
        said = Said()
        found = await search_of(runtime, said).search("peanut allergies")
        assert len(found) == 1
        assert len(said.lines) == 1
        assert path + DAMAGED in said.lines[0]
        assert kept(runtime) == [path, path + DAMAGED]
        assert runtime.files.contents[path + DAMAGED] == bad
        assert len(runtime.files.contents[path]) == len(good)


async def test_a_disk_that_takes_nothing_costs_a_notice_and_nothing_else(runtime: FakeRuntime) -> None:
    with_notes(runtime)

    def refuse(path: str, data: bytes) -> None:
        raise StorageError(path + ": the disk is full")

    setattr(runtime.files, "write_atomic", refuse)  # noqa: B010 - mypy refuses the assignment
    said = Said()
    assert len(await search_of(runtime, said).search("peanut allergies")) == 1
    assert len(said.lines) == 1
    assert "the disk is full" in said.lines[0]


async def test_a_model_that_does_not_answer_is_replaced_by_spelling_for_that_search(
    runtime: FakeRuntime,
) -> None:
    model = FakeModel()
    model.failures = [None, None, ProviderError("overloaded", "fake: is overloaded")]
    said = Said()
    search = search_of(with_notes(runtime), said, model)
    found = await search.search("peanut allergies")
    texts = [match.text for match in found]
    assert texts == ["Allergic to peanuts and hazelnuts."], texts
    assert said.lines == ["fake: is overloaded; this search compares spelling instead"], said.lines
    assert len(kept(runtime)) == 2
    model.asked.clear()
    said.lines.clear()
    await search.search("peanut allergies")  # what it had answered for is not asked again
    assert model.asked == [["peanut allergies"], ["Allergic to peanuts and hazelnuts."]]
    assert said.lines == []


async def test_vectors_that_are_none_or_of_another_size_are_a_failure_of_the_model(
    runtime: FakeRuntime,
) -> None:
    class Other(FakeModel):
        async def embed(self, texts: list[str]) -> list[list[float]]:
            await super().embed(texts)
            return [[1.0] * (2 + len(self.asked)) for _ in texts] if self.wrong else [[float("nan")]]

        wrong = True

    for wrong in (True, False):
        Other.wrong = wrong
        said = Said()
        assert len(await search_of(with_notes(runtime), said, Other()).search("peanut allergies")) == 1
        assert len(said.lines) == 1, wrong
        assert said.lines[0].startswith("fake/letters: "), said.lines


async def test_the_floor_decides_what_is_similar(runtime: FakeRuntime) -> None:
    with_notes(runtime)
    assert len(await search_of(runtime, None, None, 0.0).search("peanut allergies")) == 3
    assert await search_of(runtime, None, None, 0.9).search("peanut allergies") == []
