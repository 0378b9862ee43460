"""The demo's conversations: invented ones, said by a program under the clinical lead's name, judged turn by turn.

No model is in production when they are said: the rules answer alone, and every page says that these are degraded.
"""

from __future__ import annotations

from inference.engine.turns import NewTurn, TurnsRequest
from inference.models import ConversationSession
from inference.services import session_end, session_open
from pixelhub.accounts.models import Project
from pixelhub.jobs.base import JobContext
from review.demo.people import demo_person

#: Reference -> what is said, the person first and then in turns.
TALKS: dict[str, tuple[str, ...]] = {
    "demo-rising-risk": (
        "Hi. I could not sleep again, and work is a mess.",
        "That sounds exhausting. How long has it been like this?",
        "Some weeks. I feel so alone with it, and nothing helps.",
        "I am sorry that you are alone with this. Is there somebody you trust?",
        "No. They would all be better off without me.",
        "I am glad you told me. Are you thinking of ending your life?",
        "Yes. I have the pills here, and I will take them tonight.",
    ),
    "demo-relief": (
        "My heart is racing and I can't breathe, I think I am having a panic attack.",
        "I am here. Try to breathe out slowly, longer than you breathe in. What do you see around you?",
        "My desk. The window. It is getting a little better.",
        "Well done. Stay with the window for a moment.",
        "Thank you. My sister is on her way, I can breathe again.",
    ),
    "demo-idiom": (
        "This exam is killing me.",
        "Which part is the hardest?",
        "All of it, but my friends and I study together, so we will survive.",
    ),
}


def follow_conversations(ctx: JobContext, project: Project) -> None:
    """Say each conversation through a session of its own; one that was begun before is left as it is."""
    # Not at the head: the rules compile patterns for a second, in every process that knows this job.
    from inference.serving.console_turns import console_turns

    actor = demo_person("clara")
    for reference, said in TALKS.items():
        if ConversationSession.objects.filter(project=project, conversation_id=reference).exists():
            continue
        session = session_open(project=project, conversation_id=reference, locale="en-US", person=actor).session
        for number, content in enumerate(said):
            turn = NewTurn(None, ("user", "assistant")[number % 2], content)
            console_turns(session=session, request=TurnsRequest((turn,), None), user=actor)
            ctx.beat()
        session_end(session_id=session.pk, reason="person", forget=True, actor=actor)
