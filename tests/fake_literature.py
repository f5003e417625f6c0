"""A real HTTP server that speaks PubMed's E-utilities and Europe PMC's REST service, with invented papers.

    with literature(PAPERS) as server:
        providers = indexes(tmp_path, email=..., pubmed_url=server.pubmed_url, europe_pmc_url=server.europe_pmc_url)

It finds a paper where words in quotation marks before a query's first AND stand in its title or abstract, in
any case, newest PMID first, and like PubMed names no more than 9,999 of them. A search that asks for it is left
on the history, from which efetch gives a page of ids. `server.will(path, fault, ...)` lets the next requests of a
path ("esearch", "efetch", "history" or "europe-pmc") go wrong, and `server.asked` holds every request that came.
"""

from __future__ import annotations

import html
import json
import re
import threading
import time
from collections import defaultdict, deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

DOCTYPE = (
    '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
    '"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n'
)
MOST_RECORDS = 9_999
JSON = "application/json;charset=UTF-8"
XML = "text/xml; charset=UTF-8"


NO_HISTORY = (
    b'<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE eEfetchResult PUBLIC "-//NLM//DTD efetch 20131226//EN" '
    b'"https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20131226/efetch.dtd">\n<eFetchResult>\n'
    b"\t<ERROR>Unable to obtain query #1</ERROR>\n</eFetchResult>\n"
)


@dataclass(frozen=True)
class Invented:
    """A paper; its texts are XML, so that inline markup and entities can stand in them.

    `dates` is what stands in PubDate, `extra` what stands at the end of MedlineCitation.
    """

    pmid: str
    title: str = "An invented study of imaging"
    sections: tuple[tuple[str | None, str], ...] = (("RESULTS", "An invented result."),)
    dates: str = "<Year>2021</Year><Month>May</Month>"
    authors: str = "<Author ValidYN='Y'><LastName>Rossi</LastName><ForeName>Ada</ForeName></Author>"
    types: tuple[str, ...] = ("Journal Article",)
    mesh: tuple[str, ...] = ("Humans",)
    doi: str | None = None
    language: str = "eng"
    extra: str = ""
    book: bool = False

    @property
    def xml(self) -> str:
        """The record as efetch gives it."""
        if self.book:
            return (
                "<PubmedBookArticle><BookDocument>"
                f"<PMID Version='1'>{self.pmid}</PMID><ArticleTitle>{self.title}</ArticleTitle>"
                "</BookDocument><PubmedBookData/></PubmedBookArticle>"
            )
        abstract = "".join(
            f"<AbstractText{f' Label={label!r}' if label else ''}>{text}</AbstractText>"
            for label, text in self.sections
        )
        doi = f"<ArticleId IdType='doi'>{self.doi}</ArticleId>" if self.doi else ""
        return f"""<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM">
<PMID Version="1">{self.pmid}</PMID>
<Article PubModel="Print"><Journal><JournalIssue CitedMedium="Internet"><PubDate>{self.dates}</PubDate>
</JournalIssue><Title>Journal of Invented Radiology</Title><ISOAbbreviation>J Invent Radiol</ISOAbbreviation>
</Journal><ArticleTitle>{self.title}</ArticleTitle>{f"<Abstract>{abstract}</Abstract>" if abstract else ""}
<AuthorList CompleteYN="Y">{self.authors}</AuthorList><Language>{self.language}</Language>
<PublicationTypeList>{"".join(f"<PublicationType UI=''>{each}</PublicationType>" for each in self.types)}
</PublicationTypeList></Article>
<MeshHeadingList>{"".join(f"<MeshHeading><DescriptorName>{each}</DescriptorName></MeshHeading>" for each in self.mesh)}
</MeshHeadingList>{self.extra}</MedlineCitation>
<PubmedData><ArticleIdList><ArticleId IdType="pubmed">{self.pmid}</ArticleId>{doi}</ArticleIdList>
<ReferenceList><Reference><ArticleIdList><ArticleId IdType="doi">10.9999/somebody.elses</ArticleId></ArticleIdList>
</Reference></ReferenceList></PubmedData></PubmedArticle>"""

    @property
    def core(self) -> dict[str, Any]:
        """The record as Europe PMC gives it."""
        year = re.search(r"\d{4}", self.dates)
        return {
            "id": self.pmid,
            "source": "MED",
            "pmid": self.pmid,
            **({"doi": self.doi} if self.doi else {}),
            "title": self.title,
            "authorList": {
                "author": [{"fullName": each, "lastName": each} for each in _last_names(self.authors)]
            },
            "journalInfo": {"journal": {"title": "Journal of Invented Radiology"}},
            **({"pubYear": year[0]} if year else {}),
            "abstractText": "".join(
                f"<h4>{label}</h4>{text}" if label else text for label, text in self.sections
            ),
            "language": self.language,
            "pubTypeList": {"pubType": list(self.types)},
            "meshHeadingList": {"meshHeading": [{"descriptorName": each} for each in self.mesh]},
        }

    def says(self, words: str) -> bool:
        """Whether the words stand in the title or the abstract."""
        text = html.unescape(" ".join((self.title, *(each for _, each in self.sections))))
        return words.lower() in re.sub(r"<[^>]*>", "", text).lower()


def article_set(records: Iterable[str]) -> bytes:
    """An efetch reply with these records."""
    return f"{DOCTYPE}<PubmedArticleSet>\n{''.join(records)}\n</PubmedArticleSet>".encode()


def esearch(ids: Iterable[str], total: int, **members: Any) -> bytes:
    """An esearch reply."""
    found = {"count": str(total), "retmax": "0", "retstart": "0", "idlist": list(ids)}
    return json.dumps({"header": {"type": "esearch"}, "esearchresult": found | members}).encode()


@dataclass(frozen=True)
class Asked:
    """A request as it came: its path, its form, its address line, and when, in seconds of the system's clock."""

    path: str
    fields: dict[str, str]
    line: str
    at: float


def status(code: int, **headers: str) -> Callable[[_Handler], None]:
    """Answer with an HTTP status; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.send(b"busy", "text/plain", code, named)


def reply(body: bytes, content_type: str = XML) -> Callable[[_Handler], None]:
    """Answer 200 with this body."""
    return lambda handler: handler.send(body, content_type)


def expired(handler: _Handler) -> None:
    """Answer as E-utilities do where the history has been forgotten."""
    handler.send(NO_HISTORY, XML, 400)


def cut_off(handler: _Handler) -> None:
    """Announce more than is sent."""
    handler.send(b"<PubmedArticleSet><Pubmed", XML, announced=10_000)


def stalled(handler: _Handler) -> None:
    """Send the headers and a byte, then nothing until the server stops."""
    handler.send(b"<", XML, announced=10_000)
    handler.server.stopping.wait(60)


def trickling(handler: _Handler) -> None:
    """Send a byte at a time for as long as anybody reads."""
    handler.send(b"<", XML, announced=1_000_000)
    while not handler.server.stopping.wait(0.02):
        handler.wfile.write(b" ")


def endless(size: int) -> Callable[[_Handler], None]:
    """Send so many bytes without announcing how many."""

    def send(handler: _Handler) -> None:
        handler.send(b"", XML, announced=-1)
        piece = b" " * 1_000_000
        for _ in range(size // len(piece)):
            handler.wfile.write(piece)

    return send


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, papers: Iterable[Invented]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.papers = {each.pmid: each for each in papers}
        self.asked: list[Asked] = []
        self.history: dict[str, list[str]] = {}
        self.faults: dict[str, deque[Callable[[_Handler], None]]] = defaultdict(deque)
        self.stopping = threading.Event()
        self.answering = threading.Event()
        self.answering.set()


@dataclass
class Literature:
    """The running server."""

    _server: _Server = field(repr=False)

    @property
    def address(self) -> str:
        """Where the server listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def pubmed_url(self) -> str:
        """What stands before esearch.fcgi."""
        return f"{self.address}/eutils"

    @property
    def europe_pmc_url(self) -> str:
        """What stands before searchPOST."""
        return f"{self.address}/europe-pmc"

    @property
    def asked(self) -> tuple[Asked, ...]:
        """Every request that came, in order."""
        return tuple(self._server.asked)

    def asked_of(self, path: str) -> tuple[Asked, ...]:
        """The requests of one path."""
        return tuple(each for each in self.asked if each.path == path)

    def will(self, path: str, *faults: Callable[[_Handler], None], times: int = 1) -> None:
        """Let the next requests of a path go wrong, one fault each."""
        self._server.faults[path].extend(faults * times)

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Answer nothing until the block ends; what was asked meanwhile is answered then."""
        self._server.answering.clear()
        try:
            yield
        finally:
            self._server.answering.set()

    def add(self, *papers: Invented) -> None:
        """Publish more papers."""
        self._server.papers |= {each.pmid: each for each in papers}


@contextmanager
def literature(papers: Iterable[Invented] = ()) -> Iterator[Literature]:
    """The server, on a free port of this machine, until the block ends."""
    server = _Server(papers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Literature(server)
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode(), keep_blank_values=True)
        fields = {name: values[-1] for name, values in form.items()}
        path = {
            "/eutils/esearch.fcgi": "esearch",
            "/eutils/efetch.fcgi": "efetch",
            "/europe-pmc/searchPOST": "europe-pmc",
        }.get(self.path, "unknown")
        path = "history" if path == "efetch" and "WebEnv" in fields else path
        self.server.asked.append(Asked(path, fields, self.requestline, time.time()))
        self.server.answering.wait(60)
        answers = {
            "esearch": self._esearch,
            "efetch": self._efetch,
            "history": self._page,
            "europe-pmc": self._europe_pmc,
        }
        faults = self.server.faults[path]
        try:
            if faults:
                faults.popleft()(self)
            elif path in answers:
                answers[path](fields)
            else:
                self.send(b"", "text/plain", 404)
        except ConnectionError:
            self.close_connection = True

    def send(
        self,
        body: bytes,
        content_type: str,
        code: int = 200,
        headers: dict[str, str] | None = None,
        *,
        announced: int | None = None,
    ) -> None:
        """Send a reply; `announced` is a length that may be wrong, and none is said where it is below 0."""
        self.close_connection = True
        self.send_response(code)
        self.send_header("Content-Type", content_type)
        length = len(body) if announced is None else announced
        if length >= 0:
            self.send_header("Content-Length", str(length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _esearch(self, fields: dict[str, str]) -> None:
        found = self._found(fields["term"])
        named, start = [each.pmid for each in found][:MOST_RECORDS], int(fields.get("retstart", "0"))
        members: dict[str, Any] = {"querytranslation": f"read as {fields['term'][:40]}"}
        if fields.get("usehistory") == "y":
            environment = f"MCID_{len(self.server.history):08x}"
            self.server.history[environment] = named
            members |= {"querykey": "1", "webenv": environment}
        if start >= MOST_RECORDS:
            members = {"ERROR": "Search Backend failed: 'retstart' cannot be larger than 9998."}
        self.send(esearch(named[start : start + int(fields["retmax"])], len(found), **members), JSON)

    def _page(self, fields: dict[str, str]) -> None:
        ids = self.server.history.get(fields["WebEnv"])
        if ids is None or fields["query_key"] != "1":
            self.send(NO_HISTORY, XML, 400)
            return
        start = int(fields["retstart"])
        page = ids[start : start + int(fields["retmax"])]
        self.send("".join(f"{each}\n" for each in page).encode(), "text/plain; charset=UTF-8")

    def _efetch(self, fields: dict[str, str]) -> None:
        papers = self.server.papers
        self.send(article_set(papers[each].xml for each in fields["id"].split(",") if each in papers), XML)

    def _europe_pmc(self, fields: dict[str, str]) -> None:
        query = fields["query"]
        named = re.findall(r"EXT_ID:(\d+)", query)
        dois = {each.lower() for each in re.findall(r'DOI:"([^"]+)"', query)}
        if named or dois:
            papers = [
                each
                for each in self.server.papers.values()
                if each.pmid in named or (each.doi or "").lower() in dois
            ]
        else:
            papers = self._found(query)
        start = 0 if fields["cursorMark"] == "*" else int(fields["cursorMark"].removeprefix("after-"))
        end = start + int(fields["pageSize"])
        body = {
            "version": "6.9",
            "hitCount": len(papers),
            "nextCursorMark": f"after-{min(end, len(papers))}",
            "resultList": {"result": [each.core for each in papers[start:end]]},
        }
        self.send(json.dumps(body).encode(), JSON)

    def _found(self, query: str) -> list[Invented]:
        said = re.findall(r'"([^"]*)"', query.split(" AND ", maxsplit=1)[0])
        found = [each for each in self.server.papers.values() if any(map(each.says, said))]
        return sorted(found, key=lambda each: int(each.pmid), reverse=True)

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent."""


def _last_names(authors: str) -> list[str]:
    return re.findall(r"<(?:LastName|CollectiveName)>([^<]*)</", authors)
