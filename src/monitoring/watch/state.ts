import { z } from "zod";
import { MONITOR_TOPICS, type MonitorVerdict } from "../../core/monitoring/monitor.ts";

/** What one look says of one rule. */
export type Finding = Pick<MonitorVerdict, "rule" | "topic" | "verdict" | "message">;

export interface Hysteresis {
  /** Looks in a row at which a rule has to fail before there is an alarm. */
  readonly raiseAfter: number;
  /** Looks in a row at which it has to pass before the alarm is over. */
  readonly clearAfter: number;
}

const Count = z.int().min(0);
const Time = z.number();

const AlarmSchema = z.object({
  rule: z.string(),
  topic: z.enum(MONITOR_TOPICS),
  /** Of its last looks, in a row. */
  fails: Count,
  passes: Count,
  /** Null while there is no alarm. */
  raised: z.object({ id: z.string(), at: Time }).nullable(),
  message: z.string(),
});

const EventSchema = z.object({
  type: z.enum(["raised", "cleared"]),
  /** Of the alarm: NAME/VERSION/NUMBER. */
  id: z.string(),
  at: Time,
  model: z.string(),
  version: z.string(),
  rule: z.string(),
  topic: z.enum(MONITOR_TOPICS),
  message: z.string(),
  /** When the alarm began. */
  since: Time,
});

const SweepSchema = z.object({
  /** Ids of the alarms that it answers. */
  alarms: z.array(z.string()),
  file: z.string(),
  started: Time,
  /** "PID@START" of the watch; null once it has ended. */
  process: z.string().nullable(),
  ended: Time.nullable(),
  /** What came of it, one sentence. */
  result: z.string().nullable(),
});

const RollbackSchema = z.object({
  at: Time,
  alarm: z.string(),
  from: z.string(),
  /** Null where it could not be done. */
  to: z.string().nullable(),
  problem: z.string().nullable(),
});

export const StateSchema = z.object({
  format: z.literal(1),
  model: z.string(),
  /** That the alarms are about; null before the first look. */
  version: z.string().nullable(),
  looked: Time.nullable(),
  /** Alarms so far, over all versions. */
  number: Count,
  alarms: z.array(AlarmSchema),
  /** Not taken by the webhook yet, oldest first. */
  unsent: z.array(EventSchema),
  /** Newest last. */
  sweeps: z.array(SweepSchema),
  rollbacks: z.array(RollbackSchema),
});

/** What a watch keeps between its looks. */
export type WatchState = z.infer<typeof StateSchema>;
export type Alarm = WatchState["alarms"][number];
export type AlarmEvent = z.infer<typeof EventSchema>;
export type FollowUp = WatchState["sweeps"][number];

export function freshState(model: string): WatchState {
  return {
    format: 1,
    model,
    version: null,
    looked: null,
    number: 0,
    alarms: [],
    unsent: [],
    sweeps: [],
    rollbacks: [],
  };
}

/**
 * What a look changes. An alarm is raised when its rule has failed so many times in a row, and is over when it has passed so many
 * times in a row; what is inconclusive counts as neither and breaks no row. Alarms of another version, and of rules that there are no
 * more, are over.
 */
export function observe(
  state: WatchState,
  look: { readonly version: string; readonly at: number; readonly findings: readonly Finding[] },
  { raiseAfter, clearAfter }: Hysteresis,
): { readonly state: WatchState; readonly events: readonly AlarmEvent[] } {
  const { version, at } = look;
  const findings = worstByRule(look.findings);
  const events: AlarmEvent[] = [];
  const tell = (type: AlarmEvent["type"], alarm: Alarm, of: string, message: string): void => {
    if (alarm.raised === null) return;
    const { rule, topic, raised } = alarm;
    events.push({ type, id: raised.id, at, model: state.model, version: of, rule, topic, message, since: raised.at });
  };
  const same = state.version === version;
  const rules = new Set(findings.map(({ rule }) => rule));
  for (const alarm of state.alarms) {
    if (!same) tell("cleared", alarm, state.version ?? version, `version ${version} is looked at now`);
    else if (!rules.has(alarm.rule)) tell("cleared", alarm, version, "the rule is there no more");
  }
  let { number } = state;
  const alarms = findings.map(({ rule, topic, verdict, message }): Alarm => {
    const before = (same ? state.alarms : []).find((alarm) => alarm.rule === rule);
    const counted = { fails: before?.fails ?? 0, passes: before?.passes ?? 0 };
    if (verdict === "fail") Object.assign(counted, { fails: counted.fails + 1, passes: 0 });
    if (verdict === "pass") Object.assign(counted, { fails: 0, passes: counted.passes + 1 });
    const alarm: Alarm = { rule, topic, ...counted, raised: before?.raised ?? null, message };
    if (alarm.raised === null && alarm.fails >= raiseAfter) {
      const raised = { ...alarm, raised: { id: `${state.model}/${version}/${++number}`, at } };
      tell("raised", raised, version, message);
      return raised;
    }
    if (alarm.raised !== null && alarm.passes >= clearAfter) {
      tell("cleared", alarm, version, message);
      return { ...alarm, raised: null };
    }
    return alarm;
  });
  return { state: { ...state, version, looked: at, number, alarms }, events };
}

const WEIGHT = { pass: 0, inconclusive: 1, fail: 2 } as const;

/** Of several findings of one name the worst. */
function worstByRule(findings: readonly Finding[]): readonly Finding[] {
  const worst = new Map<string, Finding>();
  for (const finding of findings) {
    const other = worst.get(finding.rule);
    if (!other || WEIGHT[finding.verdict] > WEIGHT[other.verdict]) worst.set(finding.rule, finding);
  }
  return [...worst.values()];
}

/** Alarms that are on. */
export function raisedAlarms({ alarms }: WatchState): readonly (Alarm & { raised: NonNullable<Alarm["raised"]> })[] {
  return alarms.flatMap((alarm) => (alarm.raised === null ? [] : [{ ...alarm, raised: alarm.raised }]));
}
