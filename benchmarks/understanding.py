"""What understanding costs: the rules and the estimates of replies, in microseconds for ten messages.

    python -m benchmarks.understanding

CPU time of one thread, the median of nine rounds; an ordinary talk, one of distress, and hostile text at the limits.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from datasets_app.corpus.replies.bias import bias_findings
from datasets_app.corpus.replies.eq import eq_of
from datasets_app.corpus.replies.safety import reply_findings
from inference.engine.assessment import decide
from inference.engine.rules import find
from inference.engine.understanding import understand

Messages = Sequence[Mapping[str, str]]

_ROUNDS = 9
_ORDINARY = (
    ("user", "hi, my boss changed the schedule again and I had to cancel dinner with my sister"),
    ("assistant", "That is annoying. What did he say when you told him about it?"),
)
_DISTRESS = (
    (
        "user",
        "I feel so alone since she left, I can't sleep and everything feels heavy. The evenings are the worst part.",
    ),
    (
        "assistant",
        "That sounds really painful, and it makes sense that the evenings are the loneliest. What helps then?",
    ),
)
_HOSTILE = (
    ("user", "i really really want to kill myself and took all the pills and voices tell " * 250),
    ("assistant", "women are just all always often you should just do it you always " * 300),
)


def talk(pair: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Ten messages: the pair five times."""
    return [{"role": role, "content": content} for role, content in pair] * 5


def microseconds(work: Callable[[], object], calls: int) -> float:
    """CPU microseconds of one call, the median of the rounds."""
    work()
    rounds = []
    for _ in range(_ROUNDS):
        before = time.process_time()
        for _ in range(calls):
            work()
        rounds.append((time.process_time() - before) / calls * 1e6)
    return statistics.median(rounds)


def main() -> None:
    """Print the table."""
    print(f"{'ten messages':12} {'rules':>9} {'eq':>9} {'bias':>9} {'safety':>9} {'eq, bias and safety':>20}")
    for name, pair, calls in (("ordinary", _ORDINARY, 200), ("distress", _DISTRESS, 100), ("hostile", _HOSTILE, 3)):
        messages = talk(pair)
        decision = decide(None, find(messages))
        works: list[Callable[[], object]] = [
            partial(find, messages),
            partial(eq_of, messages),
            partial(bias_findings, messages),
            partial(reply_findings, messages),
            partial(understand, messages, decision),
        ]
        figures = [microseconds(work, calls) for work in works]
        print(f"{name:12} " + " ".join(f"{value:9.0f}" for value in figures[:4]) + f" {figures[4]:20.0f}")


if __name__ == "__main__":
    main()
