"""How the model was trained and how fast it answers, as rows of a table."""

from __future__ import annotations

from .records import CardRecords
from .text import escaped, number, table


def training_table(records: CardRecords) -> str:
    """Hyperparameters, the operating point on validation, parity and latency: what the run recorded."""
    config, record = records.config, records.record
    rows: list[tuple[str, object]] = [
        ("optimiser", "AdamW, linear warm-up of at most a tenth of the steps, then cosine"),
        *((name.replace("_", " "), _value(value)) for name, value in config.get("optimisation", {}).items()),
        *((f"loss {name.replace('_', ' ')}", _value(value)) for name, value in config.get("loss", {}).items()),
        ("best epoch", record.get("best_epoch", "unknown")),
    ]
    calibration, latency, parity = (record.get(name) or {} for name in ("calibration", "latency", "parity"))
    for name in ("sensitivity", "specificity"):
        if f"val_{name}" in calibration:
            rows.append((f"validation {name} at the threshold", number(calibration[f"val_{name}"])))
    if "max_probability_difference" in parity:
        difference = parity["max_probability_difference"]
        rows.append(("largest difference of a probability, ONNX against torch", f"{difference:.1e}"))
    if "p50_ms" in latency:
        speed = f"p50 {latency['p50_ms']} ms, p95 {latency['p95_ms']} ms"
        rows.append(("latency, one conversation, one thread", speed))
    return table(("setting", "value"), rows)


def environment_line(records: CardRecords) -> str:
    """Which machine and which libraries, as far as the run noted them."""
    found = records.record.get("environment") or {}
    said = [
        f"{name} {escaped(found[name])}" for name in ("python", "torch", "transformers", "onnxruntime") if name in found
    ]
    gpus = ", ".join(escaped(name) for name in found.get("gpus", [])) or "no GPU"
    seconds = records.record.get("seconds")
    time = f", {seconds} s" if seconds is not None else ""
    return f"{', '.join(said) or 'not recorded'}; {found.get('cpus', '?')} CPU cores, {gpus}{time}."


def _value(value: object) -> str:
    return escaped(value)
