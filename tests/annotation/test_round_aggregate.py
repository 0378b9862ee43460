"""The choice to let a rule settle disagreements: what is lost is said before it is made."""

from django.urls import reverse

from annotation import services
from tests.annotation.making import HARM, NONE, PANIC, disputed_round
from tests.personas import World


def test_the_page_says_what_each_rule_would_do_and_what_is_lost(world: World) -> None:
    round = disputed_round(world, {1: HARM, 2: PANIC, 3: HARM}, {1: NONE, 2: NONE, 3: PANIC})
    url, publish = (reverse(f"annotation:{name}", args=[round.pk]) for name in ("round_aggregate", "round_publish"))
    client = world.client("qa")
    detail = client.get(reverse("annotation:round_detail", args=[round.pk])).content.decode()
    assert url in detail and reverse("annotation:round_adjudicate", args=[round.pk]) in detail
    answer = client.get(url)
    page = answer.content.decode()
    assert (answer.context["undecided"], answer.context["missed"]) == (3, 2)
    assert "What is lost." in page and page.count("disabled") == 2 and "Look again in a minute" in page
    services.rater_models_fit(round=round)
    choices = client.get(url).context["choices"]
    assert [choice["code"] for choice in choices] == ["majority", "dawid_skene", "mace"]
    assert dict(choices[0]["types"]) == {"immediate_harm": 2, "panic": 1} and choices[0]["to_none"] == 0
    assert world.client("data_engineer").get(url).status_code == 403
    assert world.outsider_client("qa").get(url).status_code == 404
    assert world.client("data_engineer").post(publish, {"aggregation": "majority"}).status_code == 403
    assert client.post(publish, {"aggregation": "coin"}).status_code == 400
    assert client.post(publish, {"aggregation": "majority"}).status_code == 302
    round.refresh_from_db()
    assert round.snapshot.origin["aggregation"] == "majority"
    assert client.get(url).status_code == 302  # published: no choice is left
