"""Shopify's own schema as the judge of what we send, and the one rule that only its descriptions tell."""

from __future__ import annotations

import gzip
import json
from functools import cache
from typing import TYPE_CHECKING, Any

import graphql
import pytest

from tests.clouds.vendor_spec import SPECS

if TYPE_CHECKING:
    from graphql import GraphQLSchema

SHOPIFY = SPECS / "shopify" / "admin_2026-07.json.gz"

needs_shopify_spec = pytest.mark.skipif(not SHOPIFY.exists(), reason=f"Shopify's schema is not at {SHOPIFY}")


@cache
def _schema() -> GraphQLSchema:
    with gzip.open(SHOPIFY) as file:
        return graphql.build_client_schema(json.load(file)["data"], assume_valid=True)


@cache
def _document_faults(text: str) -> tuple[str, ...]:
    """Return what the schema has against a document: what it does not know, and mutations that lack `@idempotent`."""
    document = graphql.parse(text)
    faults = [error.message for error in graphql.validate(_schema(), document)]
    mutations = _schema().mutation_type
    assert mutations is not None
    for operation in document.definitions:
        if not isinstance(operation, graphql.OperationDefinitionNode) or operation.operation.value != "mutation":
            continue
        for field in operation.selection_set.selections:
            assert isinstance(field, graphql.FieldNode)
            told = mutations.fields[field.name.value].description or ""
            demanded = "@idempotent" in told and "required" in told
            if demanded and not any(one.name.value == "idempotent" for one in field.directives or ()):
                faults.append(f"{field.name.value} has to carry @idempotent")
    return tuple(faults)


def shopify_faults(body: bytes) -> list[str]:
    """Judge a request's body: the document by the schema, the variables by the types they are declared with."""
    asked: dict[str, Any] = json.loads(body)
    unknown = set(asked) - {"query", "operationName", "variables"}
    faults = [f"the body has a field {name!r}" for name in sorted(unknown)] + list(_document_faults(asked["query"]))
    (operation,) = graphql.parse(asked["query"]).definitions
    assert isinstance(operation, graphql.OperationDefinitionNode)
    declared = {one.variable.name.value for one in operation.variable_definitions or ()}
    faults += [f"variable {name!r} is not declared" for name in sorted(set(asked["variables"]) - declared)]
    coerced = graphql.execution.values.get_variable_values(
        _schema(), operation.variable_definitions or (), asked["variables"]
    )
    if isinstance(coerced, list):
        faults += [error.message for error in coerced]
    return faults
