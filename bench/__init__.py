"""Measures what was built and judges it by figures of the same run. Runs the agent, never imports it."""
