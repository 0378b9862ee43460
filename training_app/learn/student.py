"""A student: the teacher's lower layers, taught by the teacher's answers and states; kept only when it is as good.

The teacher is a version of heads on the frozen embedded encoder. Its answers and its last layer's mean come from the
embeddings that its own training cached, so teaching reads the text once, through the student alone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import torch
from tokenizers import Encoding
from torch import Tensor
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_

from .bundle import FrozenBundle, bundle_open
from .cached import encode_splits, export_bundle
from .calibration import NONE_INDEX
from .checkpoints import Checkpoint, checkpoint_latest, checkpoint_read, checkpoint_write
from .compute import DTYPES, compute_resolve, machine_detect
from .encoder import EMBEDDING_SIZE, ENCODER_SHA256, encoder_load, padded, tokenizer_load
from .errors import BundleRefused, CheckpointMismatch, ConfigInvalid, Stopped, StudentRefused
from .heads import PixelHeads, PixelModel, heads_load
from .loop import Split
from .losses import focal_loss, severity_loss
from .metrics.ranking import auc
from .metrics.types import macro_f1
from .moments import moments_restore, parameters_restore, tensors_of
from .predict import BundlePredictor
from .progress import Progress
from .schedule import rate_factor, warmup_steps
from .training import CHECKPOINT_DIR, Outcome, Training, class_counts, operating_point

# Batches are cut from stretches of so many, sorted by length: little padding, and still another order every epoch.
STRETCH: Final = 40
POINT_EVERY: Final = 10
# Of any probability, between the teacher's heads on cached embeddings and its exported graph.
TEACHER_TOLERANCE: Final = 1e-3
TEACHER_TEXTS: Final = 8


@dataclass(frozen=True)
class Lesson:
    """One split for the student: its tokens, its labels, and what the teacher says of each row.

    types float [N, 7] and severities float [N, 5] are the teacher's logits, states float [N, E] its last layer's mean.
    """

    encodings: list[Encoding]
    split: Split
    types: Tensor
    severities: Tensor
    states: Tensor


class Student(PixelModel):
    """The lower layers of the embedded encoder with heads of its own."""

    def __init__(self, layers: int, hidden_size: int, dropout: float) -> None:
        encoder = encoder_load()
        inner: Any = encoder.encoder
        settings: Any = encoder.config
        stack = inner.layer
        if layers >= len(stack):
            raise ConfigInvalid(f"model.student.layers must be below the teacher's {len(stack)}")
        del stack[layers:]
        settings.num_hidden_layers = layers
        encoder.requires_grad_(True)
        # The words were learned on far more text than a release has.
        encoder.embeddings.requires_grad_(False)
        super().__init__(encoder, PixelHeads(3 * EMBEDDING_SIZE, hidden_size, dropout, part=EMBEDDING_SIZE))

    def taught(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """int64 [B, T] twice -> (type logits [B, 7], severity log probabilities [B, 5], last layer's mean [B, E])."""
        features = self.features(ids, mask).float()
        types, severities = self.heads(features)
        return types, severities, features[:, -EMBEDDING_SIZE:]


def train_student(training: Training) -> Outcome:
    """Teach a student of `output.teacher_dir`. Raises StudentRefused when it stays behind by more than the margins."""
    config = training.config
    if not config.output.teacher_dir:
        raise ConfigInvalid("output.teacher_dir must name the bundle that the student learns from")
    teacher = bundle_open(Path(config.output.teacher_dir))
    _refuse_teacher(teacher, training)
    samples = {
        split: training.release.samples(split, last_messages=config.data.last_messages) for split in ("train", "val")
    }
    splits = encode_splits(training, samples)
    texts = {split: [sample.text for sample in rows] for split, rows in samples.items()}
    heads = heads_load(teacher.folder / "head.safetensors", embedding_size=EMBEDDING_SIZE)
    _refuse_other_backbone(teacher, heads, splits["val"], texts["val"])
    tokenizer = tokenizer_load(config.data.max_length)
    lessons = {}
    for split, rows in splits.items():
        with torch.inference_mode():
            types, severities = heads(rows.embeddings)
        states = rows.embeddings[:, -EMBEDDING_SIZE:]
        lessons[split] = Lesson(tokenizer.encode_batch(texts[split]), rows, types.clone(), severities.clone(), states)
    run = Teaching(training, lessons)
    history, best_epoch, stopped_early = run.fit()
    answers = run.answers()
    crisis_types = splits["val"].crisis_types.numpy()
    sources = np.array([sample.source for sample in samples["val"]])
    sure = np.array([sample.is_sure for sample in samples["val"]], dtype=bool)
    point = operating_point(answers[0].double().numpy(), crisis_types, config.decision, sources=sources, sure=sure)
    of_teacher = operating_point(
        lessons["val"].types.double().numpy(), crisis_types, config.decision, sources=sources, sure=sure
    )
    beside = _side_by_side(answers[0], lessons["val"].types, crisis_types, point, of_teacher)
    training.emit({"event": "compared"} | beside)
    _refuse_behind(beside, config.model.student.max_auc_loss, config.model.student.max_sensitivity_loss)
    training.emit({"event": "calibrated"} | point)
    bundle, checks = export_bundle(
        training, run.student.eval(), point, texts["val"], more_lineage={"derived_from": teacher.sha256}
    )
    training.emit({"event": "exported"} | checks)
    return Outcome(
        bundle=bundle,
        best_epoch=best_epoch,
        record={
            "stopped_early": stopped_early,
            "history": history,
            "calibration": point,
            "rows": {split: len(rows) for split, rows in splits.items()},
            "classes": class_counts(splits["train"].crisis_types.numpy()),
            "student": beside | {"layers": config.model.student.layers, "teacher_sha256": teacher.sha256},
        }
        | checks,
    )


class Teaching:
    """The loop: deterministic, resumable at every epoch's end, the best epoch by validation macro F1."""

    def __init__(self, training: Training, lessons: dict[str, Lesson]) -> None:
        config = training.config
        torch.manual_seed(config.optimisation.seed)
        self.training, self.lessons = training, lessons
        self.student = Student(config.model.student.layers, config.model.hidden_size, config.model.dropout)
        rate, faster = config.optimisation.learning_rate, config.optimisation.heads_faster
        learning = [parameter for parameter in self.student.encoder.parameters() if parameter.requires_grad]
        self._rates = (rate, rate * faster)
        self._optimiser = torch.optim.AdamW(
            [{"params": learning, "lr": rate}, {"params": self.student.heads.parameters(), "lr": rate * faster}],
            weight_decay=config.optimisation.weight_decay,
        )
        on_cpu = msgspec.structs.replace(config, compute=msgspec.structs.replace(config.compute, device="cpu"))
        self._precision = compute_resolve(on_cpu, machine_detect()).precision
        self._folder = training.out / CHECKPOINT_DIR

    def fit(self) -> tuple[list[dict[str, float]], int, bool]:
        """Teach; returns the curves, the best epoch, whether it stopped early. The student then is the best one."""
        optimisation, key = self.training.config.optimisation, self.training.run_key
        progress = Progress()
        found = checkpoint_latest(self._folder, run_key=key)
        if found is not None:
            parameters_restore(self.student, found.tensors)
            moments_restore(self.student, self._optimiser, found.tensors)
            progress = Progress(epoch=found.epoch, **found.state)
            self.training.emit({"event": "resumed", "epoch": progress.epoch})
        started, first = time.monotonic(), progress.epoch
        while progress.epoch < optimisation.epochs and progress.stale < optimisation.patience:
            row = self._epoch(progress.epoch + 1) | self._validate()
            progress.note(row)
            tensors = tensors_of(self.student, self._optimiser)
            checkpoint_write(self._folder, Checkpoint(progress.epoch, progress.as_state(), tensors), run_key=key)
            seconds = (time.monotonic() - started) / (progress.epoch - first)
            self.training.emit(
                {"event": "epoch", "epochs": optimisation.epochs, "best_epoch": progress.best["epoch"]}
                | {"eta_seconds": round(seconds * (optimisation.epochs - progress.epoch), 1)}
                | row
            )
        best = checkpoint_read(self._folder, int(progress.best["epoch"]), run_key=key)
        if best is None:
            raise CheckpointMismatch("the checkpoint of the best epoch is damaged; start again with an empty folder")
        parameters_restore(self.student, best.tensors)
        self.student.eval()
        return progress.history, int(progress.best["epoch"]), progress.epoch < optimisation.epochs

    def answers(self) -> tuple[Tensor, Tensor]:
        """Return type logits [N, 7] and severity log probabilities [N, 5] of the validation split, without dropout."""
        lesson = self.lessons["val"]
        self.student.eval()
        types, severities = torch.empty_like(lesson.types), torch.empty_like(lesson.severities)
        order = torch.tensor(sorted(range(len(lesson.encodings)), key=lambda row: len(lesson.encodings[row].ids)))
        with torch.inference_mode():
            for rows in order.split(self.training.config.compute.encode_batch_size):
                types[rows], severities[rows], _ = self.student.taught(*_tokens(lesson, rows))
        return types, severities

    def _epoch(self, epoch: int) -> dict[str, float]:
        optimisation, lesson = self.training.config.optimisation, self.lessons["train"]
        torch.manual_seed(optimisation.seed + epoch)
        batches = _batches(lesson, optimisation.batch_size)
        total_steps = len(batches) * optimisation.epochs
        warmup = warmup_steps(optimisation.warmup_steps, total_steps)
        self.student.train()
        sums, seen, started = torch.zeros(4), 0, time.monotonic()
        for number, rows in enumerate(batches):
            if self.training.stopping():
                raise Stopped(f"stopped in epoch {epoch}; a new start goes on after epoch {epoch - 1}")
            step = (epoch - 1) * len(batches) + number
            factor = rate_factor(step, warmup=warmup, total_steps=total_steps)
            for group, rate in zip(self._optimiser.param_groups, self._rates, strict=True):
                group["lr"] = rate * factor
            with torch.autocast("cpu", dtype=DTYPES[self._precision], enabled=self._precision != "fp32"):
                found = self.student.taught(*_tokens(lesson, rows))
            terms = self._terms(lesson, rows, *(output.float() for output in found))
            self._optimiser.zero_grad(set_to_none=True)
            terms[0].backward()
            clip_grad_norm_(self.student.parameters(), optimisation.max_grad_norm)
            self._optimiser.step()
            sums += terms.detach() * len(rows)
            seen += sum(len(lesson.encodings[row].ids) for row in rows.tolist())
            if (number + 1) % POINT_EVERY == 0:
                speed = round(seen / (time.monotonic() - started), 1)
                point = {"step": step + 1, "total_steps": total_steps, "epoch": epoch, "loss": float(terms[0].detach())}
                pace = {"learning_rate": self._rates[0] * factor, "tokens_per_second": speed}
                self.training.emit({"event": "point"} | point | pace)
        total, hard, soft, hidden = (sums / len(lesson.encodings)).tolist()
        return {
            "epoch": epoch,
            "train_loss": total,
            "train_type_loss": hard,
            "train_soft_loss": soft,
            "train_hidden_loss": hidden,
            "learning_rate": float(self._optimiser.param_groups[0]["lr"]),
        }

    def _terms(self, lesson: Lesson, rows: Tensor, types: Tensor, severities: Tensor, states: Tensor) -> Tensor:
        """Return (total, loss on labels, loss on the teacher's answers, loss on its states) as one tensor [4]."""
        config = self.training.config
        wanted = config.model.student
        hard = focal_loss(types, lesson.split.crisis_types[rows], gamma=config.loss.gamma)
        hard = hard + config.loss.severity_weight * severity_loss(severities, lesson.split.severities[rows])
        soft = soft_loss(types, lesson.types[rows], wanted.soft_temperature)
        soft = soft + config.loss.severity_weight * soft_loss(severities, lesson.severities[rows], 1.0)
        hidden = (1.0 - functional.cosine_similarity(states, lesson.states[rows], dim=1)).mean()
        total = (1.0 - wanted.soft_weight) * hard + wanted.soft_weight * soft + wanted.hidden_weight * hidden
        return torch.stack([total, hard, soft, hidden])

    def _validate(self) -> dict[str, float]:
        types, severities = self.answers()
        split, loss = self.lessons["val"].split, self.training.config.loss
        of_type = float(focal_loss(types, split.crisis_types, gamma=loss.gamma))
        of_severity = float(severity_loss(severities, split.severities))
        return {
            "val_loss": of_type + loss.severity_weight * of_severity,
            "val_type_loss": of_type,
            "val_severity_loss": of_severity,
            "val_macro_f1": macro_f1(split.crisis_types.numpy(), types.argmax(dim=1).numpy()),
        }


def soft_loss(logits: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Return the mean KL divergence from the teacher's softened answers (Hinton et al. 2015), float [B, C] twice.

    Times the square of the temperature, so that its gradient weighs the same at any temperature.
    """
    said = functional.log_softmax(logits / temperature, dim=1)
    wanted = functional.log_softmax(teacher / temperature, dim=1)
    return functional.kl_div(said, wanted, reduction="batchmean", log_target=True) * temperature**2


def _side_by_side(
    student: Tensor, teacher: Tensor, crisis_types: Any, point: dict[str, Any], of_teacher: dict[str, Any]
) -> dict[str, Any]:
    def rank(logits: Tensor) -> float:
        others = [index for index in range(logits.shape[1]) if index != NONE_INDEX]
        margin = torch.logsumexp(logits[:, others], dim=1) - logits[:, NONE_INDEX]
        return auc(margin.double().numpy(), crisis_types != NONE_INDEX)

    return {
        who: {
            "val_auc": round(rank(logits), 6),
            "val_sensitivity": round(found["val_sensitivity"], 6),
            "val_specificity": round(found["val_specificity"], 6),
        }
        for who, logits, found in (("of_student", student, point), ("of_teacher", teacher, of_teacher))
    }


def _refuse_behind(beside: dict[str, Any], max_auc_loss: float, max_sensitivity_loss: float) -> None:
    student, teacher = beside["of_student"], beside["of_teacher"]
    behind = []
    for name, title, most in (
        ("val_auc", "AUC", max_auc_loss),
        ("val_sensitivity", "sensitivity", max_sensitivity_loss),
    ):
        if teacher[name] - student[name] > most:
            behind.append(f"its {title} is {student[name]:.4f} against {teacher[name]:.4f} (at most {most} less)")
    if behind:
        raise StudentRefused(
            f"the student is not kept: on validation {' and '.join(behind)}. More layers or epochs may help"
        )


def _refuse_teacher(teacher: FrozenBundle, training: Training) -> None:
    if teacher.lineage.get("release_manifest_sha256") != training.release.manifest_sha256:
        raise BundleRefused("the teacher was trained on another release; its test rows could be taught to the student")
    if teacher.document["encoder"]["sha256"] != ENCODER_SHA256["model.safetensors"]:
        raise BundleRefused("a student is made of a version on the embedded encoder; this teacher has another backbone")
    for name in ("max_length", "last_messages"):
        if teacher.document[name] != getattr(training.config.data, name):
            raise ConfigInvalid(f"data.{name} must be the teacher's, {teacher.document[name]}")


def _refuse_other_backbone(teacher: FrozenBundle, heads: PixelHeads, val: Split, texts: list[str]) -> None:
    """A fine-tuned teacher names the embedded encoder too, but its layers have changed: the answers tell."""
    expected_size = heads.norm.weight.shape[0]
    if expected_size != val.embeddings.shape[1]:
        raise ConfigInvalid("model.features must be the teacher's")
    predictor = BundlePredictor(teacher.folder, max_length=int(teacher.document["max_length"]))
    said = torch.from_numpy(predictor.logits(texts[:TEACHER_TEXTS])[0]).float().softmax(dim=1)
    with torch.inference_mode():
        expected = heads(val.embeddings[:TEACHER_TEXTS])[0].softmax(dim=1)
    if float((said - expected).abs().max()) > TEACHER_TOLERANCE:
        raise BundleRefused(
            "the teacher's backbone has learned with its heads; a student is made of heads on a frozen one"
        )


def _tokens(lesson: Lesson, rows: Tensor) -> tuple[Tensor, Tensor]:
    return padded([lesson.encodings[row] for row in rows.tolist()])


def _batches(lesson: Lesson, size: int) -> list[Tensor]:
    """Cut a random order into batches of similar length; the order of batches is random again."""
    batches: list[Tensor] = []
    for stretch in torch.randperm(len(lesson.encodings)).split(size * STRETCH):
        lengths = torch.tensor([len(lesson.encodings[row].ids) for row in stretch.tolist()])
        batches += stretch[lengths.argsort()].split(size)
    return [batches[index] for index in torch.randperm(len(batches)).tolist()]
