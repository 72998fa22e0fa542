"""Lists sorted in every way; prints where equal items went and how often `key` was asked."""

import sys

state = int(sys.argv[1])


def below(limit):
    global state
    state = (state * 1103515245 + 12345) & 0x7FFFFFFF
    return (state >> 8) % limit


def first(item):
    return item[0]


def falling(item):
    return -item[0]


for length in (0, 1, 2, 3, 5, 17, 100, 1000):
    for span in (1, 2, 10, 1000):
        for is_reverse in (False, True):
            items = [(below(span), number) for number in range(length)]
            found = sorted(items, key=first, reverse=is_reverse)
            items.sort(key=falling, reverse=is_reverse)
            total = 0
            for a, b in found + items + sorted(items) + sorted(items, reverse=True):
                total = (total * 31 + a * 7 + b) % 1000000007
            print(length, span, is_reverse, total, found[:5])

asked = []


def asking(item):
    asked.append(item)
    return str(item)


print(sorted([3, 20, 1, 100], key=asking), asked)


class ByRemainder:
    def __init__(self, number):
        self.number = number

    def __lt__(self, other):
        return self.number % 3 < other.number % 3


for is_reverse in (False, True):
    ordered = sorted([ByRemainder(number) for number in range(10)], reverse=is_reverse)
    print([item.number for item in ordered])
for refused in ([1, "a"], [None, 1]):
    try:
        refused.sort()
    except TypeError:
        print("TypeError", len(refused))
growing = [3, 1, 2]


def grow(item):
    growing.append(item)
    return item


try:
    growing.sort(key=grow)
except ValueError:
    print("ValueError")
print(sum(sorted(range(100000))), sum(sorted(range(100000, 0, -1))))
