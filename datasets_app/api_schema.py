"""What the import API takes and gives, for its OpenAPI document (drf-spectacular): from the form and the options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from django.forms import BooleanField, ChoiceField, Field, IntegerField
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from .forms import ImportForm

__all__ = ["imports_begin", "imports_list", "imports_one"]

F = TypeVar("F", bound=Callable[..., Any])
_COUNT: Final = {"type": "integer", "minimum": 0}
_IMPORT: Final = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        **{name: {"type": "string"} for name in ("state", "file", "kind", "source", "family", "stage", "error")},
        "begun_at": {"type": "string", "format": "date-time"},
        **dict.fromkeys(("read", "accepted", "duplicates", "quarantined"), _COUNT),
        "adds_up": {"type": "boolean", "description": "read = accepted + duplicates + quarantined"},
        "formats": {"type": "object", "additionalProperties": True},
        "file_sha256": {"type": "string"},
    },
}
_MANY: Final = {"type": "object", "properties": {"imports": {"type": "array", "items": _IMPORT}}}
_PAGE: Final = {
    "type": "object",
    "properties": {**_MANY["properties"], "next": {"type": "string", "nullable": True}},  # type: ignore[dict-item]
}
_ONE: Final = {
    "type": "object",
    "properties": {
        **_IMPORT["properties"],  # type: ignore[dict-item]
        "reasons": {"type": "object", "additionalProperties": _COUNT},
    },
}
_PROBLEM: Final = {
    "type": "object",
    "properties": {
        **{name: {"type": "string"} for name in ("type", "title", "code", "detail")},
        "status": {"type": "integer"},
        "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
    },
}
_REFUSALS: Final = {
    401: "No valid key.",
    403: "The key (or its maker) may not do this.",
    404: "Not of this project.",
    429: "The key's rate is used up; see Retry-After.",
}


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a key is sent; drf-spectacular finds this class by its base."""

    target_class = "datasets_app.api.ApiKeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """What the document says of it."""
        return {"type": "http", "scheme": "bearer", "description": "The key; X-Api-Key takes it as well."}


def imports_list(view: F) -> F:
    """GET: a page of imports."""
    limit = OpenApiParameter("limit", OpenApiTypes.INT, description="1 to 100, usually 50")
    before = OpenApiParameter("before", OpenApiTypes.INT, description="from the address in “next”")
    described: F = extend_schema(
        operation_id="imports_list",
        summary="The project's imports, newest first",
        tags=["Imports"],
        parameters=[limit, before],
        responses={200: _PAGE, **_refusals(401, 403, 429)},
    )(view)
    return described


def imports_begin(view: F) -> F:
    """POST: begin some."""
    fields = {name: _field(field) for name, field in ImportForm.base_fields.items() if name != "file"}
    needed = ["source", "family"]
    document = {"type": "object", "properties": fields, "required": [*needed, "address"]}
    files = {"file": {"type": "array", "items": {"type": "string", "format": "binary"}}}
    upload = {"type": "object", "properties": {**files, **fields}, "required": [*needed, "file"]}
    key = OpenApiParameter(
        "Idempotency-Key", OpenApiTypes.STR, OpenApiParameter.HEADER, description="1 to 200 visible ASCII characters"
    )
    described: F = extend_schema(
        operation_id="imports_begin",
        summary="Begin imports of files or of an address",
        tags=["Imports"],
        parameters=[key],
        request={"multipart/form-data": upload, "application/json": document},
        responses={202: _MANY, **_refusals(401, 403, 429), 422: _problem("Not importable; errors by field.")},
    )(view)
    return described


def imports_one(view: F) -> F:
    """GET: one import."""
    described: F = extend_schema(
        operation_id="imports_read",
        summary="State, counts and reasons of one import",
        tags=["Imports"],
        responses={200: _ONE, **_refusals(401, 403, 404, 429)},
    )(view)
    return described


def _refusals(*codes: int) -> dict[int, OpenApiResponse]:
    return {code: _problem(_REFUSALS[code]) for code in codes}


def _problem(description: str) -> OpenApiResponse:
    return OpenApiResponse(_PROBLEM, description)


def _field(field: Field) -> dict[str, Any]:
    described: dict[str, Any] = {"type": "string"}
    if isinstance(field, BooleanField):
        described = {"type": "boolean"}
    elif isinstance(field, IntegerField):
        described = {"type": "integer", "minimum": field.min_value or 0}
    elif isinstance(field, ChoiceField):
        described["enum"] = [str(value) for value, _ in field.choices if not isinstance(value, (list, tuple))]  # type: ignore[union-attr,misc]
    return described | ({"description": str(field.help_text)} if field.help_text else {})
