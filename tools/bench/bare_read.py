"""The bare API to compare with: FastAPI returns one row that SQLAlchemy reads, in one process.

`python -m tools.bench.bare_read DATABASE_URL PORT` creates the table with one row and serves it until it is ended.
"""

from __future__ import annotations

import asyncio
import sys

import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ROW = "bare_01"


class Base(DeclarativeBase):
    """The table's metadata."""


class Post(Base):
    """As much as a post's status needs, in one row."""

    __tablename__ = "bare_posts"
    id: Mapped[str] = mapped_column(primary_key=True)
    brand_ref: Mapped[str]
    status: Mapped[str]
    text: Mapped[str]
    url: Mapped[str]


class PostView(BaseModel):
    """What the route returns."""

    id: str
    brandRef: str
    status: str
    text: str
    url: str


def create_app(sessions: async_sessionmaker[AsyncSession]) -> FastAPI:
    """One route."""
    app = FastAPI()

    @app.get("/posts/{post_id}")
    async def read(post_id: str) -> PostView:
        async with sessions() as session:
            row = await session.get(Post, post_id)
        if row is None:
            raise HTTPException(404)
        return PostView(id=row.id, brandRef=row.brand_ref, status=row.status, text=row.text, url=row.url)

    return app


async def serve(url: str, port: int) -> None:
    """Create the row, then serve until this process is ended."""
    engine = create_async_engine(url)
    sessions = async_sessionmaker(engine)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with sessions() as session, session.begin():
        session.add(Post(id=ROW, brand_ref="bare", status="published", text="One row.", url="http://127.0.0.1/1"))
    await uvicorn.Server(
        uvicorn.Config(create_app(sessions), host="127.0.0.1", port=port, log_config=None, access_log=False)
    ).serve()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
