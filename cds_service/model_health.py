"""Whether the language model can be reached, as it was found a moment ago.

A probe never waits for the model: it gets what is known and has it found out anew, beside it, once that is a
few seconds old. Without a language model the service is as ready as with one, so readiness does not depend
on it.
"""

from __future__ import annotations

import threading
import time
from functools import cache, partial
from typing import TYPE_CHECKING, Final

from model.reasoning.backend import open_language_model
from model.reasoning.embedded import NotInstalledError
from model.reasoning.language_model import Health

if TYPE_CHECKING:
    from collections.abc import Callable

    from model.reasoning.backend import Backend
    from model.reasoning.language_model import LanguageModel

KEPT_S: Final = 5.0


class ModelHealth:
    """The health of one model; `ask` finds it out and may take its time. Safe to share between threads."""

    def __init__(
        self,
        ask: Callable[[], Health],
        *,
        clock: Callable[[], float] = time.monotonic,
        beside: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        self._ask, self._clock = ask, clock
        self._beside = beside or _in_a_thread
        self._lock = threading.Lock()
        self._asked_at: float | None = None
        self._last: Health | None = None

    def last(self) -> Health | None:
        """What was found last, `None` before the first answer; asked anew if that was a while ago."""
        with self._lock:
            now = self._clock()
            due = self._asked_at is None or now - self._asked_at > KEPT_S
            if due:
                self._asked_at = now
        if due:
            self._beside(self._find)
        return self._last

    def _find(self) -> None:
        self._last = self._ask()


def health_of(backend: Backend) -> ModelHealth | None:
    """The health of an installation's model; `None` where it has none. Nothing is asked yet."""
    if backend.kind == "none":
        return None
    opened = cache(partial(open_language_model, backend))
    return ModelHealth(partial(_health, opened))


def _health(opened: Callable[[], LanguageModel | None]) -> Health:
    try:
        language_model = opened()
    except NotInstalledError:
        return Health.MODEL_ABSENT
    return language_model.health() if language_model else Health.MODEL_ABSENT


def _in_a_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True).start()
