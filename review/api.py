"""Sign-off and promotion as JSON for people who are signed in: what holds, what stands in the way, promote, go back.

There is no address to sign through, and none takes an API key: a signature is a person's who has read what was missed
and has just shown who they are. Refusals are problem+json with everything that stands against the act in `blocks`.
"""

from __future__ import annotations

from typing import Any, Final

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from datasets_app.api import StrictJSONParser
from pixelhub.accounts.access import current_project, require
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from review import services
from review.access import get_version_for
from review.forms_signoff import FreezeForm
from review.models import SignOff
from review.policy import policy_of
from review.refusal import Block, Refused
from review.services.eligibility import eligibility, sign_in_blocks
from review.services.promotion import promotion_blocks
from review.signin import sign_in_of
from review.standing import signoff_standing

_TITLES: Final = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Refused", 422: "Incomplete"}


class HubSession(SessionAuthentication):
    """The hub's own sign-in; without one the answer is 401, which says that signing in again would help."""

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return 'Session realm="pixelhub"'


class ProductionApi(APIView):
    """What these addresses share: who asks, and how a refusal looks."""

    authentication_classes = (HubSession,)
    parser_classes = (StrictJSONParser,)

    def handle_exception(self, exc: Exception) -> Response:
        """Turn a refusal into problem+json."""
        if isinstance(exc, Refused):
            return _problem(Response(status=409), "refused", str(exc), exc.blocks)
        response = super().handle_exception(exc)
        code = getattr(exc, "get_codes", lambda: "")()
        if response.status_code == 401:
            says = "Your session has ended, or you never signed in. Sign in on the hub's page."
            return _problem(response, "not_authenticated", says)
        known = code if isinstance(code, str) and code else "not_found" if isinstance(exc, Http404) else "forbidden"
        detail = str(response.data.get("detail", "")) if isinstance(response.data, dict) else ""
        return _problem(response, known, detail)


@extend_schema(exclude=True)
class VersionSignOff(ProductionApi):
    """GET: whether a version's sign-off holds, and what stands against promoting or signing it."""

    def get(self, request: Request, pk: int) -> Response:
        """Answer with the state of now; every digest is made anew for it."""
        user = _user(request)
        version = get_version_for(user, pk)
        standing, found = signoff_standing(version), eligibility(version, user)
        signoffs = SignOff.objects.filter(model_version=version).select_related("signer")
        signing = [
            *found.against(SignOff.Decision.APPROVED),
            *sign_in_blocks(user, found.policy, sign_in_of(request._request, user)),
        ]
        return Response(
            {
                "version": version.version,
                "state": version.state,
                "bundle_sha256": version.bundle_sha256,
                "holds": standing.holds,
                "approvals_needed": policy_of(version.project).approvals,
                "blocks": _shown(standing.blocks),
                "blocks_promotion": _shown(promotion_blocks(version)),
                "blocks_signing": _shown(signing),
                "signoffs": [
                    {
                        "id": row.pk,
                        "decision": row.decision,
                        "signer": str(row.signer),
                        "role": row.role,
                        "at": row.created_at.isoformat(),
                        "evidence_sha256": row.evidence_sha256,
                        "key_id": row.signature["key_id"],
                    }
                    for row in signoffs
                ],
            }
        )


@extend_schema(exclude=True)
class VersionPromote(ProductionApi):
    """POST: promote a version, or go back to it."""

    def post(self, request: Request, pk: int) -> Response:
        """Answer with what is in production now."""
        version = get_version_for(_user(request), pk, Capability.PROMOTE)
        return _deployed(services.version_promote(version=version, actor=_user(request)))


@extend_schema(exclude=True)
class RollBack(ProductionApi):
    """POST: back to the version that ran before."""

    def post(self, request: Request) -> Response:
        """Answer with what is in production now."""
        return _deployed(services.roll_back(project=current_project(request), actor=_user(request)))


@extend_schema(exclude=True)
class Freeze(ProductionApi):
    """POST: stop promotions."""

    def post(self, request: Request) -> Response:
        """Answer whether promotions are frozen now."""
        project = current_project(request)
        require(_user(request), project, Capability.PROMOTION_FREEZE)
        return _switched(request, frozen=True)


@extend_schema(exclude=True)
class Unfreeze(ProductionApi):
    """POST: let promotions go on."""

    def post(self, request: Request) -> Response:
        """Answer whether promotions are frozen now."""
        project = current_project(request)
        require(_user(request), project, Capability.SIGNOFF_GOVERN)
        return _switched(request, frozen=False)


def _switched(request: Request, *, frozen: bool) -> Response:
    form = FreezeForm(dict(request.data))
    if not form.is_valid():
        return _problem(Response(status=422), "no_reason", "Say in a few words why, as “reason”.")
    act = services.promotion_freeze if frozen else services.promotion_unfreeze
    act(project=current_project(request), actor=_user(request), reason=form.cleaned_data["reason"])
    return Response({"frozen": frozen})


def _user(request: Request) -> User:
    assert isinstance(request.user, User)
    return request.user


def _deployed(deployment: Any) -> Response:
    return Response(
        {
            "deployment": deployment.pk,
            "version": deployment.model_version.version,
            "bundle_sha256": deployment.bundle_sha256,
            "at": deployment.activated_at.isoformat(),
        }
    )


def _shown(blocks: tuple[Block, ...] | list[Block]) -> list[dict[str, str]]:
    return [{"code": block.code, "says": block.says} for block in blocks]


def _problem(response: Response, code: str, detail: str, blocks: tuple[Block, ...] = ()) -> Response:
    status = response.status_code
    response.data = {
        "type": "about:blank",
        "title": _TITLES.get(status, "Refused"),
        "status": status,
        "code": code,
        "detail": detail,
    } | ({"blocks": _shown(blocks)} if blocks else {})
    response.content_type = "application/problem+json"
    return response
