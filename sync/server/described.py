"""The OpenAPI of the server: the paths as the handlers say, the structures exactly as they are decoded, the errors as they are told."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Request
from litestar.openapi.plugins import JsonRenderPlugin

from sync import wire
from sync.manifest import Manifest

_AT: Final = "#/components/schemas/{name}"
_STRUCTURES: Final = [
    Manifest,
    *(one for one in vars(wire).values() if isinstance(one, type) and issubclass(one, msgspec.Struct)),
]


class Description(JsonRenderPlugin):
    """The document as JSON, at the path of the configuration itself: below it the library answers with pages of its own."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, describe(openapi_schema))


def describe(document: dict[str, Any]) -> dict[str, Any]:
    """The document with msgspec's own schemas (array-like structures, what is forbidden, bounds) and `Told` for every error."""
    _, components = msgspec.json.schema_components(_STRUCTURES, ref_template=_AT)
    mark = {wire.MARK: {"required": True, "schema": {"const": "1"}}}
    told = {
        "description": "An error in the server's own words",
        "headers": mark,
        "content": {"application/json": {"schema": {"$ref": _AT.format(name=wire.Told.__name__)}}},
    }
    paths = {
        path: {
            method: {**one, "responses": {"200": {**one["responses"]["200"], "headers": mark}, "default": told}}
            for method, one in methods.items()
        }
        for path, methods in document["paths"].items()
    }
    return {**document, "paths": paths, "components": {**document["components"], "schemas": components}}
