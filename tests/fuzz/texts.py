"""Bytes as a text, any text at all, and the tables of the tests as rows."""

from __future__ import annotations


def text_of(data):
    """UTF-8 that may hold halves of surrogate pairs, as JSON may; other bytes are characters of their own number."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def rows_of(table):
    return [row.encode() for row in table.splitlines() if row.strip()]


def words_of(table):
    return [word.encode() for word in (table.split() if isinstance(table, str) else table)]
