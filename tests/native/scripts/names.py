"""Prints what is found of names that the build knows, that it does not know and that only begin like one."""

import sys

# None of them in CPython either, where there is no clawft here.
MISSING = (
    "claw",
    "clawft.cor",
    "clawft.core.versio",
    "clawft.core.version.more",
    "clawft.core.versions",
    "clawft-core",
    "aaaa",
    "zzzz",
)


def is_found(name):
    try:
        __import__(name)
    except ImportError:
        return False
    return True


for name in MISSING:
    print(name, is_found(name))
# Interned at run time, among and behind those of the build: each must be found again as what it is.
made = ["name" + str(number) for number in range(int(sys.argv[1]))]


class Holder:
    """Its attributes are interned."""


holder = Holder()
for number, name in enumerate(made):
    setattr(holder, name, number)
print(all(getattr(holder, "name" + str(number)) == number for number in range(len(made))))
print([hasattr(holder, name) for name in ("name", "nam", "name00", "append", "clawft", "", "\n", "<module>")])
for name in ("append", "__init__", "\n", "", "<module>", "version", "x" * 300):
    setattr(holder, name + "!", name)
    print(
        repr(name[:20]), getattr(holder, name + "!") == name, "".join(list(name)) == name, {name: 1}.get(name)
    )
