"""Files that people send: how large, how many, and what they begin with. The one place of these limits.

A request is cut while it arrives, before anything of it is kept: its whole body by the server's side of the pages
(`pixelhub.pages` asks `largest_body`), its files once more where they are read (`LimitedUploads`). What a form takes
beside the big imports is small text (`SmallTextField`). What is packed is unpacked by streams that stop at a
ratio (datasets_app.corpus.reading.packed), never into a folder: no archive format is taken at all.
"""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest

__all__ = ["LimitedUploads", "SmallTextField", "binary_kind", "largest_body"]

#: A form's own fields and the parts' headers; and a form that refuses a file just too large says so more kindly.
_AROUND: Final = 1 << 20
_HEAD: Final = 512
#: How files begin that are no text, whatever they are called.
_BINARY: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"PK\x03\x04", "a zip archive or an office document"),
    (0, b"PK\x05\x06", "a zip archive"),
    (0, b"\x1f\x8b", "a gzip file"),
    (0, b"\x28\xb5\x2f\xfd", "a zstd file"),
    (0, b"BZh", "a bzip2 file"),
    (0, b"\xfd7zXZ\x00", "an xz file"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
    (0, b"%PDF-", "a PDF"),
    (0, b"\x89PNG", "a picture"),
    (0, b"\xff\xd8\xff", "a picture"),
    (0, b"GIF8", "a picture"),
    (0, b"SQLite format 3\x00", "a database"),
    (0, b"PAR1", "a Parquet file"),
    (0, b"\x80\x04", "a Python pickle"),
)


def largest_body() -> int:
    """Bytes of the largest request that a page takes: the files, and what stands around them."""
    return int(settings.UPLOAD_MAX_BYTES) + _AROUND


def binary_kind(head: bytes) -> str:
    """What a file is, by its first 512 bytes, where it is known not to be text; "" otherwise."""
    for place, magic, kind in _BINARY:
        # "MZ" may begin a text; a program has bytes of zero right after it.
        if head[place : place + len(magic)] == magic and (magic != b"MZ" or b"\x00" in head):
            return kind
    return "not text" if b"\x00" in head else ""


class LimitedUploads(FileUploadHandler):
    """Stops a request whose files are larger together than UPLOAD_MAX_BYTES, by what it announces and by what comes.

    First in FILE_UPLOAD_HANDLERS; it keeps nothing. Raises RequestDataTooBig, which is answered with 413.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._taken = 0

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any, **kwargs: Any) -> None:
        """Refuse by the announced length."""
        if content_length > largest_body():
            raise RequestDataTooBig("The files are larger than UPLOAD_MAX_BYTES.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Count, and pass on to the handler that keeps it."""
        self._taken += len(raw_data)
        if self._taken > largest_body():
            raise RequestDataTooBig("The files are larger than UPLOAD_MAX_BYTES.")
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The next handler makes the file."""
        return None


class SmallTextField(forms.FileField):
    """A file of plain text, UPLOAD_SMALL_MAX_BYTES at most: labels, expert labels, configurations."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Refuse what is too large and what is no text, before anything parses it."""
        file = super().clean(data, initial)
        if isinstance(file, UploadedFile):
            if (file.size or 0) > settings.UPLOAD_SMALL_MAX_BYTES:
                raise forms.ValidationError(f"The file is larger than {settings.UPLOAD_SMALL_MAX_BYTES:,} bytes.")
            kind = binary_kind(file.read(_HEAD))
            file.seek(0)
            if kind:
                raise forms.ValidationError(f"This is {kind}; a file of plain text in UTF-8 is needed.")
        return file
