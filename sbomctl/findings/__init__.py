"""What a check found, in the forms that people and CI systems read. To add one: a module here, a line below.

Pure functions of a ``CheckResult``: no Bom, no policy, no clock. Every form tells of waived
violations too; none may leave a violation out without saying how many there are.
"""

from sbomctl.findings._groups import asked, ending, totals
from sbomctl.findings.base import FindingsWriter
from sbomctl.findings.findings_json import FindingsJson
from sbomctl.findings.github import GitHub
from sbomctl.findings.gitlab_codequality import GitLabCodeQuality
from sbomctl.findings.junit import JUnit
from sbomctl.findings.markdown import Markdown
from sbomctl.findings.sarif import Sarif
from sbomctl.findings.summary import Summary

FINDINGS_WRITERS: tuple[FindingsWriter, ...] = (
    Summary(),
    FindingsJson(),
    Sarif(),
    JUnit(),
    GitHub(),
    GitLabCodeQuality(),
    Markdown(),
)

__all__ = ["FINDINGS_WRITERS", "FindingsWriter", "asked", "ending", "totals"]
