"""What a customer file writes beside `connector: hyperplanning`, and the calls whose names are not certain."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from engine.model.connector_spec import Secret, Url

Call = str | None


class Calls(Struct, frozen=True, forbid_unknown_fields=True):
    """Names of calls that were not seen at work, formed after others that were.

    One that the school's WSDL has not is left out with a note; null leaves it out without one.
    """

    learner_phones: Annotated[Call, Meta(description="Mobile phones of an array of learners.")] = (
        "TelephonesPortablesTableauDEtudiants"
    )
    learner_options: Annotated[Call, Meta(description="TD groups and options of a learner.")] = "TDOptionsEtudiant"
    learner_heading: Annotated[Call, Meta(description="Headings of a learner in a family.")] = (
        "RubriqueDeLEtudiantDeFamille"
    )
    learner_genre: Annotated[str, Meta(description="Word for families that classify learners.")] = "gfEtudiant"
    session_heading: Annotated[Call, Meta(description="Headings of a course in a family.")] = "RubriqueDuCoursDeFamille"
    session_genre: Annotated[str, Meta(description="Word for families that classify courses.")] = "gfCours"
    session_joined: Annotated[Call, Meta(description="Joined groups (regroupements) of a course.")] = (
        "RegroupementsDuCours"
    )
    cancelled: Annotated[Call, Meta(description="Cancelled sessions, or courses, between two dates.")] = (
        "CoursAnnulesEntre2Dates"
    )


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer file writes beside `connector: hyperplanning`."""

    url: Annotated[Url, Meta(description="Address of the Hyperplanning server that offers the web service.")]
    user: Annotated[str, Meta(description="Name of the web-service user, as Hyperplanning has it.")]
    password: Annotated[Secret, Meta(description="Password of that user.")]
    wsdl: Annotated[
        str, Meta(description="Path of the WSDL; a server with several years has one for each: `hpsw/2026-2027/wsdl`.")
    ] = "hpsw/wsdl"
    long_names: Annotated[
        bool, Meta(description="Name sessions by the long label of their subject, where it has one.")
    ] = False
    remote_types: Annotated[
        tuple[str, ...], Meta(description="Types of course that are held at a distance. Left out: it is not known.")
    ] = ()
    learner_families: Annotated[
        tuple[str, ...] | None,
        Meta(description="Families of learners to read; all when left out, none for []. Each costs a call a learner."),
    ] = None
    session_families: Annotated[
        tuple[str, ...], Meta(description="Families of courses to read. Each costs a call a course.")
    ] = ()
    calls: Annotated[Calls, Meta(description="Calls of the web service that have other names at this school.")] = (
        Calls()
    )
    per_second: Annotated[
        Annotated[float, Meta(gt=0)] | None, Meta(description="Most requests a second; no limit when left out.")
    ] = None
