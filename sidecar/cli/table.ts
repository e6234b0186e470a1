/** Lines of a table for people: columns as wide as their widest cell, two blanks between; `sides` has l or r for each column. */
export function alignedTable(rows: readonly (readonly string[])[], sides: string): string[] {
  const widths = [...sides].map((_, column) =>
    Math.max(...rows.map((cells) => (cells[column] ?? "").length)),
  );
  return rows.map((cells) =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return sides[column] === "r" ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd(),
  );
}
