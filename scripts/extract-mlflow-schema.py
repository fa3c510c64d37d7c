"""Writes src/stores/embedded/schema.ts (or TARGET): the tables of a database that MLflow 3.5.1 makes itself.

    pip install "mlflow==3.5.1" "sqlalchemy<2.1"; python scripts/extract-mlflow-schema.py [TARGET]
"""

import sqlite3
import sys
import tempfile
from pathlib import Path

import mlflow
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

SCHEMA = Path(__file__).parent.parent / "src" / "stores" / "embedded" / "schema.ts"
TARGET = Path(sys.argv[1]) if len(sys.argv) > 1 else SCHEMA
HEAD = """/**
 * The schema of MLflow {version} (Apache-2.0, Copyright 2018 Databricks, Inc.), as MLflow itself creates it.
 * Written by scripts/extract-mlflow-schema.py; do not edit.
 */

/** Alembic's name of the schema's version. */
export const REVISION = "{revision}";

export const SCHEMA = `
{statements}
`;
"""

with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "mlflow.db"
    SqlAlchemyStore(f"sqlite:///{file}", folder)
    database = sqlite3.connect(file)
    statements = [
        "\n".join(line.rstrip() for line in sql.splitlines()) + ";"
        for (sql,) in database.execute(
            # indexes come in any order, so by name
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC, iif(type = 'table', rowid, 0), name"
        )
    ]
    (revision,) = database.execute("SELECT version_num FROM alembic_version").fetchone()

assert not any(sign in sql for sql in statements for sign in "`\\$")
TARGET.write_text(
    HEAD.format(version=mlflow.__version__, revision=revision, statements="\n".join(statements)), encoding="utf-8"
)
