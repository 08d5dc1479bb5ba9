"""Files the user writes: YAML that keeps its positions, checked against published schemas.

Every fault of a file is reported at once, each with line and column, because a product file
is edited in CI where each round costs minutes.
"""
