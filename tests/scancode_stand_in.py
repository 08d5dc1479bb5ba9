"""A program that speaks as ScanCode's worker does, for what the real one cannot be made to do."""

from __future__ import annotations

import sys
from pathlib import Path

from sbomctl.delegates.scancode import ScanCode

WORKER = """#!{python}
import json, os, sys, time
def say(answer):
    print(json.dumps(answer) if isinstance(answer, dict) else answer, flush=True)
if sys.argv[-1] == "version":
    print("0.0-test"); sys.exit()
with open({log!r}, "a") as log:
    log.write("start\\n")
{start}
for line in sys.stdin:
    text = json.loads(line)["text"]
{answer}
"""
READY = 'say({"version": "0.0-test"})'
ECHO = '    say({"found": [["MIT", 1, 2, 0.5, [text]]]})'


def program(folder: Path, answer: str = ECHO, start: str = READY, seconds: float = 20) -> ScanCode:
    """The program, in ``folder``, with the code that answers one text."""
    file = folder / "python-of-scancode"
    log = str(folder / "log")
    file.write_text(WORKER.format(python=sys.executable, log=log, start=start, answer=answer))
    file.chmod(0o755)
    return ScanCode(file, seconds=seconds)
