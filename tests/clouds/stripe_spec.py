"""Stripe's own description as the judge of what we send: unknown fields, wrong types and missing ones are faults.

The description at hand is that of 2023-08-16. Payment Records came later: their shapes are those of Stripe's Python
library 16.1.0 (PyPI `stripe`, `PaymentRecordReportPaymentParams` and its siblings), written out below.
"""

from __future__ import annotations

import gzip
import re
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are a package of their own, for one call

from tests.clouds.vendor_spec import SPECS

STRIPE = SPECS / "stripe" / "spec3.yaml.gz"
needs_stripe_spec = pytest.mark.skipif(not STRIPE.exists(), reason=f"Stripe's API description is not at {STRIPE}")

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times as fast
_PATH = re.compile(rb"^  '?(/v1/[^':]+)'?:\n", re.MULTILINE)
_IDS = re.compile(r"\b(pi|re|tmr|pr|ch)_[A-Za-z0-9]+\b")


def _object(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_TEXT, _WHOLE = {"type": "string"}, {"type": "integer"}
_AMOUNT = _object(("currency", "value"), currency={"type": "string", "pattern": "^[a-z]{3}$"}, value=_WHOLE)
_METADATA = {"type": "object", "additionalProperties": {"type": "string", "maxLength": 500}, "maxProperties": 50}
_REPORT_PAYMENT = _object(
    ("amount_requested", "initiated_at", "payment_method_details"),
    amount_requested=_AMOUNT,
    initiated_at=_WHOLE,
    customer_presence={"enum": ["on_session", "off_session"]},
    customer_details=_object(customer=_TEXT, email=_TEXT, name=_TEXT, phone=_TEXT),
    description=_TEXT,
    outcome={"enum": ["canceled", "failed", "guaranteed"]},
    guaranteed=_object(("guaranteed_at",), guaranteed_at=_WHOLE),
    metadata=_METADATA,
    payment_method_details=_object(
        type={"enum": ["custom"]}, custom=_object(display_name=_TEXT, type=_TEXT), payment_method=_TEXT
    ),
    processor_details=_object(
        ("type",), type={"enum": ["custom"]}, custom=_object(("payment_reference",), payment_reference=_TEXT)
    ),
)
_REPORT_REFUND = _object(
    ("outcome", "processor_details"),
    amount=_AMOUNT,
    initiated_at=_WHOLE,
    outcome={"enum": ["refunded"]},
    refunded=_object(refunded_at=_WHOLE),
    metadata=_METADATA,
    processor_details=_object(
        ("type",), type={"enum": ["custom"]}, custom=_object(("refund_reference",), refund_reference=_TEXT)
    ),
)
_OF_A_LIST: dict[str, Any] = {"created_after": _WHOLE, "created_before": _WHOLE, "ending_before": _TEXT,
    "expand": {"type": "array", "items": _TEXT}, "limit": _WHOLE, "starting_after": _TEXT}  # fmt: skip
_LATER: dict[tuple[str, str], tuple[dict[str, Any], dict[str, Any] | None]] = {
    ("POST", "/v1/payment_records/report_payment"): ({}, _REPORT_PAYMENT),
    ("POST", "/v1/payment_records/{id}/report_refund"): ({}, _REPORT_REFUND),
    ("GET", "/v1/payment_records"): (_OF_A_LIST, None),
    ("GET", "/v1/payment_records/{id}"): ({}, None),
}


def decoded(form: str) -> dict[str, Any]:
    """Return a form's fields as they are nested; lists are objects by their index still."""
    fields: dict[str, Any] = {}
    for name, value in parse_qsl(form, keep_blank_values=True, strict_parsing=bool(form)):
        at, keys = fields, re.findall(r"[^\[\]]+", name)
        for key in keys[:-1]:
            at = at.setdefault(key, {})
        assert keys[-1] not in at, f"{name} is said twice"
        at[keys[-1]] = value
    return fields


def stripe_faults(method: str, path: str, body: str) -> list[str]:
    """Judge a request; one that differs from an earlier one in Stripe's ids only is not judged twice."""
    return list(_faults(method, _IDS.sub(r"\1_1", path), _IDS.sub(r"\1_1", body)))


@cache
def _faults(method: str, path: str, body: str) -> tuple[str, ...]:
    parts = urlsplit(path)
    found = _described(method, parts.path)
    if found is None:
        return (f"{method} {path} is not described",)
    known, schema = found
    asked = decoded(parts.query)
    faults = [f"{path}: no parameter {name!r}" for name in asked if name not in known]
    for name in asked.keys() & known.keys():
        errors = jsonschema.Draft202012Validator(known[name]).iter_errors(_typed(asked[name], known[name]))
        faults += [f"{path}: parameter {name!r}: {error.message[:200]}" for error in errors]
    if schema is None:
        return tuple(faults + ([f"{path}: takes no body"] if body else []))
    fields = _typed(decoded(body), schema)
    errors = jsonschema.Draft202012Validator(schema).iter_errors(fields)
    return tuple(faults + [f"{path}: {error.json_path}: {error.message[:200]}" for error in errors])


def _described(method: str, path: str) -> tuple[dict[str, Any], dict[str, Any] | None] | None:
    for (its_method, template), found in _LATER.items():
        if its_method == method and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path):
            return found
    for template, block in sorted(_blocks().items(), key=lambda entry: "{" in entry[0]):
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path):
            operation = _operations(block).get(method.lower())
            if operation is None:
                continue
            known = {one["name"]: one["schema"] for one in operation.get("parameters", ()) if one["in"] == "query"}
            content = operation.get("requestBody", {}).get("content", {}) if method != "GET" else {}
            form = content.get("application/x-www-form-urlencoded")
            return known, form["schema"] if form else None
    return None


@cache
def _blocks() -> dict[str, bytes]:
    """Return the text of each path: reading all of it as YAML takes ten seconds."""
    with gzip.open(STRIPE) as file:
        text = file.read()
    text = text[text.index(b"\npaths:\n") :]
    starts = list(_PATH.finditer(text))
    ends = [start.start() for start in starts[1:]] + [
        text.index(b"\nsecurity:") if b"\nsecurity:" in text else len(text)
    ]
    return {start[1].decode(): text[start.end() : end] for start, end in zip(starts, ends, strict=True)}


@cache
def _operations(block: bytes) -> dict[str, Any]:
    read: dict[str, Any] = yaml.load(block, Loader=_LOADER)  # noqa: S506 - one of the safe loaders
    return read


def _typed(value: Any, schema: dict[str, Any]) -> Any:
    """Return a form's texts as what the schema says they are; a text that is none stays, and fails."""
    if "anyOf" in schema:
        kinds = [one for one in schema["anyOf"] if one.get("type") == ("object" if isinstance(value, dict) else None)]
        fitting = kinds or (
            [one for one in schema["anyOf"] if one.get("type") == "array"] if isinstance(value, dict) else []
        )
        for one in fitting or schema["anyOf"]:
            typed = _typed(value, one)
            if not list(jsonschema.Draft202012Validator(one).iter_errors(typed)):
                return typed
        return value
    kind = schema.get("type")
    if kind == "object" and isinstance(value, dict):
        known = schema.get("properties", {})
        return {key: _typed(inner, known[key]) if key in known else inner for key, inner in value.items()}
    if kind == "array" and isinstance(value, dict):
        assert list(value) == [str(at) for at in range(len(value))], "a list's places are counted"
        return [_typed(inner, schema["items"]) for inner in value.values()]
    if kind == "integer" and isinstance(value, str) and re.fullmatch(r"-?\d+", value):
        return int(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return value
