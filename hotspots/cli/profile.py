"""``hotspots profile``: versions of a category's settings, kept, approved and compared."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hotspots.cli.common import JSON, PERIOD, account, open_workspace, say

if TYPE_CHECKING:
    from hotspots.profile import Profile
    from hotspots.versions import Approval, ProfileVersion
    from hotspots.workspace import Workspace

Command = Callable[..., None]

_CATEGORY = click.option("--category", required=True, help="Whose profile, for example asb.")
_VERSION = click.IntRange(0)
_REASON = click.option("--reason", required=True, help="Why, in a sentence.")
_AUTHOR = click.option("--author", help="Who decides; your account by default.")


_A = click.argument("a", metavar="A")
_B = click.argument("b", metavar="B")


@click.group()
def profile() -> None:
    """Keep, approve and compare the settings that a category's maps are made with.

    Example: hotspots profile list --category asb
    """


@profile.command("list")
@_CATEGORY
@JSON
@click.pass_obj
def list_(folder: Path, /, category: str, as_json: bool) -> None:
    """List the versions of a category's profile, and which one is approved.

    Example: hotspots profile list --category asb
    """
    workspace = open_workspace(folder)
    versions, approvals = workspace.profile_versions(category), workspace.approvals(category)
    number = workspace.approved_version(category)
    data = {
        "approved": number,
        "versions": [each.as_dict() for each in versions],
        "approvals": [each.as_dict() for each in approvals],
    }
    lines = [f"Version 0{'' if number else ' (approved)'}, the workspace's own profile."]
    lines += [line for each in versions for line in _listed(each, number, workspace)]
    lines += [_approval(each) for each in approvals]
    say("\n".join(lines), data, as_json)


def _pinned(category: str) -> str:
    return (
        "No setting differs from the workspace's own profile: once approved, this keeps the maps "
        f"of {category} as they are when that profile changes."
    )


def _listed(one: ProfileVersion, approved: int, workspace: Workspace) -> list[str]:
    from hotspots.profile_words import difference

    status = " (approved)" if one.version == approved else ""
    changes = difference(one.profile, workspace.profile_of(one.category, one.based_on))
    return [
        f"Version {one.version}{status}, {_made(one)}",
        f"  From version {one.based_on}: {' '.join(changes)}",
    ]


def _approval(one: Approval) -> str:
    return f"{_day(one.approved_at)}: version {one.version} approved by {one.author}: {one.reason}"


@profile.command()
@_CATEGORY
@click.option("--version", type=_VERSION, help="Of which version; the approved one by default.")
@click.option("--toml", "as_toml", is_flag=True, help="Print what `run --profile` reads.")
@JSON
@click.pass_obj
def show(folder: Path, /, category: str, version: int | None, as_toml: bool, as_json: bool) -> None:
    """Show every setting of a profile, with what it does.

    Example: hotspots profile show --category asb --toml > asb.toml
    """
    from hotspots.profile_words import describe
    from hotspots.versions import settings_of

    workspace = open_workspace(folder)
    number = workspace.approved_version(category) if version is None else version
    found = workspace.profile_of(category, number)
    if as_toml and not as_json:
        click.echo(_toml_of(found, _head(workspace, category, number)), nl=False)
        return
    told = describe(found)
    lines = [_head(workspace, category, number)]
    lines += [f"  {one.setting}: {one.value}. {one.does}" for one in told]
    kept = workspace.profile_version(category, number).as_dict() if number else {}
    settings = {"name": found.name, "version": number, "settings": settings_of(found)}
    data = {**settings, **kept, "said": [one._asdict() for one in told]}
    say("\n".join(lines), data, as_json)


def _head(workspace: Workspace, category: str, number: int) -> str:
    if not number:
        return f"The workspace's own profile, version 0 of {category}."
    one = workspace.profile_version(category, number)
    return f"Version {number} of {one.category}, {_made(one)}"


def _made(one: ProfileVersion) -> str:
    called = "" if one.name == one.category else f'"{one.name}", '
    return f"{called}by {one.author} on {_day(one.made_at)}: {one.reason}"


@profile.command()
@_CATEGORY
@click.option(
    "--from", "base", help="A version's number or a TOML file; the approved one by default."
)
@click.option("--set", "given", multiple=True, help="A setting, for example cell_size_m=200.")
@click.option("--name", help="What it is called; by the category by default.")
@_REASON
@_AUTHOR
@JSON
@click.pass_obj
def save(
    folder: Path,
    /,
    category: str,
    base: str | None,
    given: tuple[str, ...],
    name: str | None,
    reason: str,
    author: str | None,
    as_json: bool,
) -> None:
    """Keep settings as a new version; it is used once it is approved.

    Example: hotspots profile save --category asb --set cell_size_m=200 --reason "Finer squares"
    """
    from hotspots.profile_words import SAME, difference

    workspace = open_workspace(folder)
    approved = workspace.approved_version(category)
    start, based_on = _start(workspace, category, base, approved)
    settings = _with(start, given, name)
    who = account() if author is None else author
    made = workspace.save_profile(category, settings, who, reason, based_on)
    changes = difference(made.profile, workspace.profile_of(category, based_on))
    said = [_pinned(category)] if changes == [SAME] else changes
    lines = [
        f"Saved as version {made.version} of {made.category}; not approved.",
        *said,
        f"See what it would change with `hotspots profile compare --category {made.category} "
        f"--period ... {based_on} {made.version}`.",
    ]
    say("\n".join(lines), {**made.as_dict(), "differs": changes}, as_json)


@profile.command()
@_CATEGORY
@click.option(
    "--version", required=True, type=_VERSION, help="Which; 0 is the workspace's own profile."
)
@_REASON
@_AUTHOR
@JSON
@click.pass_obj
def approve(
    folder: Path, /, category: str, version: int, reason: str, author: str | None, as_json: bool
) -> None:
    """Let a category's maps be made with a version from now on.

    Example: hotspots profile approve --category asb --version 2 --reason "Agreed in June"
    """
    workspace = open_workspace(folder)
    who = account() if author is None else author
    made = workspace.approve_profile(category, version, who, reason)
    text = f"Version {made.version} of {made.category} is approved; every map from now on uses it."
    say(text, made.as_dict(), as_json)


@profile.command()
@_CATEGORY
@_A
@_B
@JSON
@click.pass_obj
def diff(folder: Path, /, category: str, a: str, b: str, as_json: bool) -> None:
    """Say what differs between two profiles: versions, or TOML files.

    Example: hotspots profile diff --category asb 1 2
    """
    from hotspots.profile_words import difference

    workspace = open_workspace(folder)
    first, second = (_profile_at(workspace, category, each) for each in (a, b))
    changes = difference(second, first)
    say("\n".join(changes), {"a": a, "b": b, "differs": changes}, as_json)


@profile.command()
@_CATEGORY
@click.option("--period", required=True, help=f"What is counted: {PERIOD}.")
@click.option("--area", default="", help="Code of one district; all of them by default.")
@_A
@_B
@JSON
@click.pass_obj
def compare(
    folder: Path, /, category: str, period: str, area: str, a: str, b: str, as_json: bool
) -> None:
    """Compare what two profiles make of one period: versions, or TOML files.

    Example: hotspots profile compare --category asb --period 2021-06 1 2
    """
    from hotspots.comparing_profiles import compare_profiles

    workspace = open_workspace(folder)
    first, second = (_profile_at(workspace, category, each) for each in (a, b))
    found = compare_profiles(workspace, period, category, first, second, area)
    lines = [*workspace.notices(), f"First: {a}. Second: {b}.", *found.differs, *found.said]
    say("\n".join(lines), found.as_dict(), as_json)


# -- what is given --------------------------------------------------------------------------------


def _profile_at(workspace: Workspace, category: str, text: str) -> Profile:
    """Return the profile that a version's number or a file's name stands for."""
    from hotspots.profile import read_profile

    if text.isdecimal():
        return workspace.profile_of(category, int(text))
    return read_profile(Path(text))


def _start(
    workspace: Workspace, category: str, base: str | None, approved: int
) -> tuple[Profile, int]:
    """Return the profile that is changed, and the version that the new one is based on."""
    if base is None:
        return workspace.profile_of(category, approved), approved
    number = int(base) if base.isdecimal() else approved
    return _profile_at(workspace, category, base), number


def _with(profile: Profile, given: tuple[str, ...], name: str | None) -> Profile:
    """Return a profile with some settings replaced.

    Raises
    ------
    UsageError
        If one is not a setting of a category's profile, or out of range.
    """
    from hotspots.profile import Profile

    values = profile.model_dump()
    for text in given:
        values = _merged(values, _setting(text))
    return Profile(**(values if name is None else {**values, "name": name}))


def _setting(text: str) -> dict[str, Any]:
    """Return "shortlist.least=10" as nested values; text that is no TOML value is text."""
    from hotspots.errors import UsageError
    from hotspots.versions import NAMING, WORKSPACE_SETTINGS

    key, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not key or "\n" in text:
        raise UsageError(
            f"A setting must be NAME=VALUE; got {text!r}: give one such as cell_size_m=200."
        )
    if key.split(".")[0] in (*WORKSPACE_SETTINGS, *NAMING):
        raise UsageError(
            f"A setting must be one of a category's profile; {key} is not: set it with --name, or "
            "in the workspace's own profile."
        )
    for written in (f"{key} = {value}", f"{key} = {_quoted(value)}"):
        try:
            return tomllib.loads(written)
        except tomllib.TOMLDecodeError:
            continue
    raise UsageError(f"A setting must be NAME=VALUE; got {text!r}: see `hotspots profile show`.")


def _merged(values: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(values)
    for name, value in more.items():
        inner = found.get(name)
        both = isinstance(value, dict) and isinstance(inner, dict)
        found[name] = _merged(inner, value) if both else value  # type: ignore[arg-type]
    return found


# -- as TOML --------------------------------------------------------------------------------------


def _toml_of(profile: Profile, head: str) -> str:
    """Return a profile as a file that ``read_profile`` reads, without its version.

    A file can be changed, and a run of it must not name a version that it no longer is.
    """
    values = profile.model_dump(mode="json", exclude={"version"})
    lines = [f"# {head}"]
    lines += [f"{k} = {_toml(v)}" for k, v in values.items() if not isinstance(v, dict)]
    for name, value in values.items():
        if isinstance(value, dict):
            lines += _table(name, value)
    return "\n".join(lines) + "\n"


def _table(name: str, values: Mapping[str, Any]) -> list[str]:
    own = [f"{k} = {_toml(v)}" for k, v in values.items() if not isinstance(v, dict)]
    lines = ["", f"[{name}]", *own] if own else []
    for key, value in values.items():
        if isinstance(value, dict):
            lines += _table(f"{name}.{key}", value)
    return lines


def _toml(value: Any) -> str:
    if value is None:
        return '"never"'  # TOML has no null
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{k} = {_toml(v)}' for k, v in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(_toml(each) for each in value)}]"
    return repr(value)


def _quoted(text: str) -> str:
    """Return text as a basic string of TOML: JSON's, without the halves of pairs it writes."""
    import json

    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _day(when: Any) -> str:
    from hotspots.results.words import day

    return day(when)
