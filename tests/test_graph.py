"""Decisions as trees: every path from the root says what the rules say, and the pictures hold the whole tree."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gisttriage import Rulebook, assess_situation
from gisttriage.assessment import Branch
from gisttriage.implications import Contradiction
from gisttriage.missing import branches
from gisttriage.render.graph import Node, tree

from .conftest import Run


def count(node: Node) -> int:
    """How many places a tree has."""
    return 1 + sum(map(count, node.inner))


@settings(max_examples=200)
@given(st.data())
def test_following_the_tree_gives_the_answer_of_assess(rulebook: Rulebook, data: st.DataObject) -> None:
    """For any fully known case, asking from the root to a leaf ends at what `assess` answers."""
    case = data.draw(st.tuples(*(st.integers(0, fact.size - 1).map(lambda i: 1 << i) for fact in rulebook.read)))
    try:
        answers = assess_situation(case, rulebook).decisions
    except Contradiction:
        return
    place = {fact.name: i for i, fact in enumerate(rulebook.read)}
    for name, decision in rulebook.decisions.items():
        found: tuple[Branch, ...] = branches(decision, decision.reach.split(rulebook.full), rulebook.full, rulebook, 64)
        while found:
            branch = next(branch for branch in found if branch.values & case[place[branch.fact]])
            found = branch.branches
        assert branch.possible == answers[name].possible


@settings(max_examples=200)
@given(st.data())
def test_a_leaf_is_marked_where_the_answer_is_an_extension(rulebook: Rulebook, data: st.DataObject) -> None:
    """For any fully known case, the leaf that it leads to carries the sign that `assess` prints beside the answer."""
    case = data.draw(st.tuples(*(st.integers(0, fact.size - 1).map(lambda i: 1 << i) for fact in rulebook.read)))
    try:
        answers = assess_situation(case, rulebook).decisions
    except Contradiction:
        return
    place = {f"{fact.label}?": i for i, fact in enumerate(rulebook.read)}
    for name, decision in rulebook.decisions.items():
        node = tree(decision, rulebook)
        found = branches(decision, decision.reach.split(rulebook.full), rulebook.full, rulebook, 64)
        while node.inner:
            taken = next(i for i, branch in enumerate(found) if branch.values & case[place[node.text]])
            node, found = node.inner[taken], found[taken].branches
        assert node.text.endswith(" ≈") is answers[name].extension


def test_a_set_of_values_reads_as_a_set(gisttriage: Run, tmp_path: Path) -> None:
    """Any of two patterns is not a pattern that nobody stated, wherever rules and regions are told; a case may say just that."""
    (tmp_path / "ours.yaml").write_text(
        "extends: builtin\nrulebook: {id: ours, version: 1}\n"
        "rules: [{id: ours, when: {progression: progressed}, caution: c}]\n"
    )
    (tmp_path / "a.yaml").write_text(
        "disease_extent: metastatic\nsubtype: kit\ntki: imatinib\nprogression: progressed\n"
    )
    pair = "limited progression or multifocal progression"
    both = gisttriage("rules", "graph").out
    for told in (both, gisttriage("rules", "show", "ours", "--rules", "ours.yaml").out):
        assert pair in told
        assert "pattern not stated" not in told
    explained = " ".join(gisttriage("assess", "a.yaml", "--explain", "--rules", "ours.yaml").out.split())
    assert f"{pair} (here: progressed (pattern not stated))" in explained
    assert "imatinib · progressed (pattern not stated)" in explained


@pytest.mark.parametrize("decision", ["surgery", "systemic_therapy", "local_therapy"])
def test_a_tree_can_be_taken_in(rulebook: Rulebook, decision: str) -> None:
    """A tree a person can read: dozens of places, and not one for each of millions of cases."""
    assert 10 < count(tree(rulebook.decisions[decision], rulebook)) < 120


def test_mermaid_holds_every_place_and_every_branch_once(gisttriage: Run, rulebook: Rulebook) -> None:
    """As many nodes as the trees have places, one arrow to each but the roots, and nothing that breaks a label."""
    drawn = gisttriage("rules", "graph").out
    trees = [tree(decision, rulebook) for decision in rulebook.decisions.values()]
    nodes = re.findall(r"^ {4}(\w+)(?:\[|\{\{)\"", drawn, re.MULTILINE)
    assert len(nodes) == len(set(nodes)) == sum(map(count, trees))
    assert len(re.findall(r"-->", drawn)) == len(nodes) - len(trees)
    assert drawn.splitlines()[1] == "flowchart LR"
    assert rulebook.stamp.sha256[:12] in drawn
    assert "≈ marks an extension of the source" in drawn.splitlines()[0]


def test_svg_is_well_formed_and_loads_nothing(gisttriage: Run, rulebook: Rulebook) -> None:
    """The picture has every text of the tree, the stamp and the disclaimer."""
    drawn = gisttriage("rules", "graph", "surgery", "--format", "svg").out
    root = ElementTree.fromstring(drawn)
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count("Not favoured") > 3
    assert any(rulebook.stamp.sha256[:12] in (text or "") for text in texts)
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")


def test_a_decision_that_is_none_is_refused(gisttriage: Run) -> None:
    """The nearest one is suggested."""
    ran = gisttriage("rules", "graph", "surgry")
    assert ran.code == 2
    assert "did you mean surgery?" in ran.err
