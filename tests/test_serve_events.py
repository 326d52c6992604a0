import asyncio
import json

from site_builder.errors import Location, Problem
from site_builder.serve.events import Events

PROBLEM = Problem(Location("src/a.py", 3), "formula", "no\n\nevent: reload\ndata: null", "mend", "$x")


def news(text):
    """Read (problems, version, changed) from one message."""
    problems, reload = text.strip().split("\n\n")
    assert problems.startswith("event: problems\ndata: ")
    version, kind, paths = reload.split("\n")
    assert kind == "event: reload"
    return (
        json.loads(problems.splitlines()[1].removeprefix("data: ")),
        version.removeprefix("id: "),
        json.loads(paths.removeprefix("data: ")),
    )


async def first(events, version):
    stream = events.stream(version)
    assert (await anext(stream)).startswith("retry: ")
    return news(await anext(stream))


def test_a_page_that_is_up_to_date_hears_of_nothing():
    events = Events()
    events.publish(["a.html"], ())
    assert asyncio.run(first(events, events.version)) == ([], events.version, [])


def test_a_page_is_told_all_that_it_missed():
    events = Events()
    loaded = events.version
    events.publish(["a.html"], ())
    events.publish(["b.html", "a.html"], ())
    assert asyncio.run(first(events, loaded)) == ([], events.version, ["a.html", "b.html"])


def test_what_may_be_anything_is_told_as_null():
    events = Events()
    loaded = events.version
    events.publish(["a.html"], ())
    between = events.version
    events.publish(None, ())
    after = events.version
    events.publish(["c.html"], ())
    assert asyncio.run(first(events, loaded))[2] is None
    assert asyncio.run(first(events, between))[2] is None
    assert asyncio.run(first(events, after))[2] == ["c.html"]


def test_a_version_of_another_server_or_of_long_ago_is_out_of_date():
    events, other = Events(), Events()
    events.publish([], ())
    other.publish([], ())
    old = events.version
    for _ in range(101):
        events.publish([], ())
    for version in (old, other.version, "", "nonsense", "9" * 5000):
        assert asyncio.run(first(events, version))[2] is None


def test_problems_are_told_until_they_are_mended():
    events = Events()
    events.publish([], (PROBLEM,))
    (problem,), *_ = asyncio.run(first(events, events.version))
    assert problem["where"] == "src/a.py:3"
    assert problem["message"] == PROBLEM.message
    events.publish([], ())
    assert asyncio.run(first(events, events.version))[0] == []


def test_a_stream_tells_each_build_and_ends():
    async def listen():
        events = Events()
        heard = []

        async def page():
            stream = events.stream(events.version)
            heard.extend([news(text)[2] async for text in stream if "reload" in text])

        listening = asyncio.create_task(page())
        for changed in ([], ["a.html"], ["b.html"]):
            if changed:
                events.publish(changed, ())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        events.close()
        await listening
        return heard

    assert asyncio.run(listen()) == [[], ["a.html"], ["b.html"]]
