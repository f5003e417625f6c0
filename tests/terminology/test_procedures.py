"""The catalogue of imaging procedures and its code maps."""

import csv
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from terminology import procedure, procedures
from terminology.procedures import Contrast, Modality, RadiationLevel, catalogue
from terminology.systems import CPT, HCPCS, LOINC, SNOMED_CT

ROOT = Path(__file__).parents[2]
FACTS = ROOT / os.environ.get("APPOSITE_FACTS", "../shared/data/acr_ratings.csv")
MAPS = ROOT / "fhir" / "terminology" / "maps"
SUFFIXES = {Contrast.WITHOUT: "wo", Contrast.WITH: "w", Contrast.WITHOUT_AND_WITH: "wwo"}
ALL = tuple(catalogue())

needs_facts = pytest.mark.skipif(not FACTS.exists(), reason="the facts file is not on this machine")


def facts():
    """Give the rows of the facts file."""
    return list(csv.DictReader(FACTS.read_text(encoding="utf-8").splitlines()))


def ids(found):
    """Give the ids of procedures."""
    return [each.id for each in found]


def map_rows(name):
    """Give the rows of one code map."""
    return list(csv.DictReader((MAPS / name).read_text(encoding="utf-8").splitlines()))


def test_the_catalogue_holds_what_is_ordered():
    """There is an entry for each rated procedure and for the contrast options of each region."""
    assert len(catalogue()) > 900
    for region in ("head", "orbits", "temporal-bone", "neck", "chest", "shoulder", "wrist", "knee", "foot"):
        for modality in ("ct", "mr"):
            for contrast in ("wo", "w", "wwo"):
                assert f"{modality}-{region}-{contrast}" in catalogue()


def test_an_id_finds_its_entry_and_no_other_does():
    """Look-up by id is exact."""
    assert catalogue()["ct-head-wo"].name == "CT head without IV contrast"
    assert "ct-head" not in catalogue()
    with pytest.raises(KeyError):
        catalogue()["ct-head"]


def test_ids_and_names_are_unique():
    """No two entries share an id, a name, or all of what they are made of."""
    made_of = [(p.modality, frozenset(p.regions), frozenset(p.techniques), p.contrast, p.parts) for p in ALL]
    imaging = [made for made in made_of if made[0] is not Modality.NONE]
    assert len({p.id for p in ALL}) == len({p.name.casefold() for p in ALL}) == len(ALL)
    assert len(set(imaging)) == len(imaging)


def test_an_entry_agrees_with_its_id():
    """The id begins with the modality and says the contrast that the entry has."""
    for each in ALL:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", each.id)
        assert each.id.split("-")[0] == each.modality
        said = set(each.id.split("-")) & set(SUFFIXES.values())
        assert not said or each.parts or said == {SUFFIXES[each.contrast]}, each.id
        assert all(part in catalogue() for part in each.parts)


def test_what_an_entry_is_made_of_decides_its_flags():
    """Radiation, iodine and gadolinium follow from modality, contrast and technique."""
    flags = {
        each: (catalogue()[each].ionising, catalogue()[each].iodinated_contrast, catalogue()[each].gadolinium)
        for each in (
            "xr-chest",
            "ct-head-w",
            "ct-head-wo",
            "cta-pulmonary-w",
            "ct-myelography-lumbar-spine",
            "mr-head-wo",
            "mr-head-wwo",
            "mr-arthrography-shoulder",
            "us-abdomen-w",
            "nm-vq-lung",
            "angio-cervicocerebral",
            "mg-w",
            "fl-voiding-cystourethrography",
            "none-surgical-consultation",
        )
    }
    assert flags == {
        "xr-chest": (True, False, False),
        "ct-head-w": (True, True, False),
        "ct-head-wo": (True, False, False),
        "cta-pulmonary-w": (True, True, False),
        "ct-myelography-lumbar-spine": (True, True, False),
        "mr-head-wo": (False, False, False),
        "mr-head-wwo": (False, False, True),
        "mr-arthrography-shoulder": (False, False, True),
        "us-abdomen-w": (False, False, False),
        "nm-vq-lung": (True, False, False),
        "angio-cervicocerebral": (True, True, False),
        "mg-w": (True, True, False),
        "fl-voiding-cystourethrography": (True, True, False),
        "none-surgical-consultation": (False, False, False),
    }


def test_only_what_has_no_radiation_has_level_zero():
    """Level 0 and ionising radiation exclude each other, and MR and ultrasound are always level 0."""
    for each in ALL:
        if each.modality is not Modality.NONE:
            levels = {each.radiation_adult, each.radiation_child}
            assert each.ionising != (levels == {RadiationLevel.ZERO})
            assert not each.ionising or RadiationLevel.ZERO not in levels


def test_the_rules_name_techniques_that_exist():
    """A technique that decides a flag is one of the catalogue's."""
    known = {technique for each in ALL for technique in each.techniques}
    assert known >= procedure.IODINE_TECHNIQUES


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        (CPT, "71275", ["cta-chest-w", "cta-pulmonary-w"]),
        ("https://www.ama-assn.org/go/cpt", "72148", ["mr-lumbar-spine-wo"]),
        ("urn:oid:2.16.840.1.113883.6.12", " 70553 ", ["mr-head-wwo"]),
        (CPT, "74177", ["ct-abdomen-pelvis-w"]),
        (HCPCS, "c8900", ["mra-abdomen-w"]),
        (LOINC, "24725-4", ["ct-head-wo", "ct-head-w", "ct-head-wwo"]),
        (SNOMED_CT, "399208008", ["xr-chest"]),
    ],
)
def test_a_code_finds_every_procedure_it_covers(system, code, expected):
    """However the system is spelled, a code gives all entries within its meaning."""
    assert ids(catalogue().coded(system, code)) == expected


@pytest.mark.parametrize(("system", "code"), [(CPT, "99213"), (CPT, ""), ("", "72148"), (LOINC, "72148")])
def test_an_unknown_code_finds_nothing(system, code):
    """A code is looked up in its own system, and never guessed."""
    assert catalogue().coded(system, code) == ()


def test_a_procedure_gives_its_codes_in_the_order_preferred():
    """CPT comes before HCPCS, LOINC and SNOMED CT."""
    assert catalogue()["mg-screening"].codes[0] == (CPT, "77067")
    order = [CPT, HCPCS, LOINC, SNOMED_CT]
    for each in ALL:
        systems = [system for system, _ in each.codes]
        assert systems == sorted(systems, key=order.index)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("cpt.csv", r"\d{4}[\dT]"),
        ("hcpcs.csv", r"[A-Z]\d{4}"),
        ("loinc.csv", r"\d+-\d"),
        ("snomed-procedure.csv", r"\d{6,18}"),
    ],
)
def test_a_map_holds_codes_and_ids_alone(name, shape):
    """Each row joins a well-formed code to an entry; a code of several entries is broader than each."""
    rows = map_rows(name)
    targets = Counter(row["code"] for row in rows)
    assert [(row["code"], row["procedure"]) for row in rows] == sorted(
        {(row["code"], row["procedure"]) for row in rows}
    )
    for row in rows:
        assert list(row) == ["code", "procedure", "relationship"]
        assert re.fullmatch(shape, row["code"])
        assert row["procedure"] in catalogue()
        alone = targets[row["code"]] == 1
        assert row["relationship"] == ("equivalent" if alone else "source-is-broader-than-target")


def test_an_entry_is_read_from_its_own_name():
    """The catalogue's name of a procedure is an order for that procedure and no other."""
    assert [each.id for each in ALL if ids(catalogue().read(each.name).candidates) != [each.id]] == []


@needs_facts
def test_every_rated_procedure_is_read_to_one_entry():
    """Each procedure name of the facts file has one entry, shared only by two spellings of one thing."""
    named = {row["procedure"]: ids(catalogue().read(row["procedure"]).candidates) for row in facts()}
    assert [name for name, found in named.items() if len(found) != 1] == []
    shared = [each for each, count in Counter(found[0] for found in named.values()).items() if count > 1]
    assert sorted(shared) == ["angio-kidneys", "ct-quantitative-lumbar-spine-hip"]


@needs_facts
def test_radiation_levels_are_those_of_the_facts():
    """For an adult and for a child, the entry has the level that most rows of the facts give."""
    counted = {}
    for row in facts():
        if row["radiation_adult"]:
            symbols = {"O": "0", "Varies": "varies"}
            level = symbols.get(row["radiation_adult"], str(len(row["radiation_adult"])))
            (found,) = catalogue().read(row["procedure"]).candidates
            counted.setdefault((found, row["radiation_kind"]), Counter())[level] += 1
    for (found, kind), levels in counted.items():
        level = found.radiation_adult if kind == "adult" else found.radiation_child
        assert level == levels.most_common(1)[0][0]


def test_the_catalogue_is_loaded_once():
    """Every caller has the same catalogue."""
    assert catalogue() is procedures.catalogue()
