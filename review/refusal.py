"""What review refuses, in words that a page can show."""


class Refused(Exception):
    """An act that the rules of review do not allow now; `str()` is the reason, for people. No text of conversations."""
