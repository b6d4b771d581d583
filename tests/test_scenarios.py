"""The scenarios S1 to S20: the option that each decision must reach.

A row reads like the clinical table: what is stated, then surgery, systemic therapy, local therapy. ``n.g.`` is no
guidance, ``?`` an open decision, ``out`` out of scope. What is not stated is unknown.
"""

from __future__ import annotations

import pytest

from gisttriage import Assessment, Rulebook, assess, parse_case

KIT = "disease_extent: metastatic, subtype: kit_exon_11"
READY = "resection_expected: complete, fit_for_surgery: yes"
R2 = "resection_expected: incomplete, fit_for_surgery: yes"
NF1 = "subtype: nf1"
SDH = "subtype: sdh_deficient"
NO_TKI = "tki: none, tki_contraindicated: no"

S2 = f"{KIT}, tki: imatinib, progression: none"
S3 = f"{KIT}, tki: imatinib, progression: limited"
S4 = f"{KIT}, tki: imatinib, progression: multifocal"
S5A = f"{KIT}, tki: sunitinib, progression: none"
S5B = f"{KIT}, tki: sunitinib, progression: limited"
S8 = f"{NF1}, disease_extent: multifocal_primary, presentation: symptomatic, tki: none, tki_contraindicated: yes"
S9 = f"{NF1}, disease_extent: metastatic, tki: imatinib"
SDH_ON_IMATINIB = f"{SDH}, disease_extent: metastatic, tki: imatinib, presentation: symptomatic"
S11 = f"{SDH}, disease_extent: metastatic, tki: none, presentation: symptomatic"

TABLE = f"""
S1  | {KIT}, tki: none, presentation: asymptomatic           | not_favoured | start_imatinib     | n.g.
S2  | {S2}, {READY}                                          | consider     | continue_tki       | consider
S3  | {S3}, {READY}                                          | consider     | resume_tki         | consider
S4  | {S4}, {READY}                                          | not_favoured | change_tki         | not_favoured
S5a | {S5A}, {READY}                                         | caution      | continue_tki       | caution
S5b | {S5B}, {READY}                                         | caution      | resume_tki         | caution
S6  | {KIT}, tki: sunitinib, progression: multifocal         | not_favoured | change_tki         | not_favoured
S7a | {KIT}, tki: regorafenib, progression: none, {READY}    | n.g.         | continue_tki       | n.g.
S7a | {KIT}, tki: ripretinib, progression: none, {READY}     | n.g.         | continue_tki       | n.g.
S7a | {KIT}, tki: avapritinib, progression: none, {READY}    | n.g.         | continue_tki       | n.g.
S7a | {KIT}, tki: other, progression: none, {READY}          | n.g.         | continue_tki       | n.g.
S7b | {KIT}, tki: regorafenib, progression: limited, {READY} | n.g.         | n.g.               | n.g.
S7b | {KIT}, tki: other, progression: limited, {READY}       | n.g.         | n.g.               | n.g.
S7c | {KIT}, tki: ripretinib, progression: multifocal        | not_favoured | n.g.               | not_favoured
S7c | {KIT}, tki: other, progression: multifocal, {READY}    | not_favoured | n.g.               | not_favoured
S8  | {S8}, {READY}                                          | consider     | defer_tki          | n.g.
S9  | {S9}, progression: limited, {READY}                    | consider     | tki_less_effective | n.g.
S9  | {S9}, progression: multifocal, {READY}                 | consider     | tki_less_effective | n.g.
S9  | {S9}, progression: progressed, {READY}                 | consider     | tki_less_effective | n.g.
S9b | {NF1}, disease_extent: advanced, {NO_TKI}, {READY}     | consider     | tki_less_effective | n.g.
S9b | {NF1}, disease_extent: multifocal_primary, {NO_TKI}, {READY} | consider | tki_less_effective | n.g.
S11 | {S11}, {READY}                                         | consider     | n.g.               | n.g.
S11 | {SDH}, disease_extent: multifocal_primary, tki: none, presentation: pain, {READY} | consider | n.g. | n.g.
S11 | {SDH_ON_IMATINIB}, progression: multifocal, {READY} | consider | n.g. | n.g.
S12 | {SDH}, disease_extent: metastatic, tki: none, presentation: asymptomatic, {READY} | n.g. | n.g. | n.g.
S12 | {SDH}, disease_extent: multifocal_primary, tki: none, presentation: asymptomatic, {READY} | n.g. | n.g. | n.g.
S13 | {S2}, {R2}                                             | caution      | continue_tki       | consider
S13 | {S3}, {R2}                                             | caution      | resume_tki         | consider
S13b| {S8}, {R2}                                             | consider     | defer_tki          | n.g.
S13b| {S9}, progression: multifocal, {R2}                    | consider     | tki_less_effective | n.g.
S13b| {S11}, {R2}                                            | consider     | n.g.               | n.g.
S14 | {S2}, fit_for_surgery: no                              | not_favoured | continue_tki       | consider
S14 | {S2}, resection_expected: unresectable                 | not_favoured | continue_tki       | consider
S14 | {S3}, fit_for_surgery: no                              | not_favoured | n.g.               | consider
S14 | {S3}, resection_expected: unresectable                 | not_favoured | n.g.               | consider
S14 | {S4}, fit_for_surgery: no                              | not_favoured | change_tki         | not_favoured
S14 | {S5A}, fit_for_surgery: no                             | not_favoured | continue_tki       | caution
S14 | {KIT}, tki: other, progression: none, fit_for_surgery: no | not_favoured | continue_tki    | n.g.
S14 | {S8}, fit_for_surgery: no                              | not_favoured | defer_tki          | n.g.
S14 | {S9}, progression: limited, fit_for_surgery: no        | not_favoured | tki_less_effective | n.g.
S14 | {S11}, fit_for_surgery: no                             | not_favoured | n.g.               | n.g.
S15 | disease_extent: metastatic, {NO_TKI}                   | ?            | ?                  | n.g.
S16 | {KIT}, tki: imatinib, progression: progressed, {READY} | ?            | ?                  | ?
S17 | disease_extent: localized                              | out          | out                | out
S17 | disease_extent: localized, {SDH}, tki: imatinib        | out          | out                | out
S19 |                                                        | ?            | ?                  | ?
S20 | {S3}, {READY}, progressing_lesions: 1, best_response: partial, tki_months: 84 | consider | resume_tki | consider
S20 | {S8}, {READY}, largest_tumor_cm: 6, mitoses_per_50_hpf: 36, tumor_rupture: yes | consider | defer_tki | n.g.
defer | {KIT}, tki: none, tki_contraindicated: yes            | not_favoured | defer_tki         | n.g.
S7b | {NF1}, disease_extent: metastatic, tki: regorafenib, progression: limited, {READY} | n.g. | n.g. | n.g.
S7c | disease_extent: metastatic, tki: ripretinib, progression: multifocal | not_favoured | n.g. | not_favoured
NF1 on imatinib, held, R2 | {S9}, progression: none, {R2} | caution | continue_tki | consider
NF1 on imatinib, held | {S9}, progression: none, {READY} | consider | continue_tki | consider
locally advanced | subtype: kit, disease_extent: locally_advanced, tki: none, {READY} | n.g. | n.g. | n.g.
unresectable | subtype: kit, disease_extent: locally_advanced, {NO_TKI}, resection_expected: unresectable | not_favoured | start_imatinib | n.g.
D842V | disease_extent: metastatic, subtype: pdgfra_d842v, {NO_TKI} | not_favoured | n.g. | n.g.
PDGFRA on imatinib | disease_extent: metastatic, subtype: pdgfra_other, tki: imatinib, progression: limited, {READY} | consider | n.g. | consider
sunitinib unfit | {S5B}, fit_for_surgery: no | not_favoured | n.g. | caution
defer | {S4}, tki_contraindicated: yes                        | not_favoured | defer_tki         | not_favoured
"""
ROWS = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines()]


def answers(assessment: Assessment) -> list[str]:
    """Return each decision's answer in the words of the table."""
    words = {"no_guidance": "n.g.", "open": "?", "out_of_scope": "out"}
    return [answer.option or words[answer.status] for answer in assessment.decisions.values()]


def ask(rulebook: Rulebook, text: str) -> Assessment:
    """Assess a case given as the inside of a YAML mapping."""
    return assess(parse_case(f"{{{text}}}", rulebook), rulebook)


@pytest.mark.parametrize(
    ("name", "text", "surgery", "systemic", "local"), ROWS, ids=[f"{row[0]}-{i}" for i, row in enumerate(ROWS)]
)
def test_scenario(rulebook: Rulebook, name: str, text: str, surgery: str, systemic: str, local: str) -> None:
    """Each scenario reaches the answer its row requires."""
    assert answers(ask(rulebook, text)) == [surgery, systemic, local]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (f"disease_extent: metastatic, {NO_TKI}", "subtype"),
        (f"{KIT}, tki: imatinib, progression: progressed, {READY}", "progression"),
        ("", "disease_extent"),
    ],
    ids=["S15", "S16", "S19"],
)
def test_the_fact_that_settles_most_ranks_first(rulebook: Rulebook, text: str, first: str) -> None:
    """An open case names the fact to ask for first."""
    assert ask(rulebook, text).missing[0].fact == first


@pytest.mark.parametrize("risk", ["largest_tumor_cm: 5.1", "mitoses_per_50_hpf: '>5'", "tumor_rupture: yes"])
@pytest.mark.parametrize("row", [S8, f"{S9}, progression: multifocal", f"{NF1}, disease_extent: metastatic, {NO_TKI}"])
def test_s10_large_active_or_ruptured_nf1_is_not_called_indolent(rulebook: Rulebook, row: str, risk: str) -> None:
    """Over 5 cm, over 5 mitoses or a rupture keep the answer and add the caution."""
    without, having = ask(rulebook, f"{row}, {READY}"), ask(rulebook, f"{row}, {READY}, {risk}")
    assert answers(having) == answers(without)
    assert "caution-nf1-not-indolent" in having.cautions
    assert "caution-nf1-not-indolent" in without.possible_cautions, "what is not stated is not ruled out"
    small = ask(rulebook, f"{row}, {READY}, largest_tumor_cm: 5, mitoses_per_50_hpf: 5, tumor_rupture: no")
    assert "caution-nf1-not-indolent" not in (*small.cautions, *small.possible_cautions)


@pytest.mark.parametrize("row", [S2, S3, S8, f"{S9}, progression: limited", S11])
def test_s13_an_incomplete_resection_carries_its_caution(rulebook: Rulebook, row: str) -> None:
    """Wherever an R2 resection is expected, X8 is said."""
    assert "caution-incomplete-resection" in ask(rulebook, f"{row}, {R2}").cautions
    assert "caution-incomplete-resection" not in ask(rulebook, f"{row}, {READY}").cautions


@pytest.mark.parametrize("row", [row for row in ROWS if "presentation" not in row[1]], ids=lambda row: str(row[0]))
def test_s18_an_emergency_is_headed_by_a_notice(rulebook: Rulebook, row: list[str]) -> None:
    """An emergency leaves the row's answer as it is where symptoms do not bear on it, and always draws the notice."""
    emergency = ask(rulebook, ", ".join(part for part in (row[1], "presentation: emergency") if part))
    assert "notice-emergency" in emergency.notices
    if row[0] != "S15":
        assert answers(emergency) == row[2:]


def test_a_possible_emergency_is_not_passed_over(rulebook: Rulebook) -> None:
    """Bleeding may be an emergency: as long as that is not ruled out, the notice is announced, and presentation not idle."""
    bleeding = ask(rulebook, f"{S4}, {READY}, presentation: bleeding")
    assert bleeding.notices == ()
    assert "notice-emergency" in bleeding.possible_notices
    presentation = next(missing for missing in bleeding.missing if missing.fact == "presentation")
    assert "notice-emergency" in presentation.remarks
    assert "notice-emergency" not in ask(rulebook, f"{S4}, {READY}, presentation: pain").possible_notices


def test_extensions_of_the_document_are_marked(rulebook: Rulebook) -> None:
    """Every answer on local therapy is an extension by the document's own words; surgery's are not."""
    for text in (S2, S4, S5A):
        decisions = ask(rulebook, f"{text}, {READY}").decisions
        assert decisions["local_therapy"].extension
        assert not decisions["surgery"].extension


def test_an_unstated_contraindication_is_said_where_it_matters(rulebook: Rulebook) -> None:
    """The one assumption is listed where the other value would change the answer, and only there."""
    s1 = ask(rulebook, f"{KIT}, tki: none").decisions
    assert s1["systemic_therapy"].proviso == ("tki_contraindicated",)
    assert s1["surgery"].proviso == ()
    s3 = ask(rulebook, f"{S3}, {READY}")
    assert s3.assumed == ("tki_contraindicated",)
    assert all(answer.proviso == () for answer in s3.decisions.values())
