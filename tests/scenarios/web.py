"""What tools do with the web: portable coroutines for CPython and the executables, as in `sockets.py`.

Names are resolved by a table that gives each question its own answer, so that a second question would be found out;
connections are real. What is no name in the table does not resolve.
"""

from __future__ import annotations

from clawft.core.errors import PolicyDenied, ToolError, TransportError
from clawft.core.interfaces import Runtime
from clawft.security.url_settings import UrlSettings
from clawft.security.urls import UrlPolicy
from clawft.tools.web_client import WebClient
from clawft.tools.web_fetch import MOST_BODY_BYTES, WebFetch
from clawft.tools.web_search import WebSearch


class Names(Runtime):
    """A runtime whose resolver answers from a table: host to a list with one answer for each question."""

    def __init__(self, runtime, answers):
        self.clock = runtime.clock
        self.asked = []
        self._runtime = runtime
        self._answers = answers

    async def http(self, request):
        return await self._runtime.http(request)

    async def resolve(self, host, port):
        self.asked.append(host)
        if not self._answers.get(host):
            raise TransportError("resolve", host + ": no address found for this name")
        return self._answers[host].pop(0)


async def fetch(runtime, tell, calls, answers, ports, private, total_s=60.0, limit_bytes=MOST_BODY_BYTES):
    """What becomes of each call of web_fetch: its result, or the rule or words of its refusal; then what was asked.

    `answers` is the table of names, `ports` and `private` (domains that may be private) are the policy's.
    """
    names = Names(runtime, answers)
    records = []

    async def record(kind, subject, tool, session):
        records.append(subject)

    settings = UrlSettings(allowed_ports=ports, private_domains=private, allowed_headers=["X-Token"])
    tool = WebFetch(
        WebClient(names, UrlPolicy(settings), record, "web_fetch"), limit_bytes=limit_bytes, total_s=total_s
    )
    outcomes = []
    for arguments in calls:
        outcomes.append(await _outcome(tool, arguments))
        tell("called")
    return outcomes, names.asked, records


async def fetch_really(runtime, tell, urls):
    """What becomes of each URL under the policy that everybody has, with the system's own resolver."""

    async def record(kind, subject, tool, session):
        tell(subject)

    tool = WebFetch(WebClient(runtime, UrlPolicy(UrlSettings()), record, "web_fetch"))
    outcomes = []
    for url in urls:
        outcomes.append(await _outcome(tool, {"url": url}))  # noqa: PERF401 - no asynchronous comprehensions
    return outcomes


async def search(runtime, tell, provider, api_key, endpoint, query):
    """One call of web_search with an owner's engine."""

    async def record(kind, subject, tool, session):
        tell(subject)

    client = WebClient(runtime, UrlPolicy(UrlSettings()), record, "web_fetch")
    tool = WebSearch(client, provider=provider, api_key=api_key, endpoint=endpoint)
    return await _outcome(tool, {"query": query})


async def _outcome(tool, arguments):
    try:
        return await tool.call(arguments)
    except PolicyDenied as denied:
        return denied.rule
    except ToolError as error:
        return error.message
