/** Whether a text has `least` to `most` printable ASCII characters. */
export function isPrintable(text: string, least: i32, most: i32): bool {
  if (text.length < least || text.length > most) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

/** Whether a text can name a rollout: 1 to 63 of a-z, 0-9, "." and "-". */
export function isName(text: string): bool {
  return isOf(text, 63, ".-");
}

/** Whether a text is the name of a header (RFC 9110, token) in lower case. */
export function isHeaderName(text: string): bool {
  return isOf(text, 128, "!#$%&'*+-.^_`|~");
}

/** Whether a text is the name of a cookie (RFC 6265, token). */
export function isCookieName(text: string): bool {
  return isOf(text.toLowerCase(), 128, "!#$%&'*+-.^_`|~");
}

function isOf(text: string, most: i32, others: string): bool {
  if (text.length < 1 || text.length > most) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const letter = code >= 0x61 && code <= 0x7a;
    const digit = code >= 0x30 && code <= 0x39;
    if (!letter && !digit && !others.includes(text.charAt(i))) return false;
  }
  return true;
}
