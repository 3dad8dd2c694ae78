"""What the API says of itself is whole and true: no network, no socket."""

import ast
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from agent.api import docs_page, openapi
from agent.api.documents import with_documents
from agent.api.problem_words import PROBLEMS
from agent.api.table import ROUTES
from agent.events import TYPES

HOUSE = Path(__file__).parents[2]
ALL = with_documents(ROUTES)
DOCUMENT = openapi.document(ALL, "1.2.3")

# the paths that are fixed from outside, word for word
DESIGN = """
    GET /v1/tills/{id}
    POST /v1/tills/{id}/scan
    POST /v1/tills/{id}/drawer
    POST /v1/sales
    GET /v1/sales/{id}
    POST /v1/sales/{id}/lines
    PATCH /v1/sales/{id}/lines/{line}
    DELETE /v1/sales/{id}/lines/{line}
    POST /v1/sales/{id}/discounts
    POST /v1/sales/{id}/tenders
    POST /v1/sales/{id}/complete
    POST /v1/sales/{id}/park
    POST /v1/sales/{id}/resume
    POST /v1/sales/{id}/void
    POST /v1/refunds
    GET /v1/records
    GET /v1/records/{receipt_number}
    POST /v1/records/{receipt_number}/print
    GET /v1/items
    GET /v1/items/{sku}
    GET /v1/barcodes/{code}
    POST /v1/shifts
    POST /v1/shifts/current/close
    GET /v1/shifts/current/report
    GET /v1/devices
    POST /v1/devices/{name}/test
    POST /v1/printers/{name}/jobs
    GET /v1/jobs/{id}
    GET /v1/outbox
    POST /v1/outbox/{id}/retry
    GET /v1/status
    GET /v1/events
    GET /openapi.json
    GET /docs
    GET /healthz
    GET /metrics
"""


def nameless(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [(method.upper(), path, one) for path, item in DOCUMENT["paths"].items() for method, one in item.items()]


def test_every_fixed_path_is_there() -> None:
    there = {(method, nameless(path)) for method, path, _ in operations()}
    fixed = {tuple(nameless(line).split()) for line in DESIGN.split("\n") if line.strip()}
    assert fixed <= there


def test_every_route_is_described_once() -> None:
    assert len(operations()) == len(ALL)
    names = [one["operationId"] for _, _, one in operations()]
    assert len(set(names)) == len(names)


def test_the_document_has_what_openapi_3_1_asks_for() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    assert DOCUMENT["info"]["version"] == "1.2.3"
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    schemes = DOCUMENT["components"]["securitySchemes"]
    for method, path, one in operations():
        where = f"{method} {path}"
        declared = {parameter["name"] for parameter in one["parameters"] if parameter["in"] == "path"}
        assert declared == set(re.findall(r"\{(\w+)\}", path)), where
        for parameter in one["parameters"]:
            jsonschema.Draft202012Validator.check_schema(parameter["schema"])
            assert parameter["in"] != "path" or parameter["required"], where
        assert all(re.fullmatch(r"[1-5]\d\d", status) for status in one["responses"]), where
        assert all("description" in response for response in one["responses"].values()), where
        for need in one.get("security", ()):
            assert need.keys() <= schemes.keys(), where
        assert (method == "GET") or "requestBody" not in one or one["requestBody"]["content"], where


def test_every_reference_leads_somewhere() -> None:
    found = re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', str(DOCUMENT).replace("'", '"'))
    assert found
    assert set(found) <= DOCUMENT["components"]["schemas"].keys()
    assert not [name for name in DOCUMENT["components"]["schemas"] if "-" in name]  # one shape a name


def test_only_what_must_be_is_open_to_all() -> None:
    open_to_all = {(method, path) for method, path, one in operations() if one.get("security") == []}
    assert open_to_all == {
        ("POST", "/v1/pairings"),
        ("GET", "/v1/proof"),
        ("GET", "/healthz"),
        ("GET", "/openapi.json"),
        ("GET", "/docs"),
        ("GET", "/docs/style.css"),
        ("GET", "/docs/example.html"),
    }


def test_every_write_but_pairing_and_pins_takes_an_idempotency_key() -> None:
    without = {
        path
        for method, path, one in operations()
        if method != "GET" and "Idempotency-Key" not in {parameter["name"] for parameter in one["parameters"]}
    }
    pairing = {"/v1/pairings", "/v1/pairing-codes"}
    by_pin = {"/v1/sign-in", "/v1/overrides", "/v1/staff", "/v1/staff/{person}/pin"}  # a digest of a PIN is a PIN
    assert without == pairing | by_pin


# --- problems ---


def raised_codes() -> dict[str, set[Path]]:
    """Every problem code in the source of `agent`: where it is written out, its second (or first) argument."""
    place = {"Problem": 1, "conflict": 0, "invalid": 0, "not_found": 0, "_refused": 0, "_unauthorized": 0}
    found: dict[str, set[Path]] = {}
    for file in (HOUSE / "agent").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            at = place.get(node.func.id)
            if at is None or len(node.args) <= at:
                continue
            for code in strings(node.args[at]):
                found.setdefault(f"no-such-{code}" if node.func.id == "not_found" else code, set()).add(file)
    return found


def strings(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return strings(node.body) + strings(node.orelse)
    return []


def test_every_problem_that_is_raised_is_explained() -> None:
    unexplained = {code: files for code, files in raised_codes().items() if code not in PROBLEMS}
    assert not unexplained, "add them to agent/api/problem_words.py"


def test_every_problem_a_route_names_is_explained() -> None:
    assert {code for route in ALL for code in openapi.problem_codes(route)} <= PROBLEMS.keys()


def test_every_problem_that_is_explained_is_written_somewhere() -> None:
    files = [file for file in (HOUSE / "agent").rglob("*.py") if file.name != "problem_words.py"]
    source = "\n".join(file.read_text("utf-8").partition("\nROUTES = ")[0] for file in files)
    unused = [
        code for code in PROBLEMS if f'"{code}"' not in source and f'"{code.removeprefix("no-such-")}"' not in source
    ]
    assert not unused


# --- the page ---


class Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a":
            self.links.append(given["href"])
        self.loaded += [given[name] for name in ("src",) if name in given]
        if tag == "link":
            self.loaded.append(given["href"])
        assert tag != "script"
        assert not {name for name in given if name.startswith("on") or name == "style"}
        if tag not in {"meta", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def page() -> Anchors:
    parser = Anchors()
    parser.feed(docs_page.html(ALL, DOCUMENT))
    return parser


def test_the_page_is_well_formed_and_needs_no_network(page: Anchors) -> None:
    assert page.open == []
    assert page.loaded == ["/docs/style.css"]
    assert len(set(page.ids)) == len(page.ids)


def test_the_page_explains_every_problem_route_and_event(page: Anchors) -> None:
    assert {f"problem-{code}" for code in PROBLEMS} <= set(page.ids)
    assert {openapi.operation_id(route) for route in ALL} <= set(page.ids)
    text = docs_page.html(ALL, DOCUMENT)
    assert all(f"<dt><code>{name}</code></dt>" in text for name in TYPES)


def test_no_link_of_the_page_is_dead(page: Anchors) -> None:
    paths = {route.path for route in ALL}
    for link in page.links:
        assert link.removeprefix("#") in page.ids if link.startswith("#") else link in paths, link
