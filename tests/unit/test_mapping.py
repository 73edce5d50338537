"""The mapping file: what is refused, in one sentence, and that what is written is read back."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.errors import DataError
from hotspots.ingest import Mapping, read_incidents, read_mapping
from hotspots.ingest.mapping import Columns, Dates, Defaults, Rule, to_toml
from tests.unit.test_ingest_kinds import FIRES
from tests.unit.test_ingest_mapped import MAPPING, export, mapping


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('x = "easting"', 'x = "easting"\nz = "height"', "has the unknown key columns.z"),
        ("[exclude]", "[exclusions]", "has the unknown key exclusions"),
        ('y = "northing"', "", "columns.x and columns.y must name as many columns"),
        ('x = "easting"', 'x = ["easting", "e2"]', "columns.x and columns.y must name as many"),
        ('"asb"', '"asb.chimney"', "a subcategory of asb must be one of .*; got 'asb.chimney'"),
        ('"asb"', '"robbery.bank"', "a subcategory of robbery must be "),
        ("[defaults]", "[flags]\nx = { a = 'Y' }\n[defaults]", "a flag must be one of .*; got 'x'"),
        ("[defaults]", "[flags]\nalcohol = {}\n[defaults]", "says at flags.alcohol"),
        ("[defaults]", "[subcategories]\na = 'b'\n[defaults]", "a subcategory must be one of"),
        ("[columns]", "masked = '0'\n[columns]", "masked must be a character that no number"),
        ("[columns]", "masked = '**'\n[columns]", "says at masked"),
        ("[columns]", "decimal = ';'\n[columns]", "says at decimal"),
        ("[columns]", "[columns]\nrecorded_time = 'a'", "must have a columns.recorded_date"),
        ("[columns]", "[[rules]]\ncategory = 'asb'\nwhen = {}\n[columns]", "says at rules.0.when"),
        (
            "[columns]",
            "[[rules]]\ncategory = 'asb'\nsubcategory = 'x'\nwhen = { a = 'b' }\n[columns]",
            "a subcategory of asb must be one of",
        ),
        ('"asb"', '"noise"', "a category must be one of asb, .*; got 'noise'"),
        ('"asb"', '"crime"', "a category must be one of .*; got 'crime'"),
        ('category = "category"', "", "columns.category, defaults.category or rules must be given"),
        ("EPSG:27700", "EPSG:0", "a CRS must be one that PROJ knows; got 'EPSG:0'"),
        ("%d/%m/%Y", "%m/%Y", "a date format must have a day"),
        ("%d/%m/%Y", "%d/%m/%Q", "bad directive"),
        ("%d/%m/%Y", "%d/%m/%Y %z", "no time zone"),
        ('to_date = "date_to"', "", "columns.to_time must have a columns.to_date"),
        ("[columns]", 'encoding = "klingon"\n[columns]', "an encoding must be one"),
        ("[columns]", 'encoding = "base64"\n[columns]', "an encoding must be one"),
        ("[columns]", "delimiter = '\"'\n[columns]", "delimiter must not be a quote"),
        ("[columns]", 'delimiter = "||"\n[columns]', "says at delimiter"),
        ("[columns]", "[columns", "must be TOML"),
    ],
)
def test_a_wrong_mapping_is_one_sentence(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        read_mapping(mapping(tmp_path, MAPPING.replace(old, new, 1)))
    assert "\n" not in str(caught.value)
    assert "mapping.toml" in str(caught.value)


def test_a_mapping_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="must be a file that can be read"):
        read_incidents(export(tmp_path, {}), mapping=tmp_path / "none.toml")


def test_the_example_of_the_documentation_is_a_mapping() -> None:
    page = (Path(__file__).parents[2] / "docs" / "mapping.md").read_text("utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    loaded = Mapping.model_validate(tomllib.loads(example))
    assert loaded.categories["Anti-social behaviour"] == "asb"
    # every key that a mapping may have is on the page
    for model in (Mapping, Columns, Dates, Defaults, Rule):
        for key in model.model_fields:
            assert f"`{key}`" in page


# -- writing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [MAPPING, FIRES])
def test_a_written_mapping_is_read_back(tmp_path: Path, text: str) -> None:
    loaded = Mapping.model_validate(tomllib.loads(text))
    assert read_mapping(mapping(tmp_path, to_toml(loaded))) == loaded


names = st.text(min_size=1, max_size=12)
several = st.lists(names, min_size=1, max_size=3)
conditions = st.dictionaries(names, several, min_size=1, max_size=3)
mappings = st.fixed_dictionaries(
    {
        "source": names,
        "columns": st.fixed_dictionaries(
            {"from_date": several, "category": names},
            optional={"x": several.map(lambda n: n[:1]), "reference": names, "postcode": names},
        ).map(lambda c: {**c, "y": c["x"]} if "x" in c else c),
        "dates": st.just({"date_formats": ["%d/%m/%Y"]}),
    },
    optional={
        "crs": st.sampled_from(["EPSG:27700", "EPSG:4326", "EPSG:2913"]),
        "delimiter": st.characters(exclude_characters='"\r\n', exclude_categories=["Cs"]),
        "decimal": st.sampled_from([".", ","]),
        "sheet": names,
        "masked": st.sampled_from(["*", "X", "#"]),
        "exclude": st.dictionaries(names, st.lists(st.text()), max_size=3),
        "categories": st.dictionaries(st.text(), st.sampled_from(["asb", "asb.noise"])),
        "flags": st.dictionaries(st.sampled_from(["alcohol", "knife"]), conditions),
        "defaults": st.just({"agency": 'The "Wardens"'}),
        "rules": st.lists(
            st.fixed_dictionaries(
                {"category": st.sampled_from(["burglary", "robbery"]), "when": conditions}
            ),
            max_size=3,
        ),
    },
)


@given(mappings)
def test_any_written_mapping_is_read_back(data: dict[str, object]) -> None:
    loaded = Mapping.model_validate(data)
    again = tomllib.loads(to_toml(loaded).encode("utf-8").decode("utf-8"))
    assert Mapping.model_validate(again) == loaded
