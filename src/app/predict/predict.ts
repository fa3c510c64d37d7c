/** Batch and stream prediction: patients in, a line each out, in constant memory. */
import type { Writable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { UserError } from "../../core/errors.ts";
import type { ModelIdentity, ServedModel } from "../../core/serving/serving.ts";
import { type AbstentionSettings, abstentionFor } from "../../serving/clinical/abstention.ts";
import type { Project } from "../project.ts";
import { openServed } from "../served/open.ts";
import { createCasePredictor } from "./cases.ts";
import { type InputFormat, openInput, type PatientInput, wrapped } from "./input.ts";
import { readMapping } from "./mapping.ts";
import { formatFor, type OutputFormat, openOutput } from "./output.ts";
import type { PredictorOptions } from "./predictor.ts";
import { createTablePredictor } from "./table.ts";

export interface PredictOptions extends Omit<PredictorOptions, "mapping" | "abstention"> {
  readonly model: string;
  readonly abstain: AbstentionSettings;
  /** Folder of the knowledge base of a model that ranks. */
  readonly knowledge?: string;
  /** File that says which codes are which columns. */
  readonly mapping?: string;
  /** Format of the input; told by its content when absent. */
  readonly format?: InputFormat;
  /** File for the predictions; standard output when absent. */
  readonly out?: string;
  /** By the ending of `out` when absent, else CSV. */
  readonly outFormat?: OutputFormat;
  readonly stdin: AsyncIterable<Buffer>;
  readonly stdout: Writable;
  readonly signal: AbortSignal;
  notify(notice: { readonly message: string }): void;
  /** @param share of the input that is read, in 0–1; null where its size is not known */
  onProgress(rows: number, share: number | null): void;
}

export interface PredictResult {
  readonly model: Pick<ModelIdentity, "address" | "name" | "version" | "runId" | "hash" | "family">;
  readonly rows: number;
  readonly abstained: number;
  /** Rows by the class or disease that is likeliest; those that abstained are not counted. */
  readonly predicted: Readonly<Record<string, number>>;
  readonly out: string | null;
  readonly format: OutputFormat;
  readonly notices: readonly string[];
}

/** Patients of a table of the lake, "lake://NAME@v2", or of what `openInput` knows. */
async function openPatients(project: Project, address: string, options: PredictOptions): Promise<PatientInput> {
  const { format, stdin, notify } = options;
  if (!address.startsWith("lake://")) return openInput(address, { format, stdin, notify });
  const { readLakeRows } = await import("../lake/dataset.ts");
  return { batches: wrapped(readLakeRows(project, address, notify)), share: () => null };
}

/**
 * Predicts all patients of a file, a folder, a table of the lake or standard input.
 * @throws UserError for a patient that cannot be read, naming file, line and column; then nothing is left of `out`
 */
export async function predict(project: Project, address: string, options: PredictOptions): Promise<PredictResult> {
  const { signal, out, notify } = options;
  const notices = new Set<string>();
  const note = (message: string): void => {
    if (notices.has(message)) return;
    notices.add(message);
    notify({ message });
  };
  const mapping = options.mapping === undefined ? undefined : readMapping(project, options.mapping);
  const model = await openServed(project, options.model, { knowledge: options.knowledge, notify });
  try {
    const { abstention, told } = abstentionFor(model, options.abstain);
    if (told !== null) note(told);
    const { batches, share } = await openPatients(project, address, options);
    const { columns, predict } = predictorFor(model, { ...options, mapping, abstention }, note);
    const format = options.outFormat ?? formatFor(out);
    if (format === "parquet" && out === undefined) {
      throw new UserError("Parquet cannot be written as a stream", {
        where: "--out-format parquet",
        fix: "Name a file: --out FILE.parquet",
      });
    }
    const output = openOutput(out, format, columns, options.stdout);
    try {
      const counts = new Map<string, number>();
      let rows = 0;
      let abstained = 0;
      for await (const batch of batches) {
        signal.throwIfAborted();
        for (const part of predict(batch)) {
          for (const { predicted } of part) {
            if (predicted === null) abstained++;
            else counts.set(predicted, (counts.get(predicted) ?? 0) + 1);
          }
          await output.write(part.map(({ cells }) => cells));
          rows += part.length;
          options.onProgress(rows, share());
          // Signals are heard between turns only.
          await turn();
          signal.throwIfAborted();
        }
      }
      await output.finish();
      const { address: of, name, version, runId, hash, family } = model.identity;
      return {
        model: { address: of, name, version, runId, hash, family },
        ...{ rows, abstained, predicted: Object.fromEntries([...counts].sort((a, b) => b[1] - a[1])) },
        ...{ out: out ?? null, format, notices: [...notices] },
      };
    } catch (error) {
      await output.abandon();
      throw signal.aborted ? signal.reason : error;
    }
  } finally {
    model.dispose();
  }
}

function predictorFor(model: ServedModel, options: PredictorOptions, note: (message: string) => void) {
  return model.kind === "table"
    ? createTablePredictor(model, options, note)
    : createCasePredictor(model, options, note);
}
