"""Octets out of text: hexadecimal as people paste it, and the dumps of xxd, hexdump, od and tshark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_NOISE: Final = re.compile(r"(?<![0-9a-fA-F])b(?=['\"])|0[xX]|\\x|[\s:;,.{}()\[\]'\"-]+")
"""What stands between octets and means nothing."""
_NO_DIGIT: Final = re.compile(r"[^0-9a-fA-F]")
_ONE_DIGIT: Final = re.compile(r"0[xX]([0-9a-fA-F])(?![0-9a-fA-F])")
_COMMENT: Final = re.compile(r"#.*|//.*")
_FIRST_OFFSET: Final = re.compile(r"\s*0{4,16}(:\s|\s)\s*\S")
_DUMP_LINE: Final = re.compile(r"\s*([0-9a-fA-F]{4,16})(:\s|\s|:?$)(.*)$")
_GAP: Final = re.compile(r"\s{3,}|\|")
_GAP_OF_XXD: Final = re.compile(r"\s{2,}")
_PER_LINE: Final = 64
"""Octets of a dump's line at most."""


def octets_of(text: str) -> bytes:
    """The octets of hexadecimal text.

    Blanks, colons, commas, brackets, quotes, ``0x`` and ``\\x`` may stand between them, and comments behind ``#`` or
    ``//``; one digit behind ``0x`` is an octet, as Go writes them (``0xff, 0x0``). Text that begins with the offset 0,
    or with words and then that, is a dump: offsets, and the characters at the end of lines, are left out.

    Raises:
        ValueError: something that is no hexadecimal; the text says in which line.
    """
    lines = text.splitlines()
    if _is_dump(lines):
        return b"".join(_of_dump(lines))
    digits = []
    for number, line in enumerate(lines, 1):
        digits.append(_checked(_plain(line), number))
    joined = "".join(digits)
    if len(joined) % 2:
        raise ValueError(f"{len(joined)} hexadecimal digits, expected an even number")
    return bytes.fromhex(joined)


def _is_dump(lines: list[str]) -> bool:
    """Is the first line that isn't words one with the offset 0?"""
    for line in lines:
        if _FIRST_OFFSET.match(line):
            return True
        if line.strip() and not _NO_DIGIT.search(_plain(line)):
            return False
    return False


def _plain(line: str) -> str:
    """A line without what means nothing."""
    return _NOISE.sub("", _ONE_DIGIT.sub(r"0\1", _COMMENT.sub("", line)))


def _of_dump(lines: list[str]) -> Iterator[bytes]:
    """The octets of a dump, line by line; an empty line or other words between packets are passed over."""
    for number, line in enumerate(lines, 1):
        found = _DUMP_LINE.match(line)
        if found is None:
            continue
        gap = _GAP_OF_XXD if found[2].startswith(":") else _GAP
        digits = "".join(gap.split(found[3].strip(), maxsplit=1)[0].split())
        _checked(digits, number)
        if len(digits) % 2 or len(digits) > 2 * _PER_LINE:
            raise ValueError(f"line {number}: {len(digits)} hexadecimal digits, expected whole octets")
        yield bytes.fromhex(digits)


def _checked(digits: str, number: int) -> str:
    wrong = _NO_DIGIT.search(digits)
    if wrong is not None:
        raise ValueError(f"line {number}: {wrong[0]!r}: expected hexadecimal digits")
    return digits
