import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InferenceSession, env as onnx, Tensor } from "onnxruntime-web";
import { INPUT_NAME, type Predictions } from "./inference.ts";

/** Names of the versions that the example serves. */
export const VERSIONS = ["v1", "v2", "v3", "v4"] as const;
/** Name of one version. */
export type Version = (typeof VERSIONS)[number];

/** A model, loaded. */
export type Model = {
  readonly name: string;
  readonly version: Version;
  readonly featureCount: number;
  /** Predicts for rows that follow each other in `values`. */
  predict(values: Float32Array, rowCount: number): Promise<Predictions>;
};

/** What `train.py` wrote of the models, as far as serving needs it. */
export type Metrics = {
  readonly features: Readonly<Record<string, string>>;
  readonly wrongUnit: { readonly feature: string; readonly factor: number };
  readonly models: Readonly<
    Record<
      "v1" | "v2",
      {
        readonly file: string;
        readonly bytes: number;
        readonly sha256: string;
        /** The predicted risk from which on a patient is flagged. */
        readonly threshold: number;
      }
    >
  >;
};

/** The model's name in the protocol's paths. */
export const MODEL_NAME = "patient-risk";

const FOLDER = new URL("models/", import.meta.url);
const SIGNIFICANT_DIGITS = 7; // as many as FP32 has

/** Reads what `train.py` wrote of the models. */
export async function readMetrics(): Promise<Metrics> {
  return JSON.parse(await readFile(new URL("metrics.json", FOLDER), "utf8"));
}

/** Reads a model's ONNX file, committed under `models/`. */
export function readArtefact(file: string): Promise<Uint8Array> {
  return readFile(new URL(file, FOLDER));
}

/** What `retrain.py` wrote of its model. */
export type Retrained = {
  readonly file: string;
  readonly sha256: string;
  readonly trainingDataSha256: string;
  readonly rows: number;
  readonly threshold: number;
  readonly auc: number;
  readonly accuracy: number;
};

/** Where the model is that was trained ahead on new records. */
export const TRAINED_AHEAD: string = fileURLToPath(FOLDER);

/** Reads what `retrain.py` wrote to a folder. */
export async function readRetrained(folder: string): Promise<Retrained> {
  return JSON.parse(await readFile(join(folder, "retrained.json"), "utf8"));
}

/** Loads what `retrain.py` wrote to a folder, as the version that it is served as. */
export async function loadRetrained(version: Version, folder: string): Promise<Model> {
  const { file, threshold } = await readRetrained(folder);
  const content = await readFile(join(folder, file));
  return modelOf(version, { content, threshold, mistaken: undefined });
}

/** Loads a version. v3 and v4 are v2's model; v3 mistakes the unit of the chronic-disease index. */
export async function loadModel(version: Version): Promise<Model> {
  const { wrongUnit, models } = await readMetrics();
  const { file, threshold } = models[version === "v1" ? "v1" : "v2"];
  const mistaken = version === "v3" ? wrongUnit : undefined;
  return modelOf(version, { content: await readArtefact(file), threshold, mistaken });
}

async function modelOf(
  version: Version,
  made: {
    readonly content: Uint8Array;
    readonly threshold: number;
    readonly mistaken: Metrics["wrongUnit"] | undefined;
  },
): Promise<Model> {
  onnx.wasm.numThreads = 1;
  const { threshold } = made;
  const { features } = await readMetrics();
  const session = await InferenceSession.create(made.content, { executionProviders: ["wasm"] });
  const names = Object.keys(features);
  const { feature = "", factor = 1 } = made.mistaken ?? {};
  const mistaken = names.indexOf(feature);
  return {
    name: MODEL_NAME,
    version,
    featureCount: names.length,
    predict: async (values, rowCount) => {
      const rows =
        mistaken === -1
          ? values
          : values.map((value, index) =>
              index % names.length === mistaken ? value * factor : value,
            );
      const input = new Tensor("float32", rows, [rowCount, names.length]);
      const { probabilities } = await session.run({ [INPUT_NAME]: input });
      const risks = risksOf(probabilities?.data);
      return {
        labels: risks.map((risk) => (risk >= threshold ? 1 : 0)),
        probabilities: risks.map((risk) => Number(risk.toPrecision(SIGNIFICANT_DIGITS))),
      };
    },
  };
}

/** The second of each two columns: the classes are 0 and 1. */
function risksOf(probabilities: unknown): number[] {
  if (!(probabilities instanceof Float32Array)) {
    throw new TypeError("the model has no output of probabilities in FP32");
  }
  return [...probabilities.filter((_, index) => index % 2 === 1)];
}
