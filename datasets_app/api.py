"""Imports for programs: begin some, list them, ask what became of one. By session or API key, within one project.

Refusals are problem+json like those of the scoring API: a stable `code`, a `detail` for people, never any input.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final, NoReturn
from urllib.parse import urlencode

from django.http import Http404
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed, ParseError, PermissionDenied, Throttled
from rest_framework.parsers import BaseParser, FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from pixelhub.accounts.access import capabilities, current_project, require
from pixelhub.accounts.allowances import spend_now
from pixelhub.accounts.models import ApiKey, Project, User
from pixelhub.accounts.rates import IMPORT, Leases, Limits
from pixelhub.accounts.roles import Capability
from pixelhub.accounts.selectors import api_key_verify

from .access import get_import_for
from .api_schema import imports_begin, imports_list, imports_one
from .corpus.parse import RowRejected, parse_json
from .corpus.reading import kind_of
from .forms import ImportForm
from .models import ImportBatch
from .selectors import imports_in, quarantine_reasons
from .services import ImportRefused, RequestKeyReused, imports_once, imports_start

IMPORT_SCOPE: Final = "import"
MAX_JSON_BYTES: Final = 64 * 1024
KEY_RATES: Final = Leases()
_PAGE, _LARGEST_PAGE = 50, 100
_LARGEST_ID: Final = 2**63 - 1
_REQUEST_KEY: Final = re.compile(r"[!-~]{1,200}")
_TITLES: Final = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    422: "Not importable",
    429: "Too Many Requests",
}


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer phk_…` or `X-Api-Key`, as the scoring API takes it. The key acts for who made it."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """Return the key's maker and the key; None where no key was sent."""
        given = request.headers.get("Authorization", "")
        token = given[7:].strip() if given[:7].lower() == "bearer " else request.headers.get("X-Api-Key", "").strip()
        if not token:
            return None
        key = api_key_verify(token)
        if key is None:
            raise AuthenticationFailed("The key is unknown, revoked or expired.")
        if IMPORT_SCOPE not in key.scopes:
            raise PermissionDenied("This key may not import.")
        return key.created_by, key

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return 'Bearer realm="pixelhub"'


class TooLarge(APIException):
    """A JSON body above the limit."""

    status_code = 413
    default_detail = f"A JSON body holds at most {MAX_JSON_BYTES} bytes; send files as multipart/form-data."
    default_code = "too_large"


class StrictJSONParser(BaseParser):
    """JSON that everybody reads alike: no duplicate keys, NaN, NUL, lone surrogates, no bottomless nesting."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        """Return the object. Raises ParseError, TooLarge."""
        raw = stream.read(MAX_JSON_BYTES + 1)
        if len(raw) > MAX_JSON_BYTES:
            raise TooLarge
        try:
            value = parse_json(raw)
        except RowRejected as rejected:
            raise ParseError(f"{rejected.reason}: {rejected.detail}", code=rejected.reason) from None
        if not isinstance(value, dict):
            raise ParseError("The body is not an object.", code="not_an_object")
        return value


class KeyRate(BaseThrottle):
    """A key's own rate, one for each request; people in a browser have none."""

    _wait_s = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Spend one of the key's requests, where there is one left."""
        key = request.auth
        if isinstance(key, ApiKey):
            # A period of its own: bringing conversations in does not use up what scoring may spend.
            self._wait_s = spend_now(KEY_RATES, Limits(key.pk, ((IMPORT, key.rate_per_minute),))).wait_s
        return not self._wait_s

    def wait(self) -> float:
        """Whole seconds after which it is worth asking again, at least 1."""
        return max(1, math.ceil(self._wait_s))


class ImportsApi(APIView):
    """What both addresses share: who asks, how often, and how a refusal looks."""

    authentication_classes = (ApiKeyAuthentication, SessionAuthentication)
    parser_classes = (MultiPartParser, FormParser, StrictJSONParser)
    throttle_classes = (KeyRate,)

    def throttled(self, request: Request, wait: float) -> NoReturn:
        """Refuse with Retry-After."""
        assert isinstance(request.auth, ApiKey)
        allowed = f"This key allows {request.auth.rate_per_minute} requests a minute."
        raise Throttled(wait, detail=allowed, code="rate_limited")

    def handle_exception(self, exc: Exception) -> Response:
        """Turn a refusal into problem+json."""
        response = super().handle_exception(exc)
        code = getattr(exc, "get_codes", lambda: "")()
        return _problem(
            response,
            code if isinstance(code, str) and code else "not_found" if isinstance(exc, Http404) else "forbidden",
            str(response.data.get("detail", "")) if isinstance(response.data, dict) else "",
        )


class ImportList(ImportsApi):
    """GET: the project's imports. POST: begin some."""

    @imports_list
    def get(self, request: Request) -> Response:
        """Answer with a page of imports, newest first, and the address of the next page or null."""
        project = _project(request)
        require(_user(request), project, Capability.DATASET_VIEW)
        limit = _number(request, "limit", usual=_PAGE, most=_LARGEST_PAGE)
        before = _number(request, "before", usual=_LARGEST_ID, most=_LARGEST_ID)
        found = list(imports_in(project).filter(pk__lt=before)[: limit + 1])
        shown, more = found[:limit], len(found) > limit
        onward = urlencode({"before": shown[-1].pk, "limit": limit}) if more else ""
        return Response(
            {"imports": [_shown(batch) for batch in shown], "next": f"{request.path}?{onward}" if more else None}
        )

    @imports_begin
    def post(self, request: Request) -> Response:
        """Take files (multipart) or an address (JSON or form) and answer 202 with the imports that have begun.

        With an Idempotency-Key a second time too: then they are the first ones, and a header says so.
        """
        project = _project(request)
        require(_user(request), project, Capability.DATASET_IMPORT)
        key = _request_key(request)
        form = ImportForm(_with_defaults(request.data), request.FILES)
        if not form.is_valid():
            return _refused({name: [str(error) for error in errors] for name, errors in form.errors.items()})
        asked = {"project": project, "actor": _user(request), "origin": ImportBatch.Origin.API, **form.asked()}
        try:
            batches, replayed = imports_once(key=key, **asked) if key else (imports_start(**asked), False)
        except RequestKeyReused as refused:
            return _problem(Response({}, status=422), "idempotency_key_reused", str(refused))
        except ImportRefused as refused:
            return _refused({"address" if form.cleaned_data["address"] else "file": [str(refused)]})
        headers = {"Idempotency-Replayed": "true"} if replayed else {}
        return Response({"imports": [_shown(batch) for batch in batches]}, status=202, headers=headers)


class ImportDetail(ImportsApi):
    """GET: one import."""

    @imports_one
    def get(self, request: Request, pk: int) -> Response:
        """Answer with its state and its report."""
        batch = get_import_for(_user(request), pk)
        if isinstance(request.auth, ApiKey) and batch.project_id != request.auth.project_id:
            raise Http404("No such import.")
        return Response(_shown(batch) | {"reasons": {row["reason"]: row["count"] for row in quarantine_reasons(batch)}})


def _user(request: Request) -> User:
    assert isinstance(request.user, User)
    return request.user


def _project(request: Request) -> Project:
    """The key's project, or the one of the session. A key whose maker left the project opens nothing."""
    if not isinstance(request.auth, ApiKey):
        return current_project(request)
    project = request.auth.project
    if not capabilities(_user(request), project):
        raise Http404("No such project.")
    return project


def _request_key(request: Request) -> str:
    """The client's Idempotency-Key, "" without one. Raises ParseError."""
    key: str | None = request.headers.get("Idempotency-Key")
    if key is not None and not _REQUEST_KEY.fullmatch(key):
        raise ParseError("An Idempotency-Key is 1 to 200 visible ASCII characters.", code="bad_idempotency_key")
    return key or ""


def _number(request: Request, name: str, *, usual: int, most: int) -> int:
    """A whole number of the query from 1 to `most`. Raises ParseError."""
    given = request.query_params.get(name)
    if given is None:
        return usual
    if not re.fullmatch(r"[0-9]{1,19}", given) or not 1 <= int(given) <= most:
        raise ParseError(f"{name} is a whole number from 1 to {most}.", code="bad_query")
    return int(given)


def _with_defaults(data: Any) -> dict[str, Any]:
    """The form's usual values under what was sent, so that a program names only what it changes."""
    usual = {
        name: field.initial for name, field in ImportForm.base_fields.items() if field.initial not in (None, False)
    }
    sent = {name: data[name] for name in data if name in ImportForm.base_fields and name != "file"}
    return usual | {name: "" if value is None else value for name, value in sent.items()}


def _shown(batch: ImportBatch) -> dict[str, Any]:
    return {
        "id": batch.pk,
        "state": batch.shown_state,
        "begun_at": batch.created_at.isoformat(),
        "file": batch.file_name,
        "kind": kind_of(batch.file_name),
        "source": batch.source,
        "family": batch.family,
        "stage": batch.stage,
        "read": batch.read,
        "accepted": batch.accepted,
        "duplicates": batch.duplicates,
        "quarantined": batch.quarantined,
        "adds_up": batch.read == batch.accepted + batch.duplicates + batch.quarantined,
        "formats": batch.formats,
        "error": batch.error,
        "file_sha256": batch.file_sha256,
    }


def _refused(errors: dict[str, list[str]]) -> Response:
    detail = "; ".join(f"{name}: {' '.join(found)}" for name, found in sorted(errors.items()))
    return _problem(Response({"errors": errors}, status=422), "not_importable", detail)


def _problem(response: Response, code: str, detail: str) -> Response:
    status = response.status_code
    errors = response.data.get("errors") if isinstance(response.data, dict) else None
    response.data = {
        "type": "about:blank",
        "title": _TITLES.get(status, "Refused"),
        "status": status,
        "code": code,
        "detail": detail,
    } | ({"errors": errors} if errors else {})
    response.content_type = "application/problem+json"
    return response
