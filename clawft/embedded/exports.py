"""Answers what a WebAssembly host calls: `init`, `process_message` and `capabilities`. port/weft_exports.c calls us.

The agent stays between two calls. Nothing is raised: what fails is in the answer.
"""

from __future__ import annotations

from clawft.agent.answer import answer_json, failed, no_answer
from clawft.app import open_app
from clawft.core.compat import json_text
from clawft.core.errors import EXIT_DONE, EXIT_FAILED, WeftError, without_secrets
from clawft.core.messages import InboundMessage
from clawft.core.utf8 import text_of
from clawft.embedded.host import EmbeddedHost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.app import App
    from clawft.core.interfaces import Runtime

CHANNEL = "wasm"
CHAT = "default"

HOST = EmbeddedHost()
_opened: list[App] = []
_warnings: list[str] = []


def init() -> int:
    """0 once the agent is ready, else the exit code that `weft agent` would have ended with; stderr says why."""
    try:
        HOST.run_blocking(opened)
    except WeftError as error:
        HOST.terminal.write_error("weft: error: " + error.message + "\n")
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - as in cli/main.py: this is the command line of a host
        HOST.terminal.write_error("weft: error: " + unforeseen(error) + "\n")
        return EXIT_FAILED
    return EXIT_DONE


def process_message(text: object, session: object) -> str:
    """What `weft agent --json` prints about a message in a session, "" for the one without a name."""
    key = session if isinstance(session, str) and session else CHANNEL + ":" + CHAT
    channel, colon, chat_id = key.partition(":")
    if not colon:
        channel, chat_id = CHANNEL, key
    answer = no_answer(channel + ":" + chat_id)
    if not (_is_text(text) and _is_text(session)) or not isinstance(text, str) or not text.strip():
        answer["error"] = "expected a message and a session as UTF-8 text, the message not empty"
        return json_text(answer)
    try:
        answer = HOST.run_blocking(lambda runtime: _answer(runtime, InboundMessage(channel, chat_id, text)))
    except WeftError as error:
        answer = failed(answer, error)[0]
    except Exception as error:  # noqa: BLE001 - as in `init`
        answer["error"] = unforeseen(error)
    return json_text(answer)


def capabilities() -> str:
    """What this module is and can do; `status` is `ready`, or what stands in the way."""
    from clawft.core.version import version  # noqa: PLC0415 - only here

    found: dict[str, object] = {
        "platform": "wasm32-wasi",
        "channels": [CHANNEL],
        "status": "ready",
        "tools": [],
    }
    try:
        app = HOST.run_blocking(opened)
        found["version"] = version(app.runtime.files)
        found["tools"] = [schema.name for schema in app.tools.schemas()]
        found["models"] = [model.name for model in app.models]
        found["warnings"] = list(_warnings)
    except WeftError as error:
        found["status"] = error.message
    except Exception as error:  # noqa: BLE001 - as in `init`
        found["status"] = unforeseen(error)
    return json_text(found)


async def opened(runtime: Runtime) -> App:
    """The agent that stays. Raises what stands in its way."""
    if not _opened:
        del _warnings[:]
        _opened.append(open_app(runtime, config_path=None, report=_warnings.append))
    _opened[0].agent  # noqa: B018 - made here, so that what stands in its way is known
    return _opened[0]


async def _answer(runtime: Runtime, message: InboundMessage) -> dict[str, object]:
    app = await opened(runtime)
    answer, _ = await answer_json(app.agent, message, _ignore)
    return answer


def _is_text(given: object) -> bool:
    """Whether it came as UTF-8: bytes that are none come as bytes, halves of surrogate pairs as text all the same."""
    return isinstance(given, str) and text_of(given.encode()) == given


def _ignore(_event: object) -> None:
    return None


def unforeseen(error: Exception) -> str:
    """What a host is told of a mistake of ours."""
    return without_secrets("unforeseen " + type(error).__name__ + ": " + str(error))
