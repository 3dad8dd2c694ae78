"""A running WooCommerce's own list of routes as the judge of what we send: unknown and read-only fields are faults.

It ignores what it does not know, which is why the judge does not. Two things are judged by what was seen on the running
shop instead, as its list marks them read-only and its documentation and itself take them: `line_items` of a refund.
"""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import pytest

from tests.clouds.vendor_spec import SPECS

ROUTES = SPECS / "woocommerce" / "wc-v3-index_9.4.3.json.gz"
PREFIX = "/wp-json"

needs_woocommerce_spec = pytest.mark.skipif(not ROUTES.exists(), reason=f"WooCommerce's routes are not at {ROUTES}")

_REFUND_LINES: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["id"],
        "properties": {
            "id": {"type": "integer"},
            "quantity": {"type": "integer"},
            "refund_total": {"type": "number"},
            "refund_tax": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["id", "refund_total"],
                    "properties": {"id": {"type": "integer"}, "refund_total": {"type": "number"}},
                },
            },
        },
    },
}


@cache
def _routes() -> dict[str, Any]:
    with gzip.open(ROUTES) as file:
        listed: dict[str, Any] = json.load(file)
    return {route.replace("(?P<", "(?P<_"): of for route, of in listed["routes"].items()}


def _closed(schema: Any) -> Any:
    """Return a schema that takes no property it does not name, and none that only the shop may set."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _closed(value) for key, value in schema.items() if key not in ("context", "default", "required")}
    if made.get("type") == "mixed":
        del made["type"]
    if made.get("type") == "date-time":
        made["type"] = "string"
    properties = schema.get("properties")
    if isinstance(properties, dict):
        made["properties"] = {name: _closed(one) for name, one in properties.items() if not one.get("readonly")}
        made["additionalProperties"] = False
    return made


@cache
def _body_validator(route: str, at: int) -> jsonschema.Draft202012Validator:
    args = dict(_routes()[route]["endpoints"][at]["args"])
    if route.endswith("/refunds"):
        args["line_items"] = _REFUND_LINES
    return jsonschema.Draft202012Validator(_closed({"type": "object", "properties": args}))


def woocommerce_faults(method: str, path: str, body: bytes) -> list[str]:
    """Return what the shop's list of routes has against a request; nothing where it is as listed."""
    parts = urlsplit(path)
    for route, of in _routes().items():
        if not re.fullmatch(route, parts.path.removeprefix(PREFIX)):
            continue
        for at, endpoint in enumerate(of["endpoints"]):
            if method in endpoint["methods"]:
                return _faults(route, at, endpoint["args"], path, body)
    return [f"{method} {path} is not listed"]


def _faults(route: str, at: int, args: dict[str, Any], path: str, body: bytes) -> list[str]:
    asked = parse_qsl(urlsplit(path).query, keep_blank_values=True)
    faults = [f"{path}: no parameter {name!r}" for name, _ in asked if name not in args]
    if not body:
        faults += [
            f"{path}: {name}={value!r}" for name, value in asked if name in args and not _is_one(value, args[name])
        ]
        return faults
    errors = _body_validator(route, at).iter_errors(json.loads(body))
    return faults + [f"{path}: {error.json_path}: {error.message[:200]}" for error in errors]


def _is_one(text: str, arg: dict[str, Any]) -> bool:
    """Return whether a query's text is a value of its parameter's type."""
    kind = arg.get("type")
    if kind == "integer":
        low, high = arg.get("minimum", 0), arg.get("maximum", 10**9)
        return text.isdecimal() and low <= int(text) <= high
    if kind == "boolean":
        return text in ("true", "false")
    if arg.get("format") == "date-time":
        return re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})?", text) is not None
    if kind == "array":
        allowed = (arg.get("items") or {}).get("enum")
        return not allowed or set(text.split(",")) <= set(allowed)
    return "enum" not in arg or text in arg["enum"]
