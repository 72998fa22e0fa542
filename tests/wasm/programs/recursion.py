"""Recursion of every kind, in Python and through C, endless or deep: each must end in a RuntimeError, twice."""


def deeper(number):
    return deeper(number + 1)


def many(number, *rest, a=1, b=2, **more):
    return many(number + 1, *rest, a=a, b=b, **more)


def guarded():
    try:
        return guarded()
    finally:
        len("")


def entered():
    with Block():
        return entered()


class Block:
    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        return False


def closure():
    def inner():
        return closure()

    return inner()


def generated():
    yield from generated()


async def awaited():
    await awaited()


def by_key(_):
    return sorted([2, 1], key=by_key)


def greatest(_):
    return max([2, 1], key=greatest)


def mapped(item):
    return list(map(mapped, [item]))


def filled():
    return f"{filled()!r:>10}"


class Endless:
    def __init__(self, other=None):
        if other is not None:
            Endless(other)

    def __repr__(self):
        return repr([self])

    def __str__(self):
        return "%s" % (self,)

    def __eq__(self, other):
        return [self] == [other]

    def __hash__(self):
        return hash((1, self))

    def __lt__(self, other):
        return sorted([Endless(), Endless()]) is None

    def __getattr__(self, name):
        return getattr(self, name + "x")

    def __getitem__(self, index):
        return self[index + 1]

    def __len__(self):
        return len(self) + 1

    def __bool__(self):
        return not self

    def __contains__(self, item):
        return item in self

    def __iter__(self):
        return iter(list(self))

    def __call__(self, *words):
        return self(*words)

    def __add__(self, other):
        return self + other

    @property
    def endless(self):
        return self.endless


class Above:
    def act(self):
        return self.act()


class Below(Above):
    def act(self):
        return super().act()


DEPTH = 20_000


def nested(wrap):
    found = wrap(())
    for _ in range(DEPTH):
        found = wrap(found)
    return found


def in_list(item):
    return [item]


def in_tuple(item):
    return (item, 1)


def in_dict(item):
    return {1: item}


def filtered(items):
    return filter(None, items)


def mapped_by_c(items):
    return map(str, items)


CASES = [
    ("calls", lambda: deeper(0)),
    ("calls with many arguments", lambda: many(0, 1, 2, c=3)),
    ("try", guarded),
    ("with", entered),
    ("closures", closure),
    ("generators", lambda: list(generated())),
    ("coroutines", lambda: awaited().send(None)),
    ("key of sorted", lambda: by_key(1)),
    ("key of max", lambda: greatest(1)),
    ("map", lambda: mapped(1)),
    ("f-strings", filled),
    ("__init__", lambda: Endless(1)),
    ("__repr__", lambda: repr(Endless())),
    ("__str__", lambda: str(Endless())),
    ("__eq__", lambda: Endless() == Endless()),
    ("__hash__", lambda: hash(Endless())),
    ("__lt__", lambda: sorted([Endless(), Endless()])),
    ("__getattr__", lambda: Endless().name),
    ("__getitem__", lambda: Endless()[0]),
    ("__len__", lambda: len(Endless())),
    ("__bool__", lambda: not Endless()),
    ("__contains__", lambda: 1 in Endless()),
    ("__iter__", lambda: list(Endless())),
    ("__call__", lambda: Endless()(1, 2)),
    ("__add__", lambda: Endless() + 1),
    ("properties", lambda: Endless().endless),
    ("super", lambda: Below().act()),
    ("repr of lists", lambda: repr(nested(in_list))),
    ("lists compared", lambda: nested(in_list) == nested(in_list)),
    ("tuples ordered", lambda: nested(in_tuple) < nested(in_tuple)),
    ("dicts compared", lambda: nested(in_dict) == nested(in_dict)),
    ("tuples hashed", lambda: hash(nested(in_tuple))),
    ("enumerate", lambda: list(nested(enumerate))),
    ("zip", lambda: list(nested(zip))),
    ("filter", lambda: list(nested(filtered))),
    ("iterators of C", lambda: list(nested(mapped_by_c))),
]

for name, begin in CASES:
    for _ in range(2):
        try:
            begin()
        except RuntimeError as error:
            print(name + ": " + str(error))
        else:
            print(name + ": no error")

import json  # noqa: E402 - what follows has an end of its own

for text in ("[" * DEPTH + "]" * DEPTH, nested(in_list)):
    try:
        print(json.loads(text) if isinstance(text, str) else json.dumps(text))
    except ValueError as error:
        print("json: " + str(error))
