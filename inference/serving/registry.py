"""What this process serves for each project: loaded, verified and warmed up here, or refused with the reason.

Thread-safe and free of any event loop, so the ASGI service and the console page share one.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from dataclasses import dataclass, replace

from django.conf import settings
from django.db import DatabaseError

from inference.engine.errors import BundleRefused, SignoffRefused
from inference.engine.session import ModelSession
from inference.models import Deployment, SignoffVoid
from inference.services import deployment_refusal_record
from inference.serving.reading import evidence_of, read_signed_bundle
from pixelhub.canonical import sha256_json

logger = logging.getLogger(__name__)

#: How often the ledger is looked at, in seconds.
WATCH_S = 2.0
#: How long to wait before a store or key that was not reachable is tried again, in seconds.
RETRY_S = 10.0
#: How often what is being served is proven again: its bytes, its card and its sign-off, in seconds.
RECHECK_S = 600.0


@dataclass(frozen=True)
class Served:
    """One project's deployment here. `session` is None when it is not served; `reason` then says why."""

    deployment_id: int
    model_version: str
    bundle_sha256: str
    session: ModelSession | None
    reason: str = ""
    retry_at: float = float("inf")
    #: What the ledger said when this was loaded: when it says something else, everything is verified anew.
    ledger: tuple[str, ...] = ()
    recheck_at: float = float("inf")

    @property
    def state(self) -> str:
        """serving or refused."""
        return "serving" if self.session else "refused"


class Registry:
    """Follows the Deployment table. `refresh` may run in any thread; reads never block."""

    def __init__(self) -> None:
        self._served: dict[int, Served] = {}
        self._lock = threading.Lock()
        self._refreshed_at = 0.0
        self._problem = "model_loading"

    @property
    def problem(self) -> str:
        """Why the ledger could not be read last time ("" when it could)."""
        return self._problem

    def served(self, project_id: int) -> Served | None:
        """What runs for a project; None without a deployment."""
        return self._served.get(project_id)

    def all(self) -> list[Served]:
        """Everything that should be served here."""
        return list(self._served.values())

    def refresh_if_old(self) -> None:
        """Refresh unless that was done a moment ago; for callers without a watcher beside them."""
        if time.monotonic() - self._refreshed_at > WATCH_S:
            self.refresh()

    def refresh(self) -> None:
        """Look at the ledger, load what is new, drop what is retired. A swap replaces one reference: nobody waits."""
        with self._lock:
            active = Deployment.objects.filter(retired_at=None).select_related("project", "model_version__run")
            try:
                deployments = {deployment.project_id: deployment for deployment in active}
                voids = set(
                    SignoffVoid.objects.filter(project__in=deployments).values_list("project_id", "evidence_sha256")
                )
            except Exception as error:  # an unreachable database must not stop what was verified before
                self._problem = "ledger_unreachable"
                logger.warning("the deployment ledger could not be read: %s", type(error).__name__)
                return
            for project_id in self._served.keys() - deployments.keys():
                self._served.pop(project_id, None)
            for project_id, deployment in deployments.items():
                ledger = _ledger_of(deployment, voids)
                served = self._served.get(project_id)
                if served is None or served.ledger != ledger or served.retry_at < time.monotonic():
                    self._served[project_id] = replace(_load(deployment), ledger=ledger)
                elif served.recheck_at < time.monotonic():
                    self._served[project_id] = _proven_again(served, deployment)
            self._problem = ""
            self._refreshed_at = time.monotonic()


def _ledger_of(deployment: Deployment, voids: set[tuple[int, str]]) -> tuple[str, ...]:
    """The envelope, the version's state and voids are part of it: a sign-off that is taken back ends the service."""
    version = deployment.model_version
    return (
        "void" if (deployment.project_id, evidence_of(deployment.signoff)) in voids else "",
        str(deployment.pk),
        deployment.bundle_sha256,
        version.bundle_sha256,
        version.state,
        sha256_json(deployment.signoff),
    )


def _load(deployment: Deployment) -> Served:
    version, sha256 = deployment.model_version.version, deployment.bundle_sha256
    try:
        bundle = read_signed_bundle(
            model_version=deployment.model_version, bundle_sha256=sha256, signoff=deployment.signoff
        )
        session = ModelSession(bundle, memory=settings.MODEL_MEMORY_DIR)
        session.warm_up()
    except (SignoffRefused, BundleRefused) as refusal:
        return _refused(deployment, refusal)
    except Exception as error:  # the store or the key is away: answer by rules, try again
        logger.exception("deployment %s could not be loaded", deployment.pk)
        return Served(
            deployment.pk, version, sha256, None, f"unreachable: {type(error).__name__}", time.monotonic() + RETRY_S
        )
    logger.info("deployment %s is served: version %s, bundle %s", deployment.pk, version, sha256[:12])
    return Served(deployment.pk, version, sha256, session, recheck_at=time.monotonic() + RECHECK_S)


def _proven_again(served: Served, deployment: Deployment) -> Served:
    """The same while its bytes, card and sign-off still hold, without loading the model anew; else refused."""
    try:
        read_signed_bundle(
            model_version=deployment.model_version, bundle_sha256=served.bundle_sha256, signoff=deployment.signoff
        )
    except (SignoffRefused, BundleRefused) as refusal:
        return replace(_refused(deployment, refusal), ledger=served.ledger)
    except Exception:  # the store or the key is away: what was proven before goes on
        logger.exception("deployment %s could not be proven again", deployment.pk)
    return replace(served, recheck_at=time.monotonic() + RECHECK_S)


def _refused(deployment: Deployment, refusal: Exception) -> Served:
    reason = f"refused: {refusal}"
    logger.error("deployment %s is not served, %s", deployment.pk, reason)
    with contextlib.suppress(DatabaseError):  # the refusal stands, whether or not it can be noted now
        deployment_refusal_record(deployment=deployment, reason=reason)
    version = deployment.model_version.version
    return Served(deployment.pk, version, deployment.bundle_sha256, None, reason[:200])


registry = Registry()
