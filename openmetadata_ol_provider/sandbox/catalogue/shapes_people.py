"""The create requests of users and teams, and of what they order assets by: domains, classifications, tags."""

from __future__ import annotations

from openmetadata_ol_provider.sandbox.catalogue.checks import (
    ListOf,
    Number,
    OneOf,
    Text,
    anything,
    boolean,
    entity_name,
    fqn,
    mapping,
    text,
    uuid,
)
from openmetadata_ol_provider.sandbox.catalogue.shapes_common import DOMAINS, REFERENCE, REFERENCES, STYLE, TAGS
from openmetadata_ol_provider.sandbox.catalogue.validation import Check, Field, Shape, marks, required, since

_EMAIL = Text(6, 127, "email")
_UUIDS = ListOf(uuid)


def _named(name: str, **fields: Field | Check) -> Shape:
    common: dict[str, Field | Check] = {"name": required(entity_name), "displayName": text, "description": text}
    return Shape(name, common | fields)


CREATE_USER = _named(
    "CreateUser",
    email=required(_EMAIL),
    externalId=text,
    scimUserName=text,
    isBot=boolean,
    botName=text,
    isAdmin=boolean,
    teams=_UUIDS,
    roles=_UUIDS,
    personas=REFERENCES,
    defaultPersona=REFERENCE,
    profile=mapping,
    timezone=text,
    authenticationMechanism=mapping,
    createPasswordType=OneOf("ADMIN_CREATE USER_CREATE"),
    password=text,
    confirmPassword=text,
    domains=ListOf(entity_name),
)
CREATE_TEAM = _named(
    "CreateTeam",
    teamType=required(OneOf("BusinessUnit Department Division Group Organization")),
    email=_EMAIL,
    externalId=text,
    users=_UUIDS,
    parents=_UUIDS,
    children=_UUIDS,
    defaultRoles=_UUIDS,
    defaultPersona=since(uuid, "1.12.2", "1.13"),
    policies=_UUIDS,
    owners=REFERENCES,
    isJoinable=boolean,
    profile=mapping,
    domains=ListOf(entity_name),
)
_PROVIDERS = OneOf("automation system user")
CREATE_CLASSIFICATION = _named(
    "CreateClassification",
    description=required(text),
    mutuallyExclusive=boolean,
    provider=_PROVIDERS,
    owners=REFERENCES,
    reviewers=since(REFERENCES, "1.10"),
    autoClassificationConfig=since(mapping, "1.10"),
    **DOMAINS,
)
CREATE_TAG = _named(
    "CreateTag",
    description=required(text),
    classification=fqn,
    parent=fqn,
    associatedTags=ListOf(text),
    mutuallyExclusive=boolean,
    provider=_PROVIDERS,
    style=STYLE,
    owners=REFERENCES,
    reviewers=since(REFERENCES, "1.10"),
    recognizers=since(ListOf(mapping), "1.10"),
    autoClassificationEnabled=since(boolean, "1.10"),
    autoClassificationPriority=since(Number(0, 100, whole=True), "1.10"),
    **DOMAINS,
)
CREATE_DATA_PRODUCT = _named(
    "CreateDataProduct",
    description=required(text),
    fullyQualifiedName=fqn,
    domain=Field(fqn, required=True, until=marks("1.9")),
    domains=Field(ListOf(fqn), required=True, since=marks("1.9")),
    owners=REFERENCES,
    experts=ListOf(text),
    reviewers=since(REFERENCES, "1.10"),
    assets=REFERENCES,
    tags=TAGS,
    style=STYLE,
    extension=anything,
    dataProductType=since(
        OneOf(
            "ALGORITHM ANALYTIC_VIEW AUTOMATED_DECISION_MAKING BI_DIRECTIONAL DATASET DATA_DRIVEN_SERVICE",
            "DATA_ENABLED_PERFORMANCE DATA_ENHANCED_PRODUCT DECISION_SUPPORT DERIVED_DATA RAW_DATA REPORTS",
            "VISUALISATION_3D",
        ),
        "1.13.6",
        "2.0",
    ),
    visibility=since(OneOf("DATASPACE INVITATION ORGANISATION PRIVATE PUBLIC"), "1.13.6", "2.0"),
    portfolioPriority=since(OneOf("CRITICAL HIGH LOW MEDIUM"), "1.13.6", "2.0"),
)
CREATE_DOMAIN = _named(
    "CreateDomain",
    description=required(text),
    domainType=required(OneOf("Aggregate Consumer-aligned Source-aligned")),
    fullyQualifiedName=fqn,
    parent=text,
    owners=REFERENCES,
    experts=ListOf(text),
    tags=TAGS,
    style=STYLE,
    extension=anything,
)
