"""Kept files: the rule files of a rulebook as one piece of data, so that it can be made again when they are broken."""

from __future__ import annotations

import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from engine.model.connector_spec import Catalogue
from engine.model.problems import RuleFileError
from engine.model.rulebook import Rulebook
from engine.rulefiles.loader import Loader, layer_of

_MOST_BYTES = 64 * 1024 * 1024


def packed(loader: Loader, rulebook: Rulebook) -> bytes | None:
    """The files that a rulebook was just read from; None when one of them has changed since."""
    folders, layers = loader.folders, loader.layer_files()
    customer = rulebook.customer
    used = {layer_of(use.spec) for use in (customer.source, customer.platform) if use is not None}
    files = {f"base/{path.name}": path for path in folders.base_files()}
    files |= {f"connectors/{name}.yaml": layers[name] for name in used & layers.keys()}
    files[f"customers/{customer.id}.yaml"] = folders.customers / f"{customer.id}.yaml"
    try:
        texts = {name: path.read_text("utf-8") for name, path in files.items()}
    except (OSError, UnicodeDecodeError):
        return None
    if not all(map(loader.files.is_as_read, files.values())):
        return None
    return zlib.compress(msgspec.json.encode(texts, order="deterministic"))


def restored(kept: bytes, customer_id: str, catalogue: Catalogue, *, allow_private_hosts: bool) -> Rulebook | None:
    """The rulebook again; None where this program no longer takes those files."""
    unpacking = zlib.decompressobj()
    texts = msgspec.json.decode(unpacking.decompress(kept, _MOST_BYTES), type=dict[str, str])
    with TemporaryDirectory(prefix="muster-rules-") as folder:
        # Called as the files of the rules folder are, so that rules tell the same places.
        rules = Path(folder) / "rules"
        for name in ("base", "connectors", "customers"):
            (rules / name).mkdir(parents=True)
        for name, text in texts.items():
            part, _, file = name.partition("/")
            (rules / part / Path(file).name).write_text(text, encoding="utf-8")
        try:
            return Loader(rules, catalogue, allow_private_hosts=allow_private_hosts).rulebook(customer_id)
        except RuleFileError:
            return None
