"""What a WSDL says of its calls: where to send them, how they are named and which parameters they take.

Read in place of a SOAP library: it takes a page, and requests stay with ``connectors.http.client``.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

_WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
_SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"
_XSD = "{http://www.w3.org/2001/XMLSchema}"


class Operation(NamedTuple):
    """One call of the service."""

    path: str
    """Path of its port's address. The host in a WSDL is the one inside the school, and is not used."""
    action: str
    """`SOAPAction`."""
    namespace: str
    parameters: tuple[str, ...]
    """In order; empty where the WSDL does not tell."""
    qualified: bool
    """Whether parameters carry the namespace."""
    items_qualified: bool
    """Whether what stands inside a parameter does."""


def operations(root: ET.Element) -> dict[str, Operation]:
    """Name to call. A name that several ports have is the first one's. Empty when this is no WSDL."""
    target = root.get("targetNamespace", "")
    messages = {each.get("name", ""): each for each in root.iter(f"{_WSDL}message")}
    inputs = _inputs(root)
    schemas = list(root.iter(f"{_XSD}schema"))
    elements = {each.get("name", ""): (each, schema) for schema in schemas for each in schema.findall(f"{_XSD}element")}
    items_qualified = any(schema.get("elementFormDefault") == "qualified" for schema in schemas)
    found: dict[str, Operation] = {}
    for binding, path in _ports(root):
        document = _style(binding, "rpc") == "document"
        port_type = _local(binding.get("type", ""))
        for each in binding.findall(f"{_WSDL}operation"):
            name = each.get("name", "")
            soap = each.find(f"{_SOAP}operation")
            body = each.find(f"{_WSDL}input/{_SOAP}body")
            message = messages.get(inputs.get((port_type, name), ""))
            parts = [] if message is None else message.findall(f"{_WSDL}part")
            namespace = target if body is None else body.get("namespace", target)
            parameters = tuple(part.get("name", "") for part in parts)
            qualified = False
            if document:
                element, schema = elements.get(_local(parts[0].get("element", "")) if parts else name, (None, None))
                parameters = () if element is None else _sequence(element)
                namespace = target if schema is None else schema.get("targetNamespace", target)
                qualified = schema is not None and schema.get("elementFormDefault") == "qualified"
            action = "" if soap is None else soap.get("soapAction", "")
            found.setdefault(name, Operation(path, action, namespace, parameters, qualified, items_qualified))
    return found


def _ports(root: ET.Element) -> list[tuple[ET.Element, str]]:
    """Every SOAP 1.1 binding that has an address, with the path of that address."""
    bindings = {each.get("name", ""): each for each in root.iter(f"{_WSDL}binding")}
    found = []
    for port in root.iter(f"{_WSDL}port"):
        address = port.find(f"{_SOAP}address")
        binding = bindings.get(_local(port.get("binding", "")))
        if address is not None and binding is not None:
            try:
                path = urlsplit(address.get("location", "")).path
            except ValueError:  # it is no address, so nothing can be asked there
                continue
            found.append((binding, path.replace("{", "%7B").replace("}", "%7D")))
    return found


def _inputs(root: ET.Element) -> dict[tuple[str, str], str]:
    """Port type and call to the name of the message that asks."""
    found = {}
    for port_type in root.iter(f"{_WSDL}portType"):
        for each in port_type.findall(f"{_WSDL}operation"):
            asks = each.find(f"{_WSDL}input")
            if asks is not None:
                found[port_type.get("name", ""), each.get("name", "")] = _local(asks.get("message", ""))
    return found


def _style(binding: ET.Element, otherwise: str) -> str:
    soap = binding.find(f"{_SOAP}binding")
    return otherwise if soap is None else soap.get("style", "document")


def _sequence(element: ET.Element) -> tuple[str, ...]:
    return tuple(each.get("name", "") for each in element.iterfind(f".//{_XSD}sequence/{_XSD}element"))


def _local(name: str) -> str:
    return name.rpartition(":")[2]
