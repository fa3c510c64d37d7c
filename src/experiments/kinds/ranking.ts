import type { PatientCase } from "../../core/cases.ts";
import { pack } from "../../core/formats/container.ts";
import type { KnowledgeRelease } from "../../core/knowledge.ts";
import type { RankingPayload } from "../jobs/ranking.ts";
import type { CaseTable } from "../ranking/score.ts";
import type { CaseConfig } from "../schema.ts";
import { repeatOf, type TrialKind } from "./kind.ts";

export interface RankingSource {
  /** Row i of the dataset is case i. */
  readonly cases: readonly PatientCase[];
  /** Folder of the knowledge base, absolute. */
  readonly folder: string;
  readonly release: KnowledgeRelease;
}

/** Trials on cases: the diseases of a knowledge base are ranked for each. */
export function rankingKind(config: CaseConfig, { cases, folder, release }: RankingSource): TrialKind {
  const { candidates } = config.data;
  const { hash } = release;
  return {
    input: "cases",
    orphans: [],
    knowledge: releaseFacts(release),
    asked: () => ({ knowledge: hash, candidates }),
    params: () => ({ candidates }),
    open({ dataset: { target, group }, splits }, workDir, threads) {
      const table: CaseTable = { cases, target, group };
      const casesFile = workDir.write("cases.bin", pack(table));
      const splitFiles = splits.map((split, i) => workDir.write(`split-${i}.bin`, pack(split)));
      return {
        keyOf: () => undefined,
        prepare() {
          throw new Error("nothing is prepared for cases");
        },
        fit(trial, outDir) {
          const payload: RankingPayload = {
            ...{ trial, casesFile, candidates, threads, outDir },
            splitFile: splitFiles[repeatOf(splits, trial)]!,
            knowledge: { folder, hash },
            bootstrap: config.bootstrap,
          };
          return { kind: "ranking", payload };
        },
      };
    },
  };
}

/** Releases by name, for the facts of a run and the gate's rule `knowledge`: of a file that names none its hash. */
export function releaseFacts({ hash, files }: KnowledgeRelease): Record<string, string> {
  const releases = files.map(({ what, version, hash: own }) => [what, version || own.slice(0, 16)]);
  return { ...Object.fromEntries(releases), hash };
}
