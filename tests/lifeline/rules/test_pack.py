from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lifeline.errors import PackError
from lifeline.rules.pack import MOST_BYTES, BrokenPackError, load, locate
from lifeline.rules.trials.examples import check_examples

FILES = ("pack.yaml", "zh/concepts.yaml", "zh/rules.yaml")


def problems(folder: Path) -> list[tuple[str, str]]:
    """Load what must not load; codes and files of what is wrong."""
    with pytest.raises(BrokenPackError) as broken:
        load(folder)
    return [(p.code, p.file) for p in broken.value.problems]


def test_good_pack_loads(folder: Path):
    """The pack that the other tests damage is whole: active rules run, drafts are only kept."""
    pack = load(folder)

    assert ("invented", "1.2.3") == (pack.name, pack.version)
    assert ["zh.method_question.how_much", "zh.plan.drink_and_wrist"] == [r.id for r in pack.rules]
    assert 3 == len(pack.all_rules)
    assert [] == check_examples(pack)


def outcome(folder: Path) -> str:
    """Load and run the examples; everything that is wrong, as shown."""
    try:
        found = check_examples(load(folder))
    except BrokenPackError as broken:
        found = broken.problems
    return "\n".join(problem.render() for problem in found)


SPLICES = ["- ", "[", "]", "{", "}", ": ", " #", "@", "*", "&", "!", "|", ">", "\n", "\t", '"', "'",
           "，", "：", "…", "{a,b}", "9" * 5000, "---\n", "...\n", "? ", "@medicine", "[]", "{}",
           "- []\n", "\x00", "\ufeff", "\u2028", "\u00a0", "\u3000", "rules:", "language: [zh]\n",
           "0\n"]  # fmt: skip


@st.composite
def damage(draw: st.DrawFn) -> tuple[str, int, int, str, int]:
    """Draw a file, a place, a length, what to put there, and how."""
    file = draw(st.sampled_from(FILES))
    return (
        file,
        draw(st.integers(0, 2000)),
        draw(st.integers(0, 60)),
        draw(st.sampled_from(SPLICES) | st.text(max_size=5)),
        draw(st.integers(0, 3)),
    )


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(damage(), min_size=1, max_size=3))
def test_damaged_pack_is_refused_or_loads(
    folder: Path, damages: list[tuple[str, int, int, str, int]]
):
    """Whatever becomes of a file, loading and checking raise nothing but PackError."""
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in FILES}
    damaged = dict(texts)
    for name, at, length, splice, kind in damages:
        text = damaged[name]
        lines = text.split("\n")
        start = at % (len(text) + 1)
        line = at % len(lines)
        if kind == 0:
            text = text[:start] + splice + text[start + length :]
        elif kind == 1:
            text = "\n".join([*lines[:line], splice, *lines[line + 1 :]])
        elif kind == 2:
            key, colon, _ = lines[line].partition(":")
            text = "\n".join([*lines[:line], f"{key}{colon} {splice}", *lines[line + 1 :]])
        else:
            text = "\n".join([*lines[:line], " " * (length % 9) + lines[line].strip()])
        damaged[name] = text
    for name, text in damaged.items():
        (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        assert outcome(folder).encode() is not None
    finally:
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")


def test_content_hash_changes_with_any_byte(folder: Path):
    """One byte more, at any place of any file, is another pack."""
    seen = {load(folder).hash}
    chance = random.Random(7)
    path = folder / "zh" / "rules.yaml"
    data = path.read_bytes()
    ends = [at for at, byte in enumerate(data) if byte == ord("\n")]
    for at in chance.sample(ends, 20):
        path.write_bytes(data[:at] + b"\n" + data[at:])
        seen.add(load(folder).hash)
    path.write_bytes(data.replace(b"# How much", b"# How Much"))
    seen.add(load(folder).hash)

    assert 22 == len(seen)


def test_content_hash_knows_which_file_holds_what(folder: Path):
    """The same bytes under another name, or split elsewhere, are another pack."""
    before = load(folder).hash

    (folder / "zh" / "rules.yaml").rename(folder / "zh" / "rulez.yaml")

    assert before != load(folder).hash


def test_content_hash_is_the_same_wherever_the_pack_lies(folder: Path, tmp_path_factory):
    """Two workers with copies of a pack name it alike."""
    copy = tmp_path_factory.mktemp("copy")
    for name in FILES:
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_bytes((folder / name).read_bytes())

    assert load(folder).hash == load(copy).hash


def test_id_is_taken_across_files(folder: Path):
    """An id names one rule of the whole pack; the message says where the other is."""
    text = (folder / "zh" / "rules.yaml").read_text(encoding="utf-8")
    (folder / "zh" / "second.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(BrokenPackError) as broken:
        load(folder)

    assert {("L050", "zh/second.yaml")} == {(p.code, p.file) for p in broken.value.problems}
    assert "the id is taken by the rule at zh/rules.yaml:5" == broken.value.problems[0].message


def test_problems_of_all_files_are_told_at_once(folder: Path):
    """Nobody has to mend one file to hear of the next."""
    (folder / "pack.yaml").write_text("format: 1\nname: x\n", encoding="utf-8")
    (folder / "zh" / "concepts.yaml").write_text("a: b: c\n", encoding="utf-8")

    assert [
        ("L013", "pack.yaml"), ("L002", "zh/concepts.yaml"), ("L041", "zh/rules.yaml"),
    ] == problems(folder)  # fmt: skip


@pytest.mark.parametrize(
    "content",
    ["hello", "- a\n- b", "a: 1", "[]", "{}", "rules: x\n", "format: 1\nlanguage: [zh]\n"],
)
def test_file_of_another_shape_is_a_problem(folder: Path, content: str):
    """A file that is not an outline of rules is named, whatever it is."""
    (folder / "zh" / "note.yaml").write_text(content, encoding="utf-8")

    assert {"zh/note.yaml"} == {file for _, file in problems(folder)}


@pytest.mark.parametrize("name", ["more.yml", "more.YAML", "more.YML"])
def test_file_with_a_near_name_is_not_passed_over(folder: Path, name: str):
    """Rules in a file whose name is not read would be lost silently."""
    (folder / name).write_text("format: 1\n", encoding="utf-8")

    assert [("L007", name)] == problems(folder)


def test_link_to_nothing_is_not_passed_over(folder: Path):
    """A file that is gone is a problem, not fewer rules."""
    (folder / "gone.yaml").symlink_to(folder / "nowhere.yaml")

    assert [("L007", "gone.yaml")] == problems(folder)


def test_link_to_itself_is_a_problem(folder: Path):
    """A circle of links ends in a message."""
    (folder / "loop.yaml").symlink_to("loop.yaml")

    assert [("L007", "loop.yaml")] == problems(folder)


def test_link_out_of_the_pack_is_a_problem(folder: Path, tmp_path_factory):
    """What lies elsewhere is no part of the pack, and is not left out in silence."""
    other = tmp_path_factory.mktemp("other") / "x.yaml"
    other.write_text("format: 1\n", encoding="utf-8")
    (folder / "x.yaml").symlink_to(other)

    assert [("L007", "x.yaml")] == problems(folder)


def test_link_to_a_folder_is_a_problem(folder: Path, tmp_path_factory):
    """A linked folder is not searched, so it must not look as if it were."""
    (folder / "en").symlink_to(tmp_path_factory.mktemp("en"))

    assert [("L007", "en")] == problems(folder)


def test_pipe_is_a_problem(folder: Path):
    """What is no file is not waited for."""
    os.mkfifo(folder / "pipe.yaml")

    assert [("L007", "pipe.yaml")] == problems(folder)


def test_folder_mounted_by_kubernetes_loads(folder: Path):
    """A mounted ConfigMap holds each file once, behind links through hidden folders."""
    plain = load(folder)
    mounted = folder / "mounted"
    real = mounted / "..2026_11_22"
    real.mkdir(parents=True)
    (mounted / "..data").symlink_to("..2026_11_22")
    for name in FILES:
        short = Path(name).name
        (real / short).write_bytes((folder / name).read_bytes())
        (mounted / short).symlink_to(f"..data/{short}")

    pack = load(mounted)

    assert [r.id for r in plain.all_rules] == [r.id for r in pack.all_rules]


def test_hidden_files_of_editors_are_left_out(folder: Path):
    """Lock and resource files that editors leave beside a rule file do no harm."""
    (folder / "zh" / "._rules.yaml").write_bytes(b"\x00\x05\x16\x07")
    (folder / "zh" / ".#rules.yaml").symlink_to("li@desk.4711")

    assert 3 == len(load(folder).all_rules)


def test_too_large_file_is_a_problem(folder: Path):
    """A file beyond the bound is named and not read."""
    (folder / "zh" / "big.yaml").write_bytes(b"#" * (MOST_BYTES + 1))

    assert [("L005", "zh/big.yaml")] == problems(folder)


def test_file_name_that_is_no_text_can_be_told(folder: Path):
    """A name in another encoding neither breaks the hash nor the message."""
    path = os.fsencode(folder) + b"/\xd7\xd4.yaml"
    Path(os.fsdecode(path)).write_text("x", encoding="utf-8")

    (problem,) = problems(folder)

    assert problem[1].encode()


def test_pack_without_active_rules_is_refused(folder: Path):
    """A worker must not start with rules that never find anything."""
    path = folder / "zh" / "rules.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("status: active", "status: draft"), encoding="utf-8")

    assert [("L006", "pack.yaml")] == problems(folder)


def test_pack_without_manifest_is_refused(folder: Path):
    """Alerts name the pack, so a pack has a name."""
    (folder / "pack.yaml").unlink()

    assert [("L006", "pack.yaml")] == problems(folder)


def test_mistake_in_a_draft_is_a_problem_too(folder: Path):
    """A rule's terms are checked before it becomes active, not on the day it does."""
    path = folder / "zh" / "rules.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("不想{活,活着}", "不想{活"), encoding="utf-8")

    assert [("L051", "zh/rules.yaml")] == problems(folder)


def test_given_folder_is_the_only_place_looked_at(tmp_path: Path):
    """A wrong folder is an error that names it, never another pack."""
    with pytest.raises(PackError) as error:
        locate(tmp_path)

    assert str(tmp_path) in str(error.value)


def test_folder_of_the_pack_is_found(folder: Path):
    """The folder given is the one with the manifest."""
    assert folder == locate(folder)


def test_large_pack_loads_in_reasonable_time(folder: Path):
    """Twenty thousand phrases read, check and compile within seconds."""
    phrases = "".join(f"      - 想死{chr(0x4E00 + n % 5000)}{n}\n" for n in range(20_000))
    path = folder / "zh" / "rules.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace(
            '    terms: ["不想{活,活着}", 活着…没意思]\n', f"    terms:\n{phrases}"
        ).replace("status: draft", "status: active"),
        encoding="utf-8",
    )
    begun = time.perf_counter()

    assert 20_000 < len(load(folder).lexicon.terms)
    assert 20 > time.perf_counter() - begun


def test_rules_on_trial_alone_make_no_pack(make_pack):
    """A worker must not take for good a pack that alerts nobody; its authors may try it out."""
    for status in ("shadow", "draft"):
        rule = {"terms": ["想死"], "status": status}
        with pytest.raises(BrokenPackError) as broken:
            make_pack(rule)
        assert ["the pack holds no active rule"] == [p.message for p in broken.value.problems]
        assert 1 == len(make_pack(rule, drafts=True).rules)


def test_a_language_has_one_scale(tmp_path: Path):
    """A second one is refused: nobody could say which of them counts."""
    (tmp_path / "pack.yaml").write_text("format: 1\nname: t\nversion: 1.0.0\n")
    scale = "format: 1\nlanguage: en\nscale:\n  window: 9\n  points:\n    keys: 1 2 3\n"
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(scale)
    with pytest.raises(BrokenPackError) as broken:
        load(tmp_path)
    assert ["L092"] == [problem.code for problem in broken.value.problems if problem.code != "L006"]
