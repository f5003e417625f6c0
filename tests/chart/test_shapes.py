"""Each shape makes the R4 form of one data type, or nothing, of any JSON."""

import math
from decimal import Decimal

import pytest
from hypothesis import given

from chart import shapes
from tests.chart.arbitrary import ANY_JSON

EVERY = [
    shapes.text,
    shapes.code,
    shapes.flag,
    shapes.number,
    shapes.date_time,
    shapes.day,
    shapes.quantity,
    shapes.coding,
    shapes.concept,
    shapes.reference,
    shapes.annotation,
    shapes.many(shapes.concept),
    shapes.one(shapes.coding),
    shapes.with_stand_ins(shapes.elements({"code": shapes.code}), {"uid": "0"}),
]


@pytest.mark.parametrize(
    ("shape", "sent", "shaped"),
    [
        (shapes.text, " kept as it is ", " kept as it is "),
        (shapes.text, " ", None),
        (shapes.text, 724.2, "724.2"),
        (shapes.text, Decimal("724.20"), "724.20"),
        (shapes.text, True, None),
        (shapes.text, math.nan, None),
        (shapes.code, " 70450 ", "70450"),
        (shapes.code, 70450, "70450"),
        (shapes.flag, True, True),
        (shapes.flag, "FALSE", False),
        (shapes.flag, 1, None),
        (shapes.flag, "yes", None),
        (shapes.number, 10**400, None),
        (shapes.number, math.inf, None),
        (shapes.number, True, None),
        (shapes.number, "5", None),
        (shapes.date_time, "1960", "1960"),
        (shapes.date_time, "1960-05", "1960-05"),
        (shapes.date_time, "0000", None),
        (shapes.date_time, "1960-13", None),
        (shapes.date_time, "1960-05-06T25:00:00Z", "1960-05-06"),
        (shapes.date_time, "1960-05-06T10:00", "1960-05-06T10:00:00+00:00"),
        (shapes.date_time, "1960-05-06 10:00:00", "1960-05-06T10:00:00+00:00"),
        (shapes.date_time, "1960-05-06T10:00:00.123456789Z", "1960-05-06T10:00:00+00:00"),
        (shapes.date_time, "1960-05-06T10:00:00+20:00", "1960-05-06"),
        (shapes.date_time, "1960-05-06T10:00:00+05:30:15", "1960-05-06"),
        (shapes.date_time, "19600506", None),
        (shapes.date_time, "06/05/1960", None),
        (shapes.date_time, {"start": "1960"}, "1960"),
        (shapes.date_time, {"end": {"end": "1960"}}, None),
        (shapes.day, "1960-05-06T10:00:00Z", "1960-05-06"),
        (
            shapes.quantity,
            {"value": "<0.27", "unit": "mg/L"},
            {"value": 0.27, "comparator": "<", "unit": "mg/L"},
        ),
        (shapes.quantity, {"value": 5, "comparator": "about", "code": "mg"}, {"value": 5.0, "unit": "mg"}),
        (shapes.quantity, {"unit": "mg"}, None),
        (shapes.quantity, "≥ 5", {"value": 5.0, "comparator": ">="}),
        (shapes.quantity, "5 of 10", None),
        (shapes.coding, "CT", {"code": "CT"}),
        (shapes.coding, {"text": "Head", "coding": [{"code": "1"}]}, {"display": "Head", "code": "1"}),
        (shapes.concept, "fever", {"text": "fever"}),
        (shapes.concept, {"concept": {"concept": {"text": "x"}}}, None),
        (shapes.concept, {"coding": [{}]}, None),
        (shapes.concept, {"display": "fever"}, {"coding": [{"display": "fever"}]}),
        (shapes.reference, {"reference": {"reference": "Condition/1"}}, {"reference": "Condition/1"}),
        (shapes.annotation, {"text": None}, None),
    ],
)
def test_a_value_takes_its_r4_shape(shape, sent, shaped):
    """What can be read of a value is read, and nothing is guessed."""
    assert shape(sent) == shaped


@pytest.mark.parametrize("shape", EVERY, ids=lambda shape: shape.__name__)
@given(value=ANY_JSON)
def test_any_json_has_a_shape_or_none(shape, value):
    """No JSON value is an exception, and nothing empty comes of any."""
    assert shape(value) not in ("", [], {})
