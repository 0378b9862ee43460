"""A release compiled against a store that fails: retried or refused, and nothing half made is listed."""

from typing import Any

import pytest

from datasets_app.models import Release
from datasets_app.services import release_create
from pixelhub.jobs.runner import run_inline
from pixelhub.jobs.services import job_retry
from pixelhub.objects import get_store, open_store
from tests.datasets.making import published, synthetic
from tests.faultproxy import fault_proxy
from tests.personas import World

pytestmark = pytest.mark.django_db


def test_a_store_that_fails_gives_no_half_release_and_a_later_try_the_whole(
    settings: Any, s3_url: str, world: World
) -> None:
    direct = settings.OBJECT_STORE_ENDPOINT
    settings.OBJECT_STORE_URL, settings.OBJECT_STORE_ATTEMPTS = s3_url, 2
    synthetic(world.project, 40)
    published(world.project)
    with fault_proxy(direct) as proxy:
        settings.OBJECT_STORE_ENDPOINT = proxy.endpoint
        proxy.plan("error", method="PUT", where="manifest.json", status=503, times=99)
        release = release_create(project=world.project, version="1.0.0", seed=1, actor=None)
        assert release.job is not None
        run_inline(release.job)
        release.refresh_from_db()
        assert release.state != Release.State.PUBLISHED and release.shown_state == "failed"
        assert "canary" not in release.error + release.job.error
        keys = {stat.key for stat in open_store(s3_url).list(release.object_prefix)}
        assert keys and not any(key.endswith("manifest.json") for key in keys)
        proxy.faults.clear()
        proxy.plan("reset", method="PUT", where="shards", times=1)
        proxy.plan("cut", method="GET", where="shards", after=10, times=1)
        proxy.plan("error", method="PUT", where="manifest.json", status=503, times=1)
        job_retry(job=release.job, actor=None)
        run_inline(release.job)
    settings.OBJECT_STORE_ENDPOINT = direct
    release = Release.objects.get(pk=release.pk)
    assert release.state == Release.State.PUBLISHED, release.job
    assert get_store().sha256(f"{release.object_prefix}manifest.json") == release.manifest_sha256
