/** A table can't be read at all: missing file, unknown format, nothing usable in it. */
export class TableError extends Error {
  override readonly name = "TableError";
}
