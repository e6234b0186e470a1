import { understudy } from "#proto";
import { type Label, RECORDS_MAX } from "../core/performance/prediction.ts";
import type { RecordedLabels } from "../ports/predictions.ts";

const v1 = understudy.v1;

/** Reads a RecordLabelsRequest; a label without a value is one that is refused. Throws on garbage. */
export function decodeRecordLabelsRequest(buffer: Uint8Array): readonly Label[] {
  return v1.RecordLabelsRequest.decode(buffer).labels.map(({ rollout, id, text, number }) => ({
    rollout: rollout ?? "",
    id: id ?? "",
    label: text ?? number ?? Number.NaN,
  }));
}

/** Writes a RecordLabelsResponse. */
export function encodeRecordedLabels(recorded: RecordedLabels): Buffer {
  return Buffer.from(
    v1.RecordLabelsResponse.encode({ ...recorded, problems: [...recorded.problems] }).finish(),
  );
}

/** Labels as JSON says them, or why they can't be read. */
export type LabelText =
  | { readonly kind: "labels"; readonly labels: readonly Label[] }
  | { readonly kind: "problem"; readonly problem: string };

/**
 * Reads labels from JSON, `{"labels": [{"rollout", "id", "label"}]}` or the list alone, or from JSON Lines, one object a line. A label may be
 * a text, a number, or true or false, which are the texts. One that has not this form is refused as a label, not as a whole, so that places
 * are those of the text.
 */
export function parseLabels(text: string, form: "json" | "jsonLines"): LabelText {
  try {
    const items: readonly unknown[] =
      form === "json"
        ? listOf(parsed(text))
        : text
            .split("\n")
            .filter((line) => line.trim() !== "")
            .slice(0, RECORDS_MAX + 1)
            .map(parsedLine);
    return { kind: "labels", labels: items.map(labelOf) };
  } catch (error) {
    return { kind: "problem", problem: error instanceof Error ? error.message : String(error) };
  }
}

function listOf(value: unknown): readonly unknown[] {
  const { labels: found } = isMapping(value) ? value : { labels: value };
  if (!Array.isArray(found)) {
    throw new Error(
      'labels: not a list: {"labels": [{"rollout", "id", "label"}]}, or the list alone',
    );
  }
  return found;
}

function parsedLine(line: string, index: number): unknown {
  try {
    return parsed(line);
  } catch {
    throw new Error(`line ${index + 1}: not JSON: one object a line`);
  }
}

const WIDE = /\d{16}/;

/** The JSON, in which ids that are whole numbers beyond 2^53 keep their digits: rounded, they would be those of other requests. */
function parsed(text: string): unknown {
  return WIDE.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
}

function keepDigits(key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return key === "id" && typeof value === "number" && !Number.isSafeInteger(value)
    ? (context?.source ?? value)
    : value;
}

function labelOf(item: unknown): Label {
  const { rollout, id, label } = isMapping(item) ? item : {};
  return { rollout: textOf(rollout), id: textOf(id), label: labelValue(label) };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

function labelValue(value: unknown): Label["label"] {
  if (typeof value === "string" || typeof value === "number") {
    return value;
  }
  return typeof value === "boolean" ? String(value) : Number.NaN;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
