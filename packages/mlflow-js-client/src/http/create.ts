import { randomUUID } from "node:crypto";
import { isAlreadyExists, MlflowError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import { type Call, endpointOf, type Http } from "./http.ts";
import { mayRetry, pause, pauseAfter } from "./retry.ts";

/** The tag by which a thing is known again whose creation was cut off. The UI hides tags that begin with "mlflow.". */
export const REQUEST_TAG = "mlflow.jsClient.requestId";

export interface CreateOptions {
  /**
   * Names this creation: when something with the same id is there already, that is given and nothing is made, also in another
   * process or days later. Without one, an id is made up, which protects the retries within the call.
   */
  readonly requestId?: string;
}

export interface Creation<T> {
  /** The call, with the request tag in it. */
  readonly call: (tag: Readonly<Record<string, string>>) => Call;
  readonly parse: (answer: JsonObject) => T;
  /** All things that carry the request tag; oldest first. Must compare the tag itself: some servers ignore filters. */
  readonly find: (requestId: string) => Promise<readonly T[]>;
  /** Takes away a twin: made by a request that was given up and arrived late. Not needed where names are unique. */
  readonly discard?: (twin: T) => Promise<unknown>;
}

/**
 * Makes one thing, never two: a call that may have reached the server is sent again only after a search for the tag that
 * it carried, and after such a doubt a second search takes away a late twin.
 */
export async function createOnce<T>(http: Http, creation: Creation<T>, options: CreateOptions = {}): Promise<T> {
  const requestId = options.requestId ?? randomUUID();
  const call = creation.call({ [REQUEST_TAG]: requestId });
  let doubtful = false;
  if (options.requestId !== undefined) {
    const [known] = await creation.find(requestId);
    if (known !== undefined) return known;
  }
  for (let attempt = 1; ; attempt++) {
    try {
      const made = creation.parse(await http.jsonOnce(call));
      return doubtful ? await only(creation, requestId, made) : made;
    } catch (error) {
      if (doubtful && isAlreadyExists(error)) {
        const [ours] = await creation.find(requestId);
        if (ours !== undefined) return ours;
      }
      if (!(error instanceof MlflowError) || !mayRetry(error, attempt, http.retry)) throw error;
      doubtful ||= error.reached;
      await pause(pauseAfter(attempt, error.retryAfter, http.retry), endpointOf(call), call.signal);
      if (doubtful) {
        const [ours] = await creation.find(requestId);
        if (ours !== undefined) return ours;
      }
    }
  }
}

async function only<T>({ find, discard }: Creation<T>, requestId: string, made: T): Promise<T> {
  const [first = made, ...twins] = await find(requestId);
  for (const twin of twins) await discard?.(twin);
  return first;
}
