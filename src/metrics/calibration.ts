import type { Metric } from "../core/metric.ts";
import { confidenceBin, topLabels } from "../core/scored.ts";

const BINS = 15;

export const metrics: readonly Metric[] = [
  {
    id: "ece",
    title: "ECE",
    description:
      "Expected calibration error: |share correct − mean confidence| of the predicted class in 15 equal-width bins (low, high], weighted by their patients (Guo et al. 2017).",
    greaterIsBetter: false,
    range: [0, 1],
    headline: true,
    bind(scored) {
      const { confidence, correct } = topLabels(scored);
      const bin = Uint8Array.from(confidence, (p) => confidenceBin(p, BINS));
      const gap = confidence.map((p, i) => correct[i] - p);
      const gaps = new Float64Array(BINS);
      return (counts) => {
        gaps.fill(0);
        let total = 0;
        for (let i = 0; i < gap.length; i++) {
          const w = counts === undefined ? 1 : counts[i];
          gaps[bin[i]] += w * gap[i];
          total += w;
        }
        return gaps.reduce((sum, g) => sum + Math.abs(g), 0) / total;
      };
    },
  },
];
