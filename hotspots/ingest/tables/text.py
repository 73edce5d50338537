"""Bytes -> text in pieces: decoding that names the byte at fault, and lines never cut."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from hotspots.errors import DataError

#: Bytes read at a time; some tens of thousands of rows.
BLOCK = 1 << 23
#: No line of an export is longer, characters; what is has no line ends.
MAX_LINE = 1 << 25
_ADVICE = "save it as UTF-8, or set `encoding` in the mapping file"


def pieces(stream: BinaryIO, name: str, encoding: str, block: int = BLOCK) -> Iterator[str]:
    """Yield the text of a stream, a byte order mark at its start dropped.

    Raises
    ------
    DataError
        If the content is binary or not in ``encoding``.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    offset, first = 0, True
    while True:
        data = stream.read(block)
        pending = len(decoder.getstate()[0])
        try:
            text = decoder.decode(data, final=not data)
            text.encode()  # some encodings can write half characters, which are no text
        except UnicodeError as error:
            raise DataError(
                f"{name} must be text in the encoding {encoding}; it is not "
                f"({_where(error, offset - pending)}): {_ADVICE}."
            ) from error
        offset += len(data)
        if first and text:
            text, first = text.removeprefix("\ufeff"), False
        if "\0" in text:
            raise DataError(
                f"A CSV file must be text; {name} is binary, or text in another encoding: export "
                "it as CSV in UTF-8."
            )
        if text:
            yield text
        if not data:
            return


def _where(error: UnicodeError, offset: int) -> str:
    if isinstance(error, UnicodeDecodeError) and error.end > error.start:
        at = offset + error.start
        return f"byte 0x{error.object[error.start]:02x} at position {at:,}"
    return "it ends within a character"


def whole_lines(texts: Iterator[str], name: str) -> Iterator[str]:
    """Yield the text again, each piece but the last cut after the end of a line.

    Raises
    ------
    DataError
        If a line is longer than ``MAX_LINE``.
    """
    carried: list[str] = []
    length = 0
    for text in texts:
        at = _last_end(text)
        if at == 0:
            carried.append(text)
            length += len(text)
        else:
            # a carriage return may have waited for its line feed
            yield "".join([*carried, text[:at]])
            carried, length = [text[at:]], len(text) - at
        if length > MAX_LINE:
            raise DataError(
                f"A line of a CSV file must be at most {MAX_LINE:,} characters long; one of "
                f"{name} is longer: export it again with a line for each row."
            )
    if length:
        yield "".join(carried)


def _last_end(text: str) -> int:
    """Return where the last line end of a text ends, 0 without one.

    A carriage return at the very end is none yet: a line feed may follow.
    """
    return max(text.rfind("\n"), text.rfind("\r", 0, len(text) - 1)) + 1
