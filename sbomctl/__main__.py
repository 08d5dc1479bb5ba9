"""``python -m sbomctl`` and the console script."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        from sbomctl.cli.main import cli

        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        cli.main(prog_name="sbomctl")
    except KeyboardInterrupt:  # before the first command could see it
        sys.exit(130)


if __name__ == "__main__":
    main()
