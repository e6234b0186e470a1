/** A row of text longer than this is left out, and so is a line of CSV in which a quote opens that isn't closed within as much. */
export const ROW_BYTES_MAX: number = 4 * 1024 * 1024;
/** A CSV file of more columns is refused; in JSON the keys after so many are left out. */
export const COLUMNS_MAX = 4_096;
/** What stands in a text in the place of bytes that are not UTF-8. */
export const REPLACEMENT = "\u{fffd}";
