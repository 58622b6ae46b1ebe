"""The contract of a channel's spec: its numbers, its options and its text limits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from munadi.channels.text import measure
from tests.channels.contract import Scene
from tests.channels.making import bench
from tests.channels.scenes import scenes


@scenes
def test_spec_names_the_channel_its_limits_and_its_facts(scene: Scene) -> None:
    spec = bench(scene.name).channel.spec
    assert spec.name == scene.name
    assert spec.facts_version
    assert spec.sources
    assert spec.text_limits
    assert spec.min_media <= spec.max_media
    assert all(host.startswith("https://") for host in spec.hosts)


@scenes
def test_numbers_of_the_protocol_are_settings(scene: Scene) -> None:
    spec = bench(scene.name, {"publish_deadline": 6, "margin": 1.5, "absence_window": 2}).channel.spec
    assert (spec.publish_deadline, spec.margin, spec.absence_window) == (
        timedelta(seconds=6),
        timedelta(seconds=1.5),
        timedelta(seconds=2),
    )


@scenes
def test_a_lost_answer_is_reconciled_within_85_seconds(scene: Scene) -> None:
    spec = bench(scene.name).channel.spec
    size = scene.draft.media_bytes
    assert spec.deadline_for(size) + spec.margin + spec.absence_window <= timedelta(seconds=85)
    assert spec.deadline_for(10**12) == spec.publish_deadline + timedelta(seconds=spec.visible_bytes / 200_000)


@scenes
def test_options_are_camel_case_and_closed(scene: Scene) -> None:
    schema = bench(scene.name).channel.options.model_json_schema(by_alias=True)
    assert not [name for name in schema["properties"] if "_" in name]
    assert schema["additionalProperties"] is False
    options = {**scene.draft.options, "nosuch": 1}
    found = bench(scene.name).channel.validate(scene.draft.model_copy(update={"options": options}), None)
    assert [problem.pointer for problem in found] == ["/options/nosuch"]


@scenes
async def test_each_call_parses_the_options_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    built, parsed = scene.bench(), []
    channel = built.channel
    original = channel.options.model_validate

    def counting(given: object) -> object:
        parsed.append(given)
        return original(given)

    monkeypatch.setattr(channel.options, "model_validate", counting)
    channel.validate(scene.draft, scene.account)
    assert len(parsed) == 1
    for call in (scene.publish, scene.check, scene.find):
        parsed.clear()
        await call(built)
        assert len(parsed) <= 1


@scenes
def test_its_draft_is_valid_with_and_without_the_account(scene: Scene) -> None:
    channel = bench(scene.name).channel
    assert channel.validate(scene.draft, scene.account) == []
    assert channel.validate(scene.draft, None) == []


def said(draft: Any, pointer: str, text: str) -> Any:
    """The draft with this text there."""
    if pointer.startswith("/parts"):
        return draft.model_copy(update={"parts": ("x", text)[int(pointer[-1]) == 0 :]})
    return draft.model_copy(update={"text" if pointer == "/text" else "first_comment": text})


@scenes
def test_every_text_holds_just_inside_its_limits_and_not_just_outside(scene: Scene) -> None:
    channel = bench(scene.name).channel
    spec, texts = channel.spec, {}
    if spec.max_parts > 1:
        texts["parts"] = ("x", "x")
    if spec.first_comment:
        texts["first_comment"] = "x"
    full = scene.draft.model_copy(update=texts)
    for limit in channel.lengths(full):
        widest = {"utf8_bytes": "👨‍👩‍👧‍👦", "utf16_units": "👍", "emoji_bytes": "👍"}.get(limit.unit, "x")
        width = measure(widest, limit.unit)
        inside = widest * (limit.maximum // width) + "x" * (limit.maximum % width)
        for text, broken in ((inside, False), (inside + "x", True)):
            found = channel.validate(said(full, limit.pointer, text), None)
            ours = [one for one in found if (one.pointer, one.rule) == (limit.pointer, limit.rule)]
            assert bool(ours) is broken, limit
            assert all(one.code == "TEXT_TOO_LONG" for one in ours)
            assert all(one.limit == limit.maximum and one.actual == limit.maximum + 1 for one in ours)


@scenes
def test_what_the_schema_of_the_options_refuses_is_refused(scene: Scene) -> None:
    """The schema is public: GET /v1/channels has it."""
    channel = bench(scene.name).channel
    schema = channel.options.model_json_schema(by_alias=True)
    judge, refused = Draft202012Validator(schema, validate_formats=True), 0
    for name in schema["properties"]:
        for value in (None, "perhaps", "", "?", -1, 1.5, [["x"]], {"nosuch": 1}, "x" * 70_000):
            options = {**scene.draft.options, name: value}
            if judge.is_valid(options):
                continue
            refused += 1
            found = channel.validate(scene.draft.model_copy(update={"options": options}), None)
            assert [one for one in found if one.pointer.startswith(f"/options/{name}")], (name, value)
    assert refused > len(schema["properties"])


@scenes
def test_parts_and_a_first_comment_are_steps_after_the_post(scene: Scene) -> None:
    spec, steps = bench(scene.name).channel.spec, bench(scene.name).channel.steps
    parts = {"parts": ("two", "three")} if spec.max_parts > 1 else {}
    comment = {"first_comment": "Hi"} if spec.first_comment else {}
    given = scene.draft.model_copy(update={**parts, **comment})
    assert steps(given) == (*(("part-2", "part-3") if parts else ()), *(("comment",) if comment else ()))
    assert steps(scene.draft) == ()


@scenes
def test_lead_is_never_longer_than_the_specs(scene: Scene) -> None:
    channel = bench(scene.name).channel
    assert timedelta(0) <= channel.lead(scene.draft) <= channel.spec.lead


@scenes
@pytest.mark.parametrize("text", ["", "x", "👍" * 200, "é" * 70_000, "<>" * 2_600], ids=lambda text: text[:1] or "none")
def test_lengths_agree_with_validate(scene: Scene, text: str) -> None:
    channel = bench(scene.name).channel
    comment = text if channel.spec.first_comment else None
    parts = (text,) * (channel.spec.max_parts > 1)
    draft = scene.draft.model_copy(update={"text": text, "first_comment": comment, "parts": parts})
    counted = channel.lengths(draft)
    assert {each.pointer for each in counted} >= {"/text", *(["/parts/0"] if parts else [])}
    above = {each.pointer for each in counted if each.actual > each.maximum}
    reported = [problem for problem in channel.validate(draft, None) if problem.code == "TEXT_TOO_LONG"]
    assert {problem.pointer for problem in reported} == above
    known = {(each.pointer, each.rule, each.maximum, each.actual) for each in counted}
    assert known >= {(problem.pointer, problem.rule, problem.limit, problem.actual) for problem in reported}
