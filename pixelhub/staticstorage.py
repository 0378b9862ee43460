"""Static files with a content hash in their name, ES module imports included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):
    """Rewrites `import … from "./x.js";` too, so that a module never loads a stale neighbour."""

    support_js_module_import_aggregation = True
