"""What the portable dialect has not: tables of names and patterns, each with what to write instead."""

from __future__ import annotations

RUNTIME_FILES = "the runtime's files (core/interfaces.py)"
SMALL_CLASS = "a small class with __slots__"

COMPAT = "clawft/core/compat.py"  # the one file that may know of differences; the portable tests judge it
ASYNCIO_FILES = ("clawft/core/bus.py", "clawft/agent/loop.py")
# The C module of our executables, and the only files that may import it.
NATIVE_MODULES = ("_vectors", "_weft")
NATIVE_FILES = "clawft/embedded/"

# Modules that portable code may import, with what it may take from each (None: whatever is there).
MODULES: dict[str, frozenset[str] | None] = {
    "asyncio": None,  # in ASYNCIO_FILES only
    "binascii": frozenset({"a2b_base64", "b2a_base64", "crc32", "hexlify", "unhexlify"}),
    "collections": frozenset({"OrderedDict", "deque", "namedtuple"}),
    "errno": None,
    "gc": frozenset({"collect"}),
    "hashlib": frozenset({"sha256"}),
    "heapq": frozenset({"heapify", "heappop", "heappush"}),
    "io": frozenset({"BytesIO", "StringIO"}),
    "math": frozenset({
        "ceil", "cos", "e", "exp", "fabs", "floor", "fmod", "inf", "isfinite", "isinf", "isnan", "log", "log10", "log2",
        "modf", "nan", "pi", "pow", "sin", "sqrt", "tan", "trunc",
    }),
    "re": frozenset({"compile", "match", "search", "sub"}),
    "struct": frozenset({"calcsize", "pack", "pack_into", "unpack", "unpack_from"}),
    "sys": frozenset({"argv", "byteorder", "exit", "implementation", "maxsize", "modules", "platform", "version_info"}),
    "time": frozenset({"gmtime", "localtime", "mktime", "time", "time_ns"}),
}  # fmt: skip
TYPING_MODULES = frozenset({"__future__", "typing"})

INSTEAD_OF_MODULE = {
    "abc": "a base class whose methods raise NotImplementedError",
    "asyncio": "awaiting what the runtime offers; only "
    + " and ".join(ASYNCIO_FILES)
    + " know the event loop",
    "contextlib": "try/finally, or a small class with __enter__ and __exit__",
    "dataclasses": SMALL_CLASS,
    "datetime": "iso_time of core/compat.py, or seconds since 1970",
    "enum": "constants and a tuple of their names",
    "functools": "a function of its own",
    "itertools": "a loop",
    "json": "json_text and json_value of core/compat.py",
    "logging": "an event, or the report function that app.py hands on",
    "os": "the runtime: files, environment, random_bytes (core/interfaces.py)",
    "pathlib": RUNTIME_FILES,
    "random": "the runtime's random_bytes",
    "secrets": "the runtime's random_bytes",
    "shutil": RUNTIME_FILES,
    "string": "the characters written out",
    "subprocess": "the runtime's processes",
    "tempfile": RUNTIME_FILES,
    "textwrap": "a loop over words",
    "types": SMALL_CLASS,
    "urllib": "partition on the parts of the URL",
    "weakref": "an explicit end of life",
}
INSTEAD_OF_MEMBER = {
    "time.monotonic": "the runtime's clock.monotonic_s()",
    "time.sleep": "await the runtime's clock.sleep()",
    "time.strftime": "iso_time of core/compat.py",
    "collections.Counter": "a dict and get(key, 0)",
    "collections.defaultdict": "dict.setdefault",
    "re.findall": "a loop over search",
    "re.finditer": "a loop over search",
    "re.fullmatch": "match with a pattern that ends in $",
    "re.escape": "find or partition, which need no escaping",
    "re.split": "compile(...).split",
}

SYSTEM_ERRORS = (
    "BlockingIOError", "BrokenPipeError", "ChildProcessError", "ConnectionAbortedError", "ConnectionError",
    "ConnectionRefusedError", "ConnectionResetError", "FileExistsError", "FileNotFoundError", "InterruptedError",
    "IsADirectoryError", "NotADirectoryError", "PermissionError", "ProcessLookupError", "TimeoutError",
)  # fmt: skip
BUILTINS = dict.fromkeys(SYSTEM_ERRORS, "OSError and its errno") | {
    "BaseExceptionGroup": "an error of core/errors.py",
    "ExceptionGroup": "an error of core/errors.py",
    "ModuleNotFoundError": "ImportError",
    "RecursionError": "a limit on the depth, or RuntimeError",
    "UnboundLocalError": "NameError",
    "UnicodeDecodeError": "UnicodeError",
    "UnicodeEncodeError": "UnicodeError",
    "aiter": "__aiter__()",
    "anext": "__anext__()",
    "ascii": "repr",
    "breakpoint": "a test",
    "compile": "a table: executables carry no compiler",
    "eval": "a table: executables carry no compiler",
    "exec": "a table: executables carry no compiler",
    "format": "an f-string or %",
    "input": "the terminal's read_line",
    "open": RUNTIME_FILES,
    "vars": "the names written out",
}

METHODS = {
    "_replace": "a new record",
    "add_note": "the text in the message",
    "as_integer_ratio": "arithmetic",
    "bit_length": "a loop over >> 1",
    "capitalize": "upper() of the first character",
    "casefold": "lower()",
    "expandtabs": "replace",
    "findall": "a loop over search",
    "finditer": "a loop over search",
    "format_map": "%",
    "fullmatch": "match with a pattern that ends in $",
    "hexdigest": "binascii.hexlify(digest())",
    "is_integer": "comparing with int(...)",
    "isalnum": "isalpha() or isdigit()",
    "isascii": "a comparison of the largest character",
    "isdecimal": "isdigit()",
    "isidentifier": "a loop over characters",
    "isnumeric": "isdigit()",
    "isprintable": "a comparison of code points",
    "istitle": "isupper() of the first character",
    "ljust": "'%-9s' %",
    "maketrans": "replace, or a loop",
    "move_to_end": "pop and set again",
    "removeprefix": "startswith and a slice",
    "removesuffix": "endswith and a slice",
    "rjust": "'%9s' %",
    "swapcase": "a loop over characters",
    "title": "upper() of the first character",
    "translate": "replace, or a loop",
    "with_traceback": "the text in the message",
    "zfill": "'%09d' %",
}
ATTRIBUTES = {
    "__annotations__": "a table",
    "__cause__": "the text in the message",
    "__context__": "the text in the message",
    "__doc__": "a table: docstrings are not frozen",
    "__mro__": "isinstance",
    "__qualname__": "__name__",
    "_fields": "the names written out",
    "strerror": "errno and a table",
}
SPECIAL_METHODS = {
    "__class_getitem__": "no subscript at run time",
    "__format__": "a method",
    "__init_subclass__": "a table",
    "__missing__": "get or setdefault",
    "__prepare__": "a table",
    "__set_name__": "the name as an argument",
}

# Callables that take no keyword arguments on MicroPython.
POSITIONAL_BUILTINS = frozenset({
    "abs", "all", "any", "bytearray", "bytes", "chr", "divmod", "float", "frozenset", "int", "isinstance", "iter",
    "len", "list", "next", "ord", "pow", "range", "reversed", "round", "set", "str", "sum", "tuple", "zip",
})  # fmt: skip
POSITIONAL_METHODS = frozenset({
    "decode", "encode", "endswith", "find", "from_bytes", "join", "partition", "replace", "rfind", "rpartition",
    "rsplit", "split", "startswith", "strip", "to_bytes",
})  # fmt: skip
# Their second argument, errors, has no effect or does not exist.
CODEC_METHODS = frozenset({"decode", "encode"})

# What re may not be given: part of a pattern, and what to write instead.
PATTERNS = (
    (r"\(\?P", "named groups: group(1)"),
    (r"\(\?[=!<]", "lookahead or lookbehind: a second match"),
    (r"\(\?[aiLmsux]", "flags: both cases written out"),
    (r"\\[bB]", "word boundaries: a class of the characters that end a word"),
    (r"(?<!\\)\{\d*,?\d*\}", "counted repeats, which never match: the part written out, or * and a check"),
)
