"""Random operations on dicts of all sizes and kinds of keys; prints what they return and what is left, in its order."""

import sys

state = int(sys.argv[1])
steps = int(sys.argv[2])


def below(limit):
    global state
    state = (state * 1103515245 + 12345) & 0x7FFFFFFF
    return (state >> 8) % limit


class Colliding:
    def __init__(self, number):
        self.number = number

    def __hash__(self):
        return self.number % 5

    def __eq__(self, other):
        return isinstance(other, Colliding) and self.number == other.number


def key(kind, number):
    if kind == 0:
        return "k" + str(number)
    if kind == 1:
        return number * 65536
    if kind == 2:
        return (number, "t" + str(number % 7))
    if kind == 3:
        return number if number % 3 else number + 0.0
    if kind == 4:
        return b"b%d" % number
    if kind == 5:
        return "s" * (number % 40) + str(number)
    if kind == 6:
        return Colliding(number)
    mixed = (None, True, False, "x", 1.5, number, "é" + str(number), -number, number << 70, (number,))
    return mixed[below(10)]


def name(found):
    return "c" + str(found.number) if isinstance(found, Colliding) else str(found)


def change(d, kind, size, step):
    operation = below(24)
    found = key(kind, below(size))
    if operation < 9:
        d[found] = step
    elif operation < 14:
        if found in d:
            del d[found]
    elif operation < 16:
        print(d.pop(found, -1), end=" ")
    elif operation < 18:
        print(d.get(found, -2), end=" ")
    elif operation == 18:
        print(d.setdefault(found, step), end=" ")
    elif operation == 19 and d and below(3) == 0:
        last, value = d.popitem()
        print(name(last), value, end=" ")
    elif operation == 20 and d:
        oldest = next(iter(d))
        print(name(oldest), d.pop(oldest), end=" ")
    elif operation == 21 and below(20) == 0:
        d = d.copy()
    elif operation == 22 and below(60) == 0:
        for one in list(d):
            del d[one]
    elif operation == 23 and below(30) == 0:
        more = {}
        for _ in range(below(12)):
            more[key(kind, below(size))] = -step
        d.update(more)
        d = d | {1: 2}
    return d


def digest(d):
    total = len(d)
    for one in d:
        for character in name(one):
            total = (total * 31 + ord(character)) % 1000000007
        total = (total * 31 + d[one]) % 1000000007
    return total


for kind in range(8):
    for size in (4, 9, 30, 200, 3000):
        d = {}
        for step in range(steps):
            d = change(d, kind, size, step)
            if step % 300 == 0:
                print(len(d), digest(d))
        print(kind, size, digest(d), ", ".join([name(one) + ":" + str(d[one]) for one in d]))
