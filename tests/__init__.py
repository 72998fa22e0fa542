"""Tests: mirrored paths, sentence names, fakes of our own. `portable/` runs on two runtimes."""
