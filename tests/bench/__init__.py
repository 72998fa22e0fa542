"""Figures of the CPython agent: whole-process ratios, turns a second, and micro-benchmarks."""
