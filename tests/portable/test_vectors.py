"""Texts become the same vectors everywhere, the nearest are found, and a file of them is whole or refused."""

# ruff: noqa: RUF001 - letters of other scripts look like Latin ones, and are what is hashed

from __future__ import annotations

import hashlib

from clawft.core.embedding import HashEmbedder, words
from clawft.core.exact_vectors import ExactEngine, ExactVectors
from clawft.core.siphash import siphash
from clawft.core.vectors import COSINE, DOT, L2, VectorIndex, index_of, rounded

SECRET = bytes(range(16))
# A float32 of 1, and the numbers 127, 0, -127.
ONE = b"\x00\x00\x80\x3f"


def index(dimensions: int = 2, metric: int = COSINE) -> VectorIndex:
    return VectorIndex(ExactVectors().engine, "hashed/1", dimensions, metric, SECRET)


def key(number: int) -> bytes:
    return bytes([number]) * 16


def test_siphash_gives_the_values_of_its_authors() -> None:
    data = bytes(range(64))
    assert siphash(SECRET, b"") == 0x726FDB47DD0E0E31
    assert siphash(SECRET, data[:8]) == 0x93F5F5799A932462
    assert siphash(SECRET, data[:15]) == 0xA129CA6149BE45E5


def test_words_are_letters_and_digits_of_any_script() -> None:
    assert list(words("it's 5 o'clock, été×2 — жя!")) == ["it", "s", "5", "o", "clock", "été", "2", "жя"]
    assert list(words("字語。字")) == ["字語", "字"]
    assert list(words(" ,—")) == []


def test_a_text_has_the_same_vector_everywhere() -> None:
    made = HashEmbedder(SECRET, 256).vector("my mother's birthday is on 3 may; 字語 жя été")
    assert len(made) == 260
    assert (
        hashlib.sha256(made).digest().hex()
        == "342905dee6ee4f7d375e51bc3811ba1f806363f4d55ad59778dd0c377933a120"
    )


def test_the_secret_decides_where_a_word_goes() -> None:
    one = HashEmbedder(SECRET, 64).vector("word")
    assert HashEmbedder(SECRET, 64).vector("word") == one
    assert HashEmbedder(SECRET[1:] + b"x", 64).vector("word") != one


def test_a_text_without_words_is_like_nothing() -> None:
    made = HashEmbedder(SECRET, 8).vector("—, !")
    assert made == bytes(12)
    found = index(8)
    found.add(key(1), made)
    found.add(key(2), HashEmbedder(SECRET, 8).vector("word"))
    assert [distance for _, distance in found.search(made, 2)] == [1.0, 1.0]


def test_other_forms_of_a_word_are_near_and_other_words_are_not() -> None:
    embedder = HashEmbedder(SECRET, 1024)
    found = index(1024)
    texts = ["birthday", "mortgage", "backup", "peanuts"]
    for number, text in enumerate(texts):
        found.add(key(number), embedder.vector(text))
    for query, number in (("birthdays", 0), ("birthdy", 0), ("mortgages", 1), ("back-up", 2), ("peanut", 3)):
        (first, near), (_, far) = found.search(embedder.vector(query), 2)
        assert first == key(number), query
        assert near < 0.75, (query, near)
        assert far > 0.85, (query, far)


def test_numbers_are_rounded_to_steps_of_the_largest() -> None:
    assert rounded([127.0, -127.0, 0.0, 1.4, -1.6]) == ONE + b"\x7f\x81\x00\x01\xfe"
    assert rounded([0.0, 0.0]) == bytes(6)
    for bad in ([1.0, float("nan")], [float("inf")], [float("-inf"), 0.0], [1e300]):
        try:
            rounded(bad)
        except ValueError:
            continue
        assert False, bad


def test_distances_are_what_they_are_called() -> None:
    one, other = rounded([3.0, 4.0]), rounded([4.0, -3.0])
    for metric, near, far in ((COSINE, 0.0, 1.0), (DOT, -25.0, 0.0), (L2, 0.0, 50.0)):
        found = index(2, metric)
        found.add(key(1), other)
        found.add(key(2), one)
        (first, its), (second, the_other) = found.search(one, 5)
        assert (first, second) == (key(2), key(1)), metric
        assert abs(its - near) < 0.2, (metric, its)
        assert abs(the_other - far) < 0.2, (metric, the_other)


def test_what_is_removed_is_not_found_and_the_others_still_are() -> None:
    found = index(1)
    for number in range(5):
        found.add(key(number), ONE + bytes([number + 1]))
    found.add(key(2), ONE + b"\x81")  # in place of the one before
    assert found.remove(key(0))
    assert not found.remove(key(0))
    assert len(found) == 4
    assert sorted(name[0] for name, _ in found.search(ONE + b"\x01", 9)) == [1, 2, 3, 4]
    assert found.search(ONE + b"\x81", 1)[0][0] == key(2)
    for number in (4, 2, 3, 1):
        assert found.remove(key(number))
    assert found.search(ONE + b"\x01", 9) == []


def test_what_has_another_size_is_refused() -> None:
    found = index(2)
    for name, vector in (
        (key(1), ONE),
        (key(1), ONE + b"abc"),
        (b"short", ONE + b"ab"),
        (key(1), b"\xff" * 6),
    ):
        try:
            found.add(name, vector)
        except ValueError:
            assert len(found) == 0
            continue
        assert False, (name, vector)


def test_a_file_has_a_head_keys_vectors_and_a_digest() -> None:
    found = index(2)
    found.add(key(7), ONE + b"\x7f\x81")
    data = found.to_bytes()
    head = b"weftvec\x01\x02\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x08\x00\x00\x00" + SECRET
    assert data[:-32] == head + b"hashed/1" + key(7) + ONE + b"\x7f\x81"
    assert data[-32:] == hashlib.sha256(data[:-32]).digest()
    again = index_of(data, ExactEngine)
    assert (again.name, again.dimensions, again.metric, again.secret) == ("hashed/1", 2, COSINE, SECRET)
    assert again.search(ONE + b"\x7f\x81", 1)[0][0] == key(7)
    assert again.to_bytes() == data


def refused(data: bytes) -> str:
    try:
        index_of(data, ExactEngine)
    except ValueError as error:
        return str(error)
    return ""


def test_a_file_that_was_changed_anywhere_or_cut_is_refused() -> None:
    found = index(2)
    found.add(key(7), ONE + b"\x7f\x81")
    found.add(key(8), ONE + b"\x01\x02")
    data = found.to_bytes()
    for at in range(len(data)):
        assert refused(data[:at]), at
        assert refused(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]), at


def test_a_file_with_a_right_digest_of_what_cannot_be_is_refused() -> None:
    found = index(2)
    found.add(key(7), ONE + b"\x7f\x81")
    found.add(key(8), ONE + b"\x01\x02")
    data = found.to_bytes()[:-32]
    for at, wrong in (
        (8, b"\x00\x00\x00\x00"),  # dimensions
        (8, b"\xff\xff\xff\xff"),
        (12, b"\x03\x00\x00\x00"),  # metric
        (16, b"\xff\xff\xff\xff"),  # vectors
        (16, b"\x03\x00\x00\x00"),
        (20, b"\xff\xff\xff\x7f"),  # bytes of the name
        (64, key(7)),  # a key twice
        (80, b"\x00\x00\x80\xff"),  # a scale of minus infinity
    ):
        bad = data[:at] + wrong + data[at + len(wrong) :]
        assert refused(bad + hashlib.sha256(bad).digest()), (at, wrong)
    # What is behind the vectors is some engine's graph: this one leaves it out.
    more = data + b"graph"
    assert refused(more + hashlib.sha256(more).digest()) == ""
