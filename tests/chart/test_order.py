"""A draft order in plain values, whatever version of FHIR it was written in."""

import pytest
from hypothesis import given

from chart.order import Order, read_order
from tests.chart.arbitrary import broken, of_type, resource, vectors


def plain(order):
    """The order as the vectors write it."""
    return {
        "code": [coding.code for coding in order.code.codings],
        "words": order.code.words,
        "reasons": [reason.words for reason in order.reasons],
        "reason_codes": [[coding.code for coding in reason.codings] for reason in order.reasons],
        "references": [reference.target for reference in order.reason_references],
        "supporting": [reference.target for reference in order.supporting],
        "contained": [list(each.references) for each in order.contained],
        "details": [detail.words for detail in order.details],
        "body_sites": [site.words for site in order.body_sites],
        "notes": list(order.notes),
        "priority": order.priority,
        "authored": order.authored and [order.authored.first.isoformat(), order.authored.last.isoformat()],
    }


@pytest.mark.parametrize("vector", vectors("orders"), ids=lambda vector: vector["id"])
def test_an_order_is_read(vector):
    """Each hand-written order gives exactly what its vector expects."""
    order = read_order(resource(vector["resource"]))
    if vector["expect"] is None:
        assert order is None
    else:
        assert {name: plain(order)[name] for name in vector["expect"]} == vector["expect"]


def test_the_original_is_kept_untouched():
    """Reading changes nothing in what was sent, because the answer returns it whole."""
    sent = {"resourceType": "ServiceRequest", "id": "o", "code": {"text": "CT", "x": [None]}, "y": 1}
    order = read_order(resource(sent))
    assert order.resource.original is sent
    assert sent == {"resourceType": "ServiceRequest", "id": "o", "code": {"text": "CT", "x": [None]}, "y": 1}


def test_deep_nesting_is_no_matter():
    """Extensions nested hundreds deep are not followed."""
    extension = {"url": "x"}
    for _ in range(900):
        extension = {"url": "x", "extension": [extension]}
    sent = {"resourceType": "ServiceRequest", "code": {"text": "CT", "extension": [extension]}}
    assert read_order(resource(sent)).code.text == "CT"


def test_a_list_is_read_as_far_as_it_is_sensible():
    """An order with thousands of reasons is cut, so that one request cannot take all the time there is."""
    sent = {"resourceType": "ServiceRequest", "code": {"text": "CT"}, "reasonCode": [{"text": "x"}] * 5_000}
    assert len(read_order(resource(sent)).reasons) == 50


@given(broken("orders"))
def test_a_broken_order_is_an_order_or_none(sent):
    """Whatever is broken in an order, reading it gives an order or nothing."""
    assert isinstance(read_order(sent), Order | None)


@given(
    of_type("ServiceRequest", ["code", "reasonCode", "reasonReference", "note", "contained", "authoredOn"])
)
def test_any_json_is_an_order_or_none(sent):
    """Any JSON in the elements of an order gives an order or nothing."""
    assert isinstance(read_order(sent), Order | None)
