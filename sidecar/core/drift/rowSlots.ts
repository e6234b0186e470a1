import { type Random, seeded } from "../simulate/random.ts";

/** Which rows of a table stand for all: the first ones fill the slots, later ones take a random slot from another, so that every row has the same chance. */
export type RowSlots = {
  readonly capacity: number;
  readonly random: Random;
  /** Rows seen. */
  rows: number;
  /** By slot, the number of its row, from 0. */
  readonly rowBySlot: number[];
};

/** The rows of a batch that enter the sample, by index in the batch, with the slot that each takes, in their order. */
export type Kept = {
  readonly rows: readonly number[];
  readonly slots: readonly number[];
  /** Slots that have a row now; the others come after them. */
  readonly slotsUsed: number;
};

/** No row of a batch enters the sample. */
export const NOTHING_KEPT: Kept = { rows: [], slots: [], slotsUsed: 0 };

/** No row seen. */
export function startSlots(given: { readonly capacity: number; readonly seed: number }): RowSlots {
  return { capacity: given.capacity, random: seeded(given.seed), rows: 0, rowBySlot: [] };
}

/** Which of the next `count` rows are kept, and where: algorithm R (Vitter 1985). A later row may take the slot of an earlier one. */
export function assignSlots(slots: RowSlots, count: number): Kept {
  const kept = { rows: [] as number[], slots: [] as number[] };
  for (let index = 0; index < count; index += 1) {
    const row = slots.rows;
    const slot = row < slots.capacity ? row : Math.floor(slots.random.next() * (row + 1));
    if (slot < slots.capacity) {
      kept.rows.push(index);
      kept.slots.push(slot);
      slots.rowBySlot[slot] = row;
    }
    slots.rows += 1;
  }
  return { ...kept, slotsUsed: slots.rowBySlot.length };
}

/** The slots that have a row, in the order of their rows. */
export function slotsInOrder({ rowBySlot }: RowSlots): Int32Array {
  // Row and slot as one number each: sorting numbers takes a tenth of the time of comparing rows by a function.
  const slots = rowBySlot.length;
  const order = Float64Array.from(rowBySlot, (row, slot) => row * slots + slot).sort();
  return Int32Array.from(order, (each) => each % slots);
}
