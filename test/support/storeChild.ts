import { openSqliteStore, type SavePoint } from "../../sidecar/stores/sqlite.ts";
import { planNamed, startOf, toggleOf } from "./storedChanges.ts";

/**
 * A process that saves one change after another to the store at its first argument, writes the revision of each that was
 * confirmed to its output, and is killed at the named point of the save with the number of its third argument. After a save that
 * fails it reads what is stored, writes that, and ends.
 */
const [path = "", point = "", count = "0"] = process.argv.slice(2);

let saves = 0;
const store = openSqliteStore(path, (reached: SavePoint) => {
  if (reached === point && saves === Number(count)) {
    process.kill(process.pid, "SIGKILL");
  }
});
const plan = planNamed("one");
const stored = (await store.load()).get("one");
let change = stored === undefined ? startOf(plan) : toggleOf(plan, stored.state, 1);
try {
  for (;;) {
    await store.save(change);
    process.stdout.write(`${change.state.revision}\n`);
    saves += 1;
    change = toggleOf(plan, change.state, saves);
  }
} catch {
  const found = (await store.load()).get("one")?.state.revision;
  process.stdout.write(`found ${found}\n`);
}
