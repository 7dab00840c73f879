"""The loader: puts a customer's rulebook together from the files of a rules folder, or tells all their problems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from engine.language.languages import languages
from engine.language.wholeness import FALLBACK
from engine.model.conditions import NEVER
from engine.model.connector_spec import Catalogue, ConnectorSpec, Schedule
from engine.model.package_files import called
from engine.model.problems import Place, Problem, RuleFileError
from engine.model.rulebook import FINDINGS, Customer, Rule, Rulebook, Touch
from engine.model.versions import version_of
from engine.records.suggest import closest
from engine.rulefiles.chains import Chain, Chains
from engine.rulefiles.cross_layer import check_laid, check_waivers
from engine.rulefiles.folders import BASE, Files, Folders, Stamp, is_customer_id, stamp, yaml_files
from engine.rulefiles.layers import KEYS, Laid, Layer, LayerKind, lay
from engine.rulefiles.leftovers import leftovers
from engine.rulefiles.parse.customer import read_customer
from engine.rulefiles.parse.option_values import OptionContext
from engine.rulefiles.reader import ShapeReader
from engine.rulefiles.yaml_tree import File, Mapping


def in_file_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each problem once, by file, line and column."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda one: (one.place.path, one.place.line, one.place.column)))


_CHAINS = Chains()


class Loader:
    """Loads rulebooks of one rules folder, reading each file once, and laying each chain of layers once a process.

    Not safe from several threads; ``engine.rulefiles.library.Library`` is.
    """

    def __init__(self, rules: Path, catalogue: Catalogue, *, allow_private_hosts: bool = False) -> None:
        self.folders = Folders.of(rules)
        self.catalogue = catalogue
        self._layers = {layer_of(spec): spec.layer_file for spec in catalogue.values() if spec.layer_file is not None}
        self._allow_private_hosts = allow_private_hosts
        self._languages = languages().names
        self.files = Files()

    def customers(self) -> tuple[str, ...]:
        """Ids of the customers that have a file, sorted."""
        return self.folders.customer_ids()

    def known_layers(self) -> tuple[str, ...]:
        """Names of connector layers that a customer can name: those of connectors, and those that have a file."""
        of_connectors = (layer_of(spec) for spec in self.catalogue.values())
        return tuple(dict.fromkeys((*of_connectors, *self.layer_files())))

    def layer_files(self) -> dict[str, Path]:
        """Name of a connector layer to its file: those that packages bring, and before them those of the folder."""
        return {**self._layers, **{path.stem: path for path in yaml_files(self.folders.connectors)}}

    def laid(self) -> Iterator[Laid]:
        """The base, and every connector layer over it, also those that no customer uses."""
        try:
            base = self._base()
        except RuleFileError:
            return
        yield base.laid
        for name, path in sorted(self.layer_files().items()):
            yield self._connector(base, name, path).laid

    def shared_stamps(self) -> tuple[object, ...]:
        """What changes when any file changes that everybody's rulebook may depend on, or customers come and go."""
        layers = tuple((name, stamp(path)) for name, path in self.layer_files().items())
        return (self.customers(), self._stamps(self.folders.base), layers)

    def stamp(self, customer_id: str) -> Stamp | None:
        """What changes when the customer's own file does."""
        return None if customer_id == BASE else stamp(self._path(customer_id))

    def rulebook(self, customer_id: str, others: tuple[str, ...] | None = None) -> Rulebook:
        """The effective rulebook, beside the `others` there are. Raises RuleFileError with all problems, and nothing
        else."""
        base = self._base()
        if customer_id == BASE:
            return self._bound(_nobody(BASE), base.laid, ())
        others = self.customers() if others is None else others
        if customer_id not in others:
            raise RuleFileError((self._unknown(customer_id, others),))
        path = self._path(customer_id)
        file = self.files.read(path)
        reading = ShapeReader()
        problems = list(file.problems)
        root = reading.mapping(file.root, "a customer's file")
        if root is None:
            raise RuleFileError(in_file_order([*base.laid.problems, *problems, *reading.problems]))
        around = OptionContext(
            customer=customer_id,
            customers=others,
            catalogue=self.catalogue,
            layers=self.known_layers(),
            allow_private_hosts=self._allow_private_hosts,
        )
        problems.extend(leftovers(root))
        customer = read_customer(root, self._languages, around, reading)
        chain, layers = base, self.layer_files()
        for name in dict.fromkeys(
            layer_of(use.spec) for use in (customer.source, customer.platform) if use is not None
        ):
            if name in layers:
                chain = self._connector(chain, name, layers[name])
        laid = lay(chain.laid, Layer(customer_id, "customer", (root,)), self._languages)
        return self._bound(customer, laid, [*problems, *reading.problems])

    def over_base(self, layer: str) -> Rulebook:
        """A connector's layer over the base and nothing else, whoever uses it. Raises RuleFileError."""
        laid = self._connector(self._base(), layer, self.layer_files()[layer]).laid
        return self._bound(_nobody(f"{BASE}, {layer}"), laid, ())

    def _bound(self, customer: Customer, laid: Laid, problems: Iterable[Problem]) -> Rulebook:
        """The rulebook of what was laid, unless there are problems."""
        reading = ShapeReader()
        check_laid(laid, customer, reading)
        check_waivers(laid, customer, reading)
        told = in_file_order([*laid.problems, *problems, *reading.problems])
        if any(problem.severity == "error" for problem in told):
            raise RuleFileError(told)
        findings = [laid.rules.get(name) or self._finding(name) for name in FINDINGS]
        rules = (*findings, *(rule for rule in laid.rules.values() if rule.id not in FINDINGS))
        return Rulebook(
            customer=customer,
            rules=rules,
            settings=laid.settings,
            version=version_of(customer, rules, laid.settings, laid.guards, laid.places, laid.spreadsheet),
            warnings=told,
            guards=laid.guards,
            places=laid.places,
            spreadsheet=laid.spreadsheet,
        )

    def _finding(self, name: str) -> Rule:
        """A finding of the engine's that no base file mentions."""
        touch = Touch(BASE, ("rule",), Place(called(self.folders.base / "record.yaml")))
        return Rule(name, "", NEVER, "flag", "support", (), {}, (touch,), {})

    def _base(self) -> Chain:
        paths = yaml_files(self.folders.base)
        if not paths:
            place = Place(called(self.folders.base / "record.yaml"))
            hint = "put the base rules there, or take the folder away to use the packaged ones"
            raise RuleFileError((Problem(place, "no-rules", "there are no base rules", hint),))
        return self._laid_over(Chain(), (BASE, self._stamps(self.folders.base)), BASE, "base", paths)

    def _connector(self, below: Chain, name: str, path: Path) -> Chain:
        return self._laid_over(below, (name, stamp(path)), name, "connector", (path,))

    def _laid_over(
        self, below: Chain, stamps: tuple[object, ...], name: str, kind: LayerKind, paths: tuple[Path, ...]
    ) -> Chain:
        key = (*below.key, (kind, *paths, stamps, *self._languages))
        known = _CHAINS.get(key)
        if known is not None:
            self.files.stamps.update(known.files)
            return known
        reading = ShapeReader()
        files = [self._root(self.files.read(path), reading) for path in paths]
        layer = Layer(name, kind, tuple(root for root in files if root is not None))
        laid = lay(below.laid, layer, self._languages)
        laid = msgspec.structs.replace(laid, problems=(*laid.problems, *reading.problems))
        made = Chain(key, laid, (*below.files, *((path, self.files.stamps[path]) for path in paths)))
        _CHAINS.keep(made)
        return made

    @staticmethod
    def _root(file: File, reading: ShapeReader) -> Mapping | None:
        reading.problems.extend(file.problems)
        root = reading.mapping(file.root, "a rule file")
        if root is not None:
            for _ in reading.known(root, KEYS, "a rule file"):
                pass
            reading.problems.extend(leftovers(root))
        return root

    def _path(self, customer_id: str) -> Path:
        return self.folders.customers / f"{customer_id}.yaml"

    @staticmethod
    def _stamps(folder: Path) -> tuple[tuple[str, Stamp | None], ...]:
        return tuple((path.name, stamp(path)) for path in yaml_files(folder))

    def _unknown(self, customer_id: str, others: tuple[str, ...]) -> Problem:
        name = customer_id if is_customer_id(customer_id) else "customer"
        best = closest(customer_id, others)
        hint = f"did you mean {best}?" if best else f"there are {', '.join(others) or 'none yet'}"
        place = Place(called(self.folders.customers / f"{name}.yaml"))
        return Problem(place, "unknown-customer", "there is no customer of that name", hint)


def _nobody(name: str) -> Customer:
    """In place of a customer, where there is none; `name` is that of no file."""
    return Customer(name, "Base rules", FALLBACK, "Europe/Paris", None, None, Schedule(), {})


def layer_of(spec: ConnectorSpec) -> str:
    """The name of a connector's layer."""
    return spec.layer or spec.name
