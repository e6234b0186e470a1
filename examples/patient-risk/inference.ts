/** The rows of one request to infer, ready for the model. */
export type InferenceRequest = {
  readonly id: string | undefined;
  /** Row after row, `rowCount` times the number of features. */
  readonly values: Float32Array;
  readonly rowCount: number;
  /** The outputs asked for, in the order of the answer. */
  readonly outputs: readonly OutputName[];
};

/** The answers to the rows of a request. */
export type Predictions = {
  readonly labels: readonly number[];
  readonly probabilities: readonly number[];
};

const OUTPUTS = ["label", "probability"] as const;
type OutputName = (typeof OUTPUTS)[number];

/** Name of the one input tensor. */
export const INPUT_NAME = "features";
const ROWS_MAX = 64;
const ID_LENGTH_MAX = 256;

/** The tensors of the model, as the protocol's metadata names them. */
export function tensorMetadata(featureCount: number): object {
  return {
    inputs: [{ name: INPUT_NAME, datatype: "FP32", shape: [-1, featureCount] }],
    outputs: [
      { name: "label", datatype: "INT64", shape: [-1] },
      { name: "probability", datatype: "FP32", shape: [-1] },
    ],
  };
}

/** Parses the body of a request to infer (Open Inference Protocol v2, REST), or says what is wrong with it. */
export function parseInference(
  text: string,
  featureCount: number,
): InferenceRequest | { readonly problem: string } {
  try {
    const body = asObject(parseJson(text), "the body");
    const id = parseId(body.id);
    const outputs = parseOutputs(body.outputs);
    const tensor = onlyTensor(body.inputs);
    const rowCount = parseShape(tensor.shape, featureCount);
    const values = parseValues(tensor.data, rowCount * featureCount);
    return { id, outputs, rowCount, values };
  } catch (error) {
    if (error instanceof Refusal) {
      return { problem: error.message };
    }
    throw error;
  }
}

/** The body of the answer. */
export function inferenceAnswer(
  model: { readonly name: string; readonly version: string },
  request: InferenceRequest,
  predictions: Predictions,
): object {
  const shape = [request.rowCount];
  const tensors = {
    label: { name: "label", datatype: "INT64", shape, data: predictions.labels },
    probability: { name: "probability", datatype: "FP32", shape, data: predictions.probabilities },
  };
  return {
    model_name: model.name,
    model_version: model.version,
    ...(request.id === undefined ? {} : { id: request.id }),
    outputs: request.outputs.map((name) => tensors[name]),
  };
}

class Refusal extends Error {}

type Fields = Readonly<Record<string, unknown>>;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal("the body is not JSON");
  }
}

function asObject(value: unknown, what: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Refusal(`${what} must be an object`);
  }
  return { ...value };
}

function parseId(id: unknown): string | undefined {
  if (id === undefined || (typeof id === "string" && id.length <= ID_LENGTH_MAX)) {
    return id;
  }
  throw new Refusal(`id must be a string of at most ${ID_LENGTH_MAX} characters`);
}

function parseOutputs(outputs: unknown): readonly OutputName[] {
  if (outputs === undefined) {
    return OUTPUTS;
  }
  const asked = Array.isArray(outputs) ? outputs.map((output) => nameOf(output)) : [];
  const known = OUTPUTS.filter((name) => asked.includes(name));
  if (known.length === 0 || known.length !== asked.length) {
    throw new Refusal(`outputs must name each of ${OUTPUTS.join(", ")} at most once`);
  }
  return known;
}

function nameOf(output: unknown): unknown {
  return asObject(output, "each of outputs").name;
}

function onlyTensor(inputs: unknown): Fields {
  if (!Array.isArray(inputs) || inputs.length !== 1) {
    throw new Refusal(`inputs must hold one tensor, "${INPUT_NAME}"`);
  }
  const tensor = asObject(inputs[0], "inputs[0]");
  if (tensor.name !== INPUT_NAME) {
    throw new Refusal(`inputs[0].name must be "${INPUT_NAME}"`);
  }
  if (tensor.datatype !== "FP32") {
    throw new Refusal('inputs[0].datatype must be "FP32"');
  }
  return tensor;
}

function parseShape(shape: unknown, featureCount: number): number {
  const [rows, columns, ...more]: readonly unknown[] = Array.isArray(shape) ? shape : [];
  const fits = typeof rows === "number" && Number.isInteger(rows) && rows >= 1 && rows <= ROWS_MAX;
  if (!fits || columns !== featureCount || more.length > 0) {
    throw new Refusal(`inputs[0].shape must be [n, ${featureCount}] with n from 1 to ${ROWS_MAX}`);
  }
  return rows;
}

/** The protocol allows a tensor flat, or nested by rows. */
function parseValues(data: unknown, count: number): Float32Array {
  const flat: readonly unknown[] = Array.isArray(data) ? data.flat() : [];
  if (flat.length !== count) {
    throw new Refusal(`inputs[0].data must hold ${count} numbers, as its shape says`);
  }
  const values = new Float32Array(count);
  for (const [index, value] of flat.entries()) {
    if (typeof value !== "number" || !Number.isFinite(Math.fround(value))) {
      throw new Refusal(`inputs[0].data[${index}] must be a finite FP32 number`);
    }
    values[index] = value;
  }
  return values;
}
