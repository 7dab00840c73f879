"""Invented people: names nobody bears together, and addresses that lead nowhere."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import product
from random import Random

_FRENCH = (
    "Vasserot Beaulinçais Dessargues-Noël Œuvrelle Châtelmarin Sœurdaix Thibaultier d'Arvensac Nivernoux Grandvoisin "
    "Malaurène Fontagnère Courvoiselle Brétignac Lavaudière Hérissandre Puygrenat Rocheverte Aubignasse Tréfoin"
)
_BRETON = "Kervaleg Goazmadec Trévidig Plougarel Quéméndour Kerdrézec Penmorvan Morvédic Rozhuel Lanvénégan"
_AFRICAN = "Okparo Adebanwe Diombassé Traobaré Kouadimé Mbalengue Ngassoua Ouattarel Sangaréba Zinsoumé"
_MAGHREBI = "Benkhaldi Bouzahri Ouferkal Chérifane Hamzaouid Saïdanel Mazroubi Tazerkaoui Zemmourit Belhachmane"
_VIETNAMESE = "Trầnvy Phạmlộ Lêvũng Đặngha Ngôthiên Bùiquân Vũlâm Hoàngđỗ"
_ENGLISH = (
    "Quist Harrowgate Thistlewick Penderby Ashmarrow Whitlowe Copperdale Larkhollow Brindlecombe Fennimarsh Oakhanger "
    "Stonebeck Wrenfold Marlowick Tansyworth Holmeswater Grayling-Moss Dunmallow Eversleet Piperwell"
)
_NORTHERN = "Sjømarken Ødegren Łubrzeński Bjørnvall Łazoszek Mølgaarden Żerkowiak Strømhaug"
_PACIFIC = "Tāmahiku Waihōpere Pōmareti Ngātaira Rangiwā Tūhoromea Kahurangiti Matāriki-Hau Faleolosi Tuimavaveo"

_FRENCH_FIRST = (
    "Elia Noé Inès Maël Zoé Loïc Anaïs Gaëlle Théo Maëlys Yanis Soizic Aïcha Moussa Linh Awa Rayan Erwan Chloé Bastien "
    "Nolwenn Karim Fatou Océane Tiphaine Amadou Célia Mathis Kenza Thuy Ewen Salomé Idris Apolline Rozenn Timothée"
)
_ENGLISH_FIRST = (
    "Mina Orla Tane Aroha Jasper Niamh Kofi Freya Hemi Sunniva Piotr Maia Callum Ngaire Zadie Rangi Imogen Tobias "
    "Anahera Minh Adaeze Rory Saoirse Wiremu Esther Leif Marama Dilys Femi Bronagh Anh Harriet Sione Lucja Ewan Talia"
)

SURNAMES = {
    "fr": " ".join((_FRENCH, _BRETON, _AFRICAN, _MAGHREBI, _VIETNAMESE, _NORTHERN)).split(),
    "en": " ".join((_ENGLISH, _PACIFIC, _AFRICAN, _VIETNAMESE, _NORTHERN)).split(),
}
FIRST_NAMES = {"fr": _FRENCH_FIRST.split(), "en": _ENGLISH_FIRST.split()}

# NFKD leaves these whole, and an address is written without them.
_LETTERS = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "œ": "oe", "Œ": "OE"})


def people(language: str, rng: Random) -> Iterator[tuple[str, str]]:
    """First and last names, never the same pair twice, in an order that the generator's seed decides."""
    pairs = list(product(FIRST_NAMES[language], SURNAMES[language]))
    rng.shuffle(pairs)
    yield from pairs


def address(first_name: str, last_name: str, domain: str) -> str:
    """The address a school would give: ``Maëlys Sœurdaix`` becomes ``maelys.soeurdaix@`` the domain."""
    return f"{_plain(first_name)}.{_plain(last_name)}@{domain}"


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name.translate(_LETTERS))
    return "".join(letter for letter in folded.casefold() if letter.isascii() and (letter.isalnum() or letter == "-"))
