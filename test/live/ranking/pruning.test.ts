/** Setting (b) must not gain from the marks that leaving a publication out makes. */
import { expect, test } from "vitest";
import { loadKnowledge } from "../../../src/knowledge/base.ts";
import { collectCases } from "../../../src/lake/phenopackets/read.ts";
import { evaluateMethod } from "../../../src/ranking/evaluate.ts";
import type { Ranker, TrainContext } from "../../../src/ranking/method.ts";
import { loadMethod, methodIds } from "../../../src/ranking/methods.ts";
import { solvedCases } from "../../../src/ranking/query.ts";
import { knowledgeOf } from "../../ranking/support.ts";
import { withAndWithoutDecoys } from "../../support/decoys.ts";
import { EXCERPT, SOLVED } from "../../support/knowledge.ts";

test.each(methodIds)(
  "%s: pruning other diseases too hardly changes the result: what is lost is no marker",
  async (id) => {
    const base = await loadKnowledge(EXCERPT, { notify: () => {} });
    const { cases } = collectCases(SOLVED);
    const knowledge = knowledgeOf(base, cases, { enriched: true });
    const solved = solvedCases(cases, knowledge);
    const method = await loadMethod(id);
    const options = {
      folds: 4,
      seed: 1,
      leavePublicationOut: true,
      top: 50,
      signal: new AbortController().signal,
    };
    const decoyed: Ranker[] = [];
    const keeping = {
      ...method,
      async train(context: TrainContext) {
        const [plain, other] = await withAndWithoutDecoys(method, context);
        decoyed.push(other);
        return plain;
      },
    };
    const plain = await evaluateMethod(keeping, knowledge, solved, options);
    const misled = await evaluateMethod(
      { ...method, train: async () => decoyed.shift() as Ranker },
      knowledge,
      solved,
      options,
    );
    expect(plain.all.top1.value).toBeGreaterThan(0.2);
    expect(Math.abs(misled.all.top1.value - plain.all.top1.value)).toBeLessThan(0.01);
    expect(Math.abs(misled.all.top10.value - plain.all.top10.value)).toBeLessThan(0.01);
  },
);
