"""Rounds: batches of samples, the people invited, and a row for each asked-for label.

A round asks for labels of its samples. Each asked-for label is a row, a `Slot`, made when the round opens: a sample can
therefore never get more raters than asked, and a claim is an update of a row that already exists.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from .guidelines import Guideline


class Round(models.Model):
    """A set of samples that get blind labels under one guideline version.

    A share of them (`overlap_share`) gets `overlap` labels, the rest one. In practice and qualification rounds every
    invited person labels every sample, and each sample has an expert's label (`RoundItem.gold`).
    """

    class Kind(models.TextChoices):
        WORK = "work", "Labelling"
        PRACTICE = "practice", "Practice"
        QUALIFICATION = "qualification", "Qualification"
        RELABEL = "relabel", "Labelling again"
        RETRAINING = "retraining", "Retraining"

    LEARNING = (Kind.PRACTICE, Kind.QUALIFICATION)

    class Ordering(models.TextChoices):
        SHUFFLED = "shuffled", "Shuffled"
        UNCERTAINTY = "uncertainty", "What the model is unsure of first"
        DISAGREEMENT = "disagreement", "Where suggestions disagree first"
        RARITY = "rarity", "Rare types first"

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"
        PUBLISHED = "published", "Published"

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="rounds")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.WORK)
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
        help_text="The round that this one follows from: its retraining, or its samples labelled again.",
    )
    guideline = models.ForeignKey(Guideline, on_delete=models.PROTECT, related_name="rounds")
    overlap = models.PositiveSmallIntegerField(default=2)
    overlap_share = models.FloatField(default=1.0, help_text="Share of the samples that get `overlap` labels, 0 to 1.")
    ordering = models.CharField(max_length=16, choices=Ordering, default=Ordering.SHUFFLED)
    calm = models.BooleanField(default=True, help_text="Spread difficult samples out.")
    gold_share = models.FloatField(default=0.0, help_text="Hidden expert-labelled samples per sample, 0 to 0.2.")
    repeat_share = models.FloatField(default=0.0, help_text="Hidden repeats per label, 0 to 0.2.")
    suggestions_from = models.CharField(
        max_length=200, blank=True, help_text="Whose suggestions are shown after the blind label; empty: nobody's."
    )
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    seed = models.PositiveIntegerField(default=0)
    simulated = models.BooleanField(default=False)
    snapshot = models.ForeignKey(
        "datasets_app.LabelSnapshot", null=True, blank=True, on_delete=models.PROTECT, related_name="rounds"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=("project", "number"), name="round_number_unique"),
            models.CheckConstraint(condition=Q(overlap__gte=1) & Q(overlap__lte=10), name="round_overlap_1_to_10"),
            models.CheckConstraint(
                condition=Q(overlap_share__gte=0)
                & Q(overlap_share__lte=1)
                & Q(gold_share__gte=0)
                & Q(gold_share__lte=0.2)
                & Q(repeat_share__gte=0)
                & Q(repeat_share__lte=0.2),
                name="round_shares_in_range",
            ),
        )

    def __str__(self) -> str:
        return f"Round {self.number}: {self.name}"

    @property
    def is_learning(self) -> bool:
        """Practice or qualification: everybody labels every sample, measured against an expert's label."""
        return self.kind in self.LEARNING


class Batch(models.Model):
    """A part of a round's samples, handed out, reviewed and reported on together (two of 2,250, say)."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="batches")
    number = models.PositiveSmallIntegerField()
    due_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("round", "number")
        constraints = (models.UniqueConstraint(fields=("round", "number"), name="batch_number_unique"),)

    def __str__(self) -> str:
        return f"batch {self.number} of round {self.round_id}"


class RoundAnnotator(models.Model):
    """A person invited to a round. Locked while that person claims, so two tabs never race each other."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="round_annotators")
    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    digest_read_at = models.DateTimeField(
        null=True, blank=True, help_text="When this person opened their digest of the decided round."
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=("round", "annotator"), name="round_annotator_unique"),)

    def __str__(self) -> str:
        return f"annotator {self.annotator_id} in round {self.round_id}"


class RoundItem(models.Model):
    """A sample in a round, at its place in the seeded order.

    Gold (hidden, expert-labelled) and repeats (hidden, the same sample again for one person) watch the labelling; only
    samples of the purpose `work` count for agreement, adjudication and publication.
    """

    class Purpose(models.TextChoices):
        WORK = "work", "Work"
        GOLD = "gold", "Expert-labelled"
        REPEAT = "repeat", "Repeat"

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="items")
    record = models.ForeignKey("datasets_app.Record", on_delete=models.PROTECT, related_name="round_items")
    position = models.PositiveIntegerField()
    batch = models.ForeignKey(Batch, null=True, blank=True, on_delete=models.PROTECT, related_name="items")
    purpose = models.CharField(max_length=8, choices=Purpose, default=Purpose.WORK)
    labels_wanted = models.PositiveSmallIntegerField(default=2, help_text="How many people are asked to label it.")
    gold = models.ForeignKey(
        "annotation.GoldLabel", null=True, blank=True, on_delete=models.PROTECT, related_name="round_items"
    )
    repeat_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="repeats")
    # What the text seems to be about before anybody labelled it (from the input, or the rules): for calm order and
    # opt-outs, never shown.
    hint_type = models.CharField(max_length=32, blank=True)
    hint_severity = models.PositiveSmallIntegerField(null=True, blank=True)
    by_chance = models.BooleanField(
        default=True, help_text="Its place owes nothing to what a model or a rule says: fit for unbiased estimates."
    )

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(
                fields=("round", "record"), condition=~Q(purpose="repeat"), name="round_item_record_unique"
            ),
            models.CheckConstraint(
                condition=Q(purpose="repeat", repeat_of__isnull=False)
                | (~Q(purpose="repeat") & Q(repeat_of__isnull=True)),
                name="round_item_repeat_of_something",
            ),
            models.CheckConstraint(
                condition=~Q(purpose="gold") | Q(gold__isnull=False), name="round_item_gold_has_a_label"
            ),
            models.UniqueConstraint(fields=("round", "position"), name="round_item_position_unique"),
        )

    def __str__(self) -> str:
        return f"sample {self.position} of round {self.round_id}"


class SlotQuerySet(models.QuerySet["Slot"]):
    """Slots know their round, whoever makes them."""

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:  # type: ignore[override]
        """As Django's, with the round of each slot taken from its sample where it isn't given."""
        slots = list(objs)
        homeless = {slot.item_id for slot in slots if slot.round_id is None}
        rounds = dict(RoundItem.objects.filter(pk__in=homeless).values_list("pk", "round_id")) if homeless else {}
        for slot in slots:
            if slot.round_id is None:
                slot.round_id = rounds[slot.item_id]
        return super().bulk_create(slots, *args, **kwargs)


class Slot(models.Model):
    """One asked-for label. ``skipped`` slots stay as history; a skip makes a fresh free slot beside it.

    Slots are handed out by `rank`, smaller first. A slot with `reserved_for` is that person's alone. The round stands
    here once more so that a claim finds the next free slot by one index.
    """

    class State(models.TextChoices):
        FREE = "free", "Free"
        LEASED = "leased", "Leased"
        DONE = "done", "Done"
        SKIPPED = "skipped", "Skipped"

    item = models.ForeignKey(RoundItem, on_delete=models.CASCADE, related_name="slots")
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="slots", editable=False)
    number = models.PositiveSmallIntegerField()
    annotator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=10, choices=State, default=State.FREE)
    lease_until = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True, help_text="When its holder got it: the order of reading.")
    skip_reason = models.CharField(max_length=200, blank=True)
    reserved_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    rank = models.BigIntegerField(default=0)

    objects = SlotQuerySet.as_manager()

    class Meta:
        ordering = ("item__position", "number")
        constraints = (
            models.UniqueConstraint(fields=("item", "number"), name="slot_number_unique"),
            models.UniqueConstraint(fields=("item", "annotator"), name="slot_annotator_unique"),
            models.CheckConstraint(
                condition=Q(state="free", annotator__isnull=True) | (~Q(state="free") & Q(annotator__isnull=False)),
                name="slot_free_or_held",
            ),
        )
        indexes = (
            # The next free one; those that lapsed; what a person had, in the order in which they got it.
            models.Index(fields=("round", "rank", "item"), condition=Q(state="free"), name="slot_next_free"),
            models.Index(fields=("round", "lease_until"), condition=Q(state="leased"), name="slot_leased"),
            models.Index(fields=("annotator", "round", "claimed_at", "state"), name="slot_of_person"),
        )

    def __str__(self) -> str:
        return f"slot {self.number} of sample {self.item_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.round_id is None:
            self.round_id = self.item.round_id
        super().save(*args, **kwargs)
