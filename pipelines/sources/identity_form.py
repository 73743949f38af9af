"""The block `identity` of `mapping.yaml`: what tells that several ids are one person."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from pipelines.sources.form_parts import Listed, Part, Written

KINDS = ("email", "phone", "card", "device", "name", "address")
"""What a row may say of who it is about, beside the id."""


class IdentityKeys(Part):
    """Of one table: for each kind a source column or an expression; `source`: which system's ids its ids are."""

    email: Written | None = None
    phone: Written | None = None
    card: Written | None = None
    device: Written | None = None
    name: Written | None = None
    address: Written | None = None
    source: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_-]+$")] = None

    @property
    def expressions(self) -> dict[str, str]:
        """What is mapped, by its kind."""
        return {kind: text for kind in KINDS if (text := getattr(self, kind)) is not None}


class MailRules(Part):
    """Which addresses of a mail provider are one mailbox, where the provider treats them so."""

    dots: bool = True
    tags: bool = True


class IdentityForm(Part):
    """Which columns tell who a row is about, and when two ids are one person.

    `alone`: keys that link by themselves, the strongest first. A key that more than `largest_group` ids have links
    none of them. `probability`: from where on the model links; `review`: from where on a person is asked.
    """

    tables: Annotated[dict[str, IdentityKeys], Field(min_length=1)]
    country: Annotated[str | None, Field(pattern=r"^[A-Z]{2}$")] = None
    mail: MailRules = MailRules()
    alone: Listed = ("card", "email", "phone")
    largest_group: Annotated[int, Field(ge=2, le=100)] = 6
    model: bool = True
    probability: Annotated[float, Field(gt=0.5, le=1)] = 0.983
    review: Annotated[float, Field(gt=0, lt=1)] = 0.6
    household: bool = False

    @field_validator("alone")
    @classmethod
    def _linking(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        allowed = ("card", "email", "phone", "device")
        if unknown := [kind for kind in kinds if kind not in allowed]:
            raise ValueError(f"{unknown[0]!r} links nobody by itself; allowed are {', '.join(allowed)}")
        return kinds

    @field_validator("review")
    @classmethod
    def _below(cls, review: float, info: object) -> float:
        probability = getattr(info, "data", {}).get("probability", 1.0)
        if review > probability:
            raise ValueError(f"it is above probability = {probability}, from which on no person is asked")
        return review
