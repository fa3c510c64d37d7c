/** Setting (b) must not gain from the marks that leaving a publication out makes. */
import { expect, test } from "vitest";
import { loadKnowledge } from "../../../src/knowledge/base.ts";
import { collectCases } from "../../../src/lake/phenopackets/read.ts";
import { evaluateMethod } from "../../../src/ranking/evaluate.ts";
import type { DiseaseKnowledge } from "../../../src/ranking/knowledge.ts";
import { loadMethod, methodIds } from "../../../src/ranking/methods.ts";
import type { RankingQuality } from "../../../src/ranking/quality.ts";
import { solvedCases } from "../../../src/ranking/query.ts";
import { knowledgeOf } from "../../ranking/support.ts";
import { withDecoys } from "../../support/decoys.ts";
import { EXCERPT, SOLVED } from "../../support/knowledge.ts";

/** Trees that are grown anew differ by some of 300 cases; `bench/orphan.ts --decoys` judges them by thousands. */
const TOLERANCE: Readonly<Record<string, number>> = { orphan: 0.03 };

test.each(methodIds)(
  "%s: pruning other diseases too hardly changes the result: what is lost is no marker",
  async (method) => {
    const tolerance = TOLERANCE[method] ?? 0.01;
    const base = await loadKnowledge(EXCERPT, { notify: () => {} });
    const { cases } = collectCases(SOLVED);
    const knowledge = knowledgeOf(base, cases, { enriched: true });
    const quality = async (over: DiseaseKnowledge): Promise<RankingQuality["all"]> =>
      (
        await evaluateMethod(await loadMethod(method), over, solvedCases(cases, knowledge), {
          folds: 4,
          seed: 1,
          leavePublicationOut: true,
          top: 50,
          signal: new AbortController().signal,
        })
      ).all;
    const [plain, decoyed] = [await quality(knowledge), await quality(withDecoys(knowledge))];
    expect(plain.top1.value).toBeGreaterThan(0.2);
    expect(Math.abs(decoyed.top1.value - plain.top1.value)).toBeLessThan(tolerance);
    expect(Math.abs(decoyed.top10.value - plain.top10.value)).toBeLessThan(tolerance);
  },
);
