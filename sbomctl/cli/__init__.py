"""The command line: arguments, files, terminal, exit code, and nothing else.

One command per file. ``main.py`` imports a command only when it is called, so that
``--help`` and shell completion answer at once.
"""
