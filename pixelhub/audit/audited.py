"""What the trail's own events mean, in words (see pixelhub.audit.acts)."""

from __future__ import annotations

from pixelhub.audit.acts import register_acts

register_acts(
    "rawtext",
    {
        "rawtext.read": "read the words of conversations",
    },
)
register_acts(
    "export",
    {
        "file.download": "downloaded a file: {what}",
        "audit.export": "began to export events of the trail ({of})",
        "audit.export_finish": "exported {events} events of the trail",
    },
)
register_acts(
    "audit",
    {
        "audit.publish_head": "published the head of the trail at event {seq}",
    },
)
