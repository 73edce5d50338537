"""What an inspection gives: the mapping proposed, the sentences, and the file to write."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotspots.errors import DataError, UsageError
from hotspots.ingest.inspection.kinds import guess
from hotspots.ingest.mapping import Mapping, to_toml

#: Of the texts to be filled in, so many are listed.
_LISTED = 300
_TABLES = ("categories", "exclude", "defaults")


@dataclass(frozen=True)
class Inspection:
    """What a file is, and how it may be read.

    Parameters
    ----------
    file : str
        The file's name.
    mapping : Mapping or None
        The mapping proposed; None where nothing can be proposed, or none is needed.
    sentences : tuple of str
        What the file is, how much of it was looked at, each decision with its proof, what could
        not be decided and what must be checked.
    questions : tuple of str
        Those of the sentences that the analyst must answer.
    kept, rejected : int or None
        What the mapping made of the rows looked at; None where it was not tried.
    alternative_dates : tuple of str
        Date formats that fit as well.
    unmapped : tuple of (str, int)
        Texts of the category column of which the category is not known, with their rows.
    counts : tuple of (str, int)
        Rows of each text whose category is proposed.
    exclude : tuple of (str, tuple of str)
        Columns and values that look withdrawn; proposed as a comment only.
    crs_unknown : bool
        Whether the mapping lacks the CRS of its coordinates, which must be given.
    """

    file: str
    mapping: Mapping | None
    sentences: tuple[str, ...]
    questions: tuple[str, ...] = ()
    kept: int | None = None
    rejected: int | None = None
    alternative_dates: tuple[str, ...] = ()
    unmapped: tuple[tuple[str, int], ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    exclude: tuple[tuple[str, tuple[str, ...]], ...] = ()
    crs_unknown: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as what JSON can show."""
        mapping = self.mapping
        return {
            "file": self.file,
            "mapping": None
            if mapping is None
            else mapping.model_dump(mode="json", exclude_defaults=True),
            "sentences": list(self.sentences),
            "questions": list(self.questions),
            "kept": self.kept,
            "rejected": self.rejected,
            "unmapped": dict(self.unmapped),
            "exclude": {column: list(values) for column, values in self.exclude},
        }

    def toml(self) -> str:
        """Return the mapping as TOML, its proofs and open questions as comments.

        Raises
        ------
        UsageError
            If there is no mapping.
        """
        if self.mapping is None:
            raise UsageError(
                f"A mapping can only be written where one is proposed; for {self.file} there is "
                f"none ({self.sentences[-1].rstrip('.')}): see what was said of it."
            )
        lines = [_comment(f"Proposed for {self.file}. Check what is said, then edit."), "#"]
        lines += [_comment(sentence) for sentence in self.sentences]
        body = to_toml(self.mapping).rstrip("\n").split("\n")
        return "\n".join([*lines, "", *self._commented(body)]) + "\n"

    def write(self, path: str | Path) -> Path:
        """Write the mapping to a file that ``read_mapping`` reads; whole or not at all.

        Raises
        ------
        UsageError
            If there is no mapping, or the file exists.
        DataError
            If the file cannot be written.
        """
        path = Path(path)
        content = self.toml().encode()
        if os.path.lexists(path):
            raise _exists(path)
        try:
            _write_new(path, content)
        except FileExistsError as error:
            raise _exists(path) from error
        except OSError as error:
            raise DataError(
                f"A mapping must be written to a place that can be written; {path} is not "
                f"({error.strerror}): give another."
            ) from error
        return path

    def _commented(self, body: list[str]) -> list[str]:
        """Return the lines of the mapping with what may be added after each table's head."""
        notes = {"[dates]": self._dates(), "[categories]": self._categories()}
        notes["[defaults]"] = _defaults(self.mapping)
        found: list[str] = []
        counts = {_key(text): count for text, count in self.counts}
        counts |= dict(self.counts)  # TOML leaves the quotes of a plain word away
        table = ""
        for line in body:
            if not table and line.startswith("["):
                found += self._crs()
            if line.startswith("["):
                table = line
            key = line.split(" = ")[0]
            if table == "[categories]" and key in counts:
                line = f"{line}  # {counts[key]:,} rows"
            found.append(line)
            found += notes.pop(line, [])
        if notes.get("[categories]"):
            found += ["", "# [categories]", *notes["[categories]"]]
        return [*found, *self._exclude()]

    def _crs(self) -> list[str]:
        if not self.crs_unknown:
            return []
        return ["# which CRS are the coordinates of?", '# crs = "EPSG:..."', ""]

    def _dates(self) -> list[str]:
        if not self.alternative_dates:
            return []
        listed = ", ".join(json.dumps(form, ensure_ascii=False) for form in self.alternative_dates)
        return ["# if day, month and year are in another order:", f"# date_formats = [{listed}]"]

    def _categories(self) -> list[str]:
        lines = [_to_fill(text, count) for text, count in self.unmapped[:_LISTED]]
        more = len(self.unmapped) - _LISTED
        return lines if more <= 0 else [*lines, f"# and {more:,} texts more"]

    def _exclude(self) -> list[str]:
        if not self.exclude:
            return []
        lines = [
            "",
            "# rows to leave out; take the comment signs away if they are withdrawn",
        ]
        lines.append("# [exclude]")
        for column, values in self.exclude:
            listed = ", ".join(_quoted(value) for value in values)
            lines.append(f"# {_key(column)} = [{listed}]")
        return lines


def _defaults(mapping: Mapping | None) -> list[str]:
    if mapping is None or mapping.defaults.category != "unmapped":
        return []
    return ['# what all of these incidents are, such as "asb" or "burglary.residential"']


def _to_fill(text: str, count: int) -> str:
    """Return the comment to make an entry of ``[categories]`` from."""
    found = guess(text)
    told = "; a guess by its words" if found else ""
    return f'# {_key(text)} = "{found or ""}"  # {count:,} rows{told}'


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(text: str) -> str:
    return _quoted(text)


def _comment(text: str) -> str:
    """Return a text as one comment, without what TOML does not allow in one."""
    return "# " + "".join(char if char.isprintable() else " " for char in text)


def _exists(path: Path) -> UsageError:
    return UsageError(
        f"A mapping is only written to a new file; {path} exists: give another name or move it."
    )


def _write_new(path: Path, content: bytes) -> None:
    """Write a file that must not exist, whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        # a private temporary file becomes one like any other
        umask = os.umask(0)
        os.umask(umask)
        Path(name).chmod(0o666 & ~umask)
        # unlike a rename, a link never takes the place of a file that came in between
        os.link(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
