import { Answer } from "../policy/answer";
import { Exchange } from "../policy/exchange";

/** What the bodies of one observation may have together, so that it fits a message beside the rest: those of a pair always do. */
const BODIES_BYTES_MAX: i32 = 240 * 1024;

/** Gives up bodies until an observation fits a message: what was asked first, as outcomes and the pair matter more, then the second answer. */
export function fitBodies(exchange: Exchange): void {
  if (bodiesOf(exchange) <= BODIES_BYTES_MAX) return;
  exchange.request.dropBody(exchange.budget);
  if (bodiesOf(exchange) <= BODIES_BYTES_MAX) return;
  exchange.secondary.dropBody(exchange.budget);
}

function bodiesOf(exchange: Exchange): i32 {
  return (
    bytesOf(exchange.request) +
    bytesOf(exchange.answer) +
    bytesOf(exchange.shadow) +
    bytesOf(exchange.secondary)
  );
}

function bytesOf(answer: Answer): i32 {
  const body = answer.body;
  return body === null ? 0 : body.length;
}
