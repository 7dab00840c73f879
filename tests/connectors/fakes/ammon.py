"""Invented exports for a system of which nothing is public."""

from __future__ import annotations

from typing import Any

_PERSON = {"source_id": "code", "first_name": "prenom", "last_name": "nom", "email": "mel"}

TABLES: dict[str, Any] = {
    "planning": {
        "structure_code": "code_structure",
        "kinds": {
            "session": {
                "source_id": "id_seance",
                "name": "libelle",
                "starts_at": "debut",
                "ends_at": "fin",
                "room": "salle",
                "instructor_ids": "formateurs",
                "learner_ids": "apprenants",
            }
        },
    },
    "apprenants": {
        "structure_code": "code_structure",
        "kinds": {"learner": {**_PERSON, "company": "entreprise"}},
    },
    "formateurs": {"structure_code": "code_structure", "kinds": {"instructor": _PERSON}},
    "contrats": {
        "structure_code": "code_structure",
        "kinds": {
            "contract": {
                "source_id": "numero",
                "learner_id": "apprenant",
                "company": "entreprise",
                "tutor_name": "tuteur",
                "tutor_email": "mel_tuteur",
                "starts_on": "debut",
                "ends_on": "fin",
            }
        },
    },
}
CASES = {"exports": {"path": "{samples}", "tables": TABLES}}
