"""The whole path in real Chromium by five people, from a file of conversations to a score that leads back to clicks.

Dana imports, reviews identifiers, runs the round, compiles, trains and promotes; Ada and Ben label; Dr. Clara
adjudicates, reviews, reads what was missed and signs; Pam waives with her what three test conversations cannot show.
"""

import json
import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Locator, Page, expect

from datasets_app.corpus.synthesis import generate
from pixelhub.accounts.demo import DEMO_PASSWORD
from tests.e2e import data_rooms
from tests.e2e.walking import Walk, eventually
from tests.hubprocess import HubProcess

CONVERSATIONS = 280
TO_LABEL = 8
KEYS = {"immediate_harm": "1", "self_harm": "2", "substance": "3", "panic": "4", "psychotic": "5",
        "passive_ideation": "6", "none": "7"}  # fmt: skip
SEVERITY_KEYS = "qwert"

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.training]


def score(hub: HubProcess, token: str, text: str, address: str = "/api/v1/crisis/score") -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310
        f"{hub.url}{address}",
        data=json.dumps({"messages": [{"role": "user", "content": text}]}).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=90) as answer:  # noqa: S310
        return json.load(answer)


def label_all(page: Page, truth: dict[str, tuple[str, int | None]], *, differ: int) -> None:
    """Label every conversation with the keyboard; `differ` of them otherwise than the truth."""
    for number in range(TO_LABEL):
        expect(page.locator("[data-progress-words]")).to_contain_text(f"{number} labelled")
        if number == 0:
            page.keyboard.press("b")
        first = page.locator("[data-stage] .turn-text:visible").first.inner_text()
        kind, severity = truth[first]
        if number < differ:
            kind, severity = ("none", None) if kind != "none" else ("panic", 3)
        page.keyboard.press(KEYS[kind])
        if severity:
            page.keyboard.press(SEVERITY_KEYS[severity - 1])
        page.keyboard.press("d")
        page.keyboard.press("Enter")
    expect(page.locator("[data-progress-words]")).to_contain_text(f"{TO_LABEL} labelled")
    expect(page.locator("[data-status]")).to_have_attribute("data-state", "saved")


@pytest.fixture
def walk(tmp_path: Path, browser: Browser) -> Any:
    with HubProcess(tmp_path, PIXELHUB_DEMO_CONVERSATIONS=str(CONVERSATIONS)) as hub:
        hub.start("--demo")
        # Four people walk the path: Dana trains too.
        hub.python(
            "from pixelhub.accounts.models import Project, User\n"
            "from pixelhub.accounts.services import membership_grant\n"
            "project, dana = Project.objects.get(slug='demo'), User.objects.get(username='dana')\n"
            "membership_grant(project=project, user=dana, role='ml_engineer')\nresult = True"
        )
        yield Walk(hub, browser)


def test_from_a_file_to_a_score_that_leads_back_to_the_clicks(walk: Walk, tmp_path: Path) -> None:
    hub = walk.hub
    walk.job_done("demo.prepare")  # its model is trained meanwhile

    # 1 import in the browser: what was read adds up; real people's words wait until their identifiers are reviewed
    conversations = [*generate(TO_LABEL - 1, 4711), data_rooms.told_again(CONVERSATIONS)]
    truth = {c["conversation"][0]["content"]: (c["crisis_type"], c["severity"]) for c in conversations}
    assert len(truth) == TO_LABEL
    batch = data_rooms.bring_in(walk, conversations, tmp_path)
    data_rooms.review_identifiers(walk, batch)

    # 2 a round, labelled by two people who do not see each other's labels
    page = walk.go("dana", "/annotation/rounds/new/")
    page.fill("input[name=name]", "Field round")
    page.select_option("select[name=import_batch]", str(batch))
    for name in ("Ada Annotator", "Ben Annotator"):
        page.get_by_label(name).check()
    page.get_by_role("button", name="Create the round").click()
    page.wait_for_url(re.compile(r"/annotation/rounds/\d+/$"))
    round_pk = int(page.url.rstrip("/").rpartition("/")[2])
    press_and_confirm(page, f"/rounds/{round_pk}/open/")
    for who, differ in (("ada", 0), ("ben", 2)):
        page = walk.go(who, f"/annotation/rounds/{round_pk}/label/")
        page.wait_for_selector("[data-stage] .turn-text")
        if who == "ada":
            page.keyboard.press("b")
            walk.shot(who, "label")
            page.keyboard.press("b")
        label_all(page, truth, differ=differ)

    # 3 agreement, close, adjudicate, publish
    page = walk.go("dana", f"/annotation/rounds/{round_pk}/")
    expect(page.locator("main")).to_contain_text(f"{2 * TO_LABEL} of {2 * TO_LABEL} labels")
    walk.shot("dana", "round")
    press_and_confirm(page, f"/rounds/{round_pk}/close/")
    for _ in range(2):
        page = walk.go("clara", f"/annotation/rounds/{round_pk}/adjudicate/")
        walk.shot("clara", "adjudicate")
        first = page.locator(".turn-text").first.inner_text()
        kind, severity = truth[first]
        page.check(f"input[name=crisis_type][value={kind}]")
        if severity:
            page.check(f"input[name=severity][value='{severity}']")
        page.select_option("select[name=guideline_section]", index=1)
        page.fill("textarea[name=reason]", "The guideline's section is clear here.")
        press_and_wait(page.get_by_role("button", name="Decide"))
    page = walk.go("dana", f"/annotation/rounds/{round_pk}/")
    press_and_confirm(page, f"/rounds/{round_pk}/publish/")

    # 4 a release that anyone can verify
    page = walk.go("dana", "/datasets/releases/new/")
    page.fill("input[name=version]", "1.1.0")
    page.locator("main form button[type=submit]").last.click()
    walk.job_done("release.compile", at_least=2)
    store = Path(hub.environment["PIXELHUB_VAR_DIR"]) / "objects"
    release = store / "releases" / "demo" / "1.1.0"
    assert hub.manage("verify_release", str(release)).returncode == 0
    data_rooms.look_at_release(walk, "1.1.0")
    data_rooms.look_for_copies(walk)
    data_rooms.look_at_the_store(walk)

    # 5 a training run, watched live
    page = walk.go("dana", "/training/runs/new/")
    page.select_option("select[name=release]", label=option_with(page, "select[name=release]", "1.1.0"))
    page.fill("input[name=name]", "Field run")
    page.fill("input[name=epochs]", "12")
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url(re.compile(r"/training/runs/\d+/$"))
    walk.job_done("training.run", at_least=2)
    expect(page.locator("main")).to_contain_text("Succeeded")  # without a reload: live
    walk.shot("dana", "run")
    version = hub.python(
        "from training_app.models import ModelVersion\n"
        "result = ModelVersion.objects.values('pk', 'version', 'bundle_sha256').latest('pk')"
    )
    walk.go("dana", f"/training/versions/{version['pk']}/")
    walk.shot("dana", "version")

    # 6 expert review, blind first; a sign-off by somebody who did not train it
    page = walk.go("dana", "/review/campaigns/new/")
    page.select_option("select[name=version]", str(version["pk"]))
    page.fill("input[name=size]", "3")
    page.get_by_role("button", name="Draw the cases").click()
    page.wait_for_url(re.compile(r"/review/campaigns/\d+/$"))
    campaign_url = page.url.removeprefix(hub.url)
    for number in range(3):
        page = walk.go("clara", f"{campaign_url}next/")
        expect(page.locator("main")).not_to_contain_text("The prediction:")
        page.check("input[name=crisis_type][value=none]", force=True)
        page.get_by_role("button", name="Keep my label").click()
        page.check("input[name=verdict][value=agree]", force=True)
        if number == 0:
            walk.shot("clara", "judge")
        press_and_wait(page.get_by_role("button", name="Judge and go on"))
    page = walk.go("dana", campaign_url)
    press_and_confirm(page, f"{campaign_url}close/")
    refused = walk.people["dana"].goto(f"{hub.url}/review/signoff/{version['pk']}/")
    assert refused is not None
    assert walk.people["dana"].locator("input[name=password]").count() == 0
    page = walk.go("clara", f"/review/signoff/{version['pk']}/")
    for address in page.locator(".missed a").evaluate_all("links => links.map(link => link.getAttribute('href'))"):
        walk.go("clara", address)
    page = walk.go("clara", f"/review/signoff/{version['pk']}/")
    expect(page.locator("[data-block=unread_misses]")).to_have_count(0)
    page.check("input[name=decision][value=approved]")
    page.fill("textarea[name=reason]", "Read the misses; fit for the demo.")
    page.fill("input[name=password]", DEMO_PASSWORD)
    walk.shot("clara", "signoff")
    press_and_wait(page.get_by_role("button", name="Sign", exact=True))

    # 7 a key; before promotion the rules answer and say so
    page = walk.go("dana", reverse("accounts:api_keys"))
    page.fill("input[name=name]", "clinic")
    page.get_by_role("button", name="Create the key").click()
    token = page.locator("#token").inner_text()
    before = score(hub, token, "I have the pills here and I want to die tonight.")
    assert before["degraded"] is True and before["crisis"] is True
    page = walk.go("dana", "/review/promotion/")
    gates = page.locator("[data-block^=gate_] a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert gates, "three test conversations can show none of what the gates ask"
    expect(page.locator(f"form[action='/review/promotion/{version['pk']}/']")).to_have_count(0)
    for who in ("pam", "clara"):
        for gate in gates:
            page = walk.go(who, gate)
            page.fill("textarea[name=reason]", "A handful of test conversations; this is a demonstration.")
            press_and_wait(page.get_by_role("button", name="Waive this gate"))
            expect(page.locator("main")).to_contain_text("A handful of test conversations")
    page = walk.go("dana", "/review/promotion/")
    press_and_confirm(page, f"/review/promotion/{version['pk']}/")

    # 8 exactly that model answers, and its score leads back to the clicks
    after = eventually(
        "the signed version answers",
        lambda: (
            (answer := score(hub, token, "I have the pills here and I want to die tonight.", "/infer"))
            and not answer["degraded"]
            and answer
        ),
    )
    assert after["model_version"] == version["version"] or version["version"] in str(after["model_version"])
    score_id = after.get("evidence_id") or after["id"]
    trail = eventually(
        "the score is in the log",
        lambda: (done := hub.manage("evidence", score_id, "--json", check=False)).returncode == 0 and done,
    )
    pseudonyms = hub.python(
        "from pixelhub.accounts.models import User\n"
        "result = list(User.objects.filter(username__in=['ada', 'ben']).values_list('pseudonym', flat=True))"
    )
    assert version["bundle_sha256"] in trail.stdout
    assert all(pseudonym in trail.stdout for pseudonym in pseudonyms), trail.stdout[:2000]
    page = walk.go("dana", f"/review/evidence/{score_id}/")
    walk.shot("dana", "evidence")
    for who, name in (("clara", "home-clinical-lead"), ("ada", "home-annotator"), ("dana", "home-engineer")):
        walk.go(who, "/")
        walk.shot(who, name)
    walk.go("dana", "/review/board/")
    walk.shot("dana", "board")
    assert hub.manage("audit_verify").returncode == 0
    assert walk.errors == []

    # 9 one flipped byte, and the serving process itself refuses
    model = next((store / "models" / version["bundle_sha256"]).glob("model.onnx"))
    flipped = bytearray(model.read_bytes())
    flipped[len(flipped) // 2] ^= 1
    model.write_bytes(flipped)
    hub.stop()
    hub.start()
    refused_answer = score(hub, token, "I have the pills here and I want to die tonight.")
    assert refused_answer["degraded"] is True
    assert "model.onnx" in json.dumps(refused_answer)
    broken = hub.manage("evidence", score_id, "--json", check=False)
    assert broken.returncode == 1 and "model.onnx" in broken.stdout


def press_and_wait(button: Locator) -> None:
    """Press a button and wait for the page that answers: the next one must not cut it off."""
    with button.page.expect_navigation():
        button.click()


def press_and_confirm(page: Page, action: str) -> None:
    """Press the button of the form that posts to `action`, through its confirmation where it has one."""
    form = page.locator(f"form[action$='{action}']")
    button = form.locator("button[type=submit]").first
    if not button.is_visible():
        holder = form.locator("xpath=ancestor::*[@id][1]").get_attribute("id")
        page.locator(f"[popovertarget='{holder}']").first.click()
    with page.expect_navigation():
        button.click()


def option_with(page: Page, select: str, text: str) -> str:
    """The label of the option that contains a text."""
    labels = page.locator(f"{select} option").all_inner_texts()
    return next(label for label in labels if text in label)
