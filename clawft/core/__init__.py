"""The nouns of the agent: messages, errors, interfaces, sessions, configuration. Imports nothing of ours."""
