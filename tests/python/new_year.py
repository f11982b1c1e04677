"""A clock a few seconds before New Year, for servers and for a `Cluster`, by libfaketime."""

import datetime
import zoneinfo

import faketime


class NewYear:
    """A clock that is ahead by one fixed shift, so that it runs through midnight and never back over restarts."""

    def __init__(self, zone, seconds_before):
        self.zone = zoneinfo.ZoneInfo(zone)
        midnight = datetime.datetime(2027, 1, 1, tzinfo=self.zone)
        now = datetime.datetime.now(datetime.UTC)
        self.shift_seconds = int((midnight - now).total_seconds()) - seconds_before
        self.midnight = midnight
        faketime.forget_the_killed()
        self.before = ("env", f"LD_PRELOAD={faketime.library()}", f"FAKETIME=+{self.shift_seconds}")
        # Timeouts must not jump with the calendar.
        self.environment = {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": zone}

    def seconds_until_past(self):
        """How long until the clock shows a second after midnight; 0 once it does."""
        now = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=self.shift_seconds)
        return max(0.0, (self.midnight - now).total_seconds() + 1)

    def is_past(self):
        return self.seconds_until_past() == 0

    def years(self, entries):
        """The years in which entries were logged, in the zone; fails if the log's clock went back."""
        logged = [entry.create_time.ToDatetime(datetime.UTC).astimezone(self.zone) for entry in entries]
        assert logged == sorted(logged), "the log's clock went back"
        return {moment.year for moment in logged}
