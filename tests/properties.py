"""How hypothesis draws examples here: the same ones in every run, however slow the machine is.

A run is refused for one failing test in thousands, so an example that nobody has seen yet must not come up in somebody
else's run. Whoever looks for new ones asks for them: `pytest --hypothesis-profile=search FILE`, again and again.
"""

from hypothesis import HealthCheck, settings


def load_profiles() -> None:
    """Make both known and use the first, before any test module asks for settings of its own."""
    # No test fails because other processes had the machine: no deadline for an example, none for drawing it.
    unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("same", unhurried, derandomize=True, database=None)
    settings.register_profile("search", unhurried, print_blob=True)
    settings.load_profile("same")
