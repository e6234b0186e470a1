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

/** No row seen. */
export function startSlots(given: { readonly capacity: number; readonly seed: number }): RowSlots {
  return { capacity: given.capacity, random: seeded(given.seed), rows: 0, rowBySlot: [] };
}

/** The slots of the next `count` rows, -1 for one that has none: algorithm R (Vitter 1985). A later row may have the slot of an earlier one. */
export function assignSlots(slots: RowSlots, count: number): Int32Array {
  const assigned = new Int32Array(count);
  for (let index = 0; index < count; index += 1) {
    const row = slots.rows;
    const slot = row < slots.capacity ? row : Math.floor(slots.random.next() * (row + 1));
    assigned[index] = slot < slots.capacity ? slot : -1;
    if (slot < slots.capacity) {
      slots.rowBySlot[slot] = row;
    }
    slots.rows += 1;
  }
  return assigned;
}
