"""GraphQL as far as a lying Shopify needs it: what a document selects, out of plain objects; and pages."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import graphql

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Object = dict[str, Any]


class No(Exception):
    """Shopify refuses the request as a whole: one of `errors`, with its code and the status it comes with."""

    def __init__(self, message: str, code: str = "", *, status: int = 200):
        super().__init__(message)
        self.status = status
        self.error = {"message": message} | ({"extensions": {"code": code}} if code else {})


@cache
def operation(text: str) -> graphql.OperationDefinitionNode:
    """Return the one operation of a document."""
    (found,) = graphql.parse(text).definitions
    assert isinstance(found, graphql.OperationDefinitionNode)
    return found


def run(text: str, variables: Mapping[str, Any], root: Mapping[str, Any]) -> Object:
    """Answer a document out of `root`: a name's value, or a function of its arguments."""
    found: Object = _selected(operation(text).selection_set, root, variables)
    return found


def idempotency_key(text: str, variables: Mapping[str, Any]) -> str | None:
    """Return the key of a mutation's `@idempotent`, or None where it carries none."""
    for field in operation(text).selection_set.selections:
        for directive in field.directives or ():
            if directive.name.value == "idempotent":
                return str(_arguments(directive, variables)["key"])
    return None


def is_mutation(text: str) -> bool:
    return operation(text).operation.value == "mutation"


def connection(found: list[Object], first: int, after: str | None) -> Object:
    """Return a page of a list, after the one whose id `after` is."""
    start = 0
    if after is not None:
        places = [n for n, one in enumerate(found) if one["id"] == after]
        if not places:
            raise No("Invalid cursor for current pagination sort.", "INVALID_CURSOR")
        start = places[0] + 1
    page = found[start : start + first]
    more = start + first < len(found)
    return {"nodes": page, "pageInfo": {"hasNextPage": more, "endCursor": page[-1]["id"] if page else None}}


def _selected(selection: graphql.SelectionSetNode, value: Any, variables: Mapping[str, Any]) -> Any:
    if value is None:
        return None
    if isinstance(value, list):
        return [_selected(selection, one, variables) for one in value]
    found: Object = {}
    for node in selection.selections:
        if isinstance(node, graphql.InlineFragmentNode):
            assert node.type_condition is not None
            if value.get("__typename", node.type_condition.name.value) != node.type_condition.name.value:
                continue
            found |= _selected(node.selection_set, value, variables)
            continue
        assert isinstance(node, graphql.FieldNode)
        name = node.name.value
        assert name in value, f"this Shopify has no {name} of {sorted(value)}"
        inner: Any = value[name]
        if callable(inner):
            act: Callable[..., Any] = inner
            inner = act(**_arguments(node, variables))
        if node.selection_set is not None:
            inner = _selected(node.selection_set, inner, variables)
        found[node.alias.value if node.alias else name] = inner
    return found


def _arguments(node: graphql.FieldNode | graphql.DirectiveNode, variables: Mapping[str, Any]) -> Object:
    return {one.name.value: graphql.value_from_ast_untyped(one.value, dict(variables)) for one in node.arguments or ()}
