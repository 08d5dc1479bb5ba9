"""Runs in ScanCode's Python, not in ours: answers each line of JSON with one.

A question is ``{"text": …, "seconds": …}``, the answer ``{"found": [[expression, line, end line,
coverage, rules], …]}`` or ``{"fault": …}``. Before the first it says ``{"version": …}``.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NoReturn

_MEMORY = 4 << 30  # bytes; there are texts for which ScanCode takes 12 GB


def _version() -> str:
    for name in ("scancode-toolkit-mini", "scancode-toolkit"):
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return ""


def _too_late(*_: object) -> NoReturn:
    raise TimeoutError


def _found(text: str) -> list[list[Any]]:
    from licensedcode.cache import build_spdx_license_expression
    from licensedcode.detection import detect_licenses

    return [
        [
            build_spdx_license_expression(one.license_expression),
            min(match.start_line for match in one.matches),
            max(match.end_line for match in one.matches),
            min(match.coverage() for match in one.matches) / 100,
            sorted({match.rule.identifier for match in one.matches}),
        ]
        for one in detect_licenses(query_string=text)
        if one.license_expression
    ]


def _answer(question: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(question)
        signal.setitimer(signal.ITIMER_REAL, asked["seconds"])
        try:
            return {"found": _found(asked["text"])}
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except TimeoutError:
        return {"fault": "it took too long"}
    except MemoryError:
        return {"fault": "it took too much memory"}
    except Exception as error:  # noqa: BLE001 - one of a program that is not ours
        return {"fault": f"{type(error).__name__}: {error}"}


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    signal.signal(signal.SIGALRM, _too_late)
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)  # whatever is printed is no answer
        from licensedcode.cache import get_index

        get_index()
        _say(out, {"version": _version()})
        for question in sys.stdin.buffer:
            _say(out, _answer(question))


def _say(out: Any, answer: dict[str, Any]) -> None:  # noqa: ANN401
    out.write(json.dumps(answer).encode("ascii") + b"\n")
    out.flush()


if __name__ == "__main__":
    if sys.argv[1:] == ["version"]:
        sys.stdout.write(_version())
    else:
        _main()
