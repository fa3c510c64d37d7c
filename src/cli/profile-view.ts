import type { Profile } from "../app.ts";
import { renderTable } from "./table.ts";

/** A profile as two tables: by phase, and by family. */
export function printProfile(profile: Profile, log: (line: string) => void): void {
  const { total, lanes, phases, families } = profile;
  const right = (key: string, title = key) => ({ key, title, align: "right" }) as const;
  const seconds = (value: number): string => `${value.toFixed(2)} s`;
  const share = (cpu: number): string => `${Math.round((100 * cpu) / total.cpu)} %`;
  const named = Object.entries(phases).map(([phase, { wall, cpu }]) => ({ phase, wall, cpu, share: cpu }));
  const known = named.reduce((sum, { cpu }) => sum + cpu, 0);
  const rest = { phase: "start and others", wall: null, cpu: total.cpu - known, share: total.cpu - known };
  log(
    renderTable({
      columns: [{ key: "phase", title: "phase" }, right("wall"), right("cpu", "CPU"), right("share", "of the CPU")],
      rows: [...named, rest, { phase: "all", ...total, share: total.cpu }],
      show: (key, row) =>
        key === "phase"
          ? String(row.phase)
          : row[key] === null
            ? ""
            : key === "share"
              ? share(Number(row.share))
              : seconds(Number(row[key])),
    }),
  );
  log(
    `${lanes} ${lanes === 1 ? "trial" : "trials"} at a time: the wall times of preparing and of trials are sums over them`,
  );
  log("");
  log(
    renderTable({
      columns: [
        { key: "family", title: "family" },
        right("trials"),
        ...(["fit", "score", "report"] as const).flatMap((part) => [right(part), right(`${part} CPU`)]),
      ],
      rows: families.map(({ family, trials, fit, score, report }) => ({
        family,
        trials,
        ...{ fit: fit.wall, score: score.wall, report: report.wall },
        ...{ "fit CPU": fit.cpu, "score CPU": score.cpu, "report CPU": report.cpu },
      })),
      show: (key, row) => (key === "family" || key === "trials" ? String(row[key]) : seconds(Number(row[key]))),
    }),
  );
}
