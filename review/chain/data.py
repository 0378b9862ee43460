"""Links from a release to its snapshots, labels and the annotations they were made from."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from django.urls import reverse

from annotation.labels import LabelInput, label_sha256
from annotation.models import Annotation
from datasets_app.models import LabelSnapshot, Release, SnapshotLabel
from datasets_app.selectors import release_reader, release_verify, snapshot_verify
from inference.models import ScoreLog
from review.chain.link import Link, checked
from review.chain.model import bundle_lineage
from training_app.models import ModelVersion

__all__ = ["annotations_link", "labels_link", "release_link", "snapshot_links"]
