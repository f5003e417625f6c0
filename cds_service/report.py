"""An assessment on a terminal: the same page that a card shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markdown import Markdown

from cds_service.card_text import detail, summary

if TYPE_CHECKING:
    from model.assessment import Assessment
    from model.case import ImagingCase


def print_assessment(case: ImagingCase, assessment: Assessment) -> None:
    """Print the summary and the page."""
    console = Console()
    console.print(summary(case, assessment), style="bold")
    console.print(Markdown(detail(case, assessment)))
