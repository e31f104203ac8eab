"""A collection as one tenant sees it: a query without the tenant cannot be written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pymongo import DeleteOne, InsertOne, ReplaceOne, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.cursor import Cursor
from pymongo.errors import BulkWriteError
from pymongo.results import BulkWriteResult

DUPLICATE_KEY = 11000
Doc = dict[str, Any]
Filter = Mapping[str, Any]
Update = UpdateOne
Write = InsertOne[Doc] | UpdateOne | ReplaceOne[Doc] | DeleteOne


class Scoped:
    """Wraps a collection so that every filter, document and pipeline carries the tenant."""

    def __init__(
        self, collection: Collection[Doc], tenant_id: str, session: ClientSession | None = None
    ) -> None:
        if not tenant_id:
            raise ValueError("a tenant is required")
        self._collection = collection
        self._tenant = tenant_id
        self._session = session

    def within(self, session: ClientSession | None) -> Scoped:
        """The same collection inside a transaction."""
        return Scoped(self._collection, self._tenant, session)

    def _mine(self, filter: Filter) -> Doc:
        if "tenant_id" in filter:
            raise ValueError("the tenant is not the caller's to choose")
        return {"tenant_id": self._tenant, **filter}

    def _owned(self, document: Mapping[str, Any]) -> Doc:
        return {**document, "tenant_id": self._tenant}

    def find(self, filter: Filter, fields: Any = None, **options: Any) -> Cursor[Doc]:
        return self._collection.find(
            self._mine(filter), fields, session=self._session, hint=_by_id(filter), **options
        )

    def find_one(self, filter: Filter, fields: Any = None, **options: Any) -> Doc | None:
        return self._collection.find_one(
            self._mine(filter), fields, session=self._session, hint=_by_id(filter), **options
        )

    def count(self, filter: Filter, **options: Any) -> int:
        return self._collection.count_documents(
            self._mine(filter), session=self._session, **options
        )

    def distinct(self, field: str, filter: Filter) -> list[Any]:
        return self._collection.distinct(field, self._mine(filter), session=self._session)

    def aggregate(self, pipeline: Sequence[Mapping[str, Any]], **options: Any) -> list[Doc]:
        scoped = [{"$match": {"tenant_id": self._tenant}}, *pipeline]
        return list(self._collection.aggregate(scoped, session=self._session, **options))

    def insert(self, document: Mapping[str, Any]) -> None:
        self._collection.insert_one(self._owned(document), session=self._session)

    def insert_many(self, documents: Iterable[Mapping[str, Any]], ordered: bool = True) -> None:
        owned = [self._owned(document) for document in documents]
        if owned:
            self._collection.insert_many(owned, ordered=ordered, session=self._session)

    def insert_new(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """Insert those whose id is not there yet; others may try the same at this moment."""
        try:
            self.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            if any(one["code"] != DUPLICATE_KEY for one in error.details["writeErrors"]):
                raise

    def update(self, filter: Filter, change: Any, upsert: bool = False) -> int:
        """Change one document; returns how many matched (an upsert counts as one)."""
        result = self._collection.update_one(
            self._mine(filter), change, upsert=upsert, session=self._session, hint=_by_id(filter)
        )
        return result.matched_count or int(result.upserted_id is not None)

    def update_many(self, filter: Filter, change: Any) -> int:
        result = self._collection.update_many(
            self._mine(filter), change, session=self._session, hint=_by_id(filter)
        )
        return result.matched_count

    def take(self, filter: Filter, change: Any, **options: Any) -> Doc | None:
        """find-and-modify; returns the document after the change unless told otherwise."""
        options.setdefault("return_document", True)
        return self._collection.find_one_and_update(
            self._mine(filter), change, session=self._session, hint=_by_id(filter), **options
        )

    def delete(self, filter: Filter) -> int:
        return self._collection.delete_many(self._mine(filter), session=self._session).deleted_count

    def updating(self, filter: Filter, change: Any, upsert: bool = False) -> UpdateOne:
        return UpdateOne(self._mine(filter), change, upsert=upsert, hint=_by_id(filter))

    def replacing(self, filter: Filter, document: Doc, upsert: bool = False) -> ReplaceOne[Doc]:
        mine, owned = self._mine(filter), self._owned(document)
        return ReplaceOne(mine, owned, upsert=upsert, hint=_by_id(filter))

    def inserting(self, document: Doc) -> InsertOne[Doc]:
        return InsertOne(self._owned(document))

    def deleting(self, filter: Filter) -> DeleteOne:
        return DeleteOne(self._mine(filter), hint=_by_id(filter))

    def bulk(self, writes: Sequence[Write], ordered: bool = False) -> BulkWriteResult | None:
        """Writes made by `updating`, `replacing`, `inserting` or `deleting` of this collection."""
        if not writes:
            return None
        return self._collection.bulk_write(list(writes), ordered=ordered, session=self._session)


def _by_id(filter: Filter) -> str | None:
    """The index for a question by id: with the tenant beside it MongoDB would weigh them all."""
    wanted = filter.get("_id")
    named = isinstance(wanted, str) or (isinstance(wanted, Mapping) and [*wanted] == ["$in"])
    return "_id_" if named else None
