"""Texts are embedded by a model: the bytes of the exchange, what is wrong with an answer, and who is asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clawft.app_memory import memory_search
from clawft.core.compat import json_value
from clawft.core.config import load_config
from clawft.core.errors import ConfigError, ProviderError
from clawft.core.memory import MEMORY, MemoryStore
from clawft.core.memory_search import SIMILAR
from clawft.providers.openai_embeddings import OpenAiEmbeddings

if TYPE_CHECKING:
    from clawft.core.fakes import FakeRuntime, Scripted
    from clawft.core.interfaces import Request

BASE = "https://api.example/v1"
JSON = [("content-type", "application/json")]
FOLDER = "/home/user/memory"


def problem(body: bytes, count: int) -> str:
    wire = OpenAiEmbeddings("own", "small")
    wire.request(["a"], BASE, "sk-secret", [])
    try:
        wire.vectors(body, count)
    except ProviderError as error:
        assert error.kind == "invalid_response" or not body.startswith(b'{"data"'), error.kind
        return error.message
    return ""


def test_a_request_has_the_texts_in_one_body() -> None:
    request = OpenAiEmbeddings("own", "small").request(["é", "b\n"], BASE + "/", "sk-1", [("X-A", "1")])
    assert (request.method, request.url) == ("POST", "https://api.example/v1/embeddings")
    assert json_value(request.body.decode()) == {"model": "small", "input": ["é", "b\n"]}
    assert ("Authorization", "Bearer sk-1") in request.headers
    assert ("X-A", "1") in request.headers
    request = OpenAiEmbeddings("own", "small", 256).request(["x" * 9000], BASE, "", [])
    asked = {"model": "small", "input": ["x" * 8000], "dimensions": 256}
    assert json_value(request.body.decode()) == asked
    assert not [name for name, _ in request.headers if name == "Authorization"]


def test_vectors_come_in_the_order_of_the_texts() -> None:
    wire = OpenAiEmbeddings("own", "small")
    body = b'{"data":[{"index":1,"embedding":[0.5,-1]},{"index":0,"embedding":[1,2e-1]}],"usage":{}}'
    assert wire.vectors(body, 2) == [[1, 0.2], [0.5, -1]]
    assert wire.vectors(b'{"data":[{"embedding":[1]},{"embedding":[2]}]}', 2) == [[1], [2]]


def test_an_answer_that_lacks_a_vector_or_has_another_thing_is_refused() -> None:
    for body in (
        b"{}",
        b'{"data":[]}',
        b'{"data":null}',
        b'{"data":[{"embedding":[1]}]}',
        b'{"data":[{"embedding":[1]},{"embedding":[]}]}',
        b'{"data":[{"embedding":[1]},{"embedding":[1,2]}]}',
        b'{"data":[{"embedding":[1]},{"embedding":["1"]}]}',
        b'{"data":[{"embedding":[1]},{"embedding":[true]}]}',
        b'{"data":[{"embedding":[1]},{"embedding":"AAA="}]}',
        b'{"data":[{"embedding":[1]},{"embedding":[1],"index":2}]}',
        b'{"data":[{"embedding":[1]},{"embedding":[1],"index":0}]}',
        b'{"data":[{"embedding":[1]},7]}',
        b'{"data":[{"embedding":[1]},{"embedding":[' + b"0," * 4096 + b"0]}]}",
    ):
        assert problem(body, 2) == "own: expected a vector of 1 to 4096 numbers for each of 2 texts", body
    assert "not JSON" in problem(b"<html>sk-secret", 1)
    assert "sk-secret" not in problem(b"<html>sk-secret", 1)
    assert "no credit" in problem(b'{"error":{"message":"no credit sk-secret"}}', 1)


def with_model(runtime: FakeRuntime, model: str = "own/small") -> list[tuple[str, str]]:
    runtime.files.add(FOLDER + "/" + MEMORY, b"The cat is called Minka.\n\nRent is due on the first.\n")
    return [
        ("providers.own.api_base", BASE),
        ("providers.own.api_key", "sk-1"),
        ("memory.embedding.model", model),
        ("requests.max_attempts", "2"),
    ]


async def found(
    runtime: FakeRuntime, settings: list[tuple[str, str]], said: list[str]
) -> list[tuple[str, str]]:
    config = load_config(runtime.files, {}, runtime.home, None, tuple(settings))
    search = memory_search(runtime, config, MemoryStore(runtime.files, FOLDER), said.append)
    return [(match.match, match.text) for match in await search.search("pets")]


def meaning(request: Request) -> tuple[int, list[tuple[str, str]], list[bytes | BaseException]]:
    """A model for which a cat is a pet."""
    if b'"pets"' in request.body:
        return 200, JSON, [b'{"data":[{"embedding":[0.9,0.1]}]}']
    assert b'"input":["The cat is called Minka.","Rent is due on the first."]' in request.body, request.body
    return 200, JSON, [b'{"data":[{"embedding":[1,0]},{"embedding":[0,', b"1]}]}"]


async def test_what_means_the_same_is_found_by_a_model(runtime: FakeRuntime) -> None:
    said: list[str] = []
    runtime.answer = meaning
    assert await found(runtime, with_model(runtime), said) == [(SIMILAR, "The cat is called Minka.")]
    assert [request.url for request in runtime.requests] == [BASE + "/embeddings"] * 2
    assert said == []


async def test_a_model_is_asked_again_and_then_done_without(runtime: FakeRuntime) -> None:
    said: list[str] = []
    busy: Scripted = (503, JSON, [b'{"error":{"message":"busy"}}'])
    runtime.replies = [busy, busy]
    assert await found(runtime, with_model(runtime), said) == []
    assert len(runtime.requests) == 2
    assert len(said) == 1
    assert "busy" in said[0]
    assert said[0].endswith("this search compares spelling instead")


async def test_a_model_that_cannot_be_is_an_error_of_the_configuration(runtime: FakeRuntime) -> None:
    for model, expected in (
        ("small", "PROVIDER/MODEL"),
        ("anthropic/claude", "OpenAI's protocol"),
        ("nobody/x", "a provider that is known"),
    ):
        settings = with_model(runtime, model) + [("providers.anthropic.api_key", "sk-ant-1")]
        try:
            await found(runtime, settings, [])
        except ConfigError as error:
            assert error.path == "memory.embedding.model", model
            assert expected in error.message, error.message
            continue
        assert False, model
