"""A turn of conversation: context, turn, tool calls, loop."""
