"""Links: what was signed opens, for as long as it lives; nothing else does."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import Signer

from cds_service.companion.key import kept_key
from cds_service.companion.links import LinkError, LinkExpiredError, Links
from cds_service.consults import open_engine
from cds_service.schema import migrate

CARD = "f6b95768-b1c8-40dc-8385-bf3504b82ffb"
OTHER = "0b4dd0a1-3b6f-4a40-8f5e-4d3e0c8a8b11"
KEY = "k" * 32
BASE = "https://apposite.example/prefix"
NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def links(*, key: str = KEY, minutes: int = 10, now: datetime = NOW) -> Links:
    return Links(BASE, key, timedelta(minutes=minutes), clock=lambda: now)


def token(made: Links, card: str = CARD) -> str:
    return parse_qs(urlsplit(made.url(card)).query)["link"][0]


def test_a_link_is_absolute_and_names_its_card() -> None:
    """It begins with the public address, prefix and all, and opens the card's page."""
    assert links().url(CARD).startswith(f"{BASE}/companion?link=")
    assert links().card_of(token(links())) == CARD


def test_a_link_lives_as_long_as_it_is_said_to() -> None:
    """A second before its end it opens, at its end it does not, and the error says which."""
    made = token(links(minutes=10))
    assert links(now=NOW + timedelta(minutes=10, seconds=-1)).card_of(made) == CARD
    with pytest.raises(LinkExpiredError):
        links(now=NOW + timedelta(minutes=10)).card_of(made)


def test_a_link_cannot_be_given_a_longer_life_or_another_card() -> None:
    """Expiry and card are signed: to change either breaks the link."""
    card, expiry, signature = token(links()).split(".")
    for changed in (
        f"{card}.{int(expiry) + 1}.{signature}",
        f"{OTHER}.{expiry}.{signature}",
        f"{card}.{expiry}",
        f"{card}.{expiry}.",
        f"{card}..{signature}",
        signature,
    ):
        with pytest.raises(LinkError):
            links().card_of(changed)


def test_every_truncation_is_refused() -> None:
    """A link cut anywhere opens nothing."""
    made = token(links())
    for length in range(len(made)):
        with pytest.raises(LinkError):
            links().card_of(made[:length])


def test_another_key_opens_nothing() -> None:
    """A forger's own signature, and one by the right key for another purpose, are refused."""
    with pytest.raises(LinkError):
        links().card_of(token(links(key="f" * 32)))
    expiry = int((NOW + timedelta(days=1)).timestamp())
    for signer in (
        Signer(KEY, "another purpose", key_derivation="hmac", digest_method=hashlib.sha256),
        Signer(KEY),
    ):
        with pytest.raises(LinkError):
            links().card_of(signer.sign(f"{CARD}.{expiry}").decode())


def test_what_is_signed_but_no_link_is_refused() -> None:
    """A signature over something else than a card and a moment opens nothing."""
    made = links()
    for said in ("", CARD, f"{CARD}.", f"{CARD}.x", f"{CARD.upper()}.1", f"x{CARD}.1", f"{CARD}.1\n"):
        signed = made._signer().sign(said).decode()  # noqa: SLF001 - only who has the key could make these
        with pytest.raises(LinkError):
            made.card_of(signed)


@given(text=st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_any_text_is_refused(text: str) -> None:
    """Whatever stands in the address, there is one error and no other."""
    with pytest.raises(LinkError):
        links().card_of(text)


def test_a_long_token_is_refused_before_it_is_read() -> None:
    """Nobody makes the service sign a megabyte."""
    with pytest.raises(LinkError):
        links().card_of("a" * 10_000_000)


def test_no_key_is_shown() -> None:
    """What is printed of the links has no key."""
    assert KEY not in repr(links())


def test_all_who_share_a_database_share_its_key(each_database: str) -> None:
    """The first makes the key, and whoever comes later, or comes back, finds it."""
    engines = [open_engine(each_database) for _ in range(2)]
    migrate(engines[0])
    keys = {kept_key(engine) for engine in (*engines, *engines)}
    assert len(keys) == 1
    assert len(keys.pop()) >= 32
    for engine in engines:
        engine.dispose()
