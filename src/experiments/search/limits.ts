import { UserError } from "../../core/errors.ts";
import { metricById } from "../read/leaderboard.ts";

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * "90s", "30m", "1h30m" in milliseconds.
 * @throws UserError when it is not a time
 */
export function parseDuration(text: string, where?: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*([smhd])/g)];
  const rest = text.replaceAll(/(\d+(?:\.\d+)?)\s*([smhd])/g, "").trim();
  const seconds = parts.reduce((sum, [, number, unit]) => sum + Number(number) * UNITS[unit!]!, 0);
  if (rest === "" && seconds > 0) return Math.round(seconds * 1000);
  throw new UserError(`cannot read the time "${text}"`, { where, fix: "Write it with its unit: 90s, 30m or 1h30m." });
}

/** A value of a validation metric that is good enough. */
export interface Target {
  readonly metric: string;
  readonly value: number;
  readonly text: string;
  reached(value: number): boolean;
}

/**
 * "f1_macro>=0.8", "log_loss<=0.4".
 * @throws UserError for an unknown metric, another operator, or a direction in which nothing would be asked of it
 */
export function parseTarget(text: string, where?: string): Target {
  const match = /^\s*([A-Za-z0-9_]+)\s*(>=|<=|>|<|=)\s*(-?[\d.]+(?:e-?\d+)?)\s*$/i.exec(text);
  const value = Number(match?.[3]);
  if (!match || Number.isNaN(value)) {
    throw new UserError(`cannot read the target "${text}"`, {
      where,
      fix: "Write it as f1_macro>=0.8 or log_loss<=0.4.",
    });
  }
  const metric = metricById(match[1]!, where);
  const operator = metric.greaterIsBetter ? ">=" : "<=";
  if (match[2] !== operator) {
    throw new UserError(`the target "${text}" is met by bad models`, {
      where,
      fix: `Of ${metric.id} ${metric.greaterIsBetter ? "more" : "less"} is better: ${metric.id}${operator}${match[3]}`,
    });
  }
  return {
    metric: metric.id,
    value,
    text: `${metric.id}${operator}${value}`,
    reached: (found) => (metric.greaterIsBetter ? found >= value : found <= value),
  };
}
