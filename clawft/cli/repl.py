"""A conversation on a terminal: reads messages and `/commands`, runs turns one after another, keeps the history."""

from __future__ import annotations

from clawft.cli.turn_view import TurnView
from clawft.core.errors import EXIT_DONE, EXIT_INTERRUPTED, OutputClosed, WeftError
from clawft.core.messages import InboundMessage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.app import App
    from clawft.core.host import Terminal
    from clawft.core.output import Output

PROMPT = "> "
MORE_PROMPT = ". "
BLOCK = '"""'
OFFLINE = "offline"
# Commands of the conversation: what they are written with, and what they do.
COMMANDS = (
    ("/help", "", "show this list"),
    ("/new", "[NAME]", "start a new session"),
    ("/model", "[NAME]", "show the model, or answer with another one"),
    ("/sessions", "[KEY]", "list the sessions, or continue one"),
    ("/usage", "", "show what this session has used and cost"),
    ("/tools", "", "list what the model may call"),
    ("/exit", "", "leave (so do /quit and Ctrl-D)"),
)
WORDS = tuple([name for name, _, _ in COMMANDS]) + ("/quit",)


class Repl:
    """One conversation. `run` returns the command's exit code."""

    def __init__(self, app: App, terminal: Terminal, output: Output, channel: str, chat_id: str) -> None:
        self._app = app
        self._terminal = terminal
        self._output = output
        self._channel = channel
        self._chat_id = chat_id
        self._was_interrupted = False
        self._history = app.config.state_folder + "/history"

    async def run(self) -> int:
        """Read and answer until the end of input, /exit, or Ctrl-C twice at the prompt."""
        self._app.runtime.files.make_folder(self._app.config.state_folder)
        self._terminal.load_history(self._history)
        self._terminal.set_completions(WORDS)
        self._show_banner()
        while True:
            try:
                text = self._read()
            except KeyboardInterrupt:
                if self._was_interrupted:
                    return EXIT_INTERRUPTED
                self._was_interrupted = True
                self._output.notice("(Ctrl-C again, Ctrl-D or /exit leaves)")
                continue
            self._was_interrupted = False
            if text is None:
                return EXIT_DONE
            if not text.strip():
                continue
            self._terminal.save_history(self._history)
            word = text.split()[0]
            if word in {"/exit", "/quit"}:
                return EXIT_DONE
            if self._is_command(text, word):
                await self._run_safely(self._run_command(word, text.strip()[len(word) :].strip()))
            else:
                await self._run_safely(self._answer(text))

    def _read(self) -> str | None:
        """One message: a line, lines that a backslash ends, or a block between three double quotes each."""
        line = self._terminal.read_line(PROMPT)
        if line is None:
            return None
        if line.strip().startswith(BLOCK):
            return self._read_block(line.strip()[len(BLOCK) :])
        text = ""
        while line.endswith("\\"):
            text += line[:-1] + "\n"
            more = self._terminal.read_line(MORE_PROMPT)
            if more is None:
                return text
            line = more
        return text + line

    def _read_block(self, first: str) -> str:
        if first.endswith(BLOCK):
            return first[: -len(BLOCK)]
        lines = [first] if first else []
        while True:
            line = self._terminal.read_line(MORE_PROMPT)
            if line is None:
                return "\n".join(lines)
            if line.rstrip().endswith(BLOCK):
                last = line.rstrip()[: -len(BLOCK)]
                return "\n".join(lines + [last] if last else lines)
            lines.append(line)

    def _is_command(self, text: str, word: str) -> bool:
        """Whether a text is for us. What else begins with `/` may be a path, or for the offline model's tools."""
        if not text.startswith("/") or "\n" in text or "/" in word[1:]:
            return False
        choices = self._app.choices
        is_offline = not choices or choices[0].provider == OFFLINE
        return word in WORDS or not is_offline

    async def _run_safely(self, work: object) -> None:
        """Ctrl-C and failures end the work and never the conversation."""
        try:
            await work  # type: ignore[misc]
        except KeyboardInterrupt:
            self._output.notice("(interrupted; the session is kept)")
        except OutputClosed:
            raise
        except WeftError as error:
            self._output.notice("weft: error: " + error.message)

    async def _answer(self, text: str) -> None:
        view = TurnView(self._output, is_drawn=True, has_tools=True)
        try:
            result = await self._app.agent.answer(
                InboundMessage(self._channel, self._chat_id, text), view.emit
            )
            view.finish(result)
        finally:
            view.stop()
        if result.error is not None:
            raise result.error

    async def _run_command(self, word: str, argument: str) -> None:
        if word == "/help":
            self._show_help()
        elif word == "/new":
            self._start(argument)
        elif word == "/model":
            self._use_model(argument)
        elif word == "/sessions":
            self._use_session(argument)
        elif word == "/usage":
            from clawft.cli.session_totals import SessionTotals  # noqa: PLC0415 - only where it is asked for

            records = [record for _, record in self._app.sessions.records(self._key())]
            self._output.fields(SessionTotals(records).fields(), self._key())
        elif word == "/tools":
            rows = [(schema.name, schema.description) for schema in self._app.tools.schemas()]
            self._output.table(("TOOL", "WHAT IT DOES"), rows)
        else:
            from clawft.core.near import did_you_mean  # noqa: PLC0415 - only after a mistake

            hint = did_you_mean(word, WORDS) or "/help lists them"
            self._output.notice(
                "there is no command " + word + "; " + hint + " (begin with a blank to send it as text)"
            )

    def _key(self) -> str:
        return self._channel + ":" + self._chat_id

    def _show_banner(self) -> None:
        models = self._app.models
        self._output.notice(
            "weft: " + models[0].name + ", session " + self._key() + ". /help lists commands, Ctrl-D leaves."
        )

    def _show_help(self) -> None:
        rows = [((name + " " + values).strip(), meaning) for name, values, meaning in COMMANDS]
        rows.append(("a line that ends in \\", "goes on in the next line"))
        rows.append((BLOCK + " ... " + BLOCK, "a message of several lines"))
        rows.append(("Ctrl-C", "stop the answer; at the prompt, drop the line"))
        self._output.table(("COMMAND", "WHAT IT DOES"), rows)

    def _start(self, name: str) -> None:
        from clawft.cli.agent import CHANNEL, place_of  # noqa: PLC0415 - it imports us
        from clawft.core.chat_id import new_chat_id  # noqa: PLC0415 - only for a new session

        if name:
            self._channel, self._chat_id = place_of(name)
            is_there = self._app.sessions.find(self._key()) is not None
            self._output.notice("session: " + self._key() + (" (it is not new)" if is_there else ""))
        else:
            self._channel = CHANNEL
            self._chat_id = new_chat_id(self._app.runtime)
            self._output.notice("session: " + self._key())

    def _use_model(self, name: str) -> None:
        if name:
            self._app.use_model(name)
        self._output.notice("model: " + ", then ".join([model.name for model in self._app.models]))

    def _use_session(self, key: str) -> None:
        from clawft.cli.agent import place_of  # noqa: PLC0415 - it imports us
        from clawft.cli.sessions import by_last_use, known_key, show_sessions  # noqa: PLC0415 - only where asked for

        store = self._app.sessions
        if not key:
            show_sessions(by_last_use(store), self._output)
            return
        self._channel, self._chat_id = place_of(known_key(store, key))
        self._output.notice("session: " + self._key())
