const HEAD_END = Buffer.from("\r\n\r\n");
const LENGTH = "\r\ncontent-length: ";

/**
 * Reads HTTP/1.1 answers from the chunks of one connection and calls back with each one's status when its last byte is in.
 * It knows what Envoy sends to this load and no more: a head with a lower-case content-length, and a body of that many bytes.
 * Anything else throws, so that a wrong answer is never measured as a fast one.
 */
export function createResponseReader(
  onResponse: (status: number) => void,
): (chunk: Buffer) => void {
  let kept: Buffer | undefined;
  return (chunk) => {
    let rest = kept === undefined ? chunk : Buffer.concat([kept, chunk]);
    for (;;) {
      const answer = readAnswer(rest);
      if (answer === undefined) {
        kept = rest.length === 0 ? undefined : Buffer.from(rest);
        return;
      }
      rest = rest.subarray(answer.length);
      onResponse(answer.status);
    }
  };
}

/** The first answer in the bytes: its status and its whole length; undefined while bytes are missing. */
function readAnswer(bytes: Buffer): { status: number; length: number } | undefined {
  const headLength = bytes.indexOf(HEAD_END);
  if (headLength < 0) {
    return undefined;
  }
  const head = bytes.toString("latin1", 0, headLength);
  const at = head.indexOf(LENGTH);
  const bodyLength = at < 0 ? Number.NaN : Number.parseInt(head.slice(at + LENGTH.length), 10);
  const status = Number.parseInt(head.slice("HTTP/1.1 ".length), 10);
  if (Number.isNaN(bodyLength) || Number.isNaN(status)) {
    throw new Error(`not an answer this load can read: ${JSON.stringify(head)}`);
  }
  const length = headLength + HEAD_END.length + bodyLength;
  return bytes.length < length ? undefined : { status, length };
}
