"""Walks the tree of one file and notes what the portable dialect has not. Reads no file; the tables stand apart."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from typing import TYPE_CHECKING

from tools import dialect_tables as dialect
from tools.freeze import is_type_checking

if TYPE_CHECKING:
    from collections.abc import Iterator


class Dialect(ast.NodeVisitor):
    """Walks one file and notes what the dialect has not; does not follow names further than the file says."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._found: list[tuple[int, str, str]] = []

    def judge(self, tree: ast.Module) -> list[tuple[int, str, str]]:
        """Line, construct and replacement of each refusal."""
        self.visit(tree)
        has_future = any(
            isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body
        )
        annotated = [
            node
            for node in ast.walk(tree)
            if getattr(node, "annotation", None) or getattr(node, "returns", None)
        ]
        if annotated and not has_future:
            self._found.append(
                (1, "annotations that CPython evaluates", "from __future__ import annotations")
            )
        return self._found

    def _refuse(self, node: ast.AST, construct: str, instead: str) -> None:
        self._found.append((getattr(node, "lineno", 1), construct, instead))

    # Statements

    def visit_If(self, node: ast.If) -> None:
        if is_type_checking(node.test):
            for statement in node.orelse:
                self.visit(statement)
        else:
            self.generic_visit(node)

    def visit_Match(self, node: ast.Match) -> None:
        self._refuse(node, "match", "if and elif, or a table")
        self.generic_visit(node)

    def visit_TryStar(self, node: ast.TryStar) -> None:
        self._refuse(node, "except*", "except")
        self.generic_visit(node)

    def visit_TypeAlias(self, node: ast.stmt) -> None:
        self._refuse(node, "type statement", "an alias under `if TYPE_CHECKING`")

    def visit_Raise(self, node: ast.Raise) -> None:
        if node.cause is not None:
            self._refuse(
                node, "raise ... from, which loses the cause", "the text of the cause in the message"
            )
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.target)
        if node.value is not None:
            self.visit(node.value)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if len(node.bases) > 1:
            self._refuse(node, "multiple inheritance", "one base class, and a part that is called")
        if node.keywords:
            self._refuse(node, "class keywords (metaclass)", "a table or a function")
        if any(
            isinstance(base, ast.Name) and base.id in {"NamedTuple", "Generic", "Protocol"}
            for base in node.bases
        ):
            self._refuse(node, "a typing base class", dialect.SMALL_CLASS)
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef) and statement.name in dialect.SPECIAL_METHODS:
                self._refuse(statement, statement.name, dialect.SPECIAL_METHODS[statement.name])
        self._judge_declaration(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._judge_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        if any(isinstance(child, (ast.Yield, ast.YieldFrom)) for child in _own_nodes(node)):
            self._refuse(node, "asynchronous generator", "a class with __aiter__ and __anext__")
        self._judge_function(node)

    def _judge_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        if node.args.posonlyargs:
            self._refuse(node, "positional-only arguments", "ordinary arguments")
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.visit(default)
        self._judge_declaration(node)

    def _judge_declaration(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        if getattr(node, "type_params", None):
            self._refuse(node, "type parameters", "annotations under `if TYPE_CHECKING`")
        for decorator in node.decorator_list:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            while isinstance(target, ast.Attribute):
                target = target.value
            if not isinstance(target, ast.Name):
                self._refuse(decorator, "a decorator that is more than a name or its call", "a name")
            self.visit(decorator)
        for statement in node.body:
            self.visit(statement)

    # Imports

    def visit_Import(self, node: ast.Import) -> None:
        for name in node.names:
            self._judge_module(node, name.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if node.level:
            self._refuse(node, "relative import", "the whole name, from clawft")
            return
        for name in node.names:
            if name.name == "*":
                self._refuse(node, "import *", "the names")
            elif self._judge_module(node, module) and module != "typing":
                self._judge_member(node, module, name.name)
            elif module == "typing" and name.name == "NamedTuple":
                self._refuse(node, "typing.NamedTuple", "collections.namedtuple or " + dialect.SMALL_CLASS)

    def _judge_module(self, node: ast.AST, module: str) -> bool:
        """Whether what is taken from the module is worth a look. Differences may stand in `COMPAT`, and are tested."""
        if self._path == dialect.COMPAT:
            return False
        top = module.partition(".")[0]
        if top == "clawft" or module in dialect.TYPING_MODULES:
            return False
        if module in dialect.NATIVE_MODULES and self._path.startswith(dialect.NATIVE_FILES):
            return False
        if module in dialect.MODULES and (module != "asyncio" or self._path in dialect.ASYNCIO_FILES):
            return True
        instead = dialect.INSTEAD_OF_MODULE.get(
            top, "code of our own: " + ", ".join(dialect.MODULES) + " are there"
        )
        self._refuse(node, f"import of {module}", instead)
        return False

    def _judge_member(self, node: ast.AST, module: str, member: str) -> None:
        known = dialect.MODULES.get(module)
        if self._path != dialect.COMPAT and known is not None and member not in known:
            instead = dialect.INSTEAD_OF_MEMBER.get(
                f"{module}.{member}", "one of " + ", ".join(sorted(known))
            )
            self._refuse(node, f"{module}.{member}", instead)

    # Expressions

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load) and node.id in dialect.BUILTINS:
            self._refuse(node, node.id, dialect.BUILTINS[node.id])

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr in dialect.ATTRIBUTES and isinstance(node.ctx, ast.Load) and not _is_self(node.value):
            self._refuse(node, f".{node.attr}", dialect.ATTRIBUTES[node.attr])
        if isinstance(node.value, ast.Name) and node.value.id in dialect.MODULES:
            self._judge_member(node, node.value.id, node.attr)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name):
            self._judge_call(node, node.func.id)
        elif isinstance(node.func, ast.Attribute) and not _is_self(node.func.value):
            self._judge_method_call(node, node.func)
        self.generic_visit(node)

    def _judge_call(self, node: ast.Call, name: str) -> None:
        if name in dialect.POSITIONAL_BUILTINS and node.keywords:
            self._refuse(
                node, f"{name}() with a keyword argument", "positional arguments, or a check before it"
            )
        if name == "print" and any(keyword.arg == "flush" for keyword in node.keywords):
            self._refuse(node, "print(flush=)", "the terminal's write")
        if name == "deque" and len(node.args) != 2:  # noqa: PLR2004 - an iterable and a length
            self._refuse(node, "deque() without an iterable and a length", "deque((), maximum)")
        if name == "namedtuple" and node.keywords:
            self._refuse(node, "namedtuple() with a keyword argument", dialect.SMALL_CLASS)
        if name == "str" and len(node.args) > 2:  # noqa: PLR2004 - a value and an encoding
            self._refuse(node, "str() with errors=", "bytes that are checked before")
        if name in {"isinstance", "issubclass"} and isinstance(node.args[-1], ast.BinOp):
            self._refuse(node, f"{name}() with A | B", "a tuple: (A, B)")
        if name == "len" and node.args and _is_view(node.args[0]):
            self._refuse(node, "len() of a dict view", "len() of the dict")

    def _judge_method_call(self, node: ast.Call, function: ast.Attribute) -> None:
        name = function.attr
        is_module = isinstance(function.value, ast.Name) and function.value.id in dialect.MODULES
        if name in dialect.METHODS and not is_module:
            self._refuse(node, f".{name}()", dialect.METHODS[name])
        if name in dialect.POSITIONAL_METHODS and node.keywords:
            self._refuse(node, f".{name}() with a keyword argument", "positional arguments")
        if name in dialect.CODEC_METHODS and len(node.args) > 1:
            self._refuse(node, f".{name}() with errors", "bytes that are checked before")
        if name == "format" and isinstance(function.value, ast.Constant):
            self._judge_format(node, function.value.value)
        if isinstance(function.value, ast.Name) and function.value.id == "re" and node.args:
            self._judge_pattern(node, name)

    def _judge_format(self, node: ast.Call, text: object) -> None:
        if isinstance(text, str) and re.search(r"\{[^{}:!]*[.\[]", text):
            self._refuse(node, "format() with {0.attribute} or {0[item]}", "the value as an argument")

    def _judge_pattern(self, node: ast.Call, function: str) -> None:
        pattern = node.args[0].value if isinstance(node.args[0], ast.Constant) else ""
        text = pattern.decode("latin-1") if isinstance(pattern, bytes) else str(pattern)
        for part, why in dialect.PATTERNS:
            if re.search(part, text):
                construct, _, instead = why.partition(": ")
                self._refuse(node, f"in a regular expression, {construct}", instead)
        if len(node.args) > {"compile": 1, "sub": 4}.get(function, 2) or node.keywords:
            self._refuse(node, f"re.{function}() with flags or keyword arguments", "both cases written out")

    def visit_Dict(self, node: ast.Dict) -> None:
        if None in node.keys:
            self._refuse(node, "{**a}", "dict(a), a | b or update()")
        self.generic_visit(node)

    def visit_List(self, node: ast.List) -> None:
        self._judge_stars(node, node.elts, node.ctx)

    def visit_Tuple(self, node: ast.Tuple) -> None:
        self._judge_stars(node, node.elts, node.ctx)

    def visit_Set(self, node: ast.Set) -> None:
        self._judge_stars(node, node.elts, ast.Load())

    def _judge_stars(self, node: ast.AST, elements: list[ast.expr], context: ast.expr_context) -> None:
        if isinstance(context, ast.Load) and any(isinstance(element, ast.Starred) for element in elements):
            self._refuse(node, "[*a] or (*a,)", "list(a) + [...] or tuple(a) + (...)")
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        if node.is_async:
            self._refuse(node.target, "asynchronous comprehension", "a loop")
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        step = node.slice.step if isinstance(node.slice, ast.Slice) else None
        if step is not None and not (isinstance(step, ast.Constant) and step.value == 1):
            self._refuse(node, "a slice with a step", "reversed() or a loop")
        generic = {"list", "dict", "tuple", "set", "frozenset", "type"}
        if isinstance(node.value, ast.Name) and node.value.id in generic:
            self._refuse(node, f"{node.value.id}[...] at run time", "an alias under `if TYPE_CHECKING`")
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        sides = (node.left, node.right)
        if isinstance(node.op, ast.BitOr) and any(
            isinstance(side, ast.Constant) and side.value is None for side in sides
        ):
            self._refuse(node, "A | None at run time", "an alias under `if TYPE_CHECKING`")
        if any(_is_view(side) for side in sides):
            self._refuse(node, "set operation on a dict view", "set(...) of it first")
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        if any(_is_view(side) for side in (node.left, *node.comparators)) and not isinstance(
            node.ops[0], (ast.In, ast.NotIn)
        ):
            self._refuse(node, "comparison of a dict view", "list(...) or set(...) of it first")
        self.generic_visit(node)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> None:
        if node.conversion == ord("a"):
            self._refuse(node, "{x!a}", "{x!r}")
        spec = node.format_spec
        if isinstance(spec, ast.JoinedStr):
            texts = [part.value for part in spec.values if isinstance(part, ast.Constant)]
            if any("_" in str(text) for text in texts):
                self._refuse(node, "{n:_}", "{n:,}")
        self.generic_visit(node)


def _own_nodes(function: ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """The nodes of a function that are not in a function inside it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)


def _is_view(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"keys", "items", "values"}
        and not node.args
    )


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def judge_tokens(source: str) -> Iterator[tuple[int, str, str]]:
    """Literals side by side, one of them an f-string and another one with braces: an IndexError on MicroPython."""
    run: list[str] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        name = tokenize.tok_name[token.type]
        if name in {"STRING", "FSTRING_START"}:
            prefix = token.string.partition(token.string[-1])[0].lower()
            is_formatted = name == "FSTRING_START" or "f" in prefix
            run.append("f" if is_formatted else "{" if "{" in token.string or "}" in token.string else "")
            if "f" in run and "{" in run:
                yield token.start[0], "an f-string beside a literal with braces", "one f-string, or +"
                run = []
        elif name not in {"NL", "COMMENT", "FSTRING_MIDDLE", "FSTRING_END"}:
            run = []
