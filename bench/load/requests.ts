import { seededRandom } from "./random.ts";

/** Where the load is sent: what the plugin configuration matches and shadows. */
export const PATH = "/v2/models/patient-risk/infer";
const KEYS = 4096;

/** Requests as bytes for the wire, drawn ahead so that sending one costs a write and nothing else. */
export type Requests = readonly Buffer[];

/**
 * POSTs of an Open Inference Protocol request of about 80 bytes of JSON, each with a sticky key of its own (x-patient-id), always
 * the same ones: both sides of a ratio are sent the same bytes in the same order.
 */
export function makeRequests(): Requests {
  const random = seededRandom(1);
  return Array.from({ length: KEYS }, (_, patient) => {
    const values = Array.from({ length: 2 }, () => (random() * 10).toFixed(2)).join(",");
    const body = `{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[${values}]}]}`;
    const head = [
      `POST ${PATH} HTTP/1.1`,
      "host: api.example.com",
      "user-agent: understudy-bench",
      "content-type: application/json",
      `content-length: ${body.length}`,
      `x-patient-id: patient-${patient}`,
    ];
    return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`, "latin1");
  });
}
