"""Closed-loop load by wrk: written in C, it leaves the cores to the server (0.05 ms a request, ours takes 1 to 2).

Debian's package `wrk` (modified Apache licence). It does not wait after a 503 and compares no scores: for that there is
`scoring_load`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.scoring_load import Measured, body_of

#: Each thread takes the texts in turn from another place; the last line is for us.
_SCRIPT = """
local bodies = dofile("@folder@/bodies.lua")
local threads, turn = 0, 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer @token@"
function setup(thread) thread:set("number", threads); threads = threads + 1 end
function init() turn = number * 7 end
function request() turn = turn + 1; return wrk.format(nil, "@path@", nil, bodies[turn % #bodies + 1]) end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('{"requests":%d,"seconds":%.6f,"p50":%d,"p95":%d,"p99":%d,"errors":%d}\\n', summary.requests,
    summary.duration / 1e6, latency:percentile(50), latency:percentile(95), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


def program() -> str | None:
    """Path of wrk; None where it is not installed."""
    return shutil.which("wrk")


def run(server: Measured, token: str, texts: list[str], *, clients: int, seconds: float) -> dict[str, Any]:
    """The same figures as `Load.run`; `errors` counts every answer that is not 2xx, a 503 too."""
    with tempfile.TemporaryDirectory(prefix="pixelhub-wrk-") as folder:
        bodies = ",\n".join(_lua_string(body_of(text).decode()) for text in texts)
        Path(folder, "bodies.lua").write_text(f"return {{{bodies}}}")
        script = _SCRIPT.replace("@folder@", folder).replace("@token@", token).replace("@path@", server.path)
        Path(folder, "load.lua").write_text(script)
        command = [str(program()), "--threads", "1", "--connections", str(clients), "--duration", f"{seconds:.0f}s"]
        command += ["--timeout", "10s", "--script", f"{folder}/load.lua", f"http://127.0.0.1:{server.port}"]
        cpu = server.cpu_seconds()
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        cpu = server.cpu_seconds() - cpu
    found = json.loads(said.splitlines()[-1])
    requests = max(1, found["requests"])
    return {
        "requests": found["requests"],
        "per_second": round((found["requests"] - found["errors"]) / found["seconds"], 1),
        "cpu_ms": round(cpu * 1000 / requests, 3),
        **{f"{name}_ms": round(found[name] / 1000, 1) for name in ("p50", "p95", "p99")},
        "errors": found["errors"],
    }


def _lua_string(text: str) -> str:
    return '"' + "".join(f"\\{byte:03d}" if byte in b'"\\\n\r\0' else chr(byte) for byte in text.encode()) + '"'
