"""The table of prices that were seen, which `agent.store.tables` lists with the others."""

from __future__ import annotations

from sqlalchemy import Column, Float, LargeBinary, Text
from sqlmodel import Field, SQLModel


class StoredPriceQuote(SQLModel, table=True):
    """Standard prices of a model as logged; `body` is JSON."""

    __tablename__ = "price_quote"
    provider: str = Field(sa_column=Column(Text, primary_key=True, nullable=False))
    model: str = Field(sa_column=Column(Text, primary_key=True, nullable=False))
    at: float = Field(sa_column=Column(Float, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
