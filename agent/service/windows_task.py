"""A task of Windows' Task Scheduler as text, and put there: the agent of a pip installation, and the service's errands.

It is begun with the PC and looked at every minute, from a day on that no PC's clock is behind. That is also what starts
one again which has ended: the scheduler's own restart on failure is for actions that could not be started, whatever
they end with. Sources: Task Scheduler Schema (MS-TSCH 2.5; 2.5.4.2 on RestartOnFailure); Microsoft's page on schtasks.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Callable

SYSTEM = "S-1-5-18"  # by the numbers that no language of Windows translates
LOCAL_SERVICE = "S-1-5-19"
EVERY = "PT1M"  # the least that the schema knows: nobody who asked for something at a page waits longer
NORMAL, BELOW_NORMAL = 4, 7  # of 0 to 10: what sells, and what steps back behind it

_DEFINITION = """\
<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>{description}</Description></RegistrationInfo>
  <Triggers>
    <BootTrigger><Enabled>true</Enabled></BootTrigger>
    <TimeTrigger>
      <Enabled>true</Enabled>
      <StartBoundary>2000-01-01T00:00:00</StartBoundary>
      <Repetition><Interval>{every}</Interval><StopAtDurationEnd>false</StopAtDurationEnd></Repetition>
    </TimeTrigger>
  </Triggers>
  <Principals>
    <Principal id="agent"><UserId>{account}</UserId><RunLevel>{level}</RunLevel></Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowHardTerminate>{may_be_ended}</AllowHardTerminate>
    <StartWhenAvailable>true</StartWhenAvailable>
    <IdleSettings><StopOnIdleEnd>false</StopOnIdleEnd><RestartOnIdle>false</RestartOnIdle></IdleSettings>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>{priority}</Priority>
  </Settings>
  <Actions Context="agent">
    <Exec><Command>{command}</Command><Arguments>{arguments}</Arguments></Exec>
  </Actions>
</Task>
"""


@dataclass(frozen=True, slots=True)
class Task:
    """A task: never two of it at once, and no limit to how long it takes. `may_be_ended`: `schtasks /End` ends it."""

    name: str
    description: str
    account: str
    command: str
    arguments: str
    priority: int
    may_be_ended: bool


def definition(task: Task) -> str:
    """Return a task as Windows reads it."""
    return _DEFINITION.format(
        description=escape(task.description),
        every=EVERY,
        account=task.account,
        level="HighestAvailable" if task.account == SYSTEM else "LeastPrivilege",
        may_be_ended=str(task.may_be_ended).lower(),
        priority=task.priority,
        command=escape(task.command),
        arguments=escape(task.arguments),
    )


def put(task: Task, must: Callable[..., object]) -> None:
    """Have the scheduler know a task, in place of one by its name. `must` runs a program, and raises if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "task.xml"
        file.write_text(definition(task), encoding="utf-16")
        must("schtasks", "/Create", "/F", "/TN", task.name, "/XML", str(file))
