"""Whether the words of an order say without, with, or without and then with intravenous contrast.

Each word of the order is one letter, so that the order in which they stand is a pattern:
O without, o w/o, W with, w w/, M a medium, I by vein, A and, N "noncontrast", E "enhanced", B both at once,
U left to the radiologist, r another word that is understood, x a word that is not.
"""

import re
from typing import Final

from terminology.procedure import Contrast

# Applied in turn; each leaves a letter that stands for what was said.
_STEPS: Final = (
    (r"[Oo]A*[Ww]I?M?|[Ww]A*[Oo]I?M?", "B"),
    (r"[Oo](?:I?M|I)", "N"),
    (r"[Ww](?:I?M|I)", "E"),
    (r"o|O(?=A|r|$)", "N"),
    (r"w$", "E"),
    (r"M", "E"),
)


def said_contrast(letters: str) -> tuple[Contrast | None, bool]:
    """What the letters say (None when they leave it open), and whether they speak of contrast at all."""
    for pattern, said in _STEPS:
        letters = re.sub(pattern, said, letters)
    without, enhanced = "N" in letters, "E" in letters
    if "U" in letters:
        return None, True
    if "B" in letters or (without and enhanced):
        return Contrast.WITHOUT_AND_WITH, True
    if without or enhanced:
        return (Contrast.WITHOUT if without else Contrast.WITH), True
    return None, False
