"""What SC-Form answers, as far as it is read. Every field may be missing: a user without a right gets less."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

Number = int | str | None


class Labelled(Struct):
    """Anything with an id and a label: a company, a room."""

    ID: Number = None
    Libelle: str | None = None


class PersonRow(Struct):
    """An instructor, or the human behind an enrolment."""

    ID: Number = None
    Reference: Number = None
    Nom: str | None = None
    Prenom: str | None = None
    Email_Pro: str | None = None
    Email_Perso: str | None = None
    Mobile_Pro: str | None = None
    Mobile_Perso: str | None = None
    Telephone_Pro: str | None = None
    Telephone_Perso: str | None = None


class Agreement(Struct):
    """A convention; of its parts only the names are known, not their shape."""

    Client: Any = None
    Tuteur: Any = None


class Enrolled(Struct):
    """One enrolment (Inscrit) of one human (Stagiaire)."""

    ID: Number = None
    Stagiaire: PersonRow | None = None
    Date_Entree: str | None = None
    Date_Sortie: str | None = None
    Libelle_Parcours: str | None = None
    Libelle_Parcours_Groupe: str | None = None
    Convention: Agreement | None = None


class Slot(Struct):
    """The hours of one enrolled person inside a session (Seance_Perso)."""

    Debut: str | None = None
    Fin: str | None = None
    Type_Seance: int | None = None
    Inscrit: Enrolled | None = None


class Meeting(Struct):
    """A session (Seance)."""

    ID: Number = None
    Date: str | None = None
    Debut: str | None = None
    Fin: str | None = None
    Libelle: str | None = None
    Libelle_Action: str | None = None
    Libelle_Lieu: str | None = None
    Salles: list[Labelled] | None = None
    Intervenants: list[PersonRow] | None = None
    Seances_Persos: list[Slot] | None = None
