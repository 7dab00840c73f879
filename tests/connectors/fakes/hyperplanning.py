"""A Hyperplanning server: two WSDLs (RPC style; document style of an older year), and SOAP answers column by column."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import connectors.hyperplanning

SAMPLE = Path(connectors.hyperplanning.__file__).parent / "samples" / "school.json"
ENVIRON = {"MUSTER_FAKE_HP_PASSWORD": "invented-password"}
LOGIN = {"user": "muster", "password": "${MUSTER_FAKE_HP_PASSWORD}"}
CASES = {
    "all": LOGIN,
    "older year": LOGIN
    | {
        "wsdl": "hpsw/2025-2026/wsdl",
        "learner_families": ["Rythme"],
        "session_families": ["modalité"],
        "remote_types": ["Distanciel"],
        "long_names": True,
    },
}
NAMESPACE = "http://planning.example.org/service"
WITHOUT = {
    *("DetailDesSeancesPlaceesTableauDeCours", "TelephonesPortablesTableauDEtudiants", "CoursAnnulesEntre2Dates"),
    *("RegroupementsDuCours", "TDOptionsEtudiant"),
}
"""Calls that the older year has not."""


FAULT = "<s:Fault><faultcode>s:Server</faultcode><faultstring>anna@example.org</faultstring></s:Fault>"


class Refusal(Exception):
    """A call that is answered with a SOAP fault."""


Argument = Any
School = dict[str, Any]


def _column(table: str, field: str | None = None) -> Callable[[School, list[str]], list[str | None]]:
    def of(school: School, keys: list[str]) -> list[str | None]:
        found = [school[table][key] for key in keys]
        return [each if field is None else each[field] for each in found]

    return of


def _of(table: str, field: str) -> Callable[[School, str], list[str]]:
    def of(school: School, key: str) -> list[str]:
        found: list[str] | None = school[table][key][field]
        if found is None:
            raise Refusal
        return found

    return of


def _headings(table: str) -> Callable[[School, str, str], list[str]]:
    return lambda school, family, key: school[table][key]["rubriques"].get(family, [])


def _seance(course: str, cours: School, seance: School, whole: bool) -> School:
    found: School = {"JourEtHeureDebut": seance["debut"], "Duree": seance["duree"]}
    if whole:
        found |= {
            "Cours": course,
            "Matiere": cours["matiere"],
            "TypeCours": cours["type"],
            "TableauEnseignant": seance.get("enseignants", cours["enseignants"]),
            "TableauSalle": cours["salles"],
        }
    return found


def _placed(school: School, keys: list[str]) -> list[School]:
    return [_seance(key, school["cours"][key], each, True) for key in keys for each in school["cours"][key]["seances"]]


def _placed_of(school: School, key: str) -> list[School]:
    return [_seance(key, school["cours"][key], each, False) for each in school["cours"][key]["seances"]]


def _between(school: School, first: str, last: str) -> list[str]:
    return [
        key
        for key, cours in school["cours"].items()
        if any(first <= seance["debut"][:10] <= last for seance in cours["seances"])
    ]


def _cancelled(school: School, first: str, last: str) -> list[School]:
    return [
        _seance(each["cours"], school["cours"][each["cours"]], each, True)
        for each in school["annules"]
        if first <= each["debut"][:10] <= last
    ]


CALLS: dict[str, tuple[tuple[str, ...], Callable[..., Any]]] = {
    "TousLesEtudiants": ((), lambda school: list(school["etudiants"])),
    "NomsTableauDEtudiants": (("ATableau",), _column("etudiants", "nom")),
    "PrenomsTableauDEtudiants": (("ATableau",), _column("etudiants", "prenom")),
    "EMailsTableauDEtudiants": (("ATableau",), _column("etudiants", "email")),
    "DatesDeNaissancesTableauDEtudiants": (("ATableau",), _column("etudiants", "naissance")),
    "TelephonesPortablesTableauDEtudiants": (("ATableau",), _column("etudiants", "portable")),
    "PromotionsEtudiant": (("AEtudiant",), _of("etudiants", "promotions")),
    "TDOptionsEtudiant": (("AEtudiant",), _of("etudiants", "td")),
    "RegroupementsEtudiant": (("AEtudiant",), _of("etudiants", "regroupements")),
    "RubriqueDeLEtudiantDeFamille": (("AFamille", "AEtudiant"), _headings("etudiants")),
    "TousLesEnseignants": ((), lambda school: list(school["enseignants"])),
    "NomsTableauDEnseignants": (("ATableau",), _column("enseignants", "nom")),
    "PrenomsTableauDEnseignants": (("ATableau",), _column("enseignants", "prenom")),
    "EMailsTableauDEnseignants": (("ATableau",), _column("enseignants", "email")),
    "CodesTableauDEnseignants": (("ATableau",), _column("enseignants", "code")),
    "ToutesLesFamillesDuGenre": (
        ("AGenre",),
        lambda school, genre: [key for key, each in school["familles"].items() if each["genre"] == genre],
    ),
    "LibelleFamille": (("AFamille",), lambda school, key: school["familles"][key]["libelle"]),
    "LibelleRubrique": (("ARubrique",), lambda school, key: school["rubriques"][key]),
    "NomsTableauDePromotions": (("ATableau",), _column("promotions")),
    "NomsTableauDeRegroupements": (("ATableau",), _column("regroupements")),
    "NomTDOption": (("ATDOption",), lambda school, key: school["td"][key]["nom"]),
    "PromotionTDOption": (("ATDOption",), lambda school, key: school["td"][key]["promotion"]),
    "LibellesTableauDeMatieres": (("ATableau",), _column("matieres", "libelle")),
    "LibellesLongsTableauDeMatieres": (("ATableau",), _column("matieres", "long")),
    "NomsTableauDeSalles": (("ATableau",), _column("salles")),
    "TousLesCoursEntre2Dates": (("ADate1", "ADate2"), _between),
    "CoursEstUnCoursPere": (("ACours",), lambda school, key: school["cours"][key]["pere"]),
    "DetailDesSeancesPlaceesTableauDeCours": (("ATableau",), _placed),
    "DetailDesSeancesPlaceesDuCours": (("ACours",), _placed_of),
    "MatiereCours": (("ACours",), lambda school, key: school["cours"][key]["matiere"]),
    "TypeCours": (("ACours",), lambda school, key: school["cours"][key]["type"]),
    "EnseignantsDuCours": (("ACours",), _of("cours", "enseignants")),
    "SallesDuCours": (("ACours",), _of("cours", "salles")),
    "EtudiantsDuCours": (("ACours",), _of("cours", "etudiants")),
    "PromotionsDuCours": (("ACours",), _of("cours", "promotions")),
    "TDOptionsDuCours": (("ACours",), _of("cours", "td")),
    "RegroupementsDuCours": (("ACours",), _of("cours", "regroupements")),
    "RubriqueDuCoursDeFamille": (("AFamille", "ACours"), _headings("cours")),
    "CoursAnnulesEntre2Dates": (("ADate1", "ADate2"), _cancelled),
}


def application(school: School | None = None, refused: tuple[str, ...] = (), short: str = "") -> Starlette:
    """A server that holds this school; `refused` calls are answered with a SOAP fault, `short` loses its last value."""
    held: School = school if school is not None else json.loads(SAMPLE.read_text())
    login = "Basic " + base64.b64encode(b"muster:invented-password").decode()

    async def wsdl(request: Request) -> Response:
        if request.headers.get("authorization") != login:
            return Response("Unauthorized", 401)
        older = "2025-2026" in request.url.path
        return Response(_wsdl(older), media_type="text/xml")

    async def call(request: Request) -> Response:
        if request.headers.get("authorization") != login:
            return Response("Unauthorized", 401)
        older = "2025-2026" in request.url.path
        body = ET.fromstring(await request.body())[0][0]  # noqa: S314 - our own request
        namespace, _, name = body.tag[1:].partition("}")
        parameters, answers = CALLS[name]
        assert namespace == NAMESPACE
        assert request.headers["soapaction"] == f'"urn:{name}"'
        wanted = [f"{{{NAMESPACE}}}{each}" if older else each for each in parameters]
        assert [each.tag for each in body] == wanted
        arguments = [[item.text for item in each] if len(each) else each.text or [] for each in body]
        try:
            found = FAULT if name in refused else answers(held, *arguments)
        except Refusal:
            found = FAULT
        if found is FAULT:
            return Response(_enveloped(FAULT), 500, media_type="text/xml")
        if name == short:
            found.pop()
        return Response(answered(name, found), media_type="text/xml; charset=utf-8")

    return Starlette(
        routes=[
            Route("/hpsw/wsdl", wsdl),
            Route("/hpsw/2025-2026/wsdl", wsdl),
            Route("/hpsw/soap/{port}", call, methods=["POST"]),
            Route("/hpsw/2025-2026/soap/{port}", call, methods=["POST"]),
        ]
    )


def _wsdl(older: bool) -> str:
    """As a server inside the school writes it, with an address that nobody outside can reach."""
    names = [name for name in CALLS if not (older and name in WITHOUT)]
    root = "hpsw/2025-2026/soap" if older else "hpsw/soap"
    style = "document" if older else "rpc"
    schema, messages = "", ""
    for name in names:
        parts = "".join(f'<w:part name="{each}" type="x:string"/>' for each in CALLS[name][0])
        if older:
            inside = "".join(f'<x:element name="{each}"/>' for each in CALLS[name][0])
            sequence = f"<x:complexType><x:sequence>{inside}</x:sequence></x:complexType>"
            schema += f'<x:element name="{name}">{sequence}</x:element>'
            parts = f'<w:part name="parameters" element="t:{name}"/>'
        messages += f'<w:message name="{name}Demande">{parts}</w:message>'
    asks = "".join(f'<w:operation name="{n}"><w:input message="t:{n}Demande"/></w:operation>' for n in names)
    bound = "".join(
        f'<w:operation name="{n}"><s:operation soapAction="urn:{n}"/>'
        f'<w:input><s:body use="literal" namespace="{NAMESPACE}"/></w:input></w:operation>'
        for n in names
    )
    return (
        f'<?xml version="1.0"?><w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" '
        f'xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:x="http://www.w3.org/2001/XMLSchema" '
        f'xmlns:t="{NAMESPACE}" targetNamespace="{NAMESPACE}"><w:types><x:schema targetNamespace="{NAMESPACE}" '
        f'elementFormDefault="{"qualified" if older else "unqualified"}">{schema}</x:schema></w:types>{messages}'
        f'<w:portType name="IService">{asks}</w:portType><w:binding name="Liaison" type="t:IService">'
        f'<s:binding style="{style}" transport="http://schemas.xmlsoap.org/soap/http"/>{bound}</w:binding>'
        f'<w:service name="HpSvcWDonnees"><w:port name="PortDonnees" binding="t:Liaison">'
        f'<s:address location="http://serveur-interne:8080/{root}/PortDonnees"/></w:port></w:service></w:definitions>'
    )


def answered(name: str, found: Any) -> str:
    """The whole answer to a call."""
    return _enveloped(_answer(name, found))


def _enveloped(inside: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:i="http://www.w3.org/2001/XMLSchema-instance">'
        f"<s:Body>{inside}</s:Body></s:Envelope>"
    )


def _answer(name: str, found: Any) -> str:
    return f'<m:{name}Response xmlns:m="{NAMESPACE}"><return>{_written(found)}</return></m:{name}Response>'


def _written(found: Any) -> str:
    if isinstance(found, list):
        return "".join('<item i:nil="true"/>' if each is None else f"<item>{_written(each)}</item>" for each in found)
    if isinstance(found, dict):
        return "".join(f"<{name}>{_written(each)}</{name}>" for name, each in found.items())
    return str(found).lower() if isinstance(found, bool) else escape(str(found))
