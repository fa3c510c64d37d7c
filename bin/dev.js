#!/usr/bin/env node
// Builds, then runs: for work on disease itself.
import { build } from "../scripts/build.ts";

await build();
await import("./run.js");
