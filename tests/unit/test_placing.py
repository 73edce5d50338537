"""Where rows are: as given, hidden digits, letter references, postcodes, and mends that are proved.

The National Grid's values are Ordnance Survey's own: Ben Nevis is NN 166 712, Greenwich's royal
observatory lies in TQ 388 773, the false origin is the corner of SV.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import Transformer

from hotspots.ingest.grid_references import national_grid
from hotspots.ingest.placing import Place, Written, numbers, place
from hotspots.ingest.readers import Area, Context, Reasons
from hotspots.model import PLACED

AREA = (540_000.0, 160_000.0, 575_000.0, 180_000.0)
OSGB = "EPSG:27700"


def texts(*values: str) -> pd.Series[str]:
    return pd.Series(list(values), dtype="str")


def placed(
    written: Written, records: int = 1, *, area: Area | None = AREA, crs: str = OSGB
) -> tuple[Place, list[str | None]]:
    reasons = Reasons(records)
    found = place(written, records, Context(crs, area, postcodes=Table()), reasons)
    said = dict(reasons.items())
    return found, [said.get(i) for i in range(records)]


def one(x: str, y: str, crs: str = OSGB, area: Area | None = AREA) -> tuple[float, float, str]:
    found, reasons = placed(Written(pairs=((texts(x), texts(y)),), crs=crs), area=area)
    assert reasons == [None]
    return float(found.x[0]), float(found.y[0]), str(found.placed.iloc[0])


class Table:
    """Two postcodes."""

    def locate(self, postcodes: pd.Series[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        known = {"DA1 1AA": (554_000.0, 174_000.0), "DA12 2BB": (565_000.0, 172_000.0)}
        xy = np.array([known.get(code.strip(), (np.nan, np.nan)) for code in postcodes])
        return xy[:, 0], xy[:, 1]


# -- numbers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "middle"),
    [
        ("376***", 376_500),
        ("3*****", 350_000),
        ("37612*", 376_125),
        ("51.4**", 51.45),
        ("51.**", 51.5),
        ("-0.1**", -0.15),
        (" 376*** ", 376_500),
        ("******", np.nan),
        ("37*1**", np.nan),
        ("***376", np.nan),
        ("376***x", np.nan),
        ("*", np.nan),
    ],
)
def test_hidden_digits_are_read_as_the_middle(text: str, middle: float) -> None:
    values, hidden = numbers(texts(text, "376123"), "*")
    assert values[0] == pytest.approx(middle, nan_ok=True)
    assert values[1] == 376_123
    assert hidden.tolist() == [True, False]


@given(st.integers(10_000, 999_999), st.integers(1, 4))
def test_the_middle_is_within_half_a_step_of_all_it_may_be(number: int, hidden: int) -> None:
    text = str(number)[:-hidden] + "*" * hidden
    value = numbers(texts(text), "*")[0][0]
    assert abs(value - number) <= 10**hidden / 2
    assert np.isnan(numbers(texts(text), None)[0][0])


def test_a_decimal_comma() -> None:
    values, _ = numbers(texts("554000,5", "-0,25", "1.234,5", "554000"), decimal=",")
    assert values[[0, 1, 3]].tolist() == [554_000.5, -0.25, 554_000.0]
    assert np.isnan(values[2])
    assert np.isnan(numbers(texts("554000,5"))[0][0])


# -- letter references ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SV", (50_000, 50_000, 100_000)),
        ("TQ 561 743", (556_150, 174_350, 100)),
        ("TQ5612374321", (556_123.5, 174_321.5, 1)),
        ("tq 5612 7432", (556_125, 174_325, 10)),
        ("TQ57", (555_000, 175_000, 10_000)),
        ("NN 166 712", (216_650, 771_250, 100)),
        ("HP 6 1", (465_000, 1_215_000, 10_000)),
        ("", None),
        ("TQ 561 74", None),
        ("TI 561 743", None),
        ("AA 561 743", None),
        ("561 743", None),
        ("TQ561743123456", None),
    ],
)
def test_letter_references(text: str, expected: tuple[float, float, float] | None) -> None:
    assert national_grid(text) == expected


def test_the_letters_lie_as_on_the_map() -> None:
    # rows of Ordnance Survey's index map from north to south; only squares on land are checked
    rows = [("HP", 4, 12), ("NA", 0, 9), ("NJ", 3, 8), ("SE", 4, 4), ("OV", 5, 5), ("TV", 5, 0)]
    for letters, east, north in rows:
        x, y, _ = national_grid(letters) or (0, 0, 0)
        assert (x // 100_000, y // 100_000) == (east, north)


@given(st.floats(0, 699_999.9), st.floats(0, 1_299_999.9), st.integers(1, 5))
def test_a_reference_is_the_square_that_holds_the_point(x: float, y: float, half: int) -> None:
    east, north = int(x // 100_000), int(y // 100_000)
    letters = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
    # the other way round than the code: from metres to letters, as the OS publishes it
    first = (19 - north) - (19 - north) % 5 + (east + 10) // 5
    second = (19 - north) * 5 % 25 + east % 5
    figures = f"{int(x % 100_000):05d}"[:half] + f"{int(y % 100_000):05d}"[:half]
    centre_x, centre_y, width = (
        national_grid(letters[first] + letters[second] + figures) or (0,) * 3
    )
    assert width == 10 ** (5 - half)
    assert abs(centre_x - x) <= width / 2
    assert abs(centre_y - y) <= width / 2


# -- which of them counts -------------------------------------------------------------------------


def test_the_first_that_a_row_has_counts() -> None:
    exact = texts("554123", "", "", "", ""), texts("174123", "", "5", "", "")
    rounded = texts("554100", "554200", "", "", ""), texts("174100", "174200", "", "", "")
    grid = texts("TQ5412374123", "", "TQ 543 743", "", "")
    post = texts("DA1 1AA", "DA1 1AA", "DA1 1AA", " DA12 2BB ", "DA12 9ZZ")
    written = Written((exact, rounded), OSGB, grid, post)
    found, reasons = placed(written, 5)
    assert found.x[:4].tolist() == [554_123, 554_200, 554_350, 565_000]
    assert found.y[:4].tolist() == [174_123, 174_200, 174_350, 172_000]
    assert found.placed[:4].tolist() == ["given", "masked", "masked", "postcode"]
    assert reasons == [None] * 4 + ["postcode not known"]
    assert np.isnan(found.x[4])


@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [
        ("", "", "no coordinates"),
        ("554000", " ", "no coordinates"),
        ("east", "174000", "coordinates are not numbers"),
        ("inf", "174000", "coordinates are not numbers"),
        ("0", "0.0", "coordinates are 0, 0"),
        ("1e30", "1e30", "coordinates are beyond what EPSG:3035 can show"),
    ],
)
def test_the_reason_of_a_rejection(x: str, y: str, reason: str) -> None:
    written = Written(pairs=((texts(x), texts(y)),), crs=OSGB)
    assert placed(written, crs="EPSG:3035", area=None)[1] == [reason]


def test_a_second_pair_or_a_postcode_saves_what_the_first_spoils() -> None:
    pairs = (texts("0", "x"), texts("0", "1")), (texts("554100", ""), texts("174100", ""))
    written = Written(pairs, OSGB, postcode=texts("", "DA1 1AA"))
    found, reasons = placed(written, 2)
    assert reasons == [None, None]
    assert found.placed.tolist() == ["masked", "postcode"]


def test_a_postcode_without_postcodes_is_said() -> None:
    reasons = Reasons(2)
    place(Written(postcode=texts("DA1 1AA", "")), 2, Context(OSGB), reasons)
    assert [r for _, r in reasons.items()] == [
        "only a postcode, and no postcodes are loaded",
        "no coordinates",
    ]


def test_a_wrong_grid_reference() -> None:
    found, reasons = placed(Written(grid_reference=texts("ZZ 1 1", "TQ57", "")), 3)
    assert reasons == ["grid reference is not one of the National Grid", None, "no coordinates"]
    assert found.placed[1] == "masked"


# -- mending --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        ("554000", "174000", (554_000, 174_000, "given")),
        ("174000", "554000", (554_000, 174_000, "mended")),
        ("55412", "17423", (554_120, 174_230, "mended")),
        ("5541", "1742", (554_100, 174_200, "mended")),
        ("554.123", "174.231", (554_123, 174_231, "mended")),
        # outside either way: it happened elsewhere
        ("600000", "174000", (600_000, 174_000, "given")),
        ("174000", "600000", (174_000, 600_000, "given")),
        # only one of the two is short: nothing here proves what it was
        ("554000", "17423", (554_000, 17_423, "given")),
    ],
)
def test_a_mend_must_be_proved(x: str, y: str, expected: tuple[float, float, str]) -> None:
    got = one(x, y)
    assert got[:2] == pytest.approx(expected[:2])
    assert got[2] == expected[2]


@pytest.mark.parametrize(("x", "y"), [("174000", "554000"), ("55412", "17423"), ("5541", "1742")])
def test_nothing_is_mended_without_an_area(x: str, y: str) -> None:
    assert one(x, y, area=None) == (float(x), float(y), "given")


def test_two_ways_to_mend_prove_nothing() -> None:
    # an area so large that both ten and a hundred times the numbers lie in it, and one in which
    # both the swapped and the longer numbers do
    assert one("2000", "3000", area=(10_000, 10_000, 400_000, 400_000))[2] == "given"
    assert one("20000", "600", area=(5, 5_000, 300_000, 30_000))[2] == "given"
    assert one("20000", "600", area=(5, 5_000, 5_000, 30_000)) == (600, 20_000, "mended")


def test_swapped_longitude_and_latitude() -> None:
    to_osgb = Transformer.from_crs("EPSG:4326", OSGB, always_xy=True)
    x, y, how = one("51.446", "0.217", crs="EPSG:4326")
    assert (x, y) == pytest.approx(to_osgb.transform(0.217, 51.446))
    assert how == "mended"
    # degrees are never cut short: 0.0217 and 5.1446 are a place of their own
    assert one("0.0217", "5.1446", crs="EPSG:4326")[2] == "given"


coordinate = st.floats(-2_000_000, 2_000_000, allow_nan=False).map(lambda v: round(v, 1))


@given(st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=30))
def test_a_mended_point_is_inside_and_all_others_are_as_given(
    points: list[tuple[float, float]],
) -> None:
    assume(all(point != (0, 0) for point in points))
    xs, ys = texts(*(str(x) for x, _ in points)), texts(*(str(y) for _, y in points))
    found, reasons = placed(Written(pairs=((xs, ys),), crs=OSGB), len(points))
    given_xy = np.array(points, dtype=np.float64)
    assert reasons == [None] * len(points)
    assert set(found.placed) <= set(PLACED)
    mended = (found.placed == "mended").to_numpy()
    xy = np.column_stack([found.x, found.y])
    west, south, east, north = AREA
    low, high = np.array([west, south]), np.array([east, north])
    assert ((xy[mended] >= low) & (xy[mended] <= high)).all()
    assert np.allclose(xy[~mended], given_xy[~mended], rtol=0, atol=1e-6)
    # what was inside as given is never touched
    inside = ((given_xy >= low) & (given_xy <= high)).all(axis=1)
    assert not (inside & mended).any()
