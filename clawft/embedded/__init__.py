"""The runtime inside our own executables: `core/interfaces.py` on MicroPython over the C module `_weft`."""
