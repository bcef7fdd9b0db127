"""Tests of pace: how it is written, what each hour of a campaign has of it, and the slots that come of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.people import campaign
from workers.campaign.forecast import Queue, anew, mend
from workers.campaign.model import Campaign
from workers.campaign.pace import Pace, read_curve, read_quiet, spelled
from workers.campaign.slots import LAG, Slots, jitter
from workers.campaign.timetable import HOUR, Timetable, timetable

ZONES = ["Europe/London", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "UTC", "Pacific/Chatham"]
DAY = Pace(60, 600, read_curve("8-9 0.3, 9-17, 17-21 0.5"))

shares = st.sampled_from([0.0, 0.0, 0.05, 0.3, 0.5, 1.0])
curves = st.tuples(*[shares] * 24).filter(any)
paces = st.builds(Pace, st.integers(1, 200), st.integers(1, 50), curves)


def push(zone: str = "Europe/London", opens: str = "2026-03-23T09:00", days: float = 14) -> Campaign:
    begins = datetime.fromisoformat(opens).replace(tzinfo=ZoneInfo(zone))
    ends = begins.astimezone(UTC) + timedelta(days=days)
    polling_day = ends.astimezone(ZoneInfo(zone)).date()
    return campaign(opens=begins, closes=ends, polling_day=polling_day, time_zone=zone)


campaigns = st.builds(
    push,
    st.sampled_from(ZONES),
    st.sampled_from(["2026-03-27T09:00", "2026-10-23T22:20", "2026-04-03T00:45", "2026-10-02T12:30"]),
    st.floats(0.1, 6),
)


def in_seconds(table: Timetable, candidate: str, newest: int | None, now: int, pace: Pace, zone: str) -> int | None:
    """A slow model: look at every second until one will do, by local clocks alone."""
    spacings = {share: -(-(HOUR + LAG) * 10**6 // max(1, int(pace.cap * share + 0.5))) for share in pace.curve if share}
    second = max(now, table.opens)
    while second < table.ends:
        begins = second - (second + table.shift) % HOUR
        quarters = [
            datetime.fromtimestamp(begins + q, UTC).astimezone(ZoneInfo(zone)).hour for q in range(0, HOUR, 300)
        ]
        share = min(pace.curve[hour] for hour in quarters)
        if not share:
            second = begins + HOUR
            continue
        spacing = spacings[share]
        start = max(begins, now, table.opens)
        at = start * 10**6 + (jitter(candidate, spacing) if start > now else 0)
        at = at if newest is None else max(at, newest + spacing)
        if at < min((begins + HOUR) * 10**6 - min(spacing // 5, 30 * 10**6), table.ends * 10**6):
            return at
        second = begins + HOUR
    return None


def test_a_curve_is_read_as_it_is_written():
    """Hours that are not named are quiet, and a night may cross midnight."""
    curve = read_curve("8-9 0.3, 9-17, 17-21 .5")
    assert [curve[hour] for hour in (7, 8, 9, 16, 17, 20, 21)] == [0, 0.3, 1, 1, 0.5, 0.5, 0]
    assert read_quiet("21-8") == (*range(8), 21, 22, 23)
    assert read_curve("22-2 0.5")[23] == read_curve("22-2 0.5")[1] == 0.5
    assert read_quiet("") == ()
    assert spelled(Pace(quiet=read_quiet("21-8, 12-13")).shares) == "8-12, 13-21"


@given(curves)
def test_a_curve_is_written_as_it_is_read(curve):
    """What ``campaigns pace`` shows can be pasted into the file."""
    assert read_curve(spelled(curve)) == curve


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("8-9 x", "'x' is not a share"),
        ("8-9 1.5", "'1.5' is not a share"),
        ("8-9 0.1234", "'0.1234' is not a share"),
        ("8-9 -1", "'-1' is not a share"),
        ("8-25", "'8-25' names an hour that no day has"),
        ("24-8", "'24-8' names an hour"),
        ("8-8", "'8-8' ends where it begins"),
        ("8-17, 12-13", "'12-13' names the hour from 12 to 13 again"),
        ("8 to 9", "'8 to 9' is not like"),
        ("8-9,", "a part is empty"),
        ("", "a part is empty"),
    ],
)
def test_what_is_no_curve_is_told_by_its_word(text: str, said: str):
    """A campaigner sees which of the words it was."""
    with pytest.raises(ValueError, match="^" + said.replace(".", r"\.")):
        read_curve(text)


@given(st.text(max_size=30))
def test_any_other_text_is_a_curve_or_told(text: str):
    """Never anything else, whatever is pasted."""
    for read in (read_curve, read_quiet):
        try:
            read(text)
        except ValueError as error:
            said = str(error)
        else:
            said = "nothing: it can be read"
        assert said


@pytest.mark.parametrize(
    "wrong", [{"cap": 0}, {"cap": 3601}, {"domain_cap": 0}, {"curve": (0.0,) * 24}, {"quiet": range(24)}]
)
def test_a_pace_at_which_nothing_leaves_is_none(wrong):
    """Pausing is another command."""
    with pytest.raises(ValueError, match=r"cap|hour"):
        Pace(**wrong)


@given(campaigns, paces)
@settings(max_examples=30)
def test_each_hour_has_the_share_that_local_clocks_show(push: Campaign, pace: Pace):
    """In every zone and in both nights of daylight saving: quiet is quiet, by the clock on the candidate's wall."""
    table, zone = timetable(push, pace), ZoneInfo(push.time_zone)
    for at in range(table.opens, table.ends, 450):
        begins = table.start(table.hour(at))
        assert begins <= at < begins + HOUR
        local = {datetime.fromtimestamp(begins + q, UTC).astimezone(zone).hour for q in range(0, HOUR, 300)}
        assert table.share(table.hour(at)) == min(pace.thousandths[hour] for hour in local)
    assert Timetable.unpacked(table.packed()) == table


def test_a_day_of_daylight_saving_has_its_own_length():
    """Nine to five is eight hours on all three days."""
    pace = Pace(60, 600, read_curve("9-17"))
    table = timetable(push(opens="2026-03-20T00:00", days=240), pace)
    for day in (date(2026, 3, 29), date(2026, 6, 1), date(2026, 10, 25)):
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo("Europe/London"))
        rooms = [table.room(table.hour(noon.timestamp() + h * HOUR)) for h in range(-11, 11)]
        assert sum(rooms) == 8 * 60


def test_a_campaign_of_decades_has_a_timetable_at_once():
    """The demo's is as long as that."""
    assert len(timetable(campaign(), DAY).segments) == 2 * 79 + 1


def test_letters_may_leave_until_polling_day_has_ended():
    """Whatever the file says of closing, in the campaign's own zone."""
    late = campaign(closes=datetime(2099, 1, 3, tzinfo=UTC), polling_day=date(2099, 1, 1), time_zone="Asia/Kathmandu")
    assert timetable(late, DAY).ends == datetime(2099, 1, 1, 18, 15, tzinfo=UTC).timestamp()


@given(campaigns, paces, st.lists(st.integers(0, 9000), min_size=1, max_size=40), st.integers(-9000, 10**6))
@settings(max_examples=30)
def test_slots_are_those_of_a_slow_model(push: Campaign, pace: Pace, waits: list[int], start: int):
    """One that goes from hour to hour by local clocks."""
    table, newest = timetable(push, pace), None
    slots, now = Slots(table), max(0, table.opens + start)
    for wait in waits:
        now += wait
        expected = in_seconds(table, "c1", newest, now, pace, push.time_zone)
        assert slots.reserve("c1", now) == (None if expected is None else expected // 10**6)
        newest = expected if expected is not None else newest


@given(campaigns, paces, st.lists(st.sampled_from([0, 0, 0, 1, 7, 600, 4000, 90_000]), min_size=1, max_size=150))
@settings(max_examples=30)
def test_no_sixty_minutes_hold_more_than_the_cap(push: Campaign, pace: Pace, waits: list[int]):
    """Whenever one begins to count, even if senders are seconds late; each hour of the clock has its share."""
    table = timetable(push, pace)
    slots, now, taken = Slots(table), table.opens - 3000, []
    for wait in waits:
        now += wait
        if (at := slots.reserve("c1", now)) is not None:
            assert max(now, table.opens) <= at < table.ends
            taken.append(at)
    assert taken == sorted(taken)
    assert all(sum(at <= other < at + HOUR + LAG - 1 for other in taken) <= pace.cap for at in taken)
    assert all(n <= table.room(hour) for hour, n in Counter(map(table.hour, taken)).items())


@given(campaigns, paces, st.integers(1, 3000), st.integers(-9000, 10**5))
@settings(max_examples=30)
def test_many_slots_at_once_are_those_taken_one_by_one(push: Campaign, pace: Pace, letters: int, start: int):
    """A forecast of a hundred thousand letters takes no longer than it must."""
    table = timetable(push, pace)
    one_by_one, at_once, now = Slots(table), Slots(table), table.opens + start
    taken = [at for _ in range(letters) if (at := one_by_one.reserve("c1", now)) is not None]
    assert at_once.reserve_many("c1", now, letters) == (len(taken), taken[-1] if taken else None)
    assert one_by_one.newest == at_once.newest


@given(campaigns, paces, st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([0, 0, 5, 700])), max_size=120))
@settings(max_examples=30)
def test_candidates_at_one_domain_share_its_cap(push: Campaign, pace: Pace, asked):
    """One office reads for many of them; the one with an address elsewhere is not held up."""
    table = timetable(push, pace)
    slots, now = Slots(table, domains=dict.fromkeys("abc", "office")), table.opens
    alone = Slots(table)
    taken: Counter[int] = Counter()
    for candidate, wait in asked:
        now += wait
        at = slots.reserve(candidate, now)
        if candidate == "d":
            assert at == alone.reserve("d", now)
        elif at is not None:
            taken[table.hour(at)] += 1
    assert all(n <= table.domain_room(hour) for hour, n in taken.items())


def test_an_hour_that_is_full_of_work_is_used_to_the_last_letter():
    """While letters wait each hour has all that it may have, but for one now and then."""
    table = timetable(push(days=3), DAY)
    slots = Slots(table)
    taken = Counter(table.hour(at) for _ in range(1000) if (at := slots.reserve("c1", table.opens - 600)) is not None)
    first = table.hour(table.opens)
    missed = [table.room(first + h) - taken[first + h] for h in range(1, 24)]
    assert set(missed) <= {0, 1}
    assert sum(missed) <= 2


@given(campaigns, paces, st.lists(st.integers(1, 400), min_size=1, max_size=5), st.integers(-9000, 10**5))
@settings(max_examples=30)
def test_what_would_mend_it_does(push: Campaign, pace: Pace, waiting: list[int], start: int):
    """Caps that are named let everything leave before the end; the cap is the least where no domain is shared."""
    table, now = timetable(push, pace), max(0, timetable(push, pace).opens + start)
    queues = [Queue(str(n), timed=letters) for n, letters in enumerate(waiting)]
    office = [replace(queue, domain="office") for queue in queues]
    for group in (queues, office):
        found = mend(table, group, now)
        if found:
            assert not any(
                finish.timeless
                for finish in anew(
                    replace(
                        table, cap=found.get("cap", table.cap), domain_cap=found.get("domain_cap", table.domain_cap)
                    ),
                    group,
                    now,
                )
            )
    if (cap := mend(table, queues, now).get("cap", 0)) > table.cap:
        assert any(finish.timeless for finish in anew(replace(table, cap=cap - 1), queues, now))
