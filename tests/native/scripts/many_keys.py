"""A dict and a set of as many keys as a hostile reply may have, filled, searched and emptied in every way."""

import sys

count = int(sys.argv[1])

d = {}
for number in range(count):
    d["key%d" % number] = number
print(len(d), sum([d["key%d" % number] for number in range(count)]))
for number in range(count):
    del d["key%d" % (number * 7919 % count)]
print(len(d))
for number in range(count):
    d["key%d" % number] = number
copy = d.copy()
for one in list(copy):
    del copy[one]
print(len(copy), len(d))
last = None
while d:
    last, _ = d.popitem()
print(last)
# the oldest out, a new one in: as a cache does
for number in range(1000):
    d["key%d" % number] = number
for number in range(1000, count):
    if number % 2:
        del d[next(iter(d))]
    d["key%d" % number] = number
print(len(d), next(iter(d)))
s = set()
for number in range(count):
    s.add("key%d" % number)
print(len(s), "key7" in s, "key" in s)
