import type { understudy } from "#proto";
import type { Explanation } from "./client.ts";

type Guardrail = understudy.v1.GuardrailExplanation.$Properties;

/** An explanation in paragraphs; those that have nothing to say are left out. */
export function printExplanation(explanation: Explanation): string {
  const { name, revision, standing, guardrails, evidence, moves, next } = explanation;
  return [
    [`${name}, revision ${revision}`, ...indented(standing)],
    titled("What was seen, and what it counts", [
      ...guardrails.flatMap(guardrailLines),
      ...evidence,
    ]),
    titled("What would move it", moves),
    titled("What comes then", next),
  ]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function titled(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...indented(lines)];
}

function guardrailLines({ name, seen, weight }: Guardrail): readonly string[] {
  const said = seen?.startsWith(name ?? "") === true ? seen : `${name}: ${seen}`;
  return [said, `  ${weight}`];
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}
