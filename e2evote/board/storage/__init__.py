"""The log's database: SQLAlchemy Core over SQLite or PostgreSQL; the only room that speaks SQL.

``schema`` has the tables, ``database`` connects, begins transactions and translates errors, ``migrations`` and
``revision`` bring a database to the tables of this version, ``snapshot`` reads, ``writing`` appends,
``growth`` shows that a tree has only grown, ``audit`` recomputes everything.
"""
