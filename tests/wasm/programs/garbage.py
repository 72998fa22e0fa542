"""Makes garbage of every kind while what is in use is held in every way, and prints what came of it, line by line.

Its last line is how often memory was collected. Test builds overwrite what they free, so that whatever is freed too
early is found.
"""

import gc
import json
import sys

import _weft

gc.threshold(int(sys.argv[1]))
ROUNDS = int(sys.argv[2])


class Counted:
    """Objects of it that have a finaliser: those that are gone."""

    gone = 0

    def __init__(self, *parts, **named):
        self.parts = [str(part) + "!" for part in parts]
        self.named = {name: [value, str(value)] for name, value in named.items()}

    def __eq__(self, other):
        return self.parts + [] == other.parts + []

    def __lt__(self, other):
        return ["x" + part for part in self.parts] < ["x" + part for part in other.parts]

    def __hash__(self):
        return hash(tuple(self.parts))

    def __repr__(self):
        return "Counted(" + ", ".join([repr(part) for part in self.parts]) + ")"

    def joined(self, between):
        return between.join([part + str(self.named.get("a", "")) for part in self.parts])


def numbers(limit):
    for number in range(limit):
        kept = [number, str(number), {"n": number}]
        yield kept[1] + str(kept[2]["n"])
    return "end of " + str(limit)


def delegating(limit):
    ended = yield from numbers(limit)
    yield ended + "?"


async def leaf(number):
    text = "leaf " + str(number)
    parts = [text] * 3
    return ",".join(parts)


async def branch(number):
    held = [str(number) * 2, {"number": [number]}]
    first = await leaf(number)
    second = await leaf(number + 1)
    return first + held[0] + second + str(held[1]["number"])


def run(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise RuntimeError("it waited")


def adder(first, *more, scale=1):
    held = [str(first)]

    def add(second, third="t"):
        held.append(str(second) + third)
        return "".join(held) + str(more) + str(scale)

    return add


def failing(depth):
    held = ["held " + str(depth)]
    try:
        if depth == 0:
            raise ValueError("bottom " + str(held))
        return failing(depth - 1)
    except ValueError as error:
        raise ValueError(str(error) + held[0])
    finally:
        held.append("f" * depth)


def sorts(number):
    words = [str((number * 7919 + at * 104729) % 1009) + "w" for at in range(40)]
    by_length = sorted(words, key=lambda word: (len(word), "k" + word))
    backwards = sorted([Counted(word) for word in words[:8]], reverse=True)
    words.sort(key=lambda word: word[::1] + str(len(word)))
    return by_length[:3] + words[:3] + [str(backwards[0]), max(words, key=lambda word: word + "m")]


def texts(number):
    parts = [f"{number!r:>6}|{'é' * (number % 5)}|{number / 7:.3f}|{at:04x}" for at in range(10)]
    text = "\n".join(parts)
    for part in text.split("\n"):
        text = text.replace(part[:3], part[1:4] + "-", 1)
    return text.upper()[-20:] + "%s %r %d" % (parts[0], parts[1], number)


def tables(number):
    table = {}
    for at in range(60):
        table["key " + str(at)] = [at, str(at * number)]
        if at % 3 == 0:
            table.pop("key " + str(at // 2), None)
    copied = dict(table)
    copied.update([(str(at), (at, [at])) for at in range(20)])
    items = [name + str(value) for name, value in copied.items()]
    several = set(items) | {"x" + item for item in items}
    del items[::1]
    return str(len(several)) + str(list(table.values())[-2:])


def jsons(number):
    value = {
        "number": number,
        "list": [{"at": at, "text": "t" * at + "\u00e9"} for at in range(12)],
        "none": None,
    }
    text = json.dumps(value)
    again = json.loads(text)
    return text[:40] + str(again["list"][-1]) + str(json.loads(json.dumps(again)) == value)


def iterators(number):
    found = [a + b for a, b in zip(map(str, range(9)), numbers(9))]
    found += [str(at) + text for at, text in enumerate(delegating(4))]
    found += list(filter(lambda text: text != "3", [str(at) for at in range(5)]))
    found.append("-".join(str(at) + "j" for at in range(number % 7)))
    found.append(str(sum([int(text[:1]) for text in found if text[:1].isdigit()])))
    return "".join(found)


def recursing(depth):
    held = [depth, str(depth)]
    below = recursing(depth - 1) if depth else ""
    return held[1] + below[:50] + str(held[0])


class Sandwich:
    def __enter__(self):
        self.bread = ["bread"] * 3
        return self.bread

    def __exit__(self, kind, error, trace):
        self.bread.append("crumbs " + str(error))
        return True


def blocks(number):
    with Sandwich() as bread:
        bread.append(str(number))
        raise KeyError("eaten " + str(bread))
    return str(bread)


def caught(number):
    try:
        failing(6)
    except ValueError as error:
        return str(error) + str(number)


KINDS = [
    (
        "classes",
        lambda number: Counted(number, "b", a=number, c="d").joined("+") + repr(Counted("x") == Counted("x")),
    ),
    ("generators", lambda number: ",".join(list(numbers(9)) + list(delegating(3)))),
    ("coroutines", lambda number: run(branch(number))),
    (
        "closures",
        lambda number: adder(number, "m", [number], scale="s")(number + 1) + adder(1)("x", third="y"),
    ),
    ("exceptions", caught),
    ("sorts", lambda number: ",".join(sorts(number))),
    ("texts", texts),
    ("tables", tables),
    ("json", jsons),
    ("iterators", iterators),
    ("recursion", lambda number: recursing(30)),
    ("blocks", blocks),
    ("hashes", lambda number: str(len({Counted(at % 5): str(at) for at in range(20)}))),
    (
        "bytes",
        lambda number: str(
            b"".join([bytes([at]) * 3 for at in range(40)])[-9:] + bytearray(str(number), "utf-8")
        ),
    ),
]

total = 0
for round_number in range(ROUNDS):
    for name, make in KINDS:
        made = make(round_number)
        assert make(round_number) == made, (name, round_number)
        for character in made:
            total = (total * 31 + ord(character)) & 0x3FFFFFFF
        if round_number < 2:
            print(name + ": " + made)
print(str(ROUNDS) + " rounds, " + str(total))
print(_weft.collections())
