import type { DeployFile } from "./types.ts";

/** What the deploy.sh of the targets that MLflow's own container serves have in common. */

/** A made-up patient, to see whether an endpoint answers. */
export function requestFile(content: string): DeployFile {
  return { path: "request.json", content };
}

/** Lines that read --dry-run and the act, which may be left out (all) of a dry run alone. @param acts "create, update or delete" */
export const actAsked = (acts: string): string => `dry_run=no
if [[ \${1:-} == --dry-run ]]; then
  dry_run=yes
  shift
fi
act=\${1:-all}
if [[ $act == all && $dry_run == no ]]; then
  echo "which act? ${acts} (or --dry-run for all commands)" >&2
  exit 2
fi`;

/** Lines with which a script runs a command, or prints it. */
export const RUN_OR_PRINT = `# prints a command, and runs it unless --dry-run was given
run() {
  printf '+' >&2
  printf ' %q' "$@" >&2
  printf '\\n' >&2
  if [[ $dry_run == no ]]; then "$@"; fi
}`;
