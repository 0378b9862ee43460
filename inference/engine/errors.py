"""What the engine refuses or fails with. Messages never carry conversation text."""


class BundleRefused(Exception):
    """The bytes are not the bundle that was signed, or not a bundle we will load.

    `what` names the file (or field) at fault, `reason` says why.
    """

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what}: {reason}")
        self.what = what
        self.reason = reason


class SignoffRefused(Exception):
    """The sign-off envelope does not allow serving these bytes; `reason` names what is wrong."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class QueueFull(Exception):
    """The estimated wait is past the bound; try again after `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"queue full, retry after {retry_after:.1f} s")
        self.retry_after = retry_after


class ModelUnavailable(Exception):
    """The model gave no answer in time or failed; `reason` is a short code for the answer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class InputRefused(Exception):
    """The request is not scorable: `code` for machines, `detail` for people, `status` 4xx."""

    def __init__(self, code: str, detail: str, *, status: int = 400) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.status = status
