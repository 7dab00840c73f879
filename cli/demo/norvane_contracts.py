"""Campus Norvane's apprenticeship contracts: one for each apprentice."""

from __future__ import annotations

from cli.demo.names import address
from cli.demo.world import Raw, World


def add_contracts(world: World, learners: list[Raw]) -> None:
    """A contract for each learner who has a company, and one for each rule that a contract can meet."""
    contracts = [
        _contract(world, 66120 + place, learner) for place, learner in enumerate(learners) if learner.get("company")
    ]
    emails = {learner["source_id"]: learner.get("email") for learner in learners}
    (
        no_company,
        no_tutor,
        no_tutor_email,
        also_no_tutor_email,
        bad_tutor_email,
        learners_own,
        nobodys,
        no_training,
        backwards,
        over,
        broken_off,
        elsewhere,
    ) = contracts[4 : 4 + 12 * 7 : 7]
    del no_company["company"]
    del no_tutor["tutor_name"], no_tutor["tutor_email"]
    for contract in (no_tutor_email, also_no_tutor_email):
        world.earlier(contract, 1, tutor_email=contract["tutor_email"] if contract is no_tutor_email else "")
        del contract["tutor_email"]
    bad_tutor_email["tutor_email"] = "à demander"
    learners_own["tutor_email"] = emails[learners_own["learner_id"]]
    nobodys["learner_id"] = "19999"
    del no_training["training"]
    backwards["ends_on"] = world.day(-500)
    over["ends_on"] = world.day(-12)
    broken_off["terminated_on"] = world.day(-2)
    elsewhere["segment_keys"] = {"site_code": ["S-9"]}


def _contract(world: World, number: int, learner: Raw) -> Raw:
    tutor = world.person()
    company = "".join(letter for letter in learner["company"].casefold() if letter.isascii() and letter.isalnum())
    return world.add(
        "contract",
        str(number),
        learner_id=learner["source_id"],
        learner_name=" ".join(filter(None, (learner.get("first_name"), learner.get("last_name")))),
        company=learner["company"],
        tutor_name=f"{tutor['first_name']} {tutor['last_name']}",
        tutor_email=address(tutor["first_name"], tutor["last_name"], f"{company}.example.org"),
        school_tutor_email="referent.alternance@norvane.example.org",
        training=learner["training"],
        segment_keys=learner["segment_keys"],
        starts_on=world.day(-80),
        ends_on=world.day(280),
    )
