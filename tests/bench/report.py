"""The figures: a table for people, result.json for programs, the criteria that are missed."""
import json
import os
import platform

from .measure import Values


def text_of(value):
    """Three digits that count."""
    if isinstance(value, Values):
        spread = f" ({text_of(value.low)}..{text_of(value.high)})" if len(value.all) > 1 else ""
        return text_of(value.median) + spread
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def middle(value):
    return value.median if isinstance(value, Values) else value


def plain(value):
    return value.json() if isinstance(value, Values) else value


class Report:
    def __init__(self, quick):
        self.quick = quick
        self.tables = {}  # title: rows, each {column: value}
        self.criteria = []
        self.skipped = []

    def table(self, title, rows):
        """Prints it, and keeps it."""
        self.tables[title] = rows
        columns = list(dict.fromkeys(name for row in rows for name in row))
        lines = [columns] + [[text_of(row.get(name, "")) for name in columns] for row in rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
        print(f"\n## {title}\n")
        for number, line in enumerate(lines):
            cells = [cell.ljust(width) for cell, width in zip(line, widths)]
            print("| " + " | ".join(cells) + " |")
            if number == 0:
                print("| " + " | ".join("-" * width for width in widths) + " |")
        print(end="", flush=True)

    def at_least(self, name, value, limit):
        self.judge(name, value, "at least", limit, middle(value) >= limit)

    def at_most(self, name, value, limit):
        self.judge(name, value, "at most", limit, middle(value) <= limit)

    def judge(self, name, value, word, limit, met):
        self.criteria.append({"name": name, "value": value, "bound": word, "limit": limit,
                              "met": met})

    def skip(self, name, reason):
        self.skipped.append({"name": name, "reason": reason})

    @property
    def missed(self):
        return [criterion for criterion in self.criteria if not criterion["met"]]

    def print_criteria(self):
        print("\n## Criteria\n")
        for item in self.criteria:
            print(f"{'met   ' if item['met'] else 'MISSED'}  {item['name']}: "
                  f"{text_of(item['value'])}, {item['bound']} {text_of(item['limit'])}")
        for item in self.skipped:
            print(f"SKIPPED {item['name']}: {item['reason']}")

    def save(self, path):
        with open(path, "w", encoding="utf-8") as file:
            json.dump({
                "machine": {"processors": os.cpu_count(), "kernel": platform.release(),
                            "architecture": platform.machine(), "load": os.getloadavg()[0]},
                "quick": self.quick,
                "tables": {title: [{name: plain(value) for name, value in row.items()}
                                   for row in rows] for title, rows in self.tables.items()},
                "criteria": [{**item, "value": plain(item["value"])} for item in self.criteria],
                "skipped": self.skipped,
            }, file, indent=1)
            file.write("\n")
