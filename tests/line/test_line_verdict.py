"""What the lamps say of what calls have shown: a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.line.link import Link
from agent.line.reach import FOREIGN, Reach, Seen
from agent.line.verdict import FRESH_S, CloudFacts, Facts, Lamp, State, judge
from outbox.courier import LaneState

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def seen(reach: Reach, seconds: float = 5) -> Seen:
    return Seen(reach, ago(seconds))


def cloud(
    shown: Seen | None,
    *,
    host: str = "a.example",
    beyond: bool = True,
    lane: LaneState | None = LaneState.OPEN,
    held: bool = False,
) -> CloudFacts:
    return CloudFacts(host, beyond, lane, shown, held)


def facts(
    *clouds: CloudFacts, link: Link | None = None, neutral: Seen | None = None, probes: bool | None = None
) -> Facts:
    named = {f"cloud-{number}": one for number, one in enumerate(clouds)}
    return Facts(NOW, link, neutral, named, probes=neutral is not None if probes is None else probes)


ANSWERS, GONE = Link(ago(5), True, "192.0.2.1", True), Link(ago(5), True, "192.0.2.1", False)
MUTE, NO_ROUTE = Link(ago(5), True, "192.0.2.1", None), Link(ago(5), False)
OTHER = "b.example"


@pytest.mark.parametrize(
    ("known", "network", "internet", "first_cloud"),
    [
        pytest.param(facts(), "unused", "unused", None, id="no cloud at all"),
        pytest.param(facts(cloud(seen(Reach.ANSWERED), beyond=False)), "unused", "unused", "up", id="on this PC"),
        pytest.param(facts(cloud(None)), "unknown", "unknown", "unknown", id="nothing shown yet"),
        pytest.param(facts(cloud(seen(Reach.ANSWERED))), "up", "up", "up", id="it answers"),
        pytest.param(
            facts(cloud(seen(Reach.ANSWERED, FRESH_S + 1))), "unknown", "unknown", "unknown", id="it answered long ago"
        ),
        pytest.param(
            facts(cloud(seen(Reach.ANSWERED, -FRESH_S - 1))), "unknown", "unknown", "unknown", id="clock set back"
        ),
        pytest.param(
            facts(cloud(seen(Reach.UNREACHED)), link=ANSWERS), "up", "unknown one_host", "down unreached", id="one host"
        ),
        pytest.param(
            facts(cloud(seen(Reach.NO_NAME)), link=ANSWERS), "up", "unknown one_host", "down no_name", id="mistyped?"
        ),
        pytest.param(
            facts(cloud(seen(Reach.NO_NAME_SERVICE)), link=ANSWERS),
            "up",
            "down no_name_service",
            "down no_name_service",
            id="no name service",
        ),
        pytest.param(
            facts(cloud(seen(Reach.UNREACHED)), cloud(seen(Reach.SILENT), host=OTHER), link=ANSWERS),
            "up",
            "down unreached",
            "down unreached",
            id="two hosts",
        ),
        pytest.param(
            facts(cloud(seen(Reach.UNREACHED)), cloud(seen(Reach.UNREACHED)), link=ANSWERS),
            "up",
            "unknown one_host",
            "down unreached",
            id="two clouds at one host",
        ),
        pytest.param(
            facts(cloud(seen(Reach.UNREACHED)), cloud(seen(Reach.ANSWERED), host=OTHER)),
            "up",
            "up",
            "down unreached",
            id="one of two answers",
        ),
        pytest.param(
            facts(cloud(seen(Reach.SILENT)), neutral=seen(Reach.ANSWERED)),
            "up",
            "up",
            "down silent",
            id="a cloud's own",
        ),
        pytest.param(
            facts(cloud(seen(Reach.SILENT)), neutral=seen(Reach.UNREACHED), link=ANSWERS),
            "up",
            "down silent",
            "down silent",
            id="the neutral page is away too",
        ),
        pytest.param(
            facts(cloud(seen(Reach.UNREACHED)), neutral=seen(Reach.FOREIGN_PAGE)),
            "up",
            "portal foreign_page",
            "down unreached",
            id="a sign-in page",
        ),
        pytest.param(
            facts(cloud(seen(Reach.FOREIGN_CERTIFICATE))),
            "up",
            "portal foreign_certificate",
            "portal foreign_certificate",
            id="somebody else's certificate",
        ),
        pytest.param(
            facts(cloud(seen(Reach.CLOCK))), "up", "unknown clock", "down clock", id="the clock of this PC is wrong"
        ),
        pytest.param(
            facts(cloud(seen(Reach.UNREACHED)), link=GONE),
            "down gateway",
            "down network",
            "down unreached",
            id="router",
        ),
        pytest.param(
            facts(cloud(seen(Reach.UNREACHED)), link=NO_ROUTE),
            "down no_route",
            "down network",
            "down unreached",
            id="cable",
        ),
        pytest.param(
            facts(cloud(seen(Reach.UNREACHED)), link=MUTE), "unknown", "unknown one_host", "down unreached", id="mute"
        ),
        pytest.param(
            facts(cloud(seen(Reach.ANSWERED, 1)), link=GONE), "up", "up", "up", id="an answer after a mute gateway"
        ),
        pytest.param(
            facts(cloud(seen(Reach.ANSWERED, 9)), link=GONE), "down gateway", "down network", "up", id="and before it"
        ),
        pytest.param(
            facts(cloud(seen(Reach.ANSWERED), lane=LaneState.TROUBLE)), "up", "up", "trouble", id="its own trouble"
        ),
        pytest.param(
            facts(cloud(seen(Reach.ANSWERED), lane=LaneState.UNAUTHORIZED)),
            "up",
            "up",
            "unauthorized",
            id="credentials",
        ),
        pytest.param(
            facts(cloud(None, lane=None, beyond=False)), "unused", "unused", "unauthorized no_secret", id="no secret"
        ),
        pytest.param(facts(cloud(seen(Reach.ANSWERED), held=True)), "up", "up", "offline", id="held by hand"),
        pytest.param(facts(neutral=None, probes=True), "unknown", "unknown", None, id="a probe URL, no cloud"),
    ],
)
def test_the_lamps_say(known: Facts, network: str, internet: str, first_cloud: str | None) -> None:
    verdict = judge(known)
    assert said(verdict.network) == network
    assert said(verdict.internet) == internet
    assert [said(lamp) for lamp in verdict.clouds.values()][:1] == ([] if first_cloud is None else [first_cloud])


def said(lamp: Lamp) -> str:
    return f"{lamp.state} {lamp.cause}" if lamp.cause else str(lamp.state)


ANY_SEEN = st.none() | st.builds(Seen, st.sampled_from(Reach), st.integers(-400, 400).map(ago))
ANY_CLOUD = st.builds(
    CloudFacts,
    st.sampled_from(["a.example", OTHER]),
    st.booleans(),
    st.none() | st.sampled_from(LaneState),
    ANY_SEEN,
    st.booleans(),
)
ANY_LINK = st.none() | st.builds(
    Link, st.integers(-400, 400).map(ago), st.booleans(), st.none(), st.none() | st.booleans()
)


@settings(max_examples=100, deadline=None)
@given(st.lists(ANY_CLOUD, max_size=4), ANY_LINK, ANY_SEEN)
def test_good_news_stands_on_a_fresh_answer(clouds: list[CloudFacts], link: Link | None, neutral: Seen | None) -> None:
    known = facts(*clouds, link=link, neutral=neutral)
    verdict = judge(known)
    outside = [one.seen for one in clouds if one.beyond and one.seen] + ([neutral] if neutral else [])
    fresh = [one for one in outside if abs((NOW - one.at).total_seconds()) <= FRESH_S]
    if verdict.internet.state is State.UP:
        assert any(one.reach is Reach.ANSWERED for one in fresh)
    if verdict.internet.state is State.PORTAL:
        assert any(one.reach in FOREIGN for one in fresh)
    for lamp, one in zip(verdict.clouds.values(), clouds, strict=True):
        if lamp.state is State.UP:
            assert one.seen is not None
            assert one.seen.reach is Reach.ANSWERED
    for lamp in (verdict.network, verdict.internet):
        assert (lamp.at is None) or lamp.state is not State.UNUSED
