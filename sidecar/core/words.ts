/** A number for people, to so many significant digits, without zeros that say nothing: "0.1235", "1.2e-8". */
export function brief(value: number, digits = 4): string {
  return String(Number(value.toPrecision(digits)));
}

/** A share for people, to so many significant digits: "12.3%". */
export function percent(share: number, digits = 3): string {
  return `${brief(100 * share, digits)}%`;
}
