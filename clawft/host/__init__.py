"""CPython only: HTTP, files, terminal."""
