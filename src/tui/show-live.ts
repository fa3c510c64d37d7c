import type { LiveSweep } from "../app.ts";
import type { SweepEnd } from "./screens/sweep.ts";

/** The live view of a sweep in this process's terminal; Ink and React are loaded when it begins. */
export async function showLive(live: LiveSweep): Promise<SweepEnd | NodeJS.Signals> {
  const { defaultTheme, isTheme, runSweepView } = await import("./index.ts");
  const { stdin, stdout, env } = process;
  const theme = env.DISEASE_THEME ?? "";
  return await runSweepView(live, {
    stdin,
    stdout,
    theme: isTheme(theme) ? theme : defaultTheme(env),
    mouse: !/^(0|false|no|n)$/i.test(env.DISEASE_MOUSE ?? ""),
  });
}
