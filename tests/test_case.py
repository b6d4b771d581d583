"""Case files: what they may say, and what happens when they say it wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest

from gisttriage import Case, CaseError, Rulebook, parse_case, read_case


def read(text: str | bytes, rulebook: Rulebook, tmp_path: Path, name: str = "case.yaml") -> Case:
    """Read a case through a file."""
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_case(path, rulebook)


def problems(text: str | bytes, rulebook: Rulebook, tmp_path: Path, name: str = "case.yaml") -> list[str]:
    """Return the problems of a case file, each as ``line:column message | help``."""
    with pytest.raises(CaseError) as caught:
        read(text, rulebook, tmp_path, name)
    found = []
    for problem in caught.value.problems:
        place = f"{problem.span.line}:{problem.span.column} " if problem.span else ""
        found.append(f"{place}{problem.message} | {problem.help}")
    return found


@pytest.mark.parametrize(
    ("text", "fact", "value"),
    [
        ("id: 010", "id", "010"),
        ("progression: no", "progression", "none"),
        ("notes: 1:30", "notes", "1:30"),
        ("notes: 11/21", "notes", "11/21"),
        ("notes: 2024-01-05", "notes", "2024-01-05"),
        ("notes: NA", "notes", "NA"),
        ("fit_for_surgery: NO", "fit_for_surgery", "no"),
        ("fit_for_surgery: true", "fit_for_surgery", "yes"),
        ("tki: no", "tki", "none"),
        ("tki: Sorafenib", "tki", "other"),
        ("subtype: KIT-mutated", "subtype", "kit"),
        ("subtype: PDGFRA exon 18", "subtype", "pdgfra"),
        ("subtype: WT", "subtype", "wild_type"),
        ("progression: UPD", "progression", "limited"),
        ("progression: MPD", "progression", "multifocal"),
        ("progression: RD", "progression", "none"),
        ("progression: PD", "progression", "progressed"),
        ("presentation: chronic_anaemia", "presentation", "symptomatic"),
        ("resection_expected: R2", "resection_expected", "incomplete"),
        ("largest_tumor_cm: 6.50", "largest_tumor_cm", 6.5),
        ("largest_tumor_cm: 6 cm", "largest_tumor_cm", 6),
        ("largest_tumor_cm: '>5'", "largest_tumor_cm", ">5"),
        ("mitoses_per_50_hpf: 5-10", "mitoses_per_50_hpf", "5-10"),
        ("metastatic_sites: [liver, NA]", "metastatic_sites", ("liver",)),
        ("primary_site: stomach", "primary_site", ("stomach",)),
        ("age: 53", "age", 53),
        ("age: 53 yrs", "age", 53),
        ("mitoses_per_50_hpf: 36/50 HPF", "mitoses_per_50_hpf", 36),
    ],
)
def test_a_value_is_what_its_fact_says(rulebook: Rulebook, tmp_path: Path, text: str, fact: str, value: object) -> None:
    """YAML never decides what a text means: the type of the fact does, and case and spaces do not count."""
    assert read(text, rulebook, tmp_path).given[fact].value == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "''",
        "~",
        "null",
        "NA",
        "n/a",
        "N.A.",
        "unknown",
        "Not Stated",
        "not_tested",
        "NE",
        "NS",
        "'?'",
        "Not Applicable",
    ],
)
@pytest.mark.parametrize("fact", ["subtype", "tki", "fit_for_surgery", "largest_tumor_cm"])
def test_every_spelling_of_not_known_is_unknown(rulebook: Rulebook, tmp_path: Path, text: str, fact: str) -> None:
    """Not known, in any spelling, is neither no nor none nor wild type."""
    case = read(f"{fact}: {text}", rulebook, tmp_path)
    assert case.given[fact].value is None
    assert case.situation == rulebook.full


def test_the_id_is_the_file_name_unless_stated(rulebook: Rulebook, tmp_path: Path) -> None:
    """A case without an id is listed under its file name."""
    assert read("age: 50", rulebook, tmp_path, "smith.yaml").id == "smith.yaml"
    assert read("id:\nage: 50", rulebook, tmp_path, "smith.yaml").id == "smith.yaml"


def test_a_case_may_be_json(rulebook: Rulebook, tmp_path: Path) -> None:
    """JSON is read like YAML, with null as not known and characters beyond the basic plane."""
    text = r'{"tki": null, "fit_for_surgery": false, "notes": "\ud83d\ude00 \u00e9 \\ud83d", "largest_tumor_cm": 5.5}'
    case = read(text, rulebook, tmp_path, "case.json")
    assert case.given["tki"].value is None
    assert case.given["fit_for_surgery"].value == "no"
    assert case.given["notes"].value == "😀 é \\ud83d"


def test_a_byte_order_mark_and_windows_line_ends_are_read_over(rulebook: Rulebook, tmp_path: Path) -> None:
    """Files as Windows programs save them are read, and lines are counted right."""
    case = read(b"\xef\xbb\xbfage: 50\r\ntki: imatinib\r\n", rulebook, tmp_path)
    assert case.given["tki"].value == "imatinib"
    span = case.given["tki"].span
    assert span is not None
    assert span.line == 2


BAD = {
    "empty": (b"", "this case is empty | write what you know"),
    "only a comment": (b"# nothing\n", "this case is empty"),
    "binary": (b"\x7fELF\0\0\0", "this is not a text file"),
    "utf-16": ("age: 50".encode("utf-16"), "this file is UTF-16 | save it as UTF-8"),
    "latin-1": (b"age: 50\nnotes: Gr\xf6\xdfe", "2:10 byte 0xf6 is not UTF-8 | save the file as UTF-8"),
    "latin-1 after a mark": (
        b"\xef\xbb\xbfage: 50\nnotes: Gr\xf6\xdfe",
        "2:10 byte 0xf6 is not UTF-8 | save the file as UTF-8",
    ),
    "control character": (b"notes: \x1b[31mred", "1:8 control character U+001B"),
    "duplicate key": (b"age: 50\nage: 51", "2:1 'age' stands twice | it was first given on line 1"),
    "unknown fact": (b"age: 50\nprogresion: limited", "2:1 no fact 'progresion' | did you mean progression"),
    "misspelt value": (b"progression: multifocl", "1:14 progression cannot be 'multifocl' | did you mean multifocal?"),
    "wrong value": (b"fit_for_surgery: perhaps", "1:18 fit_for_surgery cannot be 'perhaps' | one of: no, yes"),
    "staining": (b"subtype: CD117", "1:10 subtype cannot be 'CD117' | Staining is not a mutation"),
    "a negative stain": (b"subtype: KIT-", "1:10 subtype cannot be 'KIT-' | a plus or a minus is not read"),
    "a negative panel": (b"subtype: NF1 -", "1:10 subtype cannot be 'NF1 -' | a plus or a minus is not read"),
    "a positive panel stain": (b"subtype: CD117+", "1:10 subtype cannot be 'CD117+' | Staining is not a mutation"),
    "a positive stain": (b"subtype: KIT+", "1:10 subtype cannot be 'KIT+' | a plus or a minus is not read"),
    "a gene": (b"subtype: SDHB", "1:10 subtype cannot be 'SDHB' | A variant on a tumour panel is not SDH deficiency"),
    "an exon without its gene": (b"subtype: exon 11", "1:10 subtype cannot be 'exon 11' | Name the gene too"),
    "a stopped drug": (
        b"tki: off treatment",
        "1:6 tki cannot be 'off treatment' | Write none if the patient takes no TKI now",
    ),
    "no presentation": (b"presentation: None", "1:15 presentation cannot be 'None' | Write asymptomatic"),
    "panel variant": (
        b"subtype: NF1 mutation",
        "1:10 subtype cannot be 'NF1 mutation' | A variant on a tumour panel is not the syndrome",
    ),
    "wrong type": (b"largest_tumor_cm: big", "1:19 largest_tumor_cm cannot be 'big' | a number (cm)"),
    "decimal comma": (
        b"largest_tumor_cm: 5,5",
        "1:19 largest_tumor_cm cannot be '5,5' | write the decimal sign as a point",
    ),
    "two values": (b"tki: [imatinib, sunitinib]", "1:6 tki takes one value, not a list"),
    "a mapping": (b"tki: {drug: imatinib}", "1:6 tki takes one value, not a mapping"),
    "list of lists": (b"metastatic_sites: [[liver]]", "1:19 metastatic_sites takes a list of texts"),
    "out of range": (b"age: 530", "1:6 age '530' is out of range | from 0 to 120 years"),
    "negative": (b"age: -5", "1:6 age cannot be '-5'"),
    "half a lesion": (
        b"progressing_lesions: 1.5",
        "1:22 progressing_lesions cannot be '1.5' | a count is a whole number",
    ),
    "upside down": (b"largest_tumor_cm: 9-2", "1:19 largest_tumor_cm '9-2' holds no number"),
    "list at the root": (b"- age: 50", "1:1 a case is `fact: value` lines, not a list"),
    "text at the root": (b"hello", "1:1 a case is `fact: value` lines, not a text"),
    "two documents": (b"age: 50\n---\nage: 51", "2:1 a second document starts here"),
    "a tag": (b"age: !!python/object/apply:os.system [ls]", "1:6 tags are not allowed here"),
    "a short tag": (b"age: !x 5", "1:6 tags are not allowed here"),
    "an anchor": (b"notes: &a x", "1:8 anchors are not allowed here"),
    "an alias bomb": (b"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]", "1:4 anchors are not allowed here"),
    "nested brackets": (b"notes: " + b"[" * 20000 + b"]" * 20000, "1:39 nested more than 32 levels deep"),
    "nested dashes": (b"- " * 20000 + b"x", "1:65 nested more than 32 levels deep"),
    "open bracket": (b"metastatic_sites: [liver", "not valid YAML"),
    "colon in a text": (
        b"notes: mass: 5 cm",
        "1:12 not valid YAML: mapping values are not allowed in this context | put a text",
    ),
    "tab": (b"age:\n\t50", "2:1 not valid YAML"),
    "complex key": (b"? [a, b]\n: c", "1:3 a name must be a word, not a list"),
    "a long id": (b"id: " + b"x" * 300, "1:5 the id is longer than 200 characters"),
    "too large": (b"notes: " + b"x" * 1_100_000, "larger than 1 MB"),
}


@pytest.mark.parametrize(("text", "expected"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_one_clear_message_at_its_place(
    rulebook: Rulebook, tmp_path: Path, text: bytes, expected: str
) -> None:
    """Each way to get a file wrong gives one message with its line, its column and a remedy."""
    found = problems(text, rulebook, tmp_path)
    assert len(found) == 1
    assert found[0].startswith(expected) or expected in found[0]
    assert not found[0].endswith("| None")


def test_all_problems_of_a_file_are_reported_at_once(rulebook: Rulebook, tmp_path: Path) -> None:
    """Nobody has to run the program five times to learn of five mistakes."""
    text = b"progresion: limited\ntki: imatinb\nage: 500\nage: 3\nfit_for_surgery: [yes]\n"
    found = problems(text, rulebook, tmp_path)
    assert sorted(int(line.split(":")[0]) for line in found) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("progression: none\nprogressing_lesions: 3", "1:14 progressing_lesions: 3 and progression: none contradict"),
        ("progressing_lesions: 1\nprogression: multifocal", "2:14 progressing_lesions: 1 and progression: multifocal"),
        ("progressing_lesions: 0\nprogression: progressed", "2:14 progressing_lesions: 0 and progression: progressed"),
    ],
)
def test_a_contradiction_names_both_facts(rulebook: Rulebook, tmp_path: Path, text: str, expected: str) -> None:
    """Facts that cannot all hold are an error that names them and their lines."""
    found = problems(text, rulebook, tmp_path)
    assert len(found) == 1
    assert found[0].startswith(expected)


def test_changes_replace_what_the_file_says(rulebook: Rulebook) -> None:
    """--set wins over the file, may make a fact unknown, and is checked like the file."""
    case = parse_case("{tki: imatinib, age: 50}", rulebook, changes=[("tki", "sunitinib"), ("age", "")])
    assert case.given["tki"].value == "sunitinib"
    assert case.given["age"].value is None
    with pytest.raises(CaseError, match=r"--set:1:5: error: tki cannot be 'imatinb'") as caught:
        parse_case("{}", rulebook, changes=[("tki", "imatinb"), ("progresion", "none")])
    assert len(caught.value.problems) == 2


def test_an_excerpt_shows_the_line_with_a_caret(rulebook: Rulebook, tmp_path: Path) -> None:
    """A problem is printed with its line, a caret under what is wrong, and the remedy."""
    with pytest.raises(CaseError) as caught:
        read("age: 50\nprogression: multifocl  # hm\n", rulebook, tmp_path)
    printed = str(caught.value).split(": error: ")[1]
    assert printed == (
        "progression cannot be 'multifocl'\n"
        "  2 | progression: multifocl  # hm\n"
        "    |              ^^^^^^^^^\n"
        "  help: did you mean multifocal?"
    )
