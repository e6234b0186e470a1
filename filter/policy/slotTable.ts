import { put } from "./bytes";

const EMPTY: u32 = 0;

/**
 * Numbers above 0 by keys above 0: open addressing with linear probing. Takes no memory per entry
 * once it has grown, unlike a Map.
 */
export class SlotTable {
  private keys: StaticArray<u32> = new StaticArray<u32>(64);
  private values: StaticArray<u32> = new StaticArray<u32>(64);
  count: i32 = 0;

  /** The number stored under a key, or 0. */
  get(key: u32): u32 {
    const at = this.find(key);
    return unchecked(this.keys[at]) === key ? unchecked(this.values[at]) : 0;
  }

  set(key: u32, value: u32): void {
    if (key === EMPTY) return;
    if ((this.count + 1) * 2 > this.keys.length) this.grow();
    const at = this.find(key);
    if (unchecked(this.keys[at]) === EMPTY) this.count++;
    put(this.keys, at, key);
    put(this.values, at, value);
  }

  /** Removes a key and closes the gap, so that no search stops short. */
  remove(key: u32): void {
    if (key === EMPTY) return;
    let gap = this.find(key);
    if (unchecked(this.keys[gap]) !== key) return;
    this.count--;
    const mask = this.keys.length - 1;
    let at = (gap + 1) & mask;
    while (unchecked(this.keys[at]) !== EMPTY) {
      const home = this.home(unchecked(this.keys[at]));
      if (((at - home) & mask) >= ((at - gap) & mask)) {
        put(this.keys, gap, unchecked(this.keys[at]));
        put(this.values, gap, unchecked(this.values[at]));
        gap = at;
      }
      at = (at + 1) & mask;
    }
    put(this.keys, gap, EMPTY);
  }

  private home(key: u32): i32 {
    return i32((key * 0x9e3779b1) >> 7) & (this.keys.length - 1);
  }

  private find(key: u32): i32 {
    const mask = this.keys.length - 1;
    let at = this.home(key);
    while (unchecked(this.keys[at]) !== EMPTY && unchecked(this.keys[at]) !== key) {
      at = (at + 1) & mask;
    }
    return at;
  }

  private grow(): void {
    const keys = this.keys;
    const values = this.values;
    this.keys = new StaticArray<u32>(keys.length * 2);
    this.values = new StaticArray<u32>(keys.length * 2);
    this.count = 0;
    for (let i = 0; i < keys.length; i++) {
      if (keys[i] !== EMPTY) this.set(keys[i], values[i]);
    }
  }
}
