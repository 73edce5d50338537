"""Picture tiles of a file or an address: what is opened, what is refused, nothing else is sent."""

from __future__ import annotations

import random
import sqlite3
import struct
import threading
import zlib
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import write

from hotspots.errors import WorkspaceError
from hotspots.settings import TEMPLATE, Settings
from hotspots.tiles import WORLD, LocalTiles, RemoteTiles, image_type, open_tiles
from hotspots.workspace import Workspace

Tile = tuple[int, int, int]
CREDIT = "© Somebody"
JPEG = b"\xff\xd8\xff\xe0 made up"
WEBP = b"RIFF\x10\x00\x00\x00WEBPVP8 made up"


def png(shade: int) -> bytes:
    """A picture of one grey pixel."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(bytes([0, shade]))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body


#: Zoom, column and row from the north: a different picture each.
TILES: dict[Tile, bytes] = {
    (z, x, y): png(37 * z + 11 * x + y) for z in (1, 2, 3) for x in range(2) for y in range(2)
}


def mbtiles(path: Path, tiles: dict[Tile, object] | None = None, **metadata: str | None) -> Path:
    """A file by the MBTiles specification; rows are counted from the south."""
    about = {"name": "made up", "format": "png", "minzoom": "1", "maxzoom": "3"} | metadata
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE metadata (name text, value text)")
        connection.execute(
            "CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer,"
            " tile_data blob)"
        )
        connection.executemany(
            "INSERT INTO metadata VALUES (?, ?)",
            [(name, value) for name, value in about.items() if value is not None],
        )
        connection.executemany(
            "INSERT INTO tiles VALUES (?, ?, ?, ?)",
            [
                (z, x, 2**z - 1 - y, content)
                for (z, x, y), content in (TILES if tiles is None else tiles).items()
            ],
        )
    return path


def pmtiles(
    path: Path, tiles: Iterable[tuple[Tile, bytes]] | None = None, **header: object
) -> Path:
    """A file by the library's own writer."""
    given_ = dict(TILES.items() if tiles is None else tiles)
    about = {
        "tile_type": TileType.PNG,
        "tile_compression": Compression.NONE,
        "min_lon_e7": -10_000_000,
        "min_lat_e7": 500_000_000,
        "max_lon_e7": 10_000_000,
        "max_lat_e7": 520_000_000,
    } | header
    with write(str(path)) as writer:
        for place in sorted(given_, key=lambda place: zxy_to_tileid(*place)):
            writer.write_tile(zxy_to_tileid(*place), given_[place])
        writer.finalize(about, {"name": "made up"})
    return path


def opened(path: Path) -> LocalTiles:
    found = open_tiles(Settings(tiles=path.name, tiles_attribution=CREDIT), path.parent)
    assert isinstance(found, LocalTiles)
    return found


def refused(settings: Settings, folder: Path) -> str:
    with pytest.raises(WorkspaceError) as raised:
        open_tiles(settings, folder)
    text = str(raised.value)
    assert "\n" not in text
    assert text.endswith(".")
    return text


def refused_file(path: Path) -> str:
    return refused(Settings(tiles=path.name, tiles_attribution=CREDIT), path.parent)


MAKERS = pytest.mark.parametrize(("make", "name"), [(mbtiles, "m.mbtiles"), (pmtiles, "p.pmtiles")])
Make = Callable[..., Path]


# -- files ----------------------------------------------------------------------------------------


@MAKERS
def test_every_tile_is_where_it_was_put(make: Make, name: str, tmp_path: Path) -> None:
    tiles = opened(make(tmp_path / name))
    assert (tiles.attribution, tiles.mimetype) == (CREDIT, "image/png")
    assert (tiles.min_zoom, tiles.max_zoom) == (1, 3)
    for z in range(5):
        for x in range(-1, 9):
            for y in range(-1, 9):
                assert tiles.tile(z, x, y) == TILES.get((z, x, y))


@MAKERS
@pytest.mark.parametrize(("content", "kind"), [(JPEG, "image/jpeg"), (WEBP, "image/webp")])
def test_other_pictures_are_known_by_their_content(
    make: Make, name: str, content: bytes, kind: str, tmp_path: Path
) -> None:
    known = {JPEG: TileType.JPEG, WEBP: TileType.WEBP}[content]
    options = {"tile_type": known} if name == "p.pmtiles" else {"format": None}
    tiles = opened(make(tmp_path / name, {(1, 0, 0): content}.items() if name == "p.pmtiles"
                        else {(1, 0, 0): content}, **options))  # fmt: skip
    assert tiles.mimetype == kind
    assert tiles.tile(1, 0, 0) == content


def test_many_tiles_take_several_directories(tmp_path: Path) -> None:
    # unlike each other, so that no run of them is one entry, and more than one directory holds
    rng = random.Random(1)  # noqa: S311 - made-up pictures
    many = {
        (7, x, y): png(0) + rng.randbytes(4 + rng.randrange(700))
        for x in range(128)
        for y in range(128)
    }
    tiles = opened(pmtiles(tmp_path / "p.pmtiles", many.items()))
    header = (tmp_path / "p.pmtiles").read_bytes()[:127]
    assert int.from_bytes(header[48:56], "little") > 0, "it has no leaf directory"
    for place in rng.sample(sorted(many), 300):
        assert tiles.tile(*place) == many[place]


def test_a_map_knows_where_tiles_are(tmp_path: Path) -> None:
    assert opened(pmtiles(tmp_path / "p.pmtiles")).bounds == (-1.0, 50.0, 1.0, 52.0)
    assert opened(mbtiles(tmp_path / "a.mbtiles", bounds="-1,50,1,52")).bounds == (-1, 50, 1, 52)
    for number, wrong in enumerate(["", "1,2,3", "a,b,c,d", "nan,0,1,1", "5,0,1,1", "0,0,999,1"]):
        assert opened(mbtiles(tmp_path / f"{number}.mbtiles", bounds=wrong)).bounds == WORLD


def test_zooms_are_looked_up_where_a_file_does_not_say(tmp_path: Path) -> None:
    for number, wrong in enumerate([None, "x", "-3", "99"]):
        tiles = opened(mbtiles(tmp_path / f"{number}.mbtiles", minzoom=wrong, maxzoom=wrong))
        assert (tiles.min_zoom, tiles.max_zoom) == (1, 3)


@MAKERS
def test_threads_get_their_own_tiles(make: Make, name: str, tmp_path: Path) -> None:
    tiles = opened(make(tmp_path / name))
    wrong: list[object] = []

    def ask(seed: int) -> None:
        places = list(TILES) * 30
        random.Random(seed).shuffle(places)  # noqa: S311 - an order
        try:
            wrong.extend(place for place in places if tiles.tile(*place) != TILES[place])
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_file_of_tiles_is_never_written(tmp_path: Path) -> None:
    path = mbtiles(tmp_path / "m.mbtiles")
    before = path.read_bytes()
    tiles = opened(path)
    path.chmod(0o444)
    assert tiles.tile(1, 0, 0) == TILES[1, 0, 0]
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["m.mbtiles"]


def test_what_is_no_picture_is_never_sent(tmp_path: Path) -> None:
    tiles = opened(
        mbtiles(
            tmp_path / "m.mbtiles",
            {(1, 0, 0): png(1), (1, 0, 1): b"<script>alert(1)</script>", (1, 1, 0): "text",
             (1, 1, 1): None},
        )
    )  # fmt: skip
    assert [tiles.tile(1, x, y) for x, y in [(0, 1), (1, 0), (1, 1)]] == [None] * 3
    assert tiles.tile(1, 0, 0) == png(1)


@given(st.binary(max_size=40))
def test_only_three_kinds_of_picture_are_known(content: bytes) -> None:
    marks = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")
    assert image_type(content) is None or content.startswith(marks)


# -- files that are refused -----------------------------------------------------------------------


def test_vector_tiles_are_refused(tmp_path: Path) -> None:
    packed = b"\x1f\x8b\x08\x00 vector"
    said = "must be pictures"
    assert said in refused_file(mbtiles(tmp_path / "a.mbtiles", format="pbf"))
    assert said in refused_file(mbtiles(tmp_path / "b.mbtiles", {(1, 0, 0): packed}))
    assert said in refused_file(pmtiles(tmp_path / "a.pmtiles", tile_type=TileType.MVT))
    assert said in refused_file(pmtiles(tmp_path / "b.pmtiles", tile_type=TileType.AVIF))
    assert said in refused_file(pmtiles(tmp_path / "c.pmtiles", [((1, 0, 0), packed)]))
    gzipped = pmtiles(tmp_path / "d.pmtiles", tile_compression=Compression.GZIP)
    assert "packed once more" in refused_file(gzipped)


def test_files_that_are_something_else_are_refused(tmp_path: Path) -> None:
    whole = "must be whole and of the format"
    assert "must exist" in refused_file(tmp_path / "none.mbtiles")
    assert "must exist" in refused_file(tmp_path / "none.pmtiles")
    for name in ("t.mbtiles", "t.pmtiles"):
        for content in (b"", b"text", b"PMTiles\x02" + bytes(200), b"PMTiles\x03" + bytes(200)):
            (tmp_path / name).write_bytes(content)
            assert whole in refused_file(tmp_path / name)
    with closing(sqlite3.connect(tmp_path / "o.mbtiles")) as connection:
        connection.execute("CREATE TABLE other (a)")
    assert whole in refused_file(tmp_path / "o.mbtiles")
    assert "has no tile" in refused_file(mbtiles(tmp_path / "e.mbtiles", {}))
    (tmp_path / "folder.mbtiles").mkdir()
    assert "must exist" in refused_file(tmp_path / "folder.mbtiles")
    assert "must be a .mbtiles or .pmtiles" in refused_file(tmp_path / "map.tif")


@MAKERS
def test_damaged_files_end_in_one_sentence_or_give_pictures(
    make: Make, name: str, tmp_path: Path
) -> None:
    whole = make(tmp_path / name).read_bytes()
    rng = random.Random(9)  # noqa: S311 - damage, no secret
    said = 0
    for number in range(120):
        content = bytearray(whole)
        # the beginning of a file says most
        reach = 200 if number % 2 else len(content)
        for _ in range(rng.randrange(1, 6)):
            content[rng.randrange(reach)] = rng.randrange(256)
        if number % 4 == 0:
            del content[rng.randrange(len(content)) :]
        path = tmp_path / f"{number}-{name}"
        path.write_bytes(content)
        try:
            tiles = opened(path)
            for place in TILES:
                picture = tiles.tile(*place)
                assert picture is None or image_type(picture)
        except WorkspaceError as error:
            assert "\n" not in str(error)
            said += 1
    assert said > 20


def test_a_file_cut_short_while_open_says_so(tmp_path: Path) -> None:
    path = pmtiles(tmp_path / "p.pmtiles")
    tiles = opened(path)
    with path.open("rb+") as stream:
        stream.truncate(150)
    with pytest.raises(WorkspaceError, match="must be whole"):
        tiles.tile(3, 1, 1)


# -- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://tiles.example.org/{z}/{x}/{y}.png", "https://tiles.example.org"),
        ("https://t.example.org:8443/a/{z}/{y}/{x}?style=grey", "https://t.example.org:8443"),
        ("HTTPS://T.Example.org/{z}/{x}/{y}", "https://t.example.org"),
        ("https://t.example.org/wmts?z={z}&x={x}&y={y}", "https://t.example.org"),
        ("http://127.0.0.1:8080/{z}/{x}/{y}.png", "http://127.0.0.1:8080"),
        ("http://localhost/{z}/{x}/{y}.png", "http://localhost"),
    ],
)
def test_an_address_names_the_host_that_images_may_come_from(
    url: str, host: str, tmp_path: Path
) -> None:
    found = open_tiles(Settings(tiles=url, tiles_attribution=CREDIT), tmp_path)
    assert found == RemoteTiles(url, CREDIT, host)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://tiles.example.org/{z}/{x}/{y}.png", "with https"),
        ("ftp://tiles.example.org/{z}/{x}/{y}.png", "with https"),
        ("file:///tiles/{z}/{x}/{y}.png", "with https"),
        ("javascript:alert(1)//{z}{x}{y}", "with https"),
        ("https://{s}.tile.example.org/{z}/{x}/{y}.png", "one of the servers"),
        ("https://t.example.org/{z}/{x}/{y}{r}.png", "leave {r} out"),
        ("https://t.example.org/{z}/{x}.png", "{z}, {x} and {y} once each"),
        ("https://t.example.org/{z}/{x}/{y}/{y}.png", "once each"),
        ("https://t.example.org/{z}/{x}/{-y}.png", "once each"),
        ("https://t.example.org/{z}/{x}/{y}.png?a={b}", "once each"),
        ("https://t.example.org/", "has none"),
        ("https://us:hush@t.example.org/{z}/{x}/{y}.png", "take one without"),
        ("https://t.example.org/{z}/{x}/{y}.png?api_key=hush", "take one without"),
        ("https://t.example.org/{z}/{x}/{y}.png?access_token=hush", "take one without"),
        ("https:///{z}/{x}/{y}.png", "plain host"),
        ("https://*/{z}/{x}/{y}.png", "plain host"),
        ("https://[2001:db8::1]/{z}/{x}/{y}.png", "plain host"),
        ("https://a.org;script-src *;/{z}/{x}/{y}.png", "plain host"),
        ("https://exämple.org/{z}/{x}/{y}.png", "plain host"),
        ("https://t.example.org:99999/{z}/{x}/{y}.png", "no address"),
        ("https://t.example.org/{z}/{x}/{y}.png'\"><script>", "%20"),
        ("https://t.example.org/a b/{z}/{x}/{y}.png", "%20"),
        ("https://[::1/{z}/{x}/{y}.png", "no address"),
    ],
)
def test_addresses_that_a_page_must_not_use_are_refused(url: str, why: str, tmp_path: Path) -> None:
    said = refused(Settings(tiles=url, tiles_attribution=CREDIT), tmp_path)
    assert why in said
    assert "hush" not in said


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    settings = Settings(tiles=f"https://{text}/{{z}}/{{x}}/{{y}}", tiles_attribution=CREDIT)
    try:
        found = open_tiles(settings, Path())
    except WorkspaceError as error:
        assert "\n" not in str(error)
    else:
        assert isinstance(found, RemoteTiles)
        # what stands in a policy must not begin another rule of it
        assert set(found.host).isdisjoint(" ;,'\"*\\<>\n\t")
        assert found.host.isascii()


# -- settings -------------------------------------------------------------------------------------


def test_there_are_no_tiles_unless_they_are_set(tmp_path: Path) -> None:
    assert open_tiles(Settings(), tmp_path) is None
    area = Workspace.init(tmp_path / "area")
    assert area.tiles() is None
    area.store.close()
    assert 'tiles = ""' in TEMPLATE


def test_tiles_without_attribution_are_refused(tmp_path: Path) -> None:
    settings = Settings(tiles="https://t.example.org/{z}/{x}/{y}.png", tiles_attribution=" ")
    assert "`tiles_attribution` is not: set it" in refused(settings, tmp_path)


def test_a_workspace_opens_its_tiles_and_works_without_them(tmp_path: Path) -> None:
    area = Workspace.init(tmp_path / "area")
    area.store.close()
    file = area.folder / "hotspots.toml"
    text = file.read_text("utf-8").replace('tiles = ""', 'tiles = "data/m.mbtiles"')
    file.write_text(text.replace('tiles_attribution = ""', f'tiles_attribution = "{CREDIT}"'))
    again = Workspace(area.folder)
    with pytest.raises(WorkspaceError, match="must exist"):
        again.tiles()
    mbtiles(area.folder / "data" / "m.mbtiles")
    tiles = again.tiles()
    assert isinstance(tiles, LocalTiles)
    assert tiles.tile(1, 0, 0) == TILES[1, 0, 0]
    again.store.close()
