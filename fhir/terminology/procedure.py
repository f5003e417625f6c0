"""One imaging procedure as a value: what is done, where, with which contrast, at which dose."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Modality(StrEnum):
    """How the image is made. The value is also the prefix of a procedure's id."""

    XR = "xr"
    CT = "ct"
    CTA = "cta"
    CTV = "ctv"
    MR = "mr"
    MRA = "mra"
    MRV = "mrv"
    US = "us"
    NM = "nm"
    PET = "pet"
    PET_MR = "petmr"
    MAMMOGRAPHY = "mg"
    TOMOSYNTHESIS = "dbt"
    FLUOROSCOPY = "fl"
    ANGIOGRAPHY = "angio"
    DXA = "dxa"
    NONE = "none"
    """An act that guidelines rate beside imaging: a consultation, a biopsy, a treatment."""


class Contrast(StrEnum):
    """Intravenous contrast. A medium given elsewhere (joint, thecal sac, bowel) is a technique."""

    WITHOUT = "without"
    WITH = "with"
    WITHOUT_AND_WITH = "without-and-with"
    NOT_APPLICABLE = "not-applicable"


class Laterality(StrEnum):
    """The side an order names."""

    LEFT = "left"
    RIGHT = "right"
    BILATERAL = "bilateral"


class RadiationLevel(StrEnum):
    """A relative radiation level: 0 no ionising radiation, 5 the highest, or dependent on the site.

    The same level stands for a lower dose in a child than in an adult.
    """

    ZERO = "0"
    ONE = "1"
    TWO = "2"
    THREE = "3"
    FOUR = "4"
    FIVE = "5"
    VARIES = "varies"


_WITHOUT_RADIATION: Final = {Modality.MR, Modality.MRA, Modality.MRV, Modality.US, Modality.NONE}
_COMPUTED_TOMOGRAPHY: Final = {Modality.CT, Modality.CTA, Modality.CTV}
_MAGNETIC_RESONANCE: Final = {Modality.MR, Modality.MRA, Modality.MRV, Modality.PET_MR}
IODINE_OR_GADOLINIUM_TECHNIQUES: Final = {"arthrography"}
IODINE_TECHNIQUES: Final = IODINE_OR_GADOLINIUM_TECHNIQUES | {
    "antegrade-pyelography",
    "cisternography",
    "cystography",
    "discography",
    "double-balloon-urethrography",
    "ductography",
    "fistulography",
    "hysterosalpingography",
    "myelography",
    "retrograde-cystography",
    "retrograde-urethrography",
    "sialography",
    "vaginography",
    "voiding-cystourethrography",
}


@dataclass(frozen=True, slots=True)
class Procedure:
    """One entry of the catalogue.

    `regions` run from head to foot; `radiation_adult` and `radiation_child` are None where the level is
    unknown; `codes` are (canonical system, code), preferred first; `parts` are the ids of the procedures
    done in one session where the entry is such a combination.
    """

    id: str
    name: str
    modality: Modality
    regions: tuple[str, ...]
    contrast: Contrast
    techniques: tuple[str, ...] = ()
    radiation_adult: RadiationLevel | None = None
    radiation_child: RadiationLevel | None = None
    codes: tuple[tuple[str, str], ...] = ()
    parts: tuple[str, ...] = ()

    @property
    def ionising(self) -> bool:
        """Whether the procedure uses ionising radiation."""
        return self.modality not in _WITHOUT_RADIATION

    @property
    def iodinated_contrast(self) -> bool:
        """Whether an iodinated medium is given, into a vessel or into a space."""
        if self.modality is Modality.ANGIOGRAPHY:
            return True
        if self.modality in _MAGNETIC_RESONANCE or not self.ionising or self.modality is Modality.NM:
            return False
        return self._given_intravenously or bool(IODINE_TECHNIQUES.intersection(self.techniques))

    @property
    def gadolinium(self) -> bool:
        """Whether a gadolinium medium is given, into a vein or into a joint."""
        return self.modality in _MAGNETIC_RESONANCE and (
            self._given_intravenously or bool(IODINE_OR_GADOLINIUM_TECHNIQUES.intersection(self.techniques))
        )

    @property
    def _given_intravenously(self) -> bool:
        return self.contrast in {Contrast.WITH, Contrast.WITHOUT_AND_WITH}
