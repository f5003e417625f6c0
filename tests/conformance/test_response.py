"""Each check lets a good message pass and finds the one thing that is broken in a bad one."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import simplejson
from hypothesis import given
from hypothesis import strategies as st

from conformance.broken import Broken
from conformance.response import check_discovery, check_http, check_response

if TYPE_CHECKING:
    from collections.abc import Iterator

VECTORS = simplejson.loads(
    Path(__file__).with_name("responses.json").read_text(encoding="utf-8"), use_decimal=True
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def places(value: Any, place: str = "") -> Iterator[str]:
    """Every place of a message, as steps with slashes between."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in items:
        yield f"{place}{step}"
        yield from places(each, f"{place}{step}/")


def broken_copy(message: Any, flaw: dict[str, Any]) -> Any:
    """The message with one element set or removed."""
    message = copy.deepcopy(message)
    *path, last = flaw["at"].split("/")
    holder = message
    for step in path:
        holder = holder[int(step)] if isinstance(holder, list) else holder[step]
    if isinstance(holder, list):
        holder[int(last) : int(last) + 1] = [flaw["to"]] if "to" in flaw else []
    elif "to" in flaw:
        holder[last] = flaw["to"]
    else:
        del holder[last]
    return message


def name_of(flaw: dict[str, Any]) -> str:
    return f"{flaw['requirement']}-{flaw['flaw']}"


def test_good_response_breaks_nothing() -> None:
    """The good answer of the vectors passes every check."""
    assert check_response(VECTORS["response"], VECTORS["request"]) == []


@pytest.mark.parametrize("flaw", VECTORS["broken"], ids=name_of)
def test_broken_response_is_found(flaw: dict[str, Any]) -> None:
    """One thing broken in the good answer is found under its requirement."""
    found = check_response(broken_copy(VECTORS["response"], flaw), VECTORS["request"])
    assert flaw["requirement"] in {each.requirement for each in found}


def test_finding_names_the_element() -> None:
    """A finding says where in the answer the requirement is broken."""
    flaw = {"at": "cards/0/suggestions/1/label"}
    found = check_response(broken_copy(VECTORS["response"], flaw), VECTORS["request"])
    assert found == [Broken("SUG-1", "cards[0].suggestions[1].label")]


def test_empty_element_that_the_order_brought_is_no_flaw() -> None:
    """An order is returned whole, so its own empty array is not the service's."""
    request, response = copy.deepcopy(VECTORS["request"]), copy.deepcopy(VECTORS["response"])
    del response["extension"]
    orders = [
        request["context"]["draftOrders"]["entry"][0]["resource"],
        response["systemActions"][0]["resource"],
    ]
    for each in orders:
        each["performer"] = []
    assert check_response(response, request) == []


def test_changed_digits_of_a_decimal_are_a_change() -> None:
    """1.50 is not 1.5: a decimal's digits carry meaning in FHIR."""
    request = broken_copy(
        VECTORS["request"],
        {
            "at": "context/draftOrders/entry/0/resource/extension/0/valueDecimal",
            "to": simplejson.loads("1.50", use_decimal=True),
        },
    )
    assert "SYS-1" in {each.requirement for each in check_response(VECTORS["response"], request)}


def test_alternative_of_the_middle_band_may_lack_a_code() -> None:
    """The guide has no code for the middle band, so an alternative may carry a coding of another system."""
    flaw = {
        "at": "cards/0/suggestions/0/actions/0/resource/extension/1/valueCodeableConcept/coding/0/system",
        "to": "http://example.org/bands",
    }
    assert check_response(broken_copy(VECTORS["response"], flaw), VECTORS["request"]) == []


def test_good_discovery_breaks_nothing() -> None:
    """The good discovery document passes every check."""
    assert check_discovery(VECTORS["discovery"]) == []
    assert check_discovery({"services": []}) == []


@pytest.mark.parametrize("flaw", VECTORS["broken_discovery"], ids=name_of)
def test_broken_discovery_is_found(flaw: dict[str, Any]) -> None:
    """One thing broken in the discovery document is found under its requirement."""
    found = check_discovery(broken_copy(VECTORS["discovery"], flaw))
    assert flaw["requirement"] in {each.requirement for each in found}


def test_status_and_media_type_are_checked() -> None:
    """An answer is a 200 in JSON; a character set does no harm."""
    assert check_http(200, "application/json; charset=utf-8") == []
    assert check_http(503, "application/json") == [Broken("HTTP-1", "status")]
    assert check_http(200, "text/html") == [Broken("JSON-1", "Content-Type")]


@given(value=ANY_JSON, place=st.sampled_from(list(places(VECTORS["response"]))))
def test_any_json_gives_findings_not_a_crash(value: Any, place: str) -> None:
    """Whatever a service puts at a place, the checks end and give a list."""
    message = broken_copy(VECTORS["response"], {"at": place, "to": value})
    assert isinstance(check_response(message, VECTORS["request"]), list)
    assert isinstance(check_response(value, VECTORS["request"]), list)
    assert isinstance(check_discovery(value), list)
    assert isinstance(check_discovery({"services": [value, {"prefetch": value}]}), list)
