"""The results as JSON and as a table."""

from gpu_parts.part import line_of


def to_json(value, indent=0):
    """Written here, since the smallest Python of a system (Debian's python3-minimal) has no json."""
    inner, outer = "\n" + " " * (indent + 1), "\n" + " " * indent
    if isinstance(value, dict) and value:
        return "{" + ",".join(f"{inner}{to_json(str(k))}: {to_json(v, indent + 1)}" for k, v in value.items()) + outer + "}"
    if isinstance(value, (list, tuple)) and value:
        return "[" + ",".join(inner + to_json(v, indent + 1) for v in value) + outer + "]"
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, (list, tuple)):
        return "[]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return repr(value) if value == value and abs(value) != float("inf") else "null"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " else f"\\u{ord(c):04x}" for c in text) + '"'


def table(record):
    """A line for each part, what it found below it."""
    lines = [f"{'part':<10} {'result':<8} {'seconds':>8} {'limit':>7}"]
    for name, part in record["parts"].items():
        lines.append(f"{name:<10} {part['result']:<8} {part['seconds']:8.1f} {part['limit']:7.0f}  {part.get('why', '')}".rstrip())
        lines += [f"   {line_of(result)}" for result in part["results"]]
        lines += [f"   {note}" for note in part["notes"]]
        lines += [f"   FAILED: {failure}" for failure in part["failures"]]
    return "\n".join(lines)
