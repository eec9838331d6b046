"""Sentence pairs for the translation model: alignment, cleaning and splitting."""

from pathlib import Path

import pytest

from scripts.models.text.html_paragraphs import parse_paragraphs
from scripts.models.text.prose import is_prose, normalise
from scripts.models.text.splitting import group_key
from scripts.models.translation import data
from scripts.models.translation.cleaning import (
    is_untranslated,
    lengths_match,
    sentence_pairs,
    split_sentences,
)

ENGLISH = """
<p id="par_1">Saves the <span class="emph">current</span> document.<br>Then closes&nbsp;it.</p>
<p class="code" id="par_2">Print "Hello"</p>
<p>A paragraph without an id</p>
<h1 id="hd_3">Undo &amp; Redo</h1>
<p id="par_4">Only in English.</p>
"""
GERMAN = """
<h1 id="hd_3">R&uuml;ckg&auml;ngig &amp; Wiederherstellen</h1>
<p id="par_1">Speichert das <span>aktuelle</span> Dokument. Schlie\u00dft es danach.</p>
<p id="par_2">Print "Hallo"</p>
"""


def test_paragraphs_keep_text_and_lose_markup_listings_and_those_without_id():
    paragraphs = parse_paragraphs(ENGLISH)
    assert paragraphs.keys() == {"par_1", "hd_3", "par_4"}
    assert paragraphs["hd_3"] == ["Undo & Redo"]
    assert normalise(paragraphs["par_1"][0]) == "Saves the current document. Then closes it."


def test_pages_are_aligned_by_paragraph_id_not_by_order():
    pairs = list(data.align_pages(ENGLISH, GERMAN))
    assert [normalise(german) for _, german in pairs] == [
        "Speichert das aktuelle Dokument. Schließt es danach.",
        "Rückgängig & Wiederherstellen",
    ]


def test_an_id_that_occurs_more_often_on_one_side_is_not_aligned():
    once, twice = '<p id="a">One</p>', '<p id="a">Eins</p><p id="a">Zwei</p>'
    assert not list(data.align_pages(once, twice))
    assert list(data.align_pages(twice, twice)) == [("Eins", "Eins"), ("Zwei", "Zwei")]


def test_pages_of_both_languages_meet_by_path(tmp_path: Path):
    for language, page in (("en-US", ENGLISH), ("de", GERMAN)):
        (tmp_path / language / "text").mkdir(parents=True)
        (tmp_path / language / "text" / "page.html").write_text(page, "utf-8")
    (tmp_path / "en-US" / "text" / "alone.html").write_text(ENGLISH, "utf-8")
    corpus = data.load_corpus(tmp_path)
    assert sorted(corpus.train + corpus.valid + corpus.test) == [
        ("Saves the current document.", "Speichert das aktuelle Dokument."),
        ("Then closes it.", "Schließt es danach."),
        ("Undo & Redo", "Rückgängig & Wiederherstellen"),
    ]


def test_normalise_removes_invisible_characters_and_runs_of_space():
    assert normalise(" a\u00adb\u200b\u00a0\n c\ufb01 ") == "ab cfi"


def test_sentences_end_at_full_stops_but_not_at_abbreviations():
    text = "Wählen Sie z. B. Datei. Klicken Sie auf OK! Fertig"
    assert split_sentences(text) == ["Wählen Sie z. B. Datei.", "Klicken Sie auf OK!", "Fertig"]


def test_paragraph_with_unequal_sentence_counts_stays_whole():
    english, german = "Choose a file. Click OK.", "Wählen Sie eine Datei und dann OK."
    assert sentence_pairs(english, german) == [(english, german)]


@pytest.mark.parametrize("text", ["A1", "", "=SUM(A1:B2;3)", "12/30/1899", "x" * 321])
def test_codes_numbers_and_endless_texts_are_no_prose(text: str):
    assert not is_prose(text)
    assert is_prose("Opens the selected file.")


def test_untranslated_pairs_are_found():
    assert is_untranslated("Function Wizard", "function wizard")
    assert is_untranslated("Returns the width of the bar", "Returns the width of the Balken")
    assert not is_untranslated("Opens the file in Calc", "Öffnet die Datei in Calc")


def test_lengths_may_differ_by_a_ratio_and_a_slack():
    assert lengths_match("Undo", "Rückgängig machen")
    assert not lengths_match("a" * 20, "a" * 57)
    assert lengths_match("a" * 56, "a" * 20)


def test_most_frequent_translation_of_a_source_wins():
    pairs = [("Edit", "Ändern"), ("File", "Datei"), ("Edit", "Bearbeiten"), ("Edit", "Bearbeiten")]
    assert data.unique_by_source(pairs) == [("Edit", "Bearbeiten"), ("File", "Datei")]


def test_split_is_repeatable_and_leaks_neither_sources_nor_targets():
    pairs = [
        (f"Word {'x' * i}{end}", f"Wort {'y' * (i % 700)}")
        for i in range(1000)
        for end in ("", ".")
    ]
    corpus = data.split(pairs)
    assert corpus == data.split(pairs)
    assert corpus.valid and corpus.test
    for side in (0, 1):
        splits = (corpus.train, corpus.valid, corpus.test)
        train, valid, test = ({group_key(pair[side]) for pair in part} for part in splits)
        assert not train & valid and not train & test and not valid & test


def test_sources_that_differ_in_case_digits_or_punctuation_share_a_group():
    assert group_key("Press F5, then: OK") == group_key("press f12 then ok.")
