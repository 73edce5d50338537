"""How the text of a file is written: encoding and separator, each with its proof."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from dataclasses import dataclass
from io import StringIO

from hotspots.ingest.inspection.columns import quoted
from hotspots.ingest.sources import FoundFile

#: How much is looked at to prove an encoding, bytes.
_LOOK = 1 << 28
_BLOCK = 1 << 20
_HEAD = 1 << 18
#: Tried in this order; the first of several that fit alike is taken.
_SEPARATORS = (",", ";", "\t", "|")
_WORDS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}
_ROWS = 500
#: Bytes that Windows-1252 gives no character.
_NOT_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Writing:
    """How the text is written, and why that is so; ``title_rows`` are lines above the header."""

    encoding: str
    delimiter: str
    sentences: tuple[str, ...]
    title_rows: int = 0


def writing_of(file: FoundFile) -> Writing:
    """Return how a text file is written.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    encoding, proof = _encoding(file)
    with file.open() as content:
        head = content.read(_HEAD)
    text = head.decode(encoding, errors="ignore").removeprefix("\ufeff")
    if len(head) == _HEAD:
        text = text[: text.rfind("\n") + 1] or text
    delimiter, titles, told = _separator(text)
    return Writing(encoding, delimiter, (proof, told), titles)


# -- encoding -------------------------------------------------------------------------------------


def _encoding(file: FoundFile) -> tuple[str, str]:
    with file.open() as content:
        head = content.read(4096)
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            shown = " ".join(f"{byte:02X}" for byte in mark)
            return encoding, f"Encoding: {encoding}, it starts with the byte order mark {shown}."
    nulls = Counter(position % 2 for position, byte in enumerate(head) if byte == 0)
    for side, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if nulls[side] > 0.6 * len(head) / 2 and not nulls[1 - side]:
            return encoding, f"Encoding: {encoding}, every other byte is zero."
    return _of_bytes(file)


def _of_bytes(file: FoundFile) -> tuple[str, str]:
    """Return the encoding of a file without a mark, by all its bytes up to a bound."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    high = offset = 0
    fault: tuple[int, bytes] | None = None
    undefined = False
    with file.open() as content:
        while offset < _LOOK and (data := content.read(_BLOCK)):
            if fault is None:
                at = _fault(decoder, data)
                fault = None if at is None else (offset + at, data[max(0, at - 30) : at + 30])
            high += 0 if data.isascii() else len(data) - len(re.sub(rb"[\x80-\xff]+", b"", data))
            undefined = undefined or _NOT_CP1252.search(data) is not None
            offset += len(data)
    if fault is None and offset < _LOOK and decoder.getstate()[0]:
        fault = (offset - len(decoder.getstate()[0]), decoder.getstate()[0])
    looked = f"the first {offset:,} bytes" if offset >= _LOOK else f"all {offset:,} bytes"
    if fault is not None:
        return _not_utf8(fault, undefined)
    if high:
        return "utf-8", (
            f"Encoding: UTF-8, {looked} are valid, {high:,} of them beyond ASCII (chance alone "
            "would break it)."
        )
    return "utf-8", f"Encoding: plain ASCII in {looked}, which UTF-8 reads."


def _fault(decoder: codecs.IncrementalDecoder, data: bytes) -> int | None:
    """Return the position of the first byte that is not UTF-8, None without one."""
    pending = len(decoder.getstate()[0])
    try:
        decoder.decode(data)
    except UnicodeDecodeError as error:
        return max(0, error.start - pending)
    return None


def _not_utf8(fault: tuple[int, bytes], undefined: bool) -> tuple[str, str]:
    position, around = fault
    encoding, name = ("latin-1", "Latin-1") if undefined else ("cp1252", "Windows-1252")
    lines = around.decode(encoding).splitlines() or [""]
    shown = next((line for line in lines if not line.isascii()), lines[0])
    told = (
        f"Encoding: {name} ({encoding}); it is not UTF-8 (byte at position {position:,}), and in "
        f"{name} it says {quoted(shown.strip())} there: check that it reads right."
    )
    if undefined:
        told += (
            " It is not Windows-1252 either (it has bytes which that lacks), so the encoding is "
            "not proved."
        )
    return encoding, told


# -- separator ------------------------------------------------------------------------------------


def _separator(text: str) -> tuple[str, int, str]:
    """Return separator, lines above the header, and the proof."""
    best = (0.0, 0, ",", 0)
    for delimiter in _SEPARATORS:
        widths = _widths(text, delimiter)
        if not widths:
            continue
        usual, rows = Counter(widths).most_common(1)[0]
        if usual < 2:
            continue
        titles = widths.index(usual)
        # a separator that the header does not have, such as a decimal comma, counts less
        score = (rows / len(widths) * (0.5 if titles else 1.0), usual, delimiter, titles)
        if (round(score[0], 2), score[1]) > (round(best[0], 2), best[1]):
            best = score
    share, usual, delimiter, titles = best
    if not usual:
        return ",", 0, "Separator: none found; each row is one field."
    share = min(1.0, share * (2.0 if titles else 1.0))
    told = (
        f"Separator: {_WORDS[delimiter]}, it gives {usual} fields in {share:.0%} of the first "
        "rows, quotes respected."
    )
    return delimiter, titles, told


def _widths(text: str, delimiter: str) -> list[int]:
    """Return the number of fields of the first rows; empty lines are left out."""
    widths: list[int] = []
    try:
        for fields in csv.reader(StringIO(text, newline=""), delimiter=delimiter):
            if fields:
                widths.append(len(fields))
            if len(widths) == _ROWS:
                break
    except csv.Error:
        return widths
    return widths
