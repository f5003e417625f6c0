"""Fires the orders of `orders.json` at a service and shows what came back, as a table or as JSON.

python -m conformance.ehr.demo --url http://127.0.0.1:8080
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import click
import simplejson
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

from conformance.ehr.client import Client, ServiceError
from conformance.ehr.drafts import ActionError
from conformance.ehr.orders import read_orders
from conformance.ehr.record import read_records
from conformance.ehr.server import StartError, serve_on
from conformance.ehr.session import Result, play

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.ehr.client import Service
    from conformance.ehr.record import Record

BADGES: Final = {
    "appropriate": ("✓ appropriate", "green"),
    "not-appropriate": ("⚠ not appropriate", "red"),
    "no-criteria-apply": ("○ no criteria apply", "cyan"),
    None: ("? no rating", "yellow"),
}
DEFAULT_PORT: Final = 8080
FOLDER: Final = Path("build/demo")
WIDTH_WHEN_PIPED: Final = 120
_CRITERION: Final = "urn:apposite:criterion:"
_PAUSE_S: Final = 0.2
_UNDER_WAY: Final = "review is under way"
_PATIENCE_S: Final = 60.0


@click.command()
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="Where the service answers.")
@click.option("--wait", default=10.0, show_default=True, help="Seconds to wait for the service to start.")
@click.option("--serve", is_flag=True, help="Start the service there first, and leave it running.")
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON.")
def main(url: str, wait: float, *, serve: bool, as_json: bool) -> None:
    """Fire a set of imaging orders at a CDS Hooks service, as an EHR does, and show the answers."""
    caption = f"The service answers at {url}/cds-services"
    try:
        if serve:
            url, process = serve_on(urlsplit(url).port or DEFAULT_PORT, FOLDER)
            caption = f"The service goes on at {url}/cds-services; to stop it: kill {process}"
        with Client(url) as client:
            services = _discover(client, wait)
            records = read_records()
            results = [play(client, services, case, records[case.patient]) for case in read_orders()]
            again = None if as_json else _after_review(client, services, results, records)
    except (ServiceError, StartError, ActionError) as error:
        raise click.ClickException(f"the demonstration stopped: {error}") from error
    if as_json:
        click.echo(simplejson.dumps([_row(result) for result in results], indent=2, ensure_ascii=False))
    else:
        _print(results, caption)
        _name_page(results)
        if again is not None:
            _print_review(again)
    broken = [each for each in results if each.case.from_connectathon and each.problems]
    if broken:
        first = broken[0]
        others = f" ({len(broken) - 1} more orders differ too)" if len(broken) > 1 else ""
        click.echo(f"Order {first.case.id} {' and '.join(first.problems)}{others}.", err=True)
        sys.exit(1)


def _discover(client: Client, wait: float) -> tuple[Service, ...]:
    """The services on offer, once the service has started."""
    deadline = time.monotonic() + wait
    while True:
        try:
            return client.discover()
        except ServiceError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_PAUSE_S)


def _print(results: list[Result], caption: str) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_WHEN_PIPED
    table = Table(caption=caption, box=SIMPLE_HEAD, expand=True, leading=1)
    table.add_column("", no_wrap=True, style="bold")
    table.add_column("Order\nIndication", ratio=5)
    table.add_column("Rating", min_width=19, no_wrap=True)
    table.add_column("Guideline:\nscenario", ratio=3)
    table.add_column("Card", ratio=6)
    for result in results:
        table.add_row(*_cells(result))
    console.print(table)


def _after_review(
    client: Client, services: tuple[Service, ...], results: list[Result], records: Mapping[str, Record]
) -> Result | None:
    """The first order whose card promised a model's review, fired again when that is done.

    `None` where no card promised one. An EHR meets this when the order is changed or signed.
    """
    result = next(filter(_under_review, results), None)
    if result is None:
        return None
    deadline = time.monotonic() + _PATIENCE_S
    with Console(stderr=True).status(f"A language model reviews {result.case.id} in the background"):
        while _under_review(result) and time.monotonic() < deadline:
            time.sleep(_PAUSE_S)
            result = play(client, services, result.case, records[result.case.patient])
    return result


def _under_review(result: Result) -> bool:
    """Whether the card promises a model's review."""
    return _UNDER_WAY in (result.detail or "")


def _print_review(result: Result) -> None:
    """Show the card of a reviewed order."""
    case = result.case
    if _under_review(result):
        click.echo(f"\nThe review of {case.id} is not done yet; fire the order again to see it.")
        return
    click.echo(
        f"\n{case.id} fired again, after a language model's review: {case.procedure}, {case.indication}"
    )
    Console(highlight=False).print(Markdown(f"**{result.summary}**\n\n{result.detail}"))


def _name_page(results: list[Result]) -> None:
    """Say where the page behind a card is, on a line of its own, so that no table breaks the address.

    It is the first whose scenario is known and whose card offers a better study, since that has most to show.
    """
    linked = sorted(
        (each for each in results if each.page), key=lambda each: (each.criterion is None, not each.offers)
    )
    if linked:
        click.echo(f"The page behind the card of {linked[0].case.id}, for a browser:\n{linked[0].page}")


def _cells(result: Result) -> tuple[Text, ...]:
    case = result.case
    order = Text.assemble(case.procedure, "\n", (case.indication, "italic"))
    card = Text(result.summary or "—")
    if result.taken:
        card.append(f"\n→ CPT {case.takes} ordered instead: ", style="dim").append_text(
            _badge(result.rating_after)
        )
    if result.problems:
        card.append(f"\nnot as expected: {'; '.join(result.problems)}", style="bold red")
    scenario = Text(_scenario(result.criterion) or "—")
    return Text(case.id), order, _badge(result.rating), scenario, card


def _badge(rating: str | None) -> Text:
    words, style = BADGES.get(rating, (str(rating), "magenta"))
    return Text(words, style=style)


def _scenario(criterion: str | None) -> str | None:
    """`topic: scenario`, in words, of a criterion of ours; another address as it is."""
    if criterion is None or not criterion.startswith(_CRITERION):
        return criterion
    return criterion.removeprefix(_CRITERION).replace("-", " ").replace(":", ": ", 1)


def _row(result: Result) -> dict[str, Any]:
    return {
        "id": result.case.id,
        "order": result.case.procedure,
        "indication": result.case.indication,
        "rating": result.rating,
        "criterion": result.criterion,
        "card": result.summary,
        "page": result.page,
        "offers": list(result.offers),
        "taken": result.taken,
        "rating_after": result.rating_after,
        "problems": list(result.problems),
    }


if __name__ == "__main__":
    main()
