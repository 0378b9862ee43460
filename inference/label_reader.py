"""The project's own model as a reader of labels: what is in production, else the newest version that was registered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from datasets_app.label_readers import LabelReader, LabelReaderBroken
from pixelhub.objects import ObjectNotFound, ObjectStoreError, get_store

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project


def open_reader(project: Project) -> LabelReader | None:
    """Open the model of a project, every byte checked; None where it has none. Raises LabelReaderBroken."""
    # Imported where it is needed: every process learns that there is a reader, few of them load a model.
    from inference.engine.conversation import conversation_from
    from inference.engine.errors import BundleRefused, InputRefused
    from inference.engine.session import ModelSession
    from inference.selectors import active_deployment
    from inference.serving.reading import read_bundle
    from inference.serving.scoring import encode
    from training_app.selectors import latest_version

    running = active_deployment(project)
    version = running.model_version if running else latest_version(project)
    if version is None:
        return None
    try:
        session = ModelSession(read_bundle(get_store(), version.object_prefix, version.bundle_sha256))
    except (BundleRefused, FileNotFoundError, ObjectNotFound) as refused:
        raise LabelReaderBroken(f"version {version.version}: {refused}") from None
    except (OSError, ObjectStoreError):
        raise LabelReaderBroken(f"version {version.version} could not be fetched; try again") from None

    def crisis_type(messages: Sequence[Mapping[str, str]]) -> str:
        spoken = [{"role": each["role"], "content": each["content"]} for each in messages]
        try:
            conversation = conversation_from({"messages": spoken})
        except InputRefused:  # too long for the model, or nobody speaks: it says nothing, and a person has to
            return ""
        return session.run([encode(session, conversation)])[0].crisis_type

    state = "in production" if running else "registered, not in production"
    return LabelReader(f"model version {version.version} ({state})", crisis_type)
