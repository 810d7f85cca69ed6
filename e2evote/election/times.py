"""Times as entries and receipts write them: whole seconds, UTC."""

from datetime import UTC, datetime, timedelta

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def shown_time(time: datetime) -> str:
    """Return a time as it is written, its fraction of a second left out."""
    return time.astimezone(UTC).strftime(_FORMAT)


def seconds_of(text: str) -> int:
    """Return a written time as seconds since 1970."""
    return int(datetime.strptime(text, _FORMAT).replace(tzinfo=UTC).timestamp())


def time_of(seconds: int) -> str:
    """Return seconds since 1970 as a written time; the largest that can be written where there are more."""
    latest = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return shown_time(epoch + timedelta(seconds=min(seconds, int((latest - epoch).total_seconds()))))
