"""The fields of a contract as Campus Skills documents them, and what each is to us."""

from __future__ import annotations

from connectors.columns.maps import FieldColumns

LIST = "contrats"
"""Key of the list in the JSON of the API."""

_SITE: FieldColumns = {"segment_keys.site_code": "codeSite", "segment_keys.place": "nomSite"}

CONTRACT: FieldColumns = {
    "source_id": "codeContrat",
    "learner_id": "codeApprenant",
    "learner_name": ("prenomApprenant", "nomApprenant"),
    "company": "nomEntreprise",
    "tutor_name": ("prenomMaitreApprentissage", "nomMaitreApprentissage"),
    "tutor_email": "emailMaitreApprentissage",
    "school_tutor_email": "emailPersonnel",
    "training": "nomFormation",
    "starts_on": "dateDebut",
    "ends_on": "dateFin",
    **_SITE,
}

# Neither company nor training: a learner may have had a contract before, and both stand on the contract.
LEARNER: FieldColumns = {
    "source_id": "codeApprenant",
    "first_name": "prenomApprenant",
    "last_name": "nomApprenant",
    "email": "emailApprenant",
    "groups": "codeGroupe",
    **_SITE,
}


IDS = ("codeContrat", "codeApprenant")
"""Columns without which a row is no contract of anybody."""


def account(person: str, **fixed: str) -> FieldColumns:
    """The account that a person of a contract has: `Apprenant`, `MaitreApprentissage` or `Personnel`."""
    return {
        "source_id": f"code{person}",
        "source_ref": f"code{person}",
        "email": f"email{person}",
        "first_name": f"prenom{person}",
        "last_name": f"nom{person}",
        **{name: f"={text}" for name, text in fixed.items()},
    }
