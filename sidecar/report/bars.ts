import { percent } from "../core/words.ts";
import { escaped } from "./markup.ts";
import type { Bar } from "./shape.ts";

const WIDTH = 640;
const HEIGHT = 150;
const TOP = 12;
const LEFT = 44;
const BOTTOM = 22;

/** An SVG of bars side by side, the reference's and the current ones, with a title on each for a pointer and for screen readers. */
export function drawBars(name: string, bars: readonly Bar[]): string {
  const most = Math.max(1e-9, ...bars.flatMap(({ reference, current }) => [reference, current]));
  const step = (WIDTH - LEFT) / Math.max(1, bars.length);
  const height = HEIGHT - TOP - BOTTOM;
  const bar = (share: number, x: number, kind: "reference" | "current"): string => {
    const tall = (share / most) * height;
    const y = HEIGHT - BOTTOM - tall;
    return `<rect class="${kind}" x="${px(x)}" y="${px(y)}" width="${px(step * 0.4)}" height="${px(tall)}"/>`;
  };
  const groups = bars.map(({ label, reference, current }, index) => {
    const x = LEFT + index * step;
    const title = `${label}: reference ${percent(reference)}, current ${percent(current)}`;
    return `<g><title>${escaped(title)}</title>${bar(reference, x + step * 0.08, "reference")}${bar(current, x + step * 0.5, "current")}</g>`;
  });
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(`Distributions of ${name}`)}">`,
    `<line class="axis" x1="${LEFT}" x2="${WIDTH}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM}"/>`,
    `<text class="scale" x="${LEFT - 6}" y="${TOP + 4}" text-anchor="end">${percent(most)}</text>`,
    `<text class="scale" x="${LEFT - 6}" y="${HEIGHT - BOTTOM}" text-anchor="end">0%</text>`,
    ...groups,
    ...labels(bars, step),
    "</svg>",
  ].join("");
}

/** As many labels as there is room for: all of few bars, else the first, the middle and the last. */
function labels(bars: readonly Bar[], step: number): readonly string[] {
  const letters = Math.floor(step / 6);
  const isFew = bars.every(({ label }) => label.length <= letters);
  const shown = isFew
    ? bars.map((_, index) => index)
    : [0, Math.floor(bars.length / 2), bars.length - 1];
  return [...new Set(shown)].map((index) => {
    const label = escaped(bars[index]?.label ?? "");
    const { x, anchor } = isFew ? middleOf(index, step) : edgeOf(index, bars.length);
    return `<text class="label" x="${px(x)}" y="${HEIGHT - 6}" text-anchor="${anchor}">${label}</text>`;
  });
}

type Place = { readonly x: number; readonly anchor: "start" | "middle" | "end" };

function middleOf(index: number, step: number): Place {
  return { x: LEFT + (index + 0.5) * step, anchor: "middle" };
}

/** The first, the middle or the last label, so that all three have room. */
function edgeOf(index: number, count: number): Place {
  if (index === 0) {
    return { x: LEFT, anchor: "start" };
  }
  return index === count - 1
    ? { x: WIDTH, anchor: "end" }
    : { x: (LEFT + WIDTH) / 2, anchor: "middle" };
}

function px(value: number): string {
  return String(Math.round(value * 100) / 100);
}
