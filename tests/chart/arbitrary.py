"""Any JSON, and valid resources with something in them broken: what the parsers' promises are tested with."""

import copy
import json
from pathlib import Path

from hypothesis import strategies as st

from chart.resource import read_resource

VECTORS = Path(__file__).parents[1] / "vectors" / "chart"

ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text(st.characters(), max_size=12)
    | st.sampled_from(
        ["2024-02", "2024-02-30T99", "<5 mg", "http://snomed.info/sct", "#r", "Condition/c1", ""]
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["coding", "text", "code", "system", "display", "concept", "reference", "value", "end", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def vectors(name):
    """The vectors of one file, each a resource and what is expected of it."""
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))["vectors"]


def resource(content):
    """The content as a resource."""
    return read_resource(content, "resource")


@st.composite
def broken(draw, name):
    """A resource of one vector file in which up to three values are replaced, removed, nested or doubled."""
    content = copy.deepcopy(draw(st.sampled_from([vector["resource"] for vector in vectors(name)])))
    for _ in range(draw(st.integers(0, 3))):
        holder, key = draw(st.sampled_from(list(_places(content)) or [(content, "code")]))
        match draw(st.sampled_from(["replace", "remove", "nest", "double"])):
            case "replace":
                holder[key] = draw(ANY_JSON)
            case "remove":
                _remove(holder, key)
            case "nest":
                holder[key] = [holder.get(key) if isinstance(holder, dict) else holder[key]]
            case "double":
                value = holder.get(key) if isinstance(holder, dict) else holder[key]
                holder[key] = {"code": value, "text": value, "coding": value, "value": value}
    return resource(content)


def of_type(type_, elements):
    """A resource of a type whose elements are any JSON."""
    content = st.dictionaries(st.sampled_from(elements), ANY_JSON, max_size=6)
    return content.map(lambda sent: resource({**sent, "resourceType": type_, "id": "x"}))


def _places(content):
    """Every place below the resource's type and id that holds a value."""
    pairs = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in pairs:
        if key in {"resourceType", "id"}:
            continue
        yield content, key
        if isinstance(value, dict | list):
            yield from _places(value)


def _remove(holder, key):
    if isinstance(holder, dict):
        holder.pop(key, None)
    else:
        holder[key] = None
