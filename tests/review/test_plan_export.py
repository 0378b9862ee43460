"""The plan goes out as a checklist and as CSV that Jira and Linear read, and comes in again as the tree that it was."""

from __future__ import annotations

import csv
from datetime import date
from io import StringIO

import pytest
from django.urls import reverse

from pixelhub.audit.models import AuditEvent
from pixelhub.csv_cells import FORMULA_STARTS
from review import services
from review.board import Board, board_of
from review.exports import checklist_markdown, jira_csv, linear_csv
from tests.review.staged import Staged

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 1)
HOSTILE = '=HYPERLINK("https://example.org","[x](javascript:1)")'
JIRA = "Issue Type,Issue Id,Parent,Summary,Description,Status,Assignee,Due Date,Labels"
LINEAR = (
    "ID,Team,Title,Description,Status,Estimate,Priority,Project,Creator,Assignee,Labels,Cycle Number,Cycle Name,"
    "Cycle Start,Cycle End,Created,Updated,Started,Completed,Canceled,Archived,Due Date,Parent issue"
)


@pytest.fixture
def planned(staged: Staged) -> Staged:
    """A plan under way in a project whose names, notes and addresses would be formulas and links."""
    world, pm = staged.world, staged.world.user("pm")
    engineer = world.user("data_engineer")
    engineer.display_name, engineer.email = "@SUM(A1) *bold*\n# Heading", "+1@example.org"
    engineer.save()
    world.project.name, world.project.starts_on = HOSTILE, date(2026, 2, 16)
    world.project.save()
    services.owner_assign(project=world.project, actor=pm, task="1.1", person=engineer)
    services.task_tick(project=world.project, actor=pm, task="1.1.qa", note=HOSTILE)
    services.subtask_move(
        project=world.project, actor=pm, subtask="1.2.access", first_day=3, last_day=20, reason="Lawyers."
    )
    return staged


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text, newline="")))


def tree_of(board: Board) -> dict[str, dict[str, list[str]]]:
    """Titles as a tree: phase, task, lines."""
    return {
        f"Phase {phase.phase.number}: {phase.phase.title}": {
            f"{task.task.key} {task.task.title}": [row.subtask.title for row in task.rows] for task in phase.tasks
        }
        for phase in board.phases
    }


def grown(rows: list[tuple[str, str, str]]) -> dict[str, dict[str, list[str]]]:
    """The same tree out of (id, parent, title) rows, as an importer grows it; a parent that is not there fails."""
    titles = {key: title for key, _, title in rows}
    parents = {key: parent for key, parent, _ in rows}
    assert len(titles) == len(rows)
    tree: dict[str, dict[str, list[str]]] = {}
    for _, parent, title in rows:
        if not parent:
            tree[title] = {}
        elif not parents[parent]:
            tree[titles[parent]][title] = []
        else:
            tree[titles[parents[parent]]][titles[parent]].append(title)
    return tree


def test_jira_reads_the_tree_again(planned: Staged) -> None:
    board = board_of(planned.project, today=TODAY)
    text = jira_csv(board, planned.project)
    assert text.splitlines()[0] == JIRA
    rows = read(text)
    kinds = [row["Issue Type"] for row in rows]
    assert kinds == ["Epic"] * 4 + ["Task"] * 12 + ["Sub-task"] * 50, "every parent above its children"
    assert grown([(row["Issue Id"], row["Parent"], row["Summary"]) for row in rows]) == tree_of(board)
    lines = dict(zip([row.subtask.key for row in board.subtasks], rows[16:], strict=True))
    for row in board.subtasks:
        assert (lines[row.subtask.key]["Status"] == "Done") is row.done
        assert lines[row.subtask.key]["Due Date"] == (row.due.isoformat() if row.due else "")
    assert lines["1.2.access"]["Due Date"] == "2026-03-07", "re-planned: day 20"
    assert lines["1.1.qa"]["Status"] == "Done"
    assert {row["Status"] for row in rows} == {"To Do", "In Progress", "Done"}
    assert lines["1.1.qa"]["Assignee"] == "'+1@example.org", "an address, and no formula"
    assert lines["1.3.tool"]["Labels"] == "pixel-hub alpha data_engineer annotator"


def test_linear_reads_the_tree_again(planned: Staged) -> None:
    board = board_of(planned.project, today=TODAY)
    text = linear_csv(board, planned.project)
    assert text.splitlines()[0] == LINEAR
    rows = read(text)
    assert len(rows) == 66
    assert grown([(row["ID"], row["Parent issue"], row["Title"]) for row in rows]) == tree_of(board)
    assert {row["Priority"] for row in rows} == {"High", "No priority"}
    urgent = {row["Title"] for row in rows if row["Priority"] == "High" and row["Labels"].startswith("subtask")}
    assert urgent == {row.subtask.title for row in board.late}
    assert {row["Status"] for row in rows} == {"Todo", "In Progress", "Done"}
    assert {row["Project"] for row in rows} == {f"'{HOSTILE}"}


def test_no_cell_is_a_formula(planned: Staged) -> None:
    board = board_of(planned.project, today=TODAY)
    for text in (jira_csv(board, planned.project), linear_csv(board, planned.project)):
        cells = [cell for row in csv.reader(StringIO(text, newline="")) for cell in row]
        assert any("HYPERLINK" in cell for cell in cells)
        assert [cell for cell in cells if cell.startswith(FORMULA_STARTS)] == []


def test_the_checklist_holds_every_line_and_what_it_reads(planned: Staged) -> None:
    board = board_of(planned.project, today=TODAY)
    lines = checklist_markdown(board, planned.project).splitlines()
    headings = [line for line in lines if line.startswith("#")]
    assert [line.split(" ")[0] for line in headings] == ["#", "##"] + ["##", *["###"] * 3] * 4
    boxes = [line for line in lines if line.startswith("- [")]
    assert len(boxes) == 7 + 16 + 50
    ticked = sum(row.reading.verdict == "pass" for row in board.metrics)
    ticked += sum(gate.stands for phase in board.phases for gate in phase.gates)
    assert sum(line.startswith("- [x]") for line in boxes) == ticked + sum(row.done for row in board.subtasks)
    assert "- [ ] Crisis sensitivity: 94.0% (88.0% to 98.0%), target above 95.0%, insufficient data" in lines
    (qa,) = [line for line in boxes if "QA read a sample and had faults mended" in line]
    assert "done, says PM / team lead 1 on" in qa
    assert r"\[x\](javascript:1)" in qa, "text that people wrote is no link"
    assert r"Owner: @SUM(A1) \*bold\* \# Heading" in "\n".join(lines)
    assert "Day 1 is 16 Feb 2026; today is day 14." in lines[2]


def test_who_sees_the_board_takes_it_along_and_the_trail_knows(planned: Staged) -> None:
    client = planned.world.client("qa")
    for form, name in (
        ("checklist", "programme.md"),
        ("jira", "programme-jira.csv"),
        ("linear", "programme-linear.csv"),
    ):
        answer = client.get(reverse("review:plan_export", args=[form]))
        assert answer["Content-Disposition"] == f'attachment; filename="alpha-{name}"'
        assert len(answer.content) > 3000
    assert client.get(reverse("review:plan_export", args=["excel"])).status_code == 404
    url = reverse("review:plan_export", args=["jira"])
    assert planned.world.client("annotator").get(url).status_code == 403
    mine = AuditEvent.objects.filter(project_id=planned.project.pk, action="file.download")
    assert [event.actor_id for event in mine] == [planned.world.user("qa").pk] * 3
