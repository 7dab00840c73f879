"""Contracts of Ypareo, with the company and the tutor that stand in lists of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from msgspec import Struct

from connectors.reading.admit import Raw
from connectors.ypareo.answers import Row, at, code, french_day
from connectors.ypareo.options import Options


class Employment(Struct, frozen=True):
    """One contract, as far as it is needed."""

    source_id: str
    learner: str
    company_code: str
    company: Any
    starts_on: Any
    ends_on: Any
    terminated_on: Any
    tutor_code: str
    tutor_name: str = ""
    tutor_email: Any = ""

    def runs(self, first: date, last: date) -> bool:
        """Whether it is in force on one of these days, as far as its days can be read."""
        end = min((day for day in (self.ends_on, self.terminated_on) if isinstance(day, date)), default=None)
        start = self.starts_on if isinstance(self.starts_on, date) else None
        return (start is None or start <= last) and (end is None or end >= first)


def employments(rows: Iterable[Row], companies: Mapping[str, Any], options: Options) -> Iterator[Employment]:
    """Every contract, without its tutor."""
    for row in rows:
        company = code(row.get("codeEntreprise"))
        yield Employment(
            source_id=code(row.get("codeContrat")),
            learner=code(row.get("codeApprenant")),
            company_code=company,
            company=companies.get(company, ""),
            starts_on=french_day(row.get("dateDebContrat")),
            ends_on=french_day(row.get("dateFinContrat")),
            terminated_on=french_day(row.get("dateResiliation")),
            tutor_code=code(at(row, options.tutor_code)),
        )


def with_tutor(contract: Employment, people: Sequence[Row], options: Options) -> Employment:
    """The contract with its tutor: whom it names, else the only person the company has. Nobody is guessed."""
    named = [
        each for each in people if contract.tutor_code and code(each.get("codeInterlocuteur")) == contract.tutor_code
    ]
    if len(named) != 1:
        named = list(people) if len(people) == 1 and not contract.tutor_code else []
    if not named:
        return contract
    names = (at(named[0], path) for path in (options.tutor_first_name, options.tutor_last_name))
    return msgspec.structs.replace(
        contract,
        tutor_name=" ".join(name for name in names if isinstance(name, str) and name),
        tutor_email=at(named[0], options.tutor_email),
    )


def jobs(contracts: Iterable[Employment], first: date, last: date) -> dict[str, Employment]:
    """A learner's code to its contract of these days; of several the one that began last."""
    found: dict[str, Employment] = {}
    for contract in contracts:
        if contract.learner and contract.runs(first, last):
            before = found.get(contract.learner)
            if before is None or _began(contract) >= _began(before):
                found[contract.learner] = contract
    return found


def _began(contract: Employment) -> date:
    return contract.starts_on if isinstance(contract.starts_on, date) else date.min


def contract_record(contract: Employment, number: int, trainings: Mapping[str, tuple[str, str]]) -> Raw:
    """One contract as a record."""
    training, name = trainings.get(contract.learner, ("", ""))
    values = {
        "source_id": contract.source_id,
        "learner_id": contract.learner,
        "learner_name": name,
        "company": contract.company,
        "tutor_name": contract.tutor_name,
        "tutor_email": contract.tutor_email,
        "training": training,
        "starts_on": contract.starts_on,
        "ends_on": contract.ends_on,
        "terminated_on": contract.terminated_on,
    }
    return Raw("contract", values, f"contract {contract.source_id or number}")
