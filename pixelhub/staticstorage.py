"""Static files with a content hash in their name, ES module imports included."""

from collections.abc import Iterator
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

# django-htmx ships extensions that we do not load; one names a file that is not there, which would stop collectstatic.
_LEFT_AS_THEY_ARE = "django_htmx/ext/"


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):
    """Rewrites `import … from "./x.js";` too, so that a module never loads a stale neighbour."""

    support_js_module_import_aggregation = True

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        ours = {name: place for name, place in paths.items() if not name.startswith(_LEFT_AS_THEY_ARE)}
        yield from super().post_process(ours, dry_run=dry_run, **options)
