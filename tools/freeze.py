"""Turns portable source into what MicroPython freezes: the same behaviour without what exists only for readers.

Takes away annotations, docstrings, `from __future__`, imports from typing, `if TYPE_CHECKING` blocks. Every statement
stays on its line, so that a traceback from a device points into the source. May not change behaviour: what cannot be
taken away without changing it is refused.
"""

from __future__ import annotations

import ast
import re

TYPING_MODULES = ("__future__", "typing", "typing_extensions")
_COMMENT = re.compile(rb"#[^\n]*")


class LowerError(ValueError):
    """Source that cannot be lowered. `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line
        self.message = message


def lower(source: str) -> str:
    """The lowered source, with as many lines. Raises SyntaxError or LowerError."""
    tree = ast.parse(source)
    lowering = _Lowering(source)
    lowering.lower_body(tree.body, may_be_empty=True)
    lowering.refuse_uses_of_dropped_names()
    return lowering.text()


class _Lowering:
    """One file: collects edits, as spans of bytes, while it walks the tree."""

    def __init__(self, source: str) -> None:
        self._source = source.encode()
        self._line_starts = [0]
        for match in re.finditer(rb"\n", self._source):
            self._line_starts.append(match.end())
        self._edits: list[tuple[int, int, bytes]] = []
        self._dropped_names: set[str] = set()
        self._kept: list[ast.Name] = []

    def text(self) -> str:
        """The source with all edits made."""
        pieces = []
        position = 0
        for start, end, replacement in sorted(self._edits):
            pieces.append(self._source[position:start])
            pieces.append(replacement)
            position = end
        pieces.append(self._source[position:])
        return b"".join(pieces).decode()

    def refuse_uses_of_dropped_names(self) -> None:
        for name in self._kept:
            if name.id in self._dropped_names:
                raise LowerError(name.lineno, f"{name.id} comes from typing and is used at run time")

    def lower_body(
        self, body: list[ast.stmt], *, may_be_empty: bool = False, has_docstring: bool = True
    ) -> None:
        """The statements of one block."""
        removable = [
            (index == 0 and has_docstring and _is_docstring(statement)) or _is_removable(statement)
            for index, statement in enumerate(body)
        ]
        needs_pass = all(removable) and not may_be_empty
        for statement, is_removed in zip(body, removable, strict=True):
            if is_removed:
                self._remove(statement, needs_pass=needs_pass)
                needs_pass = False
            else:
                self._lower(statement)

    def _lower(self, node: ast.AST) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self._lower_function(node)
        elif isinstance(node, ast.ClassDef):
            for child in (*node.decorator_list, *node.bases, *node.keywords):
                self._lower(child)
            self.lower_body(node.body)
        elif isinstance(node, ast.AnnAssign):
            self._lower(node.target)
            self._drop_annotation(self._end(node.target), node.annotation)
            if node.value is not None:
                self._lower(node.value)
        elif isinstance(node, ast.Name):
            self._lower_name(node)
        else:
            self._lower_children(node)

    def _lower_children(self, node: ast.AST) -> None:
        for _, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                self.lower_body(value, has_docstring=False)
            elif isinstance(value, list):
                for child in value:
                    if isinstance(child, ast.AST):
                        self._lower(child)
            elif isinstance(value, ast.AST):
                self._lower(value)

    def _lower_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self._lower(decorator)
        arguments = node.args
        named = [
            *arguments.posonlyargs,
            *arguments.args,
            *arguments.kwonlyargs,
            arguments.vararg,
            arguments.kwarg,
        ]
        for argument in named:
            if argument is not None and argument.annotation is not None:
                name_end = self._offset(argument.lineno, argument.col_offset) + len(argument.arg.encode())
                self._drop_annotation(name_end, argument.annotation)
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None:
                self._lower(default)
        if node.returns is not None:
            arrow = self._source.rfind(b"->", 0, self._start(node.returns))
            self._blank(arrow, self._past_parentheses(arrow, node.returns))
        self.lower_body(node.body)

    def _lower_name(self, node: ast.Name) -> None:
        if node.id == "TYPE_CHECKING" and isinstance(node.ctx, ast.Load):
            self._edits.append((self._start(node), self._end(node), b"False"))
        else:
            self._kept.append(node)

    def _drop_annotation(self, name_end: int, annotation: ast.expr) -> None:
        colon = self._source.index(b":", name_end)
        self._blank(colon, self._past_parentheses(colon, annotation))

    def _past_parentheses(self, start: int, node: ast.expr) -> int:
        """The end of an expression with the parentheses around it, those opened since `start`."""
        end = self._end(node)
        opened = _COMMENT.sub(b"", self._source[start : self._start(node)]).count(b"(")
        for _ in range(opened):
            rest = re.match(rb"(?:\s|#[^\n]*\n)*\)", self._source[end:])
            if rest is None:
                raise LowerError(
                    node.lineno, "cannot find the end of this annotation; write it without parentheses"
                )
            end += rest.end()
        return end

    def _remove(self, statement: ast.stmt, *, needs_pass: bool) -> None:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            self._dropped_names.update((name.asname or name.name) for name in statement.names)
            self._dropped_names.discard("TYPE_CHECKING")
        start, end = self._start(statement), self._end(statement)
        line_start = self._line_starts[statement.lineno - 1]
        is_alone = not self._source[line_start:start].strip() and not self._source[end : end + 80].lstrip(
            b" \t"
        ).startswith(b";")
        newlines = b"\n" * self._source.count(b"\n", start, end)
        self._edits.append((start, end, (b"pass" if needs_pass or not is_alone else b"") + newlines))

    def _blank(self, start: int, end: int) -> None:
        """Spaces for a span inside a statement; the lines it covers are joined, so that they still count."""
        newlines = self._source.count(b"\n", start, end)
        self._edits.append((start, end, b" \\\n" * newlines))

    def _offset(self, line: int, column: int) -> int:
        return self._line_starts[line - 1] + column

    def _start(self, node: ast.stmt | ast.expr) -> int:
        return self._offset(node.lineno, node.col_offset)

    def _end(self, node: ast.stmt | ast.expr) -> int:
        assert node.end_lineno is not None  # noqa: S101 - ast.parse always sets it
        assert node.end_col_offset is not None  # noqa: S101 - as above
        return self._offset(node.end_lineno, node.end_col_offset)


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _is_removable(statement: ast.stmt) -> bool:
    """A statement that says something to readers and type checkers only."""
    if isinstance(statement, ast.ImportFrom):
        return statement.level == 0 and statement.module in TYPING_MODULES
    if isinstance(statement, ast.Import):
        return all(name.name in TYPING_MODULES for name in statement.names)
    if isinstance(statement, ast.AnnAssign):
        return statement.value is None
    return isinstance(statement, ast.If) and not statement.orelse and is_type_checking(statement.test)


def is_type_checking(test: ast.expr) -> bool:
    """Whether this is the test of a block that only type checkers read."""
    if isinstance(test, ast.Attribute):
        return test.attr == "TYPE_CHECKING" and isinstance(test.value, ast.Name) and test.value.id == "typing"
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"
