import { readFile } from "node:fs/promises";
import { messageOf, UserError } from "../../core/errors.ts";
import type { Desk, Ledger } from "./desk.ts";
import { hasEnded } from "./difference.ts";
import { allOf } from "./gate.ts";
import type { LocalFile, LocalRun } from "./local.ts";

/** A file of a running run is sent when it was left alone for so many milliseconds. */
const AT_REST = 1000;

/** The files of a run that are not on the far side as they are here. */
export function filesToSend(desk: Ledger, { run }: LocalRun): LocalFile[] {
  const sent = desk.link(run.info.runId).files;
  const changedBefore = hasEnded(run.info.status) ? Number.POSITIVE_INFINITY : desk.now() - AT_REST;
  return desk.local.files(run).filter((file) => file.changed < changedBefore && sent.get(file.path) !== stampOf(file));
}

export async function sendFiles(desk: Desk, run: LocalRun, remoteId: string): Promise<void> {
  const { runId } = run.run.info;
  const link = desk.link(runId);
  await allOf(
    filesToSend(desk, run).map((file) =>
      desk.uploads.call(async () => {
        await upload(desk, remoteId, file);
        link.files.set(file.path, stampOf(file));
        desk.saveFile(runId, file.path, stampOf(file));
      }),
    ),
  );
}

/** @throws UserError when the file cannot be read here, which is no fault of the far side */
async function upload({ remote, onProgress }: Desk, remoteId: string, { path, file }: LocalFile): Promise<void> {
  if (remote.uploadArtifact) return await remote.uploadArtifact(remoteId, path, file, onProgress);
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new UserError(`the file cannot be read: ${messageOf(error)}`, { where: file });
  });
  await remote.writeArtifact(remoteId, path, bytes);
}

const stampOf = ({ size, changed }: LocalFile): string => `${size} ${changed}`;
