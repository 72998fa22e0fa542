"""Numbers written as repr and to some digits, and texts read as numbers; prints them all."""

import struct
import sys

state = int(sys.argv[1])
count = int(sys.argv[2])


def random_bits():
    global state
    found = 0
    for _ in range(3):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        found = (found << 24) | (state >> 7)
    return found & 0xFFFFFFFFFFFFFFFF


def bits(number):
    return struct.unpack("<Q", struct.pack("<d", number))[0]


def of_bits(found):
    return struct.unpack("<d", struct.pack("<Q", found))[0]


values = [
    0.0,
    -0.0,
    0.1,
    0.1 + 0.2,
    5e-324,
    1e-323,
    2.2250738585072014e-308,
    1.7976931348623157e308,
    9007199254740993.0,
]
values += [
    1e15,
    1e16,
    1e22,
    1e23,
    1e-4,
    1e-5,
    123456789012345680.0,
    99999.5,
    999999.5,
    0.5,
    1.5,
    2.5,
    2.675,
    1.005,
]
values += [2.0**exponent for exponent in range(-1074, 1024, 7)]
values += [10.0**exponent for exponent in range(-300, 300, 11)]
values += [of_bits(random_bits()) for _ in range(count)]
values += [random_bits() % 10 ** (1 + number % 12) / 10 ** (number % 7) for number in range(count)]
for value in values:
    if value - value != 0:
        continue
    text = repr(value)
    assert bits(float(text)) == bits(value), text
    print(text, "%e %.3e %.0e %g %.3g %.12g" % ((value,) * 6), end=" ")
    print("%.0f %.1f %.2f %.5f" % ((value,) * 4) if abs(value) < 1e15 else "")

for number in range(count):
    digits = str(random_bits()) + (str(random_bits()) * (number % 50) if number % 3 == 0 else "")
    at = random_bits() % len(digits)
    text = digits[:at] + "." + digits[at:] + "e" + str(random_bits() % 700 - 360)
    print(text[:40], "%x" % bits(float(text)))

# In the middle between two numbers, and just beside it.
for _ in range(count // 4):
    mantissa = (1 << 52) + random_bits() % (1 << 52)
    exponent = random_bits() % 120
    middle = (2 * mantissa + 1) << exponent
    fives = str((2 * mantissa + 1) * 5**exponent)
    for text in (
        str(middle),
        str(middle + 1),
        str(middle - 1),
        str(middle) + ".000000",
        str(middle) + "." + "0" * 900 + "1",
        "-" + str(middle) + "e0",
        fives + "e-" + str(exponent),
        fives + "1e-" + str(exponent + 1),
        fives + "0" * 800 + "1e-" + str(exponent + 801),
    ):
        print("%x" % bits(float(text)), end=" ")
    print()

for text in (
    "2.4703282292062327e-324",
    "2.4703282292062328e-324",
    "2.2250738585072011e-308",
    "1.7976931348623158e308",
    "1.7976931348623159e308",
    "1e400",
    "1e-400",
    "0e999",
    "1e" + "9" * 30,
    "0." + "0" * 400 + "1e400",
    "1" + "0" * 400 + "e-400",
    "1" * 5000 + "e-5000",
    "1_000.5",
    " 1.5 ",
):
    print("%x" % bits(float(text)))
