import type { ColumnSample } from "../drift/columnSample.ts";
import type { RowSlots } from "../drift/rowSlots.ts";
import type { NamedColumns } from "./assess.ts";
import type { Column } from "./tables.ts";

/** A table as it was read: its columns' samples, and the rows that they are of. */
export type ReadTable = { readonly slots: RowSlots; readonly samples: readonly ColumnSample[] };

/** The columns that both tables have with one type, in the reference's order. */
export function pairedColumns(reference: ReadTable, current: ReadTable): readonly NamedColumns[] {
  return reference.samples.flatMap((sample) => {
    const other = current.samples.find(({ name }) => name === sample.name);
    return other === undefined || other.sample.type !== sample.sample.type
      ? []
      : [
          {
            name: sample.name,
            reference: columnOf(sample, reference.slots),
            current: columnOf(other, current.slots),
          },
        ];
  });
}

/** Without missing values and infinities. */
function columnOf({ sample }: ColumnSample, { rowBySlot }: RowSlots): Column {
  if (sample.type === "numeric") {
    const values = sample.values.subarray(0, rowBySlot.length).filter(Number.isFinite).sort();
    return { type: "numeric", values };
  }
  const counts = new Map<string, number>();
  for (const code of sample.codes.subarray(0, rowBySlot.length)) {
    if (code >= 0) {
      const name = sample.names[code] ?? "";
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return { type: "categorical", counts };
}
