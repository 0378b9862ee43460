"""What events of backups mean, in words (see pixelhub.audit.acts)."""

from __future__ import annotations

from pixelhub.audit.acts import register_acts

register_acts(
    "backup",
    {
        "backup.make": "made the backup {name}: {objects} objects, {bytes} bytes",
        "backup.fail": "could not make a backup: {reason}",
        "backup.restore": "restored this hub from the backup {name}",
    },
)
