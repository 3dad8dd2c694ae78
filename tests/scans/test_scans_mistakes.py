"""Mistakes that the campaign has to notice, or it is worthless: each in the decoder, at one named place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from agent.marks import Marks
from drivers.scanner import bookland, decode, ean, embedded, framing, gs1, gtin, refusals, symbology
from drivers.scanner.symbology import Part, Symbology
from tests.scans.campaign import run, stocked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SEEDS = 20  # of so many frames, that a planted mistake may take to be noticed
FRAMES = 200


def check_digits_are_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "has_check_digit", lambda _: True)


def eight_digits_are_always_an_ean_8(monkeypatch: pytest.MonkeyPatch) -> None:
    right = ean.short_gtins
    monkeypatch.setattr(decode, "short_gtins", lambda text, _: right(text, Symbology.EAN8))


def a_upc_e_is_taken_for_an_ean_8(monkeypatch: pytest.MonkeyPatch) -> None:
    right = ean.short_gtins
    monkeypatch.setattr(ean, "short_gtins", lambda text, _: right(text, None)[:1])


def verifiers_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "verifier", lambda _: embedded_guard)


class _Anything(str):
    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str)

    __hash__ = str.__hash__


embedded_guard = _Anything()


def weights_are_a_tenth(monkeypatch: pytest.MonkeyPatch) -> None:
    right = embedded.read_label

    def read_label(text: str, template: embedded.Template) -> embedded.Label | None:
        label = right(text, template)
        return label if label is None or label.weight is None else replace(label, weight=label.weight / 10)

    monkeypatch.setattr(decode, "read_label", read_label)


def separators_are_stripped(monkeypatch: pytest.MonkeyPatch) -> None:
    right = gs1.parse_message
    monkeypatch.setattr(decode, "parse_message", lambda text: right(text.replace("\x1d", "")))


def any_number_is_gs1(monkeypatch: pytest.MonkeyPatch) -> None:
    right = decode._elements
    monkeypatch.setattr(decode, "_elements", lambda part: right(part) or gs1.parse_message(part.text))


def the_first_of_two_articles_is_rung(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "_with_others", lambda scan, _others, _decimals: scan)


def add_ons_stay_with_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    right = symbology.identify

    def identify(*given: Any) -> list[Part]:
        return [replace(part, add_on=symbology.AddOn.NO) for part in right(*given)]

    monkeypatch.setattr(decode, "identify", identify)


def an_itf_14_without_its_last_digit_is_an_ean_13(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "_itf", lambda text: (text.zfill(14),) if len(text) <= 14 else ())


def dates_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    right = decode._saying
    monkeypatch.setattr(decode, "_saying", lambda *given: replace(right(*given), expiry=None))


def what_has_expired_is_sold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Marks, "on", lambda marks, *_: marks)


def books_are_not_known_by_their_isbn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "as_isbn", lambda _: None)


def magazines_are_not_known_by_their_issn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "issn_of", lambda gtin: bookland.issn_of(gtin) and None)


def upc_e_ends_are_mixed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    right = gtin.upc_e_to_upc_a
    monkeypatch.setattr(ean, "upc_e_to_upc_a", lambda text: right(text) and gtin.upc_e_to_upc_a(text[::-1]))


def the_end_of_a_frame_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    right = framing._frame
    monkeypatch.setattr(framing, "_frame", lambda data: right(data.rstrip(b"\x1d0")))


def a_decoder_error_gets_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def message(_: str) -> gs1.ElementStrings:
        raise ValueError("not GS1")

    monkeypatch.setattr(decode, "parse_message", message)


def a_refusal_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    right = refusals.refuse
    monkeypatch.setattr(decode, "refuse", lambda *given, **more: replace(right(*given, **more), hint="Sorry."))


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (check_digits_are_believed, "refused (No item has the barcode"),
        (eight_digits_are_always_an_ean_8, "had to be refused: two-items"),
        (a_upc_e_is_taken_for_an_ean_8, "it rang SALT"),
        (verifiers_are_not_looked_at, "it rang HAM"),
        (weights_are_a_tenth, "and rang ('APPLES'"),
        (separators_are_stripped, "and rang ('PILLS'"),
        (any_number_is_gs1, "it was refused"),
        (the_first_of_two_articles_is_rung, "it rang MUG"),
        (add_ons_stay_with_the_number, "it was refused"),
        (an_itf_14_without_its_last_digit_is_an_ean_13, "and is CASE"),
        (dates_are_forgotten, "had to be refused: expired"),
        (what_has_expired_is_sold, "had to be refused: expired"),
        (books_are_not_known_by_their_isbn, "and is BOOK"),
        (magazines_are_not_known_by_their_issn, "and is MAGAZINE"),
        (upc_e_ends_are_mixed_up, "it was refused"),
        (the_end_of_a_frame_is_cut_off, "out of the framer"),
        (a_decoder_error_gets_out, "it raised ValueError"),
        (a_refusal_says_nothing, "names no next step"),
    ],
    ids=lambda given: given if isinstance(given, str) else given.__name__,
)
async def test_a_planted_mistake_is_found(
    mistake: Callable[[pytest.MonkeyPatch], None], words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mistake(monkeypatch)
    catalogue = await stocked(tmp_path)
    try:
        for seed in range(SEEDS):
            found = run(catalogue, FRAMES, seed)
            if any(words in violation for violation in found.violations):
                return
    finally:
        await catalogue.close()
    pytest.fail(f"nobody noticed in {SEEDS * FRAMES} frames")
