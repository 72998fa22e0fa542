"""Turns a commit into archives that anyone can verify and rebuild. Reaches the agent only by running it."""
