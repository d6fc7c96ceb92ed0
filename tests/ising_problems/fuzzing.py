"""Mutated files, and the tools of slow, plain readers that judge what became of them."""

import re

from hypothesis import strategies as st


class Refused(Exception):
    """The plain reader's verdict on a file."""


def demand(condition):
    if not condition:
        raise Refused


def lines_of(data):
    """Words of each line that has any."""
    text = data.decode("latin-1").removeprefix("\xef\xbb\xbf").replace("\r\n", "\n")
    demand("\0" not in text and "\r" not in text)
    split = [[word for word in re.split("[ \t]", line) if word] for line in text.split("\n")]
    return [words for words in split if words]


def integer(word):
    demand(re.fullmatch("[+-]?[0-9]+", word))
    demand(len(word.lstrip("+-0")) < 20 and -(2**63) <= int(word) < 2**63)
    return int(word)


def numbers(words):
    """Integers if all are; else floats, none of which may be rounded from an integer or infinite."""
    if all(re.fullmatch("[+-]?[0-9]+", word) for word in words):
        return [integer(word) for word in words]
    values = []
    for word in words:
        demand(re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?", word))
        demand(abs(float(word)) < float("inf"))
        demand(not re.fullmatch("[+-]?[0-9]+", word) or int(float(word)) == integer(word))
        values.append(float(word))
    return values


TOKENS = [
    *b"0 1 2 3 4 5 6 -1 -0 +2 007 1.0 2.5 .5 5. 1e2 -1E-2 300 100001 1000000000000 9007199254740993".split(),
    *b"9223372036854775807 99999999999999999999 -9223372036854775808 nan inf -Infinity 1e400 1_0 0x1 1d2".split(),
    *b"1e-400 1e . - +-1 1,5 abc e p c # % edge qubo offset general symmetric integer real SPIN vartype=BINARY".split(),
    *(b"1" * 5000, b"# vartype=BINARY", b"\xd9\xa3", b"\xff", b"\0", b"\r", b"\x0b", b"\x1c", b"\xc2\xa0", b""),
]


@st.composite
def mutations(draw, seeds):
    """A valid file with a few of its lines, words or bytes dropped, doubled, swapped or replaced."""
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 3))):
        unit = draw(st.sampled_from(("line", "word", "byte")))
        pattern = {"line": rb"[^\n]*\n?", "word": rb"\s+|[^\s]+", "byte": rb"(?s:.)"}[unit]
        parts = re.findall(pattern, data)
        if not parts:
            continue
        k = draw(st.integers(0, len(parts) - 1))
        other = draw(st.integers(0, len(parts) - 1))
        match draw(st.sampled_from(("drop", "double", "swap", "replace", "insert", "cut"))):
            case "drop":
                del parts[k]
            case "double":
                parts.insert(other, parts[k])
            case "swap":
                parts[k], parts[other] = parts[other], parts[k]
            case "replace":
                parts[k] = draw(st.sampled_from(TOKENS))
            case "insert":
                parts.insert(k, b" " + draw(st.sampled_from(TOKENS)) + draw(st.sampled_from((b" ", b"\n", b""))))
            case "cut":
                del parts[k:]
        data = b"".join(parts)
    return data
