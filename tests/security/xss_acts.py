"""Rows with hostile markup wherever people may write, made inside the hub's own configuration."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

from django.urls import reverse
from django.utils import timezone

from annotation import services
from annotation.models import Guideline, Slot
from datasets_app.models import ImportBatch, Record
from datasets_app.services import import_start
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Role
from pixelhub.accounts.services import api_key_create, membership_grant, user_create
from pixelhub.canonical import sha256_json
from pixelhub.jobs.runner import run_inline
from tests.annotation.making import NONE, PANIC, make_records, submit
from tests.personas import PASSWORD, World, make_world
from tests.review.staged import stage_version
from tests.security.making_place import complete_evaluation
from training_app.models import CardSection, Evaluation, ModelVersion, TrainingRun

ACT = "window.__xss=1"
# Each is short enough for the shortest name (an API key's, 80 characters).
PAYLOADS = (
    f"<script>{ACT}</script>",
    f"<img src=x onerror={ACT}>",
    f"<svg onload={ACT}>",
    f'"><script>{ACT}</script>',
    f"' autofocus onfocus={ACT} x='",
    f"</textarea></title></script><script>{ACT}</script>",
    f"<details open ontoggle={ACT}>x</details>",
    f"<iframe srcdoc='<script>parent.{ACT[7:]}</script>'>",
    f"[x](javascript:{ACT})",
    f"<a href=javascript:{ACT}>x</a>",
    f"<b hx-get=/ hx-trigger=load hx-on::load={ACT}>x</b>",
    "{{ ''.constructor.constructor('window.__xss=1')() }}",
    f"<math><mi//xlink:href='data:x,<script>{ACT}</script>'>",
    f"\u202e<style>*{{background:url(javascript:{ACT})}}</style>",
    f"<ScRiPt>{ACT}</sCrIpT>",
    f"<script/x>{ACT}</script\t>",
    f"<scr<script>ipt>{ACT}</script>",
    f"<img/src=x/onerror={ACT}>",
    f"<img src=x onerror\n=\n{ACT}>",
    f"<img src=`x`onerror={ACT}>",
    f"<svg><script>{ACT}</script></svg>",
    f"<svg><animate onbegin={ACT} attributeName=x dur=1s>",
    f"<svg><a xlink:href=javascript:{ACT}><text y=9>x</text></a></svg>",
    f"<body onpageshow={ACT}>",
    f"<input autofocus onfocus={ACT}>",
    f"<select autofocus onfocus={ACT}><option>x</select>",
    f"<video><source onerror={ACT}></video>",
    f"<audio src=x onerror={ACT}>",
    f"<object data=javascript:{ACT}></object>",
    f"<embed src=javascript:{ACT}>",
    f"<form action=javascript:{ACT}><button autofocus>x</button></form>",
    f"<button formaction=javascript:{ACT} form=x>x</button>",
    f"<base href=javascript:{ACT}//>",
    f"<meta http-equiv=refresh content='0;url=javascript:{ACT}'>",
    f"<a href='java\tscript:{ACT}'>x</a>",
    f"<a href=&#106;avascript:{ACT}>x</a>",
    f"[x](<javascript:{ACT}>)",
    f"![x](javascript:{ACT})",
    f"<!--><img src=x onerror={ACT}>-->",
    f"<noscript><p title='</noscript><img src=x onerror={ACT}>'>",
)


def prepare() -> dict[str, Any]:
    """A world full of markup; the name of somebody who may see all of it, and the pages to see."""
    world = make_world()
    keeper = _person(world, "keeper", PAYLOADS[0], list(Role.values))
    others = [_person(world, f"p{n}", text, [Role.ANNOTATOR]) for n, text in enumerate(PAYLOADS[1:5])]
    for text in PAYLOADS:
        api_key_create(project=world.project, name=text[:80], scopes=["score"], actor=keeper)
    imports = [_imported(world, keeper, number, text) for number, text in enumerate(PAYLOADS[:3])]
    _import_names(imports[0], PAYLOADS[3:])
    version = _version_with_cards(world)
    open_round, disputed = _rounds(world, keeper, others[0])
    record = Record.objects.filter(import_batch=imports[0]).get()
    pages = [
        ("annotation:round_label", open_round),
        ("annotation:round_adjudicate", disputed),
        ("annotation:round_detail", disputed),
        ("annotation:guideline_detail", open_round.guideline),
        ("datasets:record_detail", record),
        *(("datasets:import_detail", batch) for batch in imports),
        ("training:version_detail", version),
        ("training:version_card", version),
        ("jobs:detail", imports[0].job),
    ]
    urls = [reverse(name, args=[row.pk]) for name, row in pages]
    lists = ("home", "annotation:rounds", "annotation:round_create", "datasets:imports", "jobs:list", "audit:list")
    urls += [reverse(name) for name in (*lists, "accounts:people", "accounts:api_keys")]
    return {"username": keeper.username, "urls": urls, "payloads": len(set(PAYLOADS))}


def _person(world: World, username: str, display_name: str, roles: list[str]) -> User:
    user = user_create(username=username, password=PASSWORD, display_name=display_name)
    for role in roles:
        membership_grant(project=world.project, user=user, role=role)
    return user


def _imported(world: World, actor: User, number: int, text: str) -> ImportBatch:
    turns = [{"role": "user", "content": f"{number} {text}"}, *({"role": "assistant", "content": p} for p in PAYLOADS)]
    rows = [{"conversation": turns, "id": text}, {text: text}, {"conversation": [{"role": text, "content": text}]}]
    batch = import_start(
        project=world.project,
        source="synthetic",
        family="edge_case_synthetic",
        licence=text,
        consent_basis=text,
        file=BytesIO("\n".join(json.dumps(row) for row in rows).encode()),
        file_name=f"{text}.jsonl",
        actor=actor,
    )
    run_inline(batch.job)
    batch.refresh_from_db()
    assert batch.accepted == 1, batch.job.error
    return batch


def _import_names(batch: ImportBatch, texts: tuple[str, ...]) -> None:
    """Imports of every other name: their rows alone, since what reads a file is the same for each."""
    batch = ImportBatch.objects.get(pk=batch.pk)
    for text in texts:
        batch.pk, batch.file_name, batch.licence, batch.consent_basis = None, f"{text}.jsonl", text, text
        batch._state.adding = True
        batch.save()


def _version_with_cards(world: World) -> ModelVersion:
    """A model whose card, run and slices are named by whoever writes markup."""
    staged = stage_version(world)
    complete_evaluation(staged)
    version = staged.version
    # The stand-in's figures have half of the curves: plots of them would be missing pictures.
    metrics = Evaluation.objects.get(model_version=version).metrics | {"curves": {}}
    Evaluation.objects.filter(model_version=version).update(metrics=metrics, sha256=sha256_json(metrics))
    for number, name in enumerate(CardSection.Name.values):
        text = "\n\n".join(PAYLOADS[number::4])
        CardSection.objects.create(model_version=version, name=name, revision=1, text=text, author=version.trainer)
    TrainingRun.objects.filter(pk=version.run_id).update(name=PAYLOADS[1][:80])
    world.project.name = PAYLOADS[0]
    world.project.save()
    return version


def _rounds(world: World, keeper: User, other: User) -> tuple[Any, Any]:
    """A round in which the keeper labels now, and one with a disagreement, notes and flags."""
    first = services.guideline_ensure_first(project=world.project)
    sections = "\n\n".join(f"# {text}\n\n{text}\n\n| {text} |\n|---|\n| {text} |" for text in PAYLOADS)
    guideline = Guideline.objects.create(
        project=world.project,
        version=2,
        title=PAYLOADS[1],
        markdown=f"{first.markdown}\n\n{sections}",
        state=Guideline.State.APPROVED,
        approved_by=keeper,
        approved_at=timezone.now(),
        approval_comment=PAYLOADS[0],
    )
    made = []
    for text in PAYLOADS[:2]:
        records = make_records(world.project, 2)
        Record.objects.filter(pk__in=[record.pk for record in records]).update(
            messages=[{"role": "user", "content": payload} for payload in PAYLOADS]
        )
        round = services.round_create(
            project=world.project,
            name=text,
            guideline=guideline,
            annotators=[keeper, other],
            records=Record.objects.filter(pk__in=[record.pk for record in records]),
            actor=keeper,
            seed=1,
        )
        made.append(services.round_open(round=round, actor=keeper))
    for person, label in ((keeper, NONE), (other, PANIC)):
        for slot in services.slot_claim(round=made[1], annotator=person, want=2):
            note = "\n".join(PAYLOADS)
            submit(slot, person, type(label)(**{**label.__dict__, "note": note}))
            services.annotation_flag(item=slot.item, annotator=person, kind="clinical", note=PAYLOADS[1])
    assert not Slot.objects.filter(item__round=made[1]).exclude(state=Slot.State.DONE).exists()
    return made[0], services.round_close(round=made[1], actor=keeper)
