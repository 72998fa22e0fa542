"""Keys whose hash and comparison change the dict that they are being looked up in. Ends, and leaves the dict whole."""

import sys

state = int(sys.argv[1])
is_changing = False


def below(limit):
    global state
    state = (state * 1103515245 + 12345) & 0x7FFFFFFF
    return (state >> 8) % limit


def change(d):
    global is_changing
    if is_changing:
        return
    is_changing = True
    choice = below(6)
    if choice == 0:
        d.clear()
    elif choice == 1:
        for number in range(20):
            d["x%d" % number] = number
    elif choice == 2 and d:
        d.popitem()
    elif choice == 3 and d:
        d.pop(next(iter(d)))
    elif choice == 4:
        for one in list(d)[:5]:
            d.pop(one, None)
    is_changing = False


class Changing:
    def __init__(self, d, number):
        self.d = d
        self.number = number

    def __hash__(self):
        change(self.d)
        return 7

    def __eq__(self, other):
        change(self.d)
        return isinstance(other, Changing) and self.number == other.number


d: dict[object, int] = {}
keys = [Changing(d, number % 30) for number in range(60)]
for step in range(3000):
    one = keys[step * 7 % 60]
    try:
        if step % 5 < 3:
            d[one] = step
        elif step % 5 == 3:
            d.pop(one, None)
        else:
            one in d  # noqa: B015 - only looked up
    except KeyError:
        pass
    assert len(d) == len(list(d)) == len(d.copy())
print("whole")
for refused in ([], {}, [1]):
    try:
        d[refused] = 1
    except TypeError:
        print("TypeError")
    try:
        small: dict[object, int] = {"a": 1}
        small[refused] = 2
    except TypeError:
        print("TypeError")
