"""Reads one layer of configuration over another and checks each value against its key. Finds no file."""

from __future__ import annotations

from clawft.core import config_keys as table
from clawft.core.config_keys import Key
from clawft.core.config_values import BadValue, checked, described, expanded, from_text, printable
from clawft.core.errors import ConfigError
from clawft.core.jsonc import JsoncError, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from clawft.core.jsonc import Document

MOST_WARNINGS = 20
MOST_NAME_CHARACTERS = 64

_LATER = "later"
_WORKSPACE = "agents.defaults.workspace"


class Loader:
    """Starts from the defaults; each `read_*` goes over what was read before; `finish` ends it.

    `providers` are the sections that the user gave, in order; `later` holds what a later version reads.
    """

    def __init__(self, home: str) -> None:
        self.values: dict[str, object] = {key.path: key.default for key in table.KEYS if "*" not in key.path}
        self.origins: dict[str, str] = {}
        self.providers: list[str] = []
        self.later: dict[str, object] = {}
        self.source = ""
        self.warnings: list[str] = []
        self._home = home
        self._tree = table.tree()
        self._unsaid = 0
        self._document: Document | None = None

    def read_file(self, path: str, data: bytes) -> None:
        """Take a whole config file."""
        self.source = path
        try:
            document = parse(data)
        except JsoncError as error:
            hint = "an empty config is {}" if b"{" not in data else ""
            where = f"{path} line {error.line} column {error.column}"
            raise ConfigError(where, error.expected, error.found, hint)
        self._document = document
        if not isinstance(document.value, dict):
            raise ConfigError(path, "an object in { }", described(document.value, is_shown=False))
        for name, line in document.repeated:
            self._warn(
                f'{path} line {line}: "{printable(name)}" a second time in one object; the last one counts'
            )
        self._read_section(document.value, self._tree, "")

    def read_environment(self, environment: dict[str, str]) -> None:
        """Take every variable that begins with `CLAWFT__`."""
        for variable in sorted([name for name in environment if name.startswith(table.VARIABLE_PREFIX)]):
            names = [part.lower() for part in variable[len(table.VARIABLE_PREFIX) :].split("__")]
            provider = ""
            if _is_provider_path(names):
                provider = self._provider_like("__".join(names[1:-1]), variable)
                names = ["providers", "*", names[-1]]
            found = self._find(names)
            if found == _LATER:
                self._warn(printable(variable) + ": not in this version; ignored")
            elif isinstance(found, Key):
                self._put_text(found, provider, environment[variable], "environment", "set by " + variable)
            elif ".".join(names[:2]) in table.STRICT:
                known = [
                    path.split(".")[-1]
                    for path in _all_paths("")
                    if path.startswith(".".join(names[:2]) + ".")
                ]
                raise _unknown(printable(".".join(names)), names[-1], known, "set by " + printable(variable))
            else:
                variables = [table.variable(path) for path in _all_paths(provider)]
                self._warn_unknown(printable(variable), variable, variables)

    def read_overrides(self, overrides: Sequence[tuple[str, str]]) -> None:
        """Take dotted paths and texts. Here an unknown path is an error: someone has just typed it."""
        for path, text in overrides:
            names = path.split(".")
            provider = ""
            if _is_provider_path(names):
                provider = self._provider_name(".".join(names[1:-1]), "given on the command line")
                names = ["providers", "*", names[-1]]
            found = self._find([table.snake(name) for name in names])
            if found == _LATER:
                self._warn(printable(path) + ": not in this version; ignored")
            elif isinstance(found, Key):
                self._put_text(found, provider, text, "command line", "given on the command line")
            else:
                from clawft.core.near import did_you_mean  # noqa: PLC0415 - only for a mistake

                hint = did_you_mean(path, _all_paths(provider))
                raise ConfigError(printable(path), "a key of the configuration", "an unknown one", hint)

    def finish(self) -> None:
        """Check what needs more than one key."""
        kept = []
        for name in self.providers:
            if name in table.PROVIDERS or self.values.get("providers." + name + ".api_base") is not None:
                kept.append(name)
            else:
                what = "providers." + name + ": a provider we do not know, without an api_base; ignored"
                self._warn_unknown(what, name, list(table.PROVIDERS), is_key=False)
        self.providers = kept
        self._check_workspace()
        if self._unsaid:
            self.warnings.append(f"and {self._unsaid} more warnings about the configuration")

    def _read_section(self, given: dict[str, object], node: dict[str, object], path: str) -> None:
        for key, value in given.items():
            name = "" if key == "$schema" and not path else self._name(key, given, node, path)
            if not name:
                continue
            inner = node[name]
            inner_path = path + name
            if inner is None:
                self.later[inner_path] = value
                self._warn(inner_path + ": not in this version; ignored")
            elif isinstance(inner, Key):
                self._put(inner, inner_path, given, key)
            elif not isinstance(value, dict):
                found = described(value, is_shown=False)
                raise ConfigError(inner_path, "an object", found, self._where(given, key))
            elif isinstance(inner, dict) and "*" in inner:
                self._read_providers(value, inner["*"])
            elif isinstance(inner, dict):
                self._read_section(value, inner, inner_path + ".")

    def _read_providers(self, given: dict[str, object], node: dict[str, object]) -> None:
        for key, value in given.items():
            name = self._provider_name(key, "see " + self.source)
            if name != key and name in given:
                self._warn("providers." + key + ": ignored, because " + name + " is there too")
            elif not isinstance(value, dict):
                found = described(value, is_shown=False)
                raise ConfigError("providers." + name, "an object", found, self._where(given, key))
            else:
                self.providers.append(name)
                self._read_section(value, node, "providers." + name + ".")

    def _name(self, key: str, given: dict[str, object], node: dict[str, object], path: str) -> str:
        if key in node:
            return key
        name = table.snake(key) if len(key) <= MOST_NAME_CHARACTERS else ""
        if name not in node or table.camel(name) != key:
            if path[:-1] in table.STRICT:
                raise _unknown(path + printable(key), name, list(node), self._where(given, key))
            self._warn_unknown(path + printable(key), key, list(node), path)
            return ""
        if name in given:
            self._warn(path + key + ": ignored, because " + name + " is there too")
            return ""
        return name

    def _provider_name(self, name: str, where: str) -> str:
        if name in table.PROVIDERS:
            return name
        if not _is_name(name):
            expected = "a name of at most 64 letters, digits, -, _ and ."
            raise ConfigError("providers." + printable(name), expected, "another one", where)
        known = table.snake(name)
        return known if known in table.PROVIDERS and table.camel(known) == name else name

    def _provider_like(self, name: str, variable: str) -> str:
        same = [known for known in self.providers if _folded(known) == _folded(name)]
        if len(same) > 1:
            raise ConfigError(
                variable, "a name that one provider has", " and ".join(same), "rename one of them"
            )
        return same[0] if same else self._provider_name(name, "set by " + variable)

    def _find(self, names: list[str]) -> Key | str:
        node: object = self._tree
        for name in names:
            if not isinstance(node, dict) or name not in node:
                return ""
            node = node[name]
            if node is None:
                return _LATER
        return node if isinstance(node, Key) else ""

    def _put(self, key: Key, path: str, given: dict[str, object], name: str) -> None:
        try:
            self.values[path] = checked(key, given[name])
        except BadValue as bad:
            raise ConfigError(path, bad.expected, bad.found, _joined(bad.hint, self._where(given, name)))
        self.origins[path] = "file"

    def _put_text(self, key: Key, provider: str, text: str, origin: str, where: str) -> None:
        path = key.path.replace("*", provider)
        try:
            self.values[path] = from_text(key, text)
        except BadValue as bad:
            raise ConfigError(path, bad.expected, bad.found, _joined(bad.hint, where))
        self.origins[path] = origin
        if provider and provider not in self.providers:
            self.providers.append(provider)

    def _check_workspace(self) -> None:
        given = str(self.values[_WORKSPACE])
        path = expanded(given, self._home)
        where = {"file": "see " + self.source, "environment": "set by " + table.variable(_WORKSPACE)}.get(
            self.origins.get(_WORKSPACE, ""), ""
        )
        if self._home.startswith("/") and not path.startswith("/"):
            raise ConfigError(
                _WORKSPACE, "an absolute path or one from ~/", '"' + printable(given) + '"', where
            )
        workspace = _comparable(path)
        state = _comparable(self._home + table.STATE_FOLDER)
        if state.startswith(workspace) or workspace.startswith(state):
            expected = (
                "a folder neither around nor inside ~" + table.STATE_FOLDER + ", which models must not reach"
            )
            raise ConfigError(_WORKSPACE, expected, '"' + printable(given) + '"', where)
        if self.source and _comparable(self.source).startswith(workspace):
            self._warn(
                _WORKSPACE + ": " + self.source + " is inside it, so models can change the configuration"
            )

    def _where(self, section: dict[str, object], key: str) -> str:
        if self._document is None:
            return ""
        return "see " + self.source + " line " + str(self._document.line(section, key))

    def _warn(self, text: str) -> None:
        if len(self.warnings) < MOST_WARNINGS:
            self.warnings.append(text)
        else:
            self._unsaid += 1

    def _warn_unknown(
        self, what: str, word: str, names: list[str], path: str = "", *, is_key: bool = True
    ) -> None:
        if len(self.warnings) >= MOST_WARNINGS:
            self._unsaid += 1
            return
        from clawft.core.near import near, question  # noqa: PLC0415 - only for a mistake

        found = [path + name for name in near(word, names)]
        if not found and is_key and len(word) <= MOST_NAME_CHARACTERS:
            # The right name in the wrong section.
            name = table.snake(word)
            paths = _all_paths("") + list(table.LATER)
            found = [other for other in paths if other.split(".")[-1] == name]
        hint = question(found)
        self.warnings.append(
            what + (": unknown key, ignored" if is_key else "") + ("; " + hint if hint else "")
        )


def _unknown(path: str, name: str, names: list[str], where: str) -> ConfigError:
    from clawft.core.near import did_you_mean  # noqa: PLC0415 - only for a mistake

    hint = did_you_mean(name, names) or "the keys here are " + ", ".join(names)
    return ConfigError(path, "a key of this section", "an unknown one", _joined(hint, where))


def _is_provider_path(names: list[str]) -> bool:
    return names[0] == "providers" and len(names) > 2  # noqa: PLR2004 - section, name, key


def _all_paths(provider: str) -> list[str]:
    return [key.path.replace("*", provider or "NAME") for key in table.KEYS]


def _is_name(name: str) -> bool:
    if not 0 < len(name) <= MOST_NAME_CHARACTERS:
        return False
    for letter in name:
        if not ("a" <= letter <= "z" or "A" <= letter <= "Z" or "0" <= letter <= "9" or letter in "-_."):
            return False
    return True


def _folded(name: str) -> str:
    return name.lower().replace("-", "_").replace(".", "_")


def _comparable(path: str) -> str:
    """A folder's path with one "/" after each name, for telling which lies in which: some systems ignore case."""
    names = [name for name in path.lower().replace("\\", "/").split("/") if name not in ("", ".")]
    return "/".join(names) + "/" if names else ""


def _joined(hint: str, where: str) -> str:
    return hint + "; " + where if hint and where else hint or where
