"""Three backends behind one interface: what they are asked, what they make, what they set aside, how they go on."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pyarrow
import pyarrow.parquet
import pytest
from django.core.management import call_command

from datasets_app.corpus.record import AnnotatedSample
from datasets_app.corpus.synthesis import generate_edge_cases, generate_synthetic
from datasets_app.corpus.synthesis.backends import Made, Run, Templates, rules_on
from datasets_app.corpus.synthesis.choice import Services, backend_named
from datasets_app.corpus.synthesis.conversations import Exhausted
from datasets_app.corpus.synthesis.designer import DesignerBackend, rows_in
from datasets_app.corpus.synthesis.edge_cases import categories_named
from datasets_app.corpus.synthesis.endpoint import (
    AnswerMalformed,
    EndpointRefused,
    EndpointSettings,
    EndpointUnavailable,
)
from datasets_app.corpus.synthesis.model import ModelBackend
from datasets_app.corpus.synthesis.plan import EDGE_CASES, Plan
from tests.modelserver import Asked, ModelServer, Reply, model_server, said

NARROW = Plan(40, 5, types=("panic", "none"), difficulties=("veiled",), styles=("counselling", "public_note"))
EDGES = Plan(30, 5, EDGE_CASES, categories=("grief", "code_words"), scenarios_per_category=4)


def settings_of(server: ModelServer, **more: Any) -> EndpointSettings:
    return EndpointSettings(server.base_url, "k", "stub-model", [server.origin], timeout_s=60, attempts=2, **more)


def told(asked: Asked, text: str = "I can't breathe when the lift stops") -> Reply:
    """A model that writes what fits the form it was asked for, in other words for each seed."""
    words = " ".join(f"w{asked.content['seed'] * place % 99991}" for place in range(1, 30))
    prompt = asked.content["messages"][1]["content"]
    turns = [{"role": "user", "content": f"{text} {words}"}]
    if prompt.startswith("Write a chat"):
        turns += [{"role": "assistant", "content": "I hear you."}, {"role": "user", "content": words}]
    return said(json.dumps({"conversation": turns}))


def test_templates_make_the_rows_of_the_old_commands_and_go_on_anywhere() -> None:
    plan = Plan(60, 7)
    rows = [made.row for made in Templates().make(plan, Run())]
    assert rows == list(generate_synthetic(60, 7))
    assert [made.row for made in Templates().make(plan, Run(start=41))] == rows[41:]
    edges = [made.row for made in Templates().make(EDGES, Run())]
    assert edges == list(
        generate_edge_cases(30, 5, categories=categories_named("grief,code_words"), scenarios_per_category=4)
    )


def test_a_narrowed_plan_holds_what_it_says_and_its_rows_have_names_of_their_own() -> None:
    rows = [made.row for made in Templates().make(NARROW, Run())]
    assert {row["crisis_type"] for row in rows if row} == {"panic", "none"}
    assert {row["metadata"]["difficulty"] for row in rows if row} == {"veiled"}
    assert {row["metadata"]["role_play_style"] for row in rows if row} == {"counselling", "public_note"}
    assert len({row["metadata"]["scenario_family"] for row in rows if row}) == 8
    assert not {row["id"] for row in rows if row} & {row["id"] for row in generate_synthetic(40, 5)}
    assert [made.row for made in Templates().make(replace(NARROW, count=10), Run())] == rows[:10]


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": 0},
        {"types": ("sadness",)},
        {"styles": ("rap",)},
        {"difficulties": ("easy",)},
        {"kind": "other"},
        {"categories": ("grief",)},
        {"kind": EDGE_CASES, "types": ("panic",)},
        {"kind": EDGE_CASES, "scenarios_per_category": 0},
    ],
)
def test_a_plan_of_what_there_is_not_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Plan(**{"count": 3, "seed": 1} | wrong)


def test_a_plan_comes_back_from_json() -> None:
    for plan in (NARROW, EDGES, Plan(1, 2)):
        assert Plan.of(json.loads(json.dumps(plan.as_dict()))) == plan


def test_what_the_grammar_cannot_say_any_more_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def few(plan: Plan) -> Any:
        yield from islice(generate_synthetic(3, 1), 3)
        raise Exhausted("row 3: all alike")

    monkeypatch.setattr("datasets_app.corpus.synthesis.backends.rows_of", few)
    made = list(Templates().make(Plan(5, 1), Run(start=1)))
    assert [(one.number, one.reason) for one in made] == [(1, ""), (2, ""), (3, "exhausted"), (4, "exhausted")]


def test_a_model_tells_each_scenario_under_its_label_and_its_seed() -> None:
    plan = Plan(12, 3)
    with model_server(told) as server:
        made = list(ModelBackend(settings_of(server), first_wait_s=0.01).make(plan, Run()))
        assert [one.number for one in made] == list(range(12))
        again = list(ModelBackend(settings_of(server), first_wait_s=0.01).make(plan, Run()))
    assert [one.row for one in again] == [one.row for one in made]
    for one, template in zip(made, generate_synthetic(12, 3), strict=True):
        assert one.row is not None
        msgspec.convert(one.row, AnnotatedSample)
        # The same scenario as the templates tell; only the words are the model's.
        for name in ("id", "crisis_type", "severity", "source"):
            assert one.row[name] == template[name]
        for name in ("scenario_family", "difficulty", "form", "role_play_style", "demographics"):
            assert one.row["metadata"][name] == template["metadata"][name]
        assert one.row["metadata"]["provenance"]["backend"] == "endpoint"
        assert one.row["metadata"]["provenance"]["model"] == "stub-model"
        assert one.row["metadata"]["near_copy"] is False
    seeds = [asked.content["seed"] for asked in server.asked]
    assert len(set(seeds)) == 12 and sorted(seeds[:12]) == sorted(seeds[12:])


def test_what_a_model_answers_wrongly_is_set_aside_with_its_reason() -> None:
    broken = {
        0: said("I won't write that."),
        1: said('{"conversation": []}'),
        2: said('{"conversation": [{"role": "system", "content": "x"}]}'),
        3: said('{"conversation": [{"role": "user", "content": " "}]}'),
        4: said(json.dumps({"conversation": [{"role": "assistant", "content": "x"}]})),
        5: said("{ half", finish_reason="length"),
        6: Reply({"error": "content policy"}, 400),
    }
    plan = Plan(9, 3, styles=("public_post",))
    seeds: list[int] = []

    def answer(asked: Asked) -> Reply:
        # The row of a request is known by the order in which one worker asks: a row is asked for three times at most.
        text = asked.content["messages"][1]["content"]
        if text not in seeds_of:
            seeds_of[text] = len(seeds_of)
        seeds.append(asked.content["seed"])
        return broken.get(seeds_of[text]) or told(asked)

    seeds_of: dict[str, int] = {}
    with model_server(answer) as server:
        made = list(ModelBackend(settings_of(server, parallel=1), first_wait_s=0.01).make(plan, Run()))
    reasons = ["no_json", "no_conversation", "wrong_role", "empty_turn", "wrong_form", "cut_off", "refused", "", ""]
    assert [one.reason for one in made] == reasons
    assert made[0].raw == "I won't write that." and made[6].detail == "The endpoint answered 400."
    assert len(server.asked) == 6 * 3 + 1 + 2 and len(set(seeds)) == len(seeds)


def test_near_copies_are_marked_not_thrown_away_and_are_known_after_a_kill() -> None:
    plan = Plan(3, 3, styles=("public_note",))
    same = said(json.dumps({"conversation": [{"role": "user", "content": "the lift stopped and I could not breathe"}]}))
    with model_server(lambda asked: same) as server:
        backend = ModelBackend(settings_of(server), first_wait_s=0.01)
        made = [one.row for one in backend.make(plan, Run()) if one.row]
        assert [row["metadata"]["near_copy"] for row in made] == [False, True, True]
        rest = [one for one in backend.make(plan, Run(start=1, before=[made[0]["conversation"]]))]
    assert [one.number for one in rest] == [1, 2] and all(one.row and one.row["metadata"]["near_copy"] for one in rest)


def test_a_service_that_refuses_everything_ends_the_run_and_so_does_one_that_is_away() -> None:
    for status, error in ((401, EndpointRefused), (422, EndpointRefused), (503, EndpointUnavailable)):
        with model_server(lambda asked, status=status: Reply({}, status)) as server:  # type: ignore[misc]
            made: list[Made] = []
            with pytest.raises(error):
                for one in ModelBackend(settings_of(server), first_wait_s=0.01).make(Plan(30, 1), Run()):
                    made.append(one)
            assert len(made) < 5 and len(server.asked) < 30


def test_a_run_ends_where_its_beat_raises() -> None:
    class Over(Exception):
        pass

    def beat() -> None:
        raise Over

    with model_server(told) as server, pytest.raises(Over):
        list(ModelBackend(settings_of(server)).make(Plan(30, 1), Run(beat=beat)))


def designer(rows: Callable[[list[str]], list[dict[str, Any]]], *, states: list[str]) -> Callable[[Asked], Reply]:
    """A Data Designer of the shape of its REST interface: jobs are created, asked for and read."""
    jobs: dict[str, Any] = {}
    left = list(states)

    def answer(asked: Asked) -> Reply:
        if asked.method == "POST" and asked.path == "/v1/data-designer/jobs":
            name = f"job-{len(jobs)}"
            jobs[name] = asked.content
            return Reply({"id": name, "name": asked.content["name"], "status": "created"}, 201)
        name, _, what = asked.path.removeprefix("/v1/data-designer/jobs/").partition("/")
        if name not in jobs:
            return Reply({}, 404)
        if what == "status":
            return Reply({"status": left.pop(0) if left else "completed"})
        values = jobs[name]["spec"]["config"]["columns"][0]["params"]["values"]
        return Reply(parquet(rows(values)), headers={"Content-Type": "application/octet-stream"})

    return answer


def parquet(rows: list[dict[str, Any]]) -> bytes:
    table, sink = io.BytesIO(), io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), table)
    with tarfile.open(fileobj=sink, mode="w:gz") as archive:
        member = tarfile.TarInfo("dataset/parquet-files/batch_00000.parquet")
        member.size = len(table.getvalue())
        table.seek(0)
        archive.addfile(member, table)
    return sink.getvalue()


def one_each(values: list[str]) -> list[dict[str, Any]]:
    def turns(value: str) -> list[dict[str, str]]:
        user = {"role": "user", "content": f"about {value[:7]}: {' '.join(f'{value[1:7]}{n}' for n in range(20))}"}
        return [user, {"role": "assistant", "content": "mm"}] if "Write a chat" in value else [user]

    return [{"brief": value, "made": {"conversation": turns(value)}} for value in values]


def designer_of(server: ModelServer, **more: Any) -> DesignerBackend:
    settings = replace(settings_of(server), base_url=server.origin)
    return DesignerBackend(settings, "a-provider", poll_s=0.01, **more)


def test_data_designer_is_given_a_recipe_waited_for_and_read() -> None:
    plan = Plan(5, 3)
    with model_server(designer(one_each, states=["created", "pending", "running"])) as server:
        made = list(designer_of(server, part=3).make(plan, Run()))
    rows = [one.row for one in made if one.row]
    assert [row["id"] for row in rows] == [row["id"] for row in generate_synthetic(5, 3)]
    assert [row["crisis_type"] for row in rows] == [row["crisis_type"] for row in generate_synthetic(5, 3)]
    assert {row["metadata"]["provenance"]["backend"] for row in rows} == {"designer"}
    begun = [asked.content for asked in server.asked if asked.method == "POST"]
    assert [job["spec"]["num_records"] for job in begun] == [3, 2]
    [model] = begun[0]["spec"]["config"]["model_configs"]
    assert (model["model"], model["provider"]) == ("stub-model", "a-provider")
    sampler, writer = begun[0]["spec"]["config"]["columns"]
    assert (sampler["column_type"], writer["column_type"]) == ("sampler", "llm-structured")
    assert writer["model_alias"] == model["alias"] and writer["prompt"] == "{{ brief }}"


def test_a_part_that_was_begun_is_waited_for_after_a_kill_and_its_rows_keep_their_places() -> None:
    plan = Plan(6, 3)
    kept: list[str] = []
    with model_server(designer(one_each, states=[])) as server:
        backend = designer_of(server, part=4)
        run = backend.make(plan, Run(remember=kept.append))
        first = [next(run), next(run)]
        run.close()
        rest = list(backend.make(plan, Run(start=2, before=[], remembered=kept[-1], remember=kept.append)))
        whole = list(designer_of(server, part=4).make(plan, Run()))
    assert [one.row and one.row["conversation"] for one in first + rest] == [
        one.row and one.row["conversation"] for one in whole
    ]
    assert len([asked for asked in server.asked if asked.method == "POST"]) == 2 + 2


def test_what_data_designer_lacks_or_breaks_is_set_aside_and_a_failed_job_is_forgotten() -> None:
    def rows(values: list[str]) -> list[dict[str, Any]]:
        return [{"brief": "who knows", "made": None}, {"brief": values[1], "made": None}]

    with model_server(designer(rows, states=[])) as server:
        made = list(designer_of(server).make(Plan(3, 3), Run()))
    assert [one.reason for one in made] == ["no_brief", "no_conversation", "missing"]
    kept: list[str] = []
    with (
        model_server(designer(one_each, states=["running", "error"])) as server,
        pytest.raises(EndpointUnavailable, match="error"),
    ):
        list(designer_of(server).make(Plan(3, 3), Run(remember=kept.append)))
    assert kept[-1] == ""
    assert rows_in(b'{"a": 1}\n{"a": 2}\n') == [{"a": 1}, {"a": 2}]
    for broken in (b"\x1f\x8bnonsense", b"PAR1nonsense", b"nonsense", b"[1]"):
        with pytest.raises(AnswerMalformed, match="unreadable"):
            rows_in(broken)


def test_the_rules_say_what_they_hear_and_throw_nothing_away() -> None:
    def heard(crisis_type: str, words: str) -> str:
        return str(
            rules_on({"crisis_type": crisis_type, "conversation": [{"role": "user", "content": words}]})["agree"]
        )

    plan = "I have the pills here and I am going to kill myself tonight."
    assert heard("immediate_harm", plan) == "same"
    assert heard("none", plan) == "raised"
    assert heard("panic", plan) == "other_type"
    assert heard("panic", "The bakery was closed, so I bought apples.") == "missed"
    assert heard("none", "The bakery was closed, so I bought apples.") == "same"


def test_a_backend_without_its_settings_is_refused_by_name() -> None:
    for name, services, lacking in (
        ("endpoint", Services(), "SYNTHESIS_ENDPOINT"),
        ("endpoint", Services(EndpointSettings("http://a/v1")), "SYNTHESIS_MODEL"),
        ("designer", Services(EndpointSettings(model="m")), "SYNTHESIS_DESIGNER"),
        ("parrot", Services(), "unknown backend"),
    ):
        with pytest.raises(ValueError, match=lacking):
            backend_named(name, services)
    assert backend_named("templates", Services()).name == "templates"


def test_the_command_asks_the_backend_it_is_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "made.jsonl"
    asked_for = ["generate_synthetic", "--count", "8", "--seed", "3", "--backend", "endpoint", "--output", str(target)]
    with pytest.raises(SystemExit, match="2"):
        call_command(*asked_for)
    assert "SYNTHESIS_ENDPOINT" in capsys.readouterr().err and not target.exists()

    def answer(asked: Asked) -> Reply:
        return told(asked) if asked.content["messages"][1]["content"].startswith("Write a chat") else said("no")

    with model_server(answer) as server:
        for name, value in (
            ("SYNTHESIS_ENDPOINT", server.base_url),
            ("SYNTHESIS_MODEL", "stub-model"),
            ("SYNTHESIS_PRIVATE_ORIGINS", server.origin),
        ):
            monkeypatch.setenv(name, value)
        call_command(*asked_for, "--json")
    report = json.loads(capsys.readouterr().out)
    rows = target.read_text().splitlines()
    aside = [json.loads(line) for line in (tmp_path / "made.quarantine.jsonl").read_text().splitlines()]
    assert 0 < len(rows) == report["conversations"] < 8 == len(rows) + len(aside)
    assert report["quarantined"] == {"no_json": len(aside)} and {row["raw"] for row in aside} == {"no"}
    call_command(
        "generate_synthetic", "--count", "8", "--types", "panic", "--difficulties", "overt", "--output", str(target)
    )
    assert {json.loads(line)["crisis_type"] for line in target.read_text().splitlines()} == {"panic"}
