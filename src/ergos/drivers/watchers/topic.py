"""Topic triggers: told what comes, never looking: queues of this home, and MQTT brokers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

from ergos.base.canonical import Plain
from ergos.base.entropy import Entropy
from ergos.base.errors import ErgosError, UsageError
from ergos.base.ids import Pid
from ergos.drivers.watchers.broker import BrokerLine
from ergos.drivers.watchers.consumption import Consumption
from ergos.drivers.watchers.queues import queue_folder
from ergos.drivers.watchers.topics import checked_filter
from ergos.kernel.egress import Secrets
from ergos.kernel.trigger_settings import Broker
from ergos.kernel.triggers import Bell, Looked, Topic

Key: TypeAlias = tuple[Pid, str]

_NAME: Final = re.compile(r"[^\W_][\w.\-]{0,99}")


class TopicWatcher:
    """Attends to queues and brokers."""

    def __init__(
        self, home: Path, brokers: Mapping[str, Broker], bell: Bell, secrets: Secrets | None, entropy: Entropy
    ) -> None:
        self._home: Final = home
        self._brokers: Final = brokers
        self._bell: Final = bell
        self._secrets: Final = secrets
        self._entropy: Final = entropy
        self._queues: Final = Consumption(home, bell)
        self._lines: Final[dict[str, BrokerLine]] = {}
        self._attending: Final[dict[Key, Topic]] = {}

    def look(self, trigger: Topic, cursor: Plain) -> Looked:
        """Nothing is to be seen; whether something could come. Raises: UsageError, ValueShapeError: it never can."""
        self._check(trigger)
        line = self._lines.get(trigger.broker) if trigger.broker else None
        fault = "" if line is None else line.fault
        return Looked(cursor={} if cursor is None and not fault else cursor, fault=fault)

    def attend(self, key: Key, trigger: Topic) -> None:
        """Tell it what comes; one that cannot be attended to says why when it is looked at."""
        if self._attending.get(key) == trigger:
            return
        self.leave(key)
        try:
            self._check(trigger)
        except ErgosError:
            self._bell.ring(*key)
            return
        self._attending[key] = trigger
        if not trigger.broker:
            self._queues.attend(key, trigger.topic)
            return
        line = self._lines.get(trigger.broker)
        if line is None:
            folder = self._home / "queues" / ".brokers"
            line = BrokerLine(
                trigger.broker, self._brokers[trigger.broker], folder, self._bell, self._secrets, self._entropy
            )
            self._lines[trigger.broker] = line
        line.attend(key, trigger.topic)

    def leave(self, key: Key) -> None:
        """No more."""
        trigger = self._attending.pop(key, None)
        if trigger is None:
            return
        if not trigger.broker:
            self._queues.leave(key)
        elif (line := self._lines.get(trigger.broker)) is not None:
            line.leave(key)

    async def close(self) -> None:
        """Hang up everywhere."""
        await self._queues.close()
        for line in self._lines.values():
            await line.close()

    def _check(self, trigger: Topic) -> None:
        if not trigger.broker:
            queue_folder(self._home, trigger.topic)
            return
        checked_filter(trigger.topic)
        if trigger.broker not in self._brokers:
            named = ", ".join(sorted(self._brokers)) or "none"
            raise UsageError(
                f"no broker is called {trigger.broker[:60]!r}",
                remedy=f"brokers there are: {named}; others are added in settings.toml under [brokers.NAME]",
            )
