"""Results as lines of JSON under target/, so that a long run resumes where it stopped."""

import ast
import hashlib
import json
import os
from pathlib import Path

FILE = Path(os.environ.get("TABLES_CACHE", "target/tables/cache.jsonl"))


class Cache:
    """Records by key; the last of a key counts."""

    def __init__(self, file=FILE):
        self.file = file
        lines = file.read_text().splitlines() if file.exists() else []
        self.records = {json.dumps(record["key"]): record for record in map(json.loads, lines)}

    def get(self, key, make):
        """The record of a key, made and written if there is none."""
        found = self.records.get(json.dumps(key))
        if found is None:
            found = {"key": key, **make()}
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self.file.open("a") as out:
                out.write(json.dumps(found) + "\n")
            self.records[json.dumps(key)] = found
        return found


def code(*files):
    """Changes when what these files of benches/tables do may; comments and layout do not count."""
    texts = [(Path(__file__).parent / file).read_text() for file in files]
    return hashlib.sha256("".join(ast.dump(ast.parse(text)) for text in texts).encode()).hexdigest()[:12]
