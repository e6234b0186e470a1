/** The data of each event of a stream, in order; undefined when the last one was cut off. */
export type EventStream = readonly string[] | undefined;

/**
 * Reads server-sent events (WHATWG HTML, section 9.2.6): lines end in CR LF, LF or CR, an empty line ends an event, several `data` lines are
 * joined by LF. Comments, other fields, events without data and a byte order mark are passed over. One pass.
 */
export function readEventStream(text: string): EventStream {
  const events: string[] = [];
  let lines: string[] = [];
  const all = text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/);
  const rest = all.pop();
  for (const line of all) {
    if (line === "") {
      if (lines.length > 0) {
        events.push(lines.join("\n"));
      }
      lines = [];
    } else {
      const data = dataOf(line);
      if (data !== undefined) {
        lines.push(data);
      }
    }
  }
  return rest === "" && lines.length === 0 ? events : undefined;
}

function dataOf(line: string): string | undefined {
  if (line === "data") {
    return "";
  }
  return line.startsWith("data:") ? line.slice(line.startsWith("data: ") ? 6 : 5) : undefined;
}
