/** MLflow's codes, by what clients of its server see. */
export type RefusalCode =
  | "BAD_REQUEST"
  | "INVALID_PARAMETER_VALUE"
  | "UNAUTHENTICATED"
  | "PERMISSION_DENIED"
  | "ENDPOINT_NOT_FOUND"
  | "METHOD_NOT_ALLOWED"
  | "REQUEST_LIMIT_EXCEEDED"
  | "TEMPORARILY_UNAVAILABLE"
  | "INTERNAL_ERROR";

/** A request that is not answered, and why; the message never holds a patient's value. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: RefusalCode;
  readonly headers: Readonly<Record<string, string>>;
  /** More about it, for programs. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: RefusalCode,
    message: string,
    more: {
      readonly headers?: Readonly<Record<string, string>>;
      readonly details?: Readonly<Record<string, unknown>>;
    } = {},
  ) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.code = code;
    this.headers = more.headers ?? {};
    this.details = more.details ?? {};
  }
}

/** What is wrong with what was sent. */
export const unprocessable = (message: string, details?: Readonly<Record<string, unknown>>): Refusal =>
  new Refusal(422, "INVALID_PARAMETER_VALUE", message, { details });

export const badRequest = (message: string): Refusal => new Refusal(400, "BAD_REQUEST", message);
