"""What happens in the demo between pictures, through the services that people use. It runs inside the hub's settings.

Each chapter leaves its trace in the database and passes over what is there, so a story that was cut off goes on. Every
text that it writes says that a program wrote it.
"""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

from django.utils import timezone

from annotation.models import Round
from annotation.services import round_close, round_create, round_open, round_simulate
from datasets_app.corpus.synthesis import generate
from datasets_app.models import ImportBatch, Record, Release, StageLadder
from datasets_app.services import import_start
from datasets_app.services.inventory import inventory_start
from inference.models import Case, ConversationSession, Deployment, ScoreLog
from pixelhub.accounts.demo import DEMO_PASSWORD
from pixelhub.accounts.keys import api_key_create, api_key_rotate
from pixelhub.accounts.models import ApiKey, Project
from review import services
from review.clinical.errors import wrong_decisions
from review.demo.conversations import LABEL_FILE, SEED, truth_of
from review.demo.people import SIMULATED_ANNOTATORS, demo_guideline, demo_person, simulated_annotators
from review.demo.rounds import OPEN_ROUND, SIMULATED_ROUND
from review.models import Campaign, SignOff
from review.production_gates import gates_of
from review.services.edge_cases import edge_cases_check
from review.services.fairness import fairness_report_make
from review.services.plan import plan_start_set
from review.services.readings import error_open
from review.signin import password_checked
from review.simulation.experts import judge_campaign, resolve_splits, simulated_experts_ensure
from training_app.models import ModelVersion, TrainingRun

CLOSED_ROUND, FIELD_FILE, KEY = "Second round, simulated", "field-notes.jsonl", "Helpline chat (made up)"
IN_FILE, CASES, EXPERTS = 6, 24, 3
WRITTEN = "Written by the script that takes the pictures of the documents. Nobody read the conversations."
#: Made-up identifiers, each put at the end of a made-up conversation.
NAMED = (
    "My neighbour Marta Holt has my spare key, you can write to her at marta.holt@example.org.",
    "My sister Ines Okafor lives at 12 Orchard Lane, her number is 555-0142.",
)


def password() -> str:
    """What the demo's people sign in with."""
    return DEMO_PASSWORD


def places() -> dict[str, Any]:
    """The addresses' parts that pictures name in braces, as far as the story has come."""
    project = _project()
    of_project = {"project": project}
    found = {
        "open_round": Round.objects.filter(**of_project, name=OPEN_ROUND),
        "simulated_round": Round.objects.filter(**of_project, name=SIMULATED_ROUND),
        "closed_round": Round.objects.filter(**of_project, name=CLOSED_ROUND),
        "import": ImportBatch.objects.filter(**of_project, file_name=FIELD_FILE),
        "release": Release.objects.filter(**of_project),
        "ladder": StageLadder.objects.filter(**of_project),
        "run": TrainingRun.objects.filter(**of_project),
        "version": ModelVersion.objects.filter(**of_project),
        "campaign": Campaign.objects.filter(model_version__project=project),
        "case": Case.objects.filter(**of_project, level="emergency"),
        "session": ConversationSession.objects.filter(**of_project, conversation_id="demo-rising-risk"),
    }
    rows = {name: rows.order_by("pk").values_list("pk", flat=True).first() for name, rows in found.items()}
    served = ScoreLog.objects.filter(**of_project, deployment__isnull=False).order_by("-at").first()
    return {name: pk for name, pk in {**rows, "score": served and served.pk}.items() if pk is not None}


def begin() -> str:
    """What the demo leaves to its visitor: a round to decide, identifiers to review, a plan. Returns a key's token."""
    project, dana = _project(), demo_person("dana")
    plan_start_set(project=project, actor=demo_person("pam"), start=timezone.localdate())
    if not ImportBatch.objects.filter(project=project, file_name=FIELD_FILE).exists():
        import_start(
            project=project,
            source="real",
            family="edge_case_generator",
            file=io.BytesIO(_field_notes().encode()),
            file_name=FIELD_FILE,
            actor=dana,
            licence="CC BY 4.0",
            consent_basis="Made up for a picture; nobody lived this.",
        )
        inventory_start(project=project, actor=dana)
    if not Round.objects.filter(project=project, name=CLOSED_ROUND).exists():
        _simulated_round(project)
    key, milo = ApiKey.objects.filter(project=project, name=KEY).first(), demo_person("milo")
    if key is None:
        return api_key_create(project=project, name=KEY, scopes=["score"], actor=milo)[1]
    return api_key_rotate(key=key, overlap=timedelta(0), actor=milo)[1]


def open_review() -> bool:
    """An expert review of the demo's first model."""
    version, lead = _version(), demo_person("clara")
    if not Campaign.objects.filter(model_version=version).exists():
        services.campaign_create(version=version, actor=lead, size=CASES, minimum_judged=CASES - 4, seed=SEED)
    return True


def finish_review() -> bool:
    """Simulated experts judge, splits are decided, fairness and edge cases looked at, every miss opened."""
    version, lead, milo = _version(), demo_person("clara"), demo_person("milo")
    if SignOff.objects.filter(model_version=version).exists():
        return True  # nothing is added to what was decided on
    campaign = Campaign.objects.get(model_version=version)
    if campaign.state == Campaign.State.OPEN:
        experts = simulated_experts_ensure(project=_project(), count=EXPERTS, actor=lead)
        judge_campaign(campaign, experts, skill=0.9, seed=SEED)
        resolve_splits(campaign, lead=lead)
        services.campaign_close(campaign=campaign, actor=lead)
    fairness_report_make(version=version, actor=milo)
    edge_cases_check(version=version, actor=milo)
    for error in wrong_decisions(version):
        error_open(version=version, reader=lead, content_hash=error.content_hash)
    return True


def promote() -> bool:
    """Signed by the demo's clinical lead, gates waived in writing, in production."""
    version, lead, project = _version(), demo_person("clara"), _project()
    if not SignOff.objects.filter(model_version=version).exists():
        services.signoff_decide(
            version=version,
            signer=lead,
            decision=SignOff.Decision.APPROVED,
            reason=WRITTEN,
            signed_in=password_checked(lead, DEMO_PASSWORD),
        )
    if not Deployment.objects.filter(project=project).exists():
        open_gates = [standing.gate.key for standing in gates_of(version) if not standing.stands]
        for seat, person in (("pm", demo_person("pam")), ("clinical_lead", lead)):
            for gate in open_gates:
                services.gate_waive(
                    project=project, actor=person, gate=gate, seat=seat, reason=WRITTEN, version=version
                )
        services.version_promote(version=version, actor=demo_person("milo"))
    return True


def _project() -> Project:
    return Project.objects.get(slug="demo")


def _version() -> ModelVersion:
    return ModelVersion.objects.filter(project=_project()).earliest("pk")


def _field_notes() -> str:
    """Made-up conversations as a file of real people's words: two name somebody, one stands there twice."""
    spoken = [list(one["conversation"]) for one in generate(IN_FILE, SEED + 7)]
    for messages, words in zip(spoken, NAMED, strict=False):
        messages.append({"role": "user", "content": words})
    lines = [json.dumps({"messages": messages}) for messages in spoken]
    return "\n".join([*lines, lines[-1], '{"messages": "cut off'])


def _simulated_round(project: Project) -> None:
    """Labelled by the demo's simulated annotators and closed; what they disagree on waits for a decision."""
    annotators, actor = simulated_annotators(), demo_person("dana")
    records = Record.objects.filter(project=project, import_batch__file_name=LABEL_FILE)
    made = round_create(
        project=project,
        name=CLOSED_ROUND,
        guideline=demo_guideline(project),
        annotators=annotators,
        actor=actor,
        records=records,
        seed=SEED,
        simulated=True,
    )
    made = round_open(round=made, actor=actor)
    often = {person.pk: SIMULATED_ANNOTATORS[person.username] - 0.15 for person in annotators}
    round_simulate(
        project=project,
        round=made,
        truth=truth_of(records),
        annotators=annotators,
        accuracy=often,
        seed=SEED,
        actor=actor,
    )
    round_close(round=made, actor=actor)
