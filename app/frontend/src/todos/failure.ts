/** Why a request did not succeed, as far as it matters to the person who sees it. */
export type FailureKind = "unreachable" | "unanswered" | "gone" | "refused" | "broken";

/** A request that did not succeed; `message` says what happened and `advice` what to do about it. */
export class Failure extends Error {
  constructor(
    readonly kind: FailureKind,
    message: string,
    readonly advice: string,
  ) {
    super(message);
  }

  /** The list on the page may differ from what is stored. */
  get listMayBeStale(): boolean {
    return this.kind === "unanswered" || this.kind === "gone";
  }
}

/** No answer came: a change may or may not have been stored. */
export function unanswered(): Failure {
  return new Failure("unanswered", "The server did not answer.", "Reload the list to see what was saved, then try again.");
}

/** The failure that an answer other than 2xx stands for. */
export function failureOf(status: number, message: string | undefined, requestId: string | null): Failure {
  switch (status) {
    case 404:
      return new Failure("gone", "This todo was deleted elsewhere.", "Reload the list to see what is there.");
    case 502:
    case 503:
      return new Failure("unreachable", "Todos are not available right now.", "Try again in a moment.");
    case 504:
      return unanswered();
    default:
      return status < 500
        ? new Failure("refused", message ?? "The server refused this.", "Change it and try again.")
        : broken(requestId);
  }
}

/** The server answered, but not with anything this page understands. */
export function broken(requestId: string | null): Failure {
  const reference = requestId === null ? "" : ` (reference ${requestId})`;
  return new Failure("broken", "Something went wrong on the server.", `Try again; if it happens again, report it${reference}.`);
}
