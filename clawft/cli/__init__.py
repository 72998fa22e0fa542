"""The command table, its parser, and one file a command."""
