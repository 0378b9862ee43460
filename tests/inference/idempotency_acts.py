"""What racing processes keep under the same keys."""

from __future__ import annotations

from inference.services.idempotency import Request, answers_keep


def keep_many(key_id: int, number: int) -> list[tuple[str, bool]]:
    """Keep this process's answer under each of thirty keys, five at a time; what counts for each."""
    counted = []
    for start in range(0, 30, 5):
        answers = []
        for place in range(start, start + 5):
            body = b"one request" if number < 2 else b"another request"
            request = Request.of(api_key_id=key_id, key=f"key {place}".replace(" ", "-"), path="/infer", body=body)
            answers.append((request, f"answer of {number}".encode()))
        for known in answers_keep(answers=answers):
            counted.append(((known.answer or b"").decode(), known.differs))
    return counted
