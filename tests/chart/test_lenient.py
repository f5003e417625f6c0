"""Reading with `fhir.resources` what is not quite FHIR R4."""

from fhir.resources.R4B.observation import Observation
from fhir.resources.R4B.procedure import Procedure

from chart import shapes
from chart.lenient import NOT_STATED, Elements, read_leniently
from tests.chart.arbitrary import resource

PROCEDURE = Elements(
    {"status": shapes.code, "code": shapes.concept},
    names={"code": ("code", "type")},
    required={"status": "unknown", "subject": NOT_STATED},
)


def test_elements_that_are_not_read_do_not_matter():
    """Only the named elements reach the model, so the rest may break any rule."""
    sent = resource({"resourceType": "Procedure", "status": "completed", "performer": 5, "bogus": {}})
    assert read_leniently(sent, Procedure, PROCEDURE).status == "completed"


def test_required_elements_have_stand_ins():
    """An element that R4 requires and nobody sent does not spoil the rest."""
    read = read_leniently(resource({"resourceType": "Procedure"}), Procedure, PROCEDURE)
    assert read.status == "unknown"
    assert read.code is None


def test_an_element_may_have_other_names():
    """The first name under which something can be read counts."""
    sent = resource({"resourceType": "Procedure", "code": {}, "type": {"text": "CT"}})
    assert read_leniently(sent, Procedure, PROCEDURE).code.text == "CT"


def test_of_a_choice_the_first_counts():
    """Two values where R4 allows one are no reason to read none."""
    elements = Elements(
        {"valueBoolean": shapes.flag, "valueString": shapes.text},
        only_one=("valueString", "valueBoolean"),
        required={"status": "unknown", "code": {}},
    )
    sent = resource({"resourceType": "Observation", "valueBoolean": True, "valueString": "x"})
    assert read_leniently(sent, Observation, elements).valueString == "x"


def test_an_element_that_breaks_a_rule_is_left_out():
    """What passes its shape and still is no R4 costs that element and no other."""
    elements = Elements(
        {"status": lambda value: value, "note": lambda value: value},
        required={"status": "unknown", "subject": NOT_STATED},
    )
    sent = resource({"resourceType": "Procedure", "status": "completed", "note": [{"text": 5}]})
    read = read_leniently(sent, Procedure, elements)
    assert read.status == "completed"
    assert read.note is None


def test_a_resource_that_no_rule_allows_is_none():
    """Where even the stand-ins are refused, there is nothing to read."""
    assert read_leniently(resource({"resourceType": "Procedure"}), Procedure, Elements({})) is None
