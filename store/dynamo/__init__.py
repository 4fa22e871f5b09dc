"""The implementation of the TaskDB on DynamoDB.

`plan` and `segments` make requests, `client` sends them, `response`, `wire`, `decode` and `row_cache` turn replies into
rows, `reader` and `queries` combine them. `encode`, `update` and `writes` are the other direction. `schema` holds the
facts about the table, `setup` creates it.
"""
