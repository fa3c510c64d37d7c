/** What bin/run.js starts: oclif, in the bundle that the commands share. */
export { execute } from "@oclif/core/execute";
