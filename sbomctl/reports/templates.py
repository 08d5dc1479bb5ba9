"""The templates of reports: those that ship, and a folder of the user's that goes first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sbomctl import resources
from sbomctl.errors import ConfigError, Fault

HTML_ENDINGS = (".html.j2", ".svg.j2")
"""Templates whose values are escaped for HTML."""


@dataclass(frozen=True, slots=True)
class Templates:
    """Finds templates by name; ``folder`` "" = only those that ship."""

    folder: str = ""

    def render(self, name: str, **values: Any) -> str:  # noqa: ANN401 - what a template is given
        """The template ``name`` with ``values``; raises ``ConfigError`` with file and line for a broken one."""
        from jinja2 import TemplateError, TemplateNotFound, TemplateSyntaxError

        try:
            return str(_environment(self.folder).get_template(name).render(**values))
        except TemplateNotFound as error:
            raise ConfigError(
                f"there is no template {error.name}", f"it belongs into {self.folder or 'report_templates'}"
            ) from error
        except TemplateSyntaxError as error:
            fault = Fault(error.filename or error.name or name, error.lineno, 0, str(error.message))
            raise ConfigError(f"the template {name} is broken", _REMEDY, (fault,)) from error
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise ConfigError(f"the template {name} cannot be filled in", _REMEDY, (_place(error, name),)) from error


_REMEDY = "mend the template, or leave --templates away to use the one that ships"


def _place(error: BaseException, name: str) -> Fault:
    """The innermost line of a template that the error passed through."""
    place = (name, 0)
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.endswith(".j2"):
            place = (trace.tb_frame.f_code.co_filename, trace.tb_lineno)
        trace = trace.tb_next
    return Fault(*place, 0, str(error))


@lru_cache(maxsize=4)
def _environment(folder: str) -> Any:  # noqa: ANN401 - the library is imported late
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    places = [str(resources.folder("report_templates"))]
    if folder and not Path(folder).is_dir():
        raise ConfigError(f"{folder} is no directory", "--templates names a folder with templates of your own")
    return Environment(
        loader=FileSystemLoader([folder, *places] if folder else places),
        undefined=StrictUndefined,
        autoescape=lambda name: name is not None and name.endswith(HTML_ENDINGS),  # noqa: S701 - text is no HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
