"""Decisions about paths and, later, commands and URLs. No I/O."""
