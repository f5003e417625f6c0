"""Places that workers share: as many as there are, over threads and processes."""

from __future__ import annotations

import subprocess
import sys
from uuid import uuid4

from cds_service.places import Places

HOLDER = """
import sys
from cds_service.places import Places
with Places(sys.argv[1], 1).one() as free:
    print(free, flush=True)
    sys.stdin.readline()
"""


def test_there_are_as_many_as_there_are() -> None:
    """The third finds none, until one is given back."""
    places = Places(str(uuid4()), 2)
    with places.one() as first:
        with places.one() as second, places.one() as third:
            assert (first, second, third) == (True, True, False)
        with places.one() as again:
            assert again


def test_without_places_nobody_has_one() -> None:
    """A service of one worker with one thread must not wait at all."""
    with Places(str(uuid4()), 0).one() as free:
        assert not free


def test_a_process_that_dies_gives_its_place_back() -> None:
    """Another process holds the place while it lives, and no longer."""
    name = str(uuid4())
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "True\n"
        with Places(name, 1).one() as free:
            assert not free
        holder.kill()
        holder.wait()
    with Places(name, 1).one() as free:
        assert free
