"""The only reader of the environment and of ``hotspots.toml``.

Every setting is a line of the workspace's ``hotspots.toml`` or an environment variable
``HOTSPOTS_<NAME>``; the environment wins.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pyproj import CRS
from pyproj.exceptions import CRSError

from hotspots.errors import WorkspaceError

FILE_NAME = "hotspots.toml"
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
TEMPLATE = """# A Hotspots workspace. An environment variable HOTSPOTS_<NAME> overrides a line.
name = "{name}"
crs = "EPSG:27700"                   # metres; all analysis happens in it
store = "sqlite:///hotspots.sqlite"  # relative to this folder
marking = "OFFICIAL"                 # protective marking shown on every page
profile = ""                         # TOML file of the analyst's parameters; "" takes the defaults
host = "127.0.0.1"                   # who may reach `hotspots serve`: this machine only
names = []                           # names by which other machines reach it, such as "csu.local"
port = 8765
tiles = ""                           # picture tiles under the map: .mbtiles or .pmtiles, or https
tiles_attribution = ""               # what their licence asks to be shown, required with tiles
"""


class Settings(BaseSettings):
    """Settings of one workspace."""

    model_config = SettingsConfigDict(env_prefix="HOTSPOTS_", extra="forbid", frozen=True)

    name: str = "Hotspots"
    crs: str = "EPSG:27700"
    store: str = "sqlite:///hotspots.sqlite"
    marking: str = "OFFICIAL"
    #: Relative to the workspace's folder.
    profile: str = ""
    host: str = "127.0.0.1"
    names: tuple[str, ...] = ()
    port: int = Field(default=8765, ge=0, le=65535)
    #: Judged when they are opened (``hotspots.tiles``): other commands work without them.
    tiles: str = ""
    tiles_attribution: str = ""

    @field_validator("names")
    @classmethod
    def _plain_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [name for name in value if not _NAME.fullmatch(name)]:
            raise ValueError(f"{wrong[0]!r} is no name of a machine: take one such as csu.local")
        return tuple(name.lower() for name in value)

    @field_validator("crs")
    @classmethod
    def _projected_in_metres(cls, value: str) -> str:
        try:
            crs = CRS.from_user_input(value)
        except CRSError as error:
            raise ValueError(f"{value!r} is no CRS: take one such as EPSG:27700") from error
        if not crs.is_projected or crs.axis_info[0].unit_name != "metre":
            raise ValueError(f"{value!r} is not projected in metres: take one such as EPSG:27700")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file's values, which come in as arguments."""
        return env_settings, init_settings


def read_settings(folder: Path) -> Settings:
    """Read the settings of the workspace in ``folder``.

    Raises
    ------
    WorkspaceError
        If there is no ``hotspots.toml``, or it holds what is not a setting.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        raise WorkspaceError(
            f"A workspace must have a {FILE_NAME}; {folder} has none: run `hotspots init {folder}`."
        )
    try:
        return Settings(**tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise WorkspaceError(f"{path} must be readable; it is not ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WorkspaceError(f"{path} must be valid TOML; it is not: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise WorkspaceError(
            f"Every setting in {path} or a HOTSPOTS_ variable must be valid; {where!r} is not "
            f"({first['msg']}): mend it."
        ) from error
