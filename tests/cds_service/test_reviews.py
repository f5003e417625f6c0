"""The table of reviews: each question once, the newest wording only, and nothing lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from cds_service.consults import open_engine
from cds_service.errors import StoreUnavailableError
from cds_service.reviews import Asked, Reviews, State, review

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine


@pytest.fixture
def reviews(engine: Engine) -> Reviews:
    """The reviews of the database."""
    return Reviews(engine)


def ask(reviews: Reviews, key: str, order: str = "o", most: int = 9) -> Asked:
    return reviews.ask(key, order, f"work of {key}", most_waiting=most)


def test_a_question_is_asked_once_however_often_the_hook_fires(reviews: Reviews) -> None:
    """Ten firings make one piece of work."""
    with ThreadPoolExecutor(4) as pool:
        asked = list(pool.map(lambda _: ask(reviews, "k"), range(10)))
    assert asked.count(Asked.NEW) == 1
    assert asked.count(Asked.SHARED) == 9
    assert reviews.waiting() == ("k",)


def test_a_changed_order_withdraws_what_it_asked_before(reviews: Reviews) -> None:
    """What nobody has begun is stale; what runs already goes on; another order's review stays."""
    ask(reviews, "running")
    assert reviews.begin("running") == "work of running"
    ask(reviews, "other", order="another order")
    ask(reviews, "old")
    ask(reviews, "new")
    assert reviews.waiting() == ("other", "new")
    assert reviews.begin("old") is None
    assert reviews.find(["running"])["running"].state is State.RUNNING


def test_one_worker_has_a_review(reviews: Reviews) -> None:
    """A second one that begins the same review gets nothing."""
    ask(reviews, "k")
    assert reviews.begin("k") is not None
    assert reviews.begin("k") is None


def test_a_line_that_is_too_long_takes_no_more(reviews: Reviews) -> None:
    """The review is not asked for, and the caller is told."""
    assert ask(reviews, "a", order="1", most=1) is Asked.NEW
    assert ask(reviews, "b", order="2", most=1) is Asked.SHED
    assert reviews.find(["b"]) == {}


def test_the_case_is_forgotten_when_the_review_ends(reviews: Reviews, engine: Engine) -> None:
    """Only the result stays."""
    ask(reviews, "k")
    reviews.begin("k")
    reviews.finish("k", "a result")
    with engine.connect() as connection:
        row = connection.execute(select(review)).one()
    assert (row.state, row.work, row.result) == ("done", None, "a result")


def test_what_failed_is_asked_for_again_a_minute_later(reviews: Reviews, engine: Engine) -> None:
    """Until then the failure stands, so that a broken server is not asked at each keystroke."""
    ask(reviews, "k")
    reviews.begin("k")
    reviews.fail("k")
    assert reviews.find(["k"])["k"].state is State.FAILED
    with engine.begin() as connection:
        connection.execute(update(review).values(ended_at=datetime.now(UTC) - timedelta(minutes=2)))
    assert reviews.find(["k"]) == {}
    assert ask(reviews, "k") is Asked.NEW
    assert reviews.begin("k") == "work of k"


def test_the_work_of_a_worker_that_was_killed_is_taken_up(reviews: Reviews, engine: Engine) -> None:
    """What has run for too long goes back in line with its case."""
    ask(reviews, "k")
    reviews.begin("k")
    reviews.sweep()
    assert reviews.waiting() == ()
    with engine.begin() as connection:
        connection.execute(update(review).values(began_at=datetime.now(UTC) - timedelta(hours=1)))
    reviews.sweep()
    assert reviews.waiting() == ("k",)
    assert reviews.begin("k") == "work of k"


def test_what_is_old_is_forgotten(reviews: Reviews, engine: Engine) -> None:
    """Results are kept for thirty days."""
    ask(reviews, "k")
    with engine.begin() as connection:
        connection.execute(update(review).values(asked_at=datetime.now(UTC) - timedelta(days=31)))
    reviews.sweep()
    assert reviews.find(["k"]) == {}


def test_a_worker_is_there_while_it_says_so(reviews: Reviews, engine: Engine) -> None:
    """One that was never seen, or not lately, is not; one that rests says until when."""
    assert not reviews.background().alive
    reviews.beat(paused_until=None, usual_seconds=1.5)
    seen = reviews.background()
    assert (seen.alive, seen.paused, seen.usual_seconds) == (True, False, 1.5)
    reviews.beat(paused_until=datetime.now(UTC) + timedelta(minutes=1), usual_seconds=1.5)
    assert reviews.background().paused
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE worker SET seen_at = '2020-01-01 00:00:00'")
    assert not reviews.background().alive


def test_a_store_that_is_gone_has_a_name(tmp_path: Path) -> None:
    """Every failure of the database is one error."""
    engine = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(StoreUnavailableError):
        Reviews(engine).find(["k"])
    engine.dispose()
