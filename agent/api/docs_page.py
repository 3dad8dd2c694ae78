"""`/docs`: one page of plain HTML, made from the table of routes and the list of problems."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from agent.api.openapi import operation_id, plain_path, problem_codes
from agent.api.problem_words import PROBLEMS
from agent.events import EVENTS_WAITING_MAX, TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agent.api.route import Route

_REFERENCE = "#/components/schemas/"

_INTRODUCTION = """
<p>JSON over HTTP under <code>/v1</code>, events over a WebSocket at <code>/v1/events</code>, the same as an
OpenAPI document at <a href="/openapi.json">/openapi.json</a>.</p>
<h2 id="call">Calling it</h2>
<p>A <b>program</b> on the agent's PC sends the token in <code>STATE/api-token</code>:</p>
<pre>curl -H "Authorization: Bearer $(cat STATE/api-token)" http://localhost:8750/v1/status</pre>
<p>A <b>web front end</b> of another origin is listed in <code>[api] origins</code> of <code>stillopen.toml</code>
and paired once: run <code>stillopen pair</code> on the PC and send its six digits as
<code>POST /v1/pairings {"code": "…"}</code>; the answer's <code>token</code> holds for that origin alone. Chrome and
Edge ask the user once whether the page may reach this PC; the policy
<code>LocalNetworkAccessAllowedForUrls</code> answers for them.</p>
<p>A token is never sent in a URL. A WebSocket takes it as <code>Authorization</code> header or, from a browser, as
the subprotocols <code>["stillopen.v1", "bearer.TOKEN"]</code>.</p>
<h2 id="values">Values</h2>
<ul>
<li>Money is a whole number of minor units: 12.50&nbsp;EUR is <code>1250</code>. It is never a fraction.</li>
<li>Quantities and rates are decimal strings: <code>"2"</code>, <code>"0.350"</code>, <code>"19"</code>.</li>
<li>Times are RFC 3339 with an offset.</li>
<li>Bodies are JSON objects. Unknown fields are refused, and every fault is named at once.</li>
</ul>
<h2 id="repeat">Asking twice</h2>
<p>Send every write with an <code>Idempotency-Key</code> of your own (a new UUID is fine). If the answer is lost,
send the very same request with the same key: the agent answers what it answered before, also after a restart and
for a week, with <code>Idempotency-Replayed: true</code>. Nothing is done twice. The same key with a different
request is refused.</p>
<h2 id="print">Printing</h2>
<p>What is to be printed is a document or raw ESC/POS (<code>"raw"</code>, as base64). The answer is a job; its
<code>state</code> is <code>pending</code>, and then what the printer itself said: <code>printed</code>,
<code>not_printed</code>, or <code>unknown</code> where somebody has to look. Events of type <code>print</code> tell as
it happens. <a href="/docs/example.html">A page to begin a front end with</a> does all of it.</p>
<pre>TOKEN=$(cat STATE/api-token)
JOBS=http://localhost:8750/v1/printers/receipt/jobs
curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
     -H "Idempotency-Key: $(uuidgen)" $JOBS \\
     -d '{"document": [{"type": "text", "text": "Hello"}, {"type": "cut"}]}'
curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
     -H "Idempotency-Key: $(uuidgen)" $JOBS \\
     -d "{\\"raw\\": \\"$(printf 'Hello\\n\\035VB\\000' | base64 -w0)\\"}"
curl -H "Authorization: Bearer $TOKEN" http://localhost:8750/v1/jobs/ID</pre>
<h2 id="claim">Claiming a device</h2>
<p>A front end that wants a printer or a drawer for itself claims it; the others are then refused with
<code>claimed</code>, which says who holds it and until when. Requests of the holder name the claim
(<code>"claim": "ID"</code>). It ends <code>lease_s</code> after it was made or renewed; one that a WebSocket to
<code>/v1/events?claim=ID</code> names ends when that is closed, however long that is. The till's own receipts,
copies and drawer openings, and the agent's own pages, are never refused.</p>
"""

_BOUNDS = (  # JSON Schema's words, and ours
    ("exclusiveMinimum", "more than", ""),
    ("minimum", "at least", ""),
    ("maximum", "at most", ""),
    ("maxLength", "at most", " characters"),
    ("maxItems", "at most", ""),
)

_EVENTS = {
    "scan": "A barcode was scanned: <code>till, scanner, text, symbology, gtin, gs1, add_on, item, problem</code>. "
    "<code>till</code> is null where it is rung nowhere: the scanner is no till's, or the listener has claimed it.",
    "sale": "A sale has changed: <code>till, sale</code>.",
    "record": "A fact is on the disk: <code>till, record</code>.",
    "device": "A device's state has changed: <code>device</code>; of <code>kind</code> <code>journal</code>: the disk.",
    "print": "A print job has got on or ended: <code>job, printer, record_id, copy, state, reason, hint</code>.",
    "drawer": "An opening of the drawer has ended, or it was left open and closed again (<code>left_open</code>, "
    "<code>closed</code>): <code>drawer, record_id, state, reason</code>, and "
    "<code>opened_for</code>: the number of the receipt that it was for.",
    "delivery": "A delivery has got on: <code>delivery</code>.",
    "cloud": "A cloud's line has changed: <code>cloud, state, error, since</code>.",
    "line": "A lamp says something else: <code>line</code>, as <code>GET /v1/line</code> has it.",
    "shift": "A shift was opened or closed: <code>till, shift</code>.",
    "training": "A till has begun or ended training: <code>till, training</code>. What is rung there meanwhile is told "
    "with <code>training: true</code>.",
    "card": "A card payment at a reader has got on: <code>till, payment</code>, as its own route shows it.",
    "staff": "Somebody has signed in at a page, or nobody is there any more: <code>page, staff</code>; "
    "with an empty <code>page</code>: who works here has changed.",
}


def html(routes: Sequence[Route], openapi: dict[str, Any]) -> str:
    """Return the page."""
    schemas = openapi["components"]["schemas"]
    body = "\n".join(_body(routes, openapi, schemas))
    version = escape(openapi["info"]["version"])
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n<title>Stillopen: the local API</title>\n'
        '<link rel="stylesheet" href="/docs/style.css">\n</head>\n<body>\n'
        f"<h1>Stillopen's local API <small>{version}</small></h1>\n{_INTRODUCTION}\n{body}\n</body>\n</html>\n"
    )


def _body(routes: Sequence[Route], openapi: dict[str, Any], schemas: dict[str, Any]) -> Iterator[str]:
    yield '<h2 id="routes">Routes</h2>'
    nouns = list(dict.fromkeys(route.noun for route in routes))
    for noun in nouns:
        yield f'<h3 id="of-{escape(noun)}">{escape(noun)}</h3>'
        for route in routes:
            if route.noun == noun:
                operation = openapi["paths"][plain_path(route.path)][route.method.lower()]
                yield from _route(route, operation, schemas)
    yield '<h2 id="events">Events</h2>'
    yield (
        '<p><code>GET /v1/events</code> as a WebSocket. Each message is <code>{"type", "at", …}</code>. An event says '
        "that something has changed; the state itself is asked for, so after connecting, GET it first. A listener "
        f"{EVENTS_WAITING_MAX} events behind is let go with code 1013: connect again and GET the state anew.</p>"
    )
    yield "<dl>"
    for name in TYPES:
        yield f"<dt><code>{name}</code></dt><dd>{_EVENTS[name]}</dd>"
    yield "</dl>"
    yield from _shapes(routes, schemas)
    yield '<h2 id="problems">Problems</h2>'
    yield (
        "<p>A refusal is <code>application/problem+json</code> (RFC 9457) with <code>type, title, status, code, "
        "detail</code>. <code>code</code> is for programs and stays; <code>detail</code> names the next step. "
        "<code>invalid-request</code> adds <code>errors</code>, each with <code>field, found, expected</code>.</p>"
    )
    yield "<dl>"
    for code, (status, meaning) in sorted(PROBLEMS.items()):
        yield f'<dt id="problem-{code}"><code>{code}</code> {status}</dt><dd>{_marked(meaning)}</dd>'
    yield "</dl>"


def _route(route: Route, operation: dict[str, Any], schemas: dict[str, Any]) -> Iterator[str]:
    yield f'<section id="{operation_id(route)}">'
    yield f"<h4><code>{route.method} {escape(plain_path(route.path))}</code></h4>"
    open_to_all = " Needs no credentials." if route.public else ""
    yield f"<p>{_marked(route.summary)}.{open_to_all}</p>"
    queries = [one for one in operation["parameters"] if one["in"] == "query"]
    if queries:
        rows = [(one["name"], one["schema"], one["required"]) for one in queries]
        yield f"<p><b>In the query</b></p>{_table(rows)}"
    if "requestBody" in operation:
        schema = _named(operation["requestBody"]["content"]["application/json"]["schema"], schemas)
        yield f"<p><b>Takes</b> {_marked(schema.get('description', ''))}</p>{_fields(schema)}"
    content = operation["responses"][str(int(route.status))]["content"]
    answer = content.get("application/json", {}).get("schema")
    what = _type(answer) if answer else f"<code>{escape(next(iter(content)))}</code>"
    yield f"<p><b>Answers {int(route.status)}</b> with {what}</p>"
    codes = " ".join(f'<a href="#problem-{code}">{code}</a>' for code in problem_codes(route))
    yield f"<details><summary>Problems</summary><p>{codes}</p></details>"
    yield "</section>"


def _shapes(routes: Sequence[Route], schemas: dict[str, Any]) -> Iterator[str]:
    """Yield every shape that answers are made of, once: those of requests stand at their routes."""
    bodies = {route.body for route in routes if route.body is not None}
    yield '<h2 id="shapes">What answers are made of</h2>'
    yield "<p>An answer may have more fields than are named here, never fewer.</p>"
    for name in sorted(schemas.keys() - bodies):
        said = _marked(schemas[name].get("description", ""))
        yield f'<section id="shape-{name}"><h4>{name}</h4><p>{said}</p>{_fields(schemas[name])}</section>'


def _named(reference: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = schemas[reference["$ref"].removeprefix(_REFERENCE)]
    return schema


def _fields(schema: dict[str, Any]) -> str:
    required = schema.get("required", ())
    return _table([(name, field, name in required) for name, field in schema.get("properties", {}).items()])


def _table(rows: Sequence[tuple[str, dict[str, Any], bool]]) -> str:
    if not rows:
        return ""
    body = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{_type(field)}</td>"
        f"<td>{'' if required else 'may be left out'}</td><td>{_marked(_said(field))}</td></tr>"
        for name, field, required in rows
    )
    return f"<table>{body}</table>"


def _said(field: dict[str, Any]) -> str:
    if "description" in field:
        return str(field["description"])
    return " ".join(filter(None, (_said(one) for one in field.get("anyOf", ()))))


def _type(field: dict[str, Any]) -> str:
    """Say in a few words what a field may be, as HTML."""
    if "$ref" in field:
        name = field["$ref"].removeprefix(_REFERENCE)
        return f'<a href="#shape-{name}">{name}</a>'
    if "anyOf" in field:
        return " or ".join(_type(one) for one in field["anyOf"])
    if "enum" in field:
        return " | ".join(f"<code>{escape(str(one))}</code>" for one in field["enum"])
    if "const" in field:
        return f"<code>{escape(str(field['const']))}</code>"
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}"
    bounds = [f"{words} {field[name]}{unit}" for name, words, unit in _BOUNDS if name in field]
    return ", ".join([escape(str(field.get("type", "any value"))), *bounds])


def _marked(text: str) -> str:
    """Escape a text; what stands between backticks is code."""
    parts = escape(" ".join(text.split())).split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))
