"""A vendor's own OpenAPI description as the judge of what we send: unknown and read-only fields are faults."""

from __future__ import annotations

import gzip
import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import pytest

SPECS = Path(os.environ.get("STILLOPEN_SPECS") or Path(__file__).parents[3] / "shared" / "specs")
SQUARE = SPECS / "square" / "api.json.gz"

needs_square_spec = pytest.mark.skipif(not SQUARE.exists(), reason=f"Square's API description is not at {SQUARE}")


_IDS = re.compile(r"\b[CLOPR]\d{6}\b")


@cache
def _square() -> dict[str, Any]:
    with gzip.open(SQUARE) as file:
        described: dict[str, Any] = json.load(file)
    return described


@cache
def _schemas() -> dict[str, Any]:
    return {name: _closed(schema) for name, schema in _square()["components"]["schemas"].items()}


def _closed(schema: Any) -> Any:
    """Return a schema that takes no property it does not name, and none that only the server may set."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _closed(value) for key, value in schema.items() if key != "example"}
    properties = schema.get("properties")
    if isinstance(properties, dict):
        made["properties"] = {
            key: _closed(value)
            for key, value in properties.items()
            if not value.get("readOnly") and not value.get("description", "").startswith("Read only")
        }
        made["required"] = [key for key in schema.get("required", ()) if key in made["properties"]]
        made.setdefault("additionalProperties", False)
    return made


@cache
def _validator(name: str) -> jsonschema.Draft202012Validator:
    whole = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": _schemas()}}
    return jsonschema.Draft202012Validator(whole)


def square_faults(method: str, path: str, body: bytes) -> list[str]:
    """Judge a request; one that differs from an earlier one in the lying Square's ids only is not judged twice."""
    return _faults(method, _IDS.sub("X000001", path), _IDS.sub("X000001", body.decode()))


@cache
def _faults(method: str, path: str, body: str) -> list[str]:
    """Return what Square's description has against a request; nothing where it is as described."""
    parts = urlsplit(path)
    for template, operations in _square()["paths"].items():
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", template)
        operation = operations.get(method.lower())
        if operation is None or not re.fullmatch(pattern, parts.path):
            continue
        known = {parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "query"}
        faults = [f"{path}: no parameter {name!r}" for name, _ in parse_qsl(parts.query) if name not in known]
        if "requestBody" not in operation:
            return faults + ([f"{path}: takes no body"] if body else [])
        schema = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        errors = _validator(schema).iter_errors(json.loads(body))
        return faults + [f"{path}: {error.json_path}: {error.message[:200]}" for error in errors]
    return [f"{method} {path} is not described"]
